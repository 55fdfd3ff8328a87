"""``xrayiq records import``: earlier results and reject logs from other programs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from xrayiq.cli.options import DEFAULT_STORE, Output, SiteSettings, Store
from xrayiq.cli.printing import Format, Row, say, show

if TYPE_CHECKING:
    from xrayiq.exchange import HistoryImport
    from xrayiq.records import Records

#: an import left something behind, as a run that could not measure an image
_SOMETHING_REFUSED = 3


def attach(group: typer.Typer) -> None:
    """Add the command to the group ``xrayiq records``."""
    group.command("import")(import_results)


def import_results(
    file: Annotated[
        Path, typer.Argument(metavar="FILE", help="Table of earlier results (CSV), or a reject log (CSV, XLSX, XML).")
    ],
    mapping: Annotated[
        Path,
        typer.Option(
            "--mapping", metavar="FILE", help="What the columns are (TOML); of a reject log also a maker: carestream …"
        ),
    ],
    rejects: Annotated[bool, typer.Option("--rejects", help="The table is a reject log of X-ray units.")] = False,
    serial_number: Annotated[
        str, typer.Option("--serial-number", metavar="TEXT", help="For --rejects: the unit, where the log names none.")
    ] = "",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be taken and what not, and store nothing.")
    ] = False,
    judge: Annotated[
        bool, typer.Option("--judge", help="Judge the values by the limits in force, and open findings.")
    ] = False,
    by: Annotated[
        str, typer.Option("--by", metavar="ACCOUNT", help="Account name of whoever imports it; not for --dry-run.")
    ] = "",
    reason: Annotated[
        str, typer.Option("--reason", metavar="TEXT", help="Why; names no patient. Not for --dry-run.")
    ] = "",
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Take earlier results, or a reject log, from a table; exit code 3 if a cell could not be taken.

    Results tick off their tests; rejects count in the audit of repeats. Imported again, a table adds nothing.
    """
    from xrayiq.exchange import import_history
    from xrayiq.procedures import load_site
    from xrayiq.records import open_records

    if not dry_run and not (by and reason):
        raise typer.BadParameter("say who imports it and why: --by and --reason")
    if serial_number and not rejects:
        raise typer.BadParameter("--serial-number goes with --rejects")
    with open_records(records, create=not dry_run) as store:
        if rejects:
            _import_rejects(store, file, mapping, (by, reason), serial_number, output, dry_run=dry_run)
        done = import_history(
            store, file, mapping, actor=by, reason=reason, dry_run=dry_run, judge=judge, site=load_site(site)
        )
    rows = _told(done) if output is Format.table else _cells(done)
    show(rows, output=output, title="Would be taken" if dry_run else "Imported")
    _say_counts(done)
    _say_tests(done)
    raise typer.Exit(_SOMETHING_REFUSED if done.counts["refused"] else 0)


def _import_rejects(
    store: Records,
    file: Path,
    mapping: Path,
    who_and_why: tuple[str, str],
    serial_number: str,
    output: Format,
    *,
    dry_run: bool,
) -> NoReturn:
    """Take a reject log, and tell by row and column what could not be taken."""
    from xrayiq.exchange import import_reject_log
    from xrayiq.model import Equipment

    actor, reason = who_and_why
    unit = Equipment(serial_number=serial_number) if serial_number else None
    done = import_reject_log(store, file, mapping, actor=actor, reason=reason, dry_run=dry_run, equipment=unit)
    rows: list[Row] = [
        {
            "row": one.row or None,
            "column": one.column,
            "problem": one.reason.replace("_", " "),
            "message": one.message,
            "left_out": "row" if one.is_row_lost else "cell",
        }
        for one in done.problems
    ]
    show(rows, output=output, title="Not taken")
    verb = "would be taken" if done.dry_run else "taken"
    say(f"{done.rejected} rejects and {done.accepted} accepted exposures {verb}, {done.known} known already")
    say(f"{done.lost} rows left out" + "".join(f", {n} {why.replace('_', ' ')}" for why, n in done.reasons.items()))
    if done.unread:
        say("columns without a meaning, not read: " + ", ".join(done.unread))
    if done.mapping.confidence == "C":
        say(f"mapping {done.mapping.source}: {done.mapping.document}")
    raise typer.Exit(_SOMETHING_REFUSED if done.problems else 0)


def _told(done: HistoryImport) -> list[Row]:
    """Cells in as few columns as a terminal has room for."""
    return [
        {
            "line": cell.line,
            "column": cell.column,
            "status": cell.status,
            "day": "" if cell.exposed_at is None else cell.exposed_at.date().isoformat(),
            "unit": cell.equipment,
            "stored": "" if cell.value is None else f"{cell.value:.6g} {cell.unit}",
            "why": cell.message,
        }
        for cell in done.cells
    ]


def _cells(done: HistoryImport) -> list[Row]:
    return [
        {
            "line": cell.line,
            "column": cell.column,
            "status": cell.status,
            "quantity": cell.quantity,
            "direction": cell.direction,
            "value": cell.value,
            "unit": cell.unit,
            "exposed_at": None if cell.exposed_at is None else cell.exposed_at.isoformat(sep=" "),
            "equipment": cell.equipment,
            "reason": cell.reason.replace("_", " "),
            "message": cell.message,
        }
        for cell in done.cells
    ]


def _say_counts(done: HistoryImport) -> None:
    counts = done.counts
    verb = "would be taken" if done.dry_run else "taken"
    said = f"{counts['taken']} values {verb}, {counts['known']} known already, {counts['refused']} refused"
    reasons = ", ".join(f"{count} {reason.replace('_', ' ')}" for reason, count in done.reasons.items())
    say(said + (f" ({reasons})" if reasons else "") + f"; {done.empty} empty cells")
    if done.unread:
        say("columns without a meaning, not read: " + ", ".join(done.unread))


def _say_tests(done: HistoryImport) -> None:
    """Tests that were or would be ticked off, what no test takes, and findings."""
    verb = "would tick off" if done.dry_run else "ticked off"
    for one in done.ticked:
        days = f"{one.days} day{'' if one.days == 1 else 's'}, the last {one.last}"
        if one.test:
            say(f"{verb} {one.test} of {one.unit} by {one.procedure}: {days}")
        else:
            say(f"no test of the schedule takes {one.procedure} of {one.unit}: {days}")
    if done.judgement.opened or done.judgement.reopened:
        say(f"findings opened: {done.judgement.opened}, opened again: {done.judgement.reopened}")
