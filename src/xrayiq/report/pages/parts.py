"""Parts that several pages share: findings with their steps, tests owed, service, results with limits."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from xrayiq.audit import DueTest
from xrayiq.model import Finding, FindingStep, Limit
from xrayiq.report.findings import limit_of
from xrayiq.report.pages.recorded import Service
from xrayiq.report.tables import Marked, Table, table
from xrayiq.report.wording import (
    acceptance_text,
    allowed_text,
    bounds_text,
    clean,
    counted,
    label_of,
    procedure_words,
    value_text,
    worst_text,
)

_SENTENCE: Final = 300
_MOST_ROWS: Final = 400

STATE_WORDS: Final = MappingProxyType(
    {
        "open": "Open",
        "investigating": "Under investigation",
        "corrected": "Corrected, to be verified",
        "verified": "Verified",
        "closed": "Closed",
        "accepted": "Accepted as it is",
    }
)
#: how a state looks on a page
STATE_LOOKS: Final = MappingProxyType(
    {
        "open": "fail",
        "investigating": "fail",
        "corrected": "warning",
        "verified": "pass",
        "closed": "pass",
        "accepted": "indeterminate",
    }
)
DUE_WORDS: Final = MappingProxyType({"overdue": "Overdue", "due": "Due", "done": "Done"})
DUE_LOOKS: Final = MappingProxyType({"overdue": "warning", "due": "indeterminate", "done": "pass"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingView:
    """A finding as pages show it; every text is plain.

    Parameters
    ----------
    number : int
        Its number.
    look, state : str
        How its state looks and what it is called.
    quantity, unit, detector, place : str
        What was out of limits, and where.
    worst, allowed, source : str
        Value farthest outside, what is allowed, and where the limit stands.
    count, days : str
        How many values, and on which days.
    cause, action, retest : str
        As the last step that tells it says.
    steps : tuple of (str, str, str, str, str)
        Day, state, who in which role, what they said, and the day of its recording where it is another.
    """

    number: int
    look: str
    state: str
    quantity: str
    unit: str
    detector: str
    place: str
    worst: str
    allowed: str
    source: str
    count: str
    days: str
    cause: str
    action: str
    retest: str
    steps: tuple[tuple[str, str, str, str, str], ...]


def finding_view(finding: Finding) -> FindingView:
    """View of a finding."""
    return FindingView(
        number=finding.number,
        look=STATE_LOOKS[finding.state],
        state=STATE_WORDS[finding.state],
        quantity=label_of(finding.quantity, clean(finding.direction)),
        unit=clean(finding.unit_name or finding.unit),
        detector=clean(finding.detector) if finding.detector not in ("", finding.unit) else "",
        place=place_text(finding.site, finding.room),
        worst=worst_text(finding),
        allowed=allowed_text(finding),
        source=clean(finding.source, longest=_SENTENCE),
        count=counted(finding.values, "value"),
        days=days_text(finding.first_day, finding.last_day),
        cause=clean(finding.cause, longest=_SENTENCE),
        action=clean(finding.action, longest=_SENTENCE),
        retest=clean(finding.retest),
        steps=tuple(_step(step, finding) for step in finding.steps),
    )


def _step(step: FindingStep, finding: Finding) -> tuple[str, str, str, str, str]:
    who = ", ".join(part for part in (clean(step.actor), clean(step.role)) if part)
    told = [clean(step.reason, longest=_SENTENCE)]
    told.append(f"cause: {clean(step.cause, longest=_SENTENCE)}" if step.cause else "")
    told.append(f"action: {clean(step.action, longest=_SENTENCE)}" if step.action else "")
    told.append(f"re-test: {clean(step.retest)}" if step.retest else "")
    told.append(acceptance_text(finding, step))
    said = "; ".join(part for part in told if part)
    recorded = step.at.date().isoformat() if step.at.date() != step.day else ""
    return step.day.isoformat(), STATE_WORDS[step.state], who, said, recorded


def place_text(site: str, room: str) -> str:
    """Site and room in words."""
    return ", ".join(part for part in (clean(site), f"room {clean(room)}" if room else "") if part)


def days_text(first: datetime.date | None, last: datetime.date | None) -> str:
    """Two days, or the one that they both are."""
    if first is None or last is None:
        return "days not known"
    return first.isoformat() if first == last else f"{first.isoformat()} to {last.isoformat()}"


def due_table(due: Iterable[DueTest], *, called: Callable[[str], str] | None = None) -> Table:
    """Tests owed, the most overdue first; with the unit of each where it is told how to call it."""
    rows = []
    for one in due:
        late = f"Overdue by {counted(one.days_overdue, 'day')}" if one.status == "overdue" else DUE_WORDS[one.status]
        cell: str | Marked = Marked(text=late, status="warning", why="") if one.status == "overdue" else late
        after = f"; owed after {one.event.kind.replace('_', ' ')} of {one.event.date.isoformat()}" if one.event else ""
        row: tuple[str | Marked, ...] = (
            clean(one.test.title, longest=_SENTENCE),
            cell,
            one.last_done.isoformat() if one.last_done else "never",
            one.due.isoformat(),
            f"every {counted(one.test.frequency_days, 'day')}",
            clean(one.test.source, longest=_SENTENCE) + after,
        )
        rows.append(row if called is None else (called(one.unit), *row))
    columns = ("Test", "State", "=Last done", "=Due", "=How often", "Source")
    return table(columns if called is None else ("Unit", *columns), rows, most=_MOST_ROWS)


def service_table(services: Iterable[Service]) -> Table:
    """What was done, in order."""
    rows = [
        (
            one.day.isoformat(),
            one.kind.replace("_", " ").capitalize(),
            clean(one.subject.partition(":")[2]),
            _until(one),
            clean(one.reason, longest=_SENTENCE),
            clean(one.actor),
        )
        for one in services
    ]
    return table(("Day", "What", "=Of", "=Until", "What was done and why", "Entered by"), rows, most=_MOST_ROWS)


def _until(service: Service) -> str:
    if service.kind != "downtime":
        return "–"
    return "not over" if service.until is None else service.until.strftime("%Y-%m-%d %H:%M")


RESULT_COLUMNS: Final = ("Quantity", "!Verdict", "#Value", "#Baseline", "Allowed", "Limit", "=Day")


def result_rows(measurements: pd.DataFrame, verdicts: pd.DataFrame) -> list[tuple[str, ...]]:
    """Rows of `RESULT_COLUMNS`: each number with each limit that it met, as these were when it was judged.

    Numbers of one day that met the same limits are one row with their least and greatest value.
    """
    rows: list[tuple[str, ...]] = []
    judged = {
        (int(row["outcome_id"]), str(row["quantity"]), str(row["direction"])): True
        for row in verdicts[["outcome_id", "quantity", "direction"]].to_dict("records")
    }
    keys = ["procedure", "quantity", "direction", "limit_id", "status", "day"]
    for _, group in verdicts.groupby(keys, sort=False, dropna=False):
        rows.append(_judged_row(group))
    numbers = [
        (int(o), str(q), str(d)) not in judged
        for o, q, d in zip(measurements["outcome_id"], measurements["quantity"], measurements["direction"], strict=True)
    ]
    bare = measurements[pd.Series(numbers, index=measurements.index, dtype="bool")]
    for (procedure, name, direction, day), group in bare.groupby(
        ["procedure", "quantity", "direction", "day"], sort=False, dropna=False
    ):
        what = f"{label_of(str(name), clean(direction))} · {procedure_words(str(procedure))}"
        rows.append((what, "none", spread(str(name), group["value"]), "–", "–", "", day_text(day)))
    return rows


def _judged_row(group: pd.DataFrame) -> tuple[str, ...]:
    first: Mapping[Any, Any] = group.iloc[0].to_dict()
    limit = limit_of(first)
    name = limit.quantity
    baselines = group["baseline"].dropna()
    procedure = procedure_words(str(first["procedure"]))
    return (
        f"{label_of(name, clean(first['direction']))} · {procedure}",
        str(first["status"]),
        spread(name, group["value"]),
        spread(name, baselines) if len(baselines) else "–",
        allowed_by(limit),
        limit.source,
        day_text(first["day"]),
    )


def allowed_by(limit: Limit) -> str:
    """Bounds of a limit: those that fail, and those that warn where they differ or where there are no others."""

    def text(low: float | None, high: float | None) -> str:
        bounds = (math.nan if bound is None else bound for bound in (low, high))
        return bounds_text(limit.quantity, limit.basis, *bounds)

    fails, warns = text(limit.fail_low, limit.fail_high), text(limit.warning_low, limit.warning_high)
    if fails and warns and fails != warns:
        return f"{fails}; warning: {warns}"
    return fails or (f"warns only: {warns}" if warns else "–")


def spread(name: str, values: Sequence[float] | pd.Series) -> str:
    """A value, or least and greatest of several."""
    known = pd.Series(values, dtype="float64").dropna()
    if known.empty:
        return "not a number"
    low, high = value_text(name, float(known.min())), value_text(name, float(known.max()))
    return low if low == high else f"{low} to {high}"


def day_text(day: object) -> str:
    """A day, empty where it is not known."""
    return day.isoformat() if isinstance(day, datetime.date) and not pd.isna(day) else ""
