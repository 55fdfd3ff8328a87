"""``xrayiq records finding``: what was out of limits, and what was done about it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Final

import typer

from xrayiq.cli.options import (
    DAY_FORMATS,
    DEFAULT_STORE,
    By,
    OnlySite,
    Output,
    Reason,
    SiteSettings,
    Store,
    Unit,
    day_of,
)
from xrayiq.cli.printing import Format, Row, show, write_json

if TYPE_CHECKING:
    from xrayiq.model import Finding, FindingStep

finding_application = typer.Typer(help="Findings and what is done about them.", no_args_is_help=True)


class State(StrEnum):
    """Where a finding goes."""

    open = "open"
    investigating = "investigating"
    corrected = "corrected"
    verified = "verified"
    closed = "closed"
    accepted = "accepted"


#: how a finding that is shown to people calls some cells
_WORDS: Final = {
    "first_day": "first measured out of limits",
    "last_day": "last measured out of limits",
    "recorded_at": "recorded at",
}

Number = Annotated[int, typer.Argument(metavar="N", help="Number of the finding, as the list gives it.")]


@finding_application.command("list")
def finding_list(
    only_open: Annotated[
        bool, typer.Option("--open", help="Only those that something remains to be done about.")
    ] = False,
    unit: Unit = "",
    only_site: OnlySite = "",
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """List findings with unit, limit, worst value, cause and action: the list for the committee."""
    from xrayiq.procedures import list_findings, load_site
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        found = list_findings(store, site=load_site(site), unit=unit, only_site=only_site, only_open=only_open)
    rows = [_table_row(one) if output is Format.table else _row(one) for one in found]
    show(rows, output=output, title="Open findings" if only_open else "Findings")


@finding_application.command("show")
def finding_show(
    number: Number, site: SiteSettings = None, records: Store = DEFAULT_STORE, output: Output = Format.table
) -> None:
    """Show one finding with every step that was taken."""
    from xrayiq.procedures import find_finding, load_site
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        finding = find_finding(store, number, site=load_site(site))
    _show(finding, output=output)


@finding_application.command("step")
def finding_step(
    number: Number,
    state: Annotated[
        State, typer.Argument(metavar="STATE", help="investigating, corrected, verified, closed, accepted or open.")
    ],
    by: By,
    reason: Reason,
    role: Annotated[
        str,
        typer.Option(
            "--role", metavar="TEXT", help="Role in which it is done; a correction and a verification need it."
        ),
    ] = "",
    cause: Annotated[str, typer.Option("--cause", metavar="TEXT", help="Cause that was found.")] = "",
    action: Annotated[str, typer.Option("--action", metavar="TEXT", help="What was done; a correction needs it.")] = "",
    retest: Annotated[
        str,
        typer.Option(
            "--retest",
            metavar="SUBJECT",
            help="Measurement within the limit that shows that it is mended, or event:N of a later audit; latest for "
            "the newest of the unit. A verification needs it.",
        ),
    ] = "",
    day: Annotated[
        datetime | None,
        typer.Option("--day", formats=DAY_FORMATS, metavar="DAY", help="When it was done; now without."),
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option("--until", formats=DAY_FORMATS, metavar="DAY", help="Last day of an acceptance."),
    ] = None,
    worst: Annotated[
        float | None,
        typer.Option(
            "--worst",
            metavar="X",
            help="Worst value that an acceptance is for, as the limit's bounds are (a fraction of the baseline).",
        ),
    ] = None,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Take a finding to another state: open, investigating, corrected, verified, closed; or accepted."""
    from xrayiq.procedures import load_site, take_step
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        finding = take_step(
            store,
            number,
            state.value,
            site=load_site(site),
            actor=by,
            reason=reason,
            role=role,
            cause=cause,
            action=action,
            retest=retest,
            day=day_of(day),
            until=day_of(until),
            worst=worst,
        )
    _show(finding, output=output)


def _show(finding: Finding, *, output: Format) -> None:
    steps = [_step(step) for step in finding.steps]
    if output is Format.json:
        write_json(_row(finding) | {"subjects": [*finding.subjects], "steps": steps})
    elif output is Format.csv:
        show(steps, output=output)
    else:
        told: list[Row] = [
            {"what": _WORDS.get(name, name.replace("_", " ")), "value": cell}
            for name, cell in _row(finding).items()
            if cell
        ]
        show(told, output=output, title=f"Finding {finding.number}")
        show(steps, output=output, title="Steps")


def _row(finding: Finding) -> Row:
    row: Row = {"number": finding.number, "state": finding.state}
    row |= {name: getattr(finding, name) for name in ("site", "room", "unit", "unit_name", "detector")}
    row |= {name: getattr(finding, name) for name in ("procedure", "quantity", "direction", "values")}
    worst = finding.worst
    row |= {"worst": worst if worst == worst else None, "baseline": finding.worst_baseline}
    row |= {"compared": finding.worst_compared, "fail_low": finding.fail_low, "fail_high": finding.fail_high}
    row |= {"limit": finding.limit_id, "basis": finding.basis, "source": finding.source}
    row |= {"first_day": _text(finding.first_day), "last_day": _text(finding.last_day)}
    row["recorded_at"] = _moment(finding.steps[0])
    row |= {"cause": finding.cause, "action": finding.action, "retest": finding.retest}
    last = finding.steps[-1]
    row |= {"accepted_until": _text(last.until), "accepted_worst": last.worst, "follows": finding.follows or None}
    return row | {"last_step": last.day.isoformat(), "last_by": last.actor}


def _table_row(finding: Finding) -> Row:
    from xrayiq.report.wording import allowed_text, worst_text

    row = _row(finding)
    told: Row = {"number": row["number"], "state": row["state"], "room": finding.room or finding.site}
    told |= {"unit": finding.unit_name or finding.unit}
    told["quantity"] = f"{finding.quantity} {finding.direction}".strip()
    told |= {"values": row["values"], "worst": worst_text(finding), "allowed": allowed_text(finding)}
    told |= {name: row[name] for name in ("limit", "first_day", "last_day", "cause", "action")}
    return told | {"last_step": f"{row['last_step']}, {row['last_by']}"}


def _step(step: FindingStep) -> Row:
    row: Row = {"day": step.day.isoformat(), "state": step.state, "by": step.actor, "role": step.role}
    row |= {"reason": step.reason, "cause": step.cause, "action": step.action, "retest": step.retest}
    row |= {"until": _text(step.until), "worst": step.worst}
    return row | {"event": step.event, "entered_at": _moment(step)}


def _moment(step: FindingStep) -> str:
    return step.at.isoformat(sep=" ", timespec="seconds")


def _text(day: object) -> str | None:
    return None if day is None else str(day)
