"""Tables of the inspection packet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Final

import pandas as pd

from xrayiq.procedures.imported import measured_as
from xrayiq.report.endings import ENDING_WORDS, endings, outcomes_text
from xrayiq.report.findings import allowed_text, limit_of
from xrayiq.report.pages.dossier import Dossier
from xrayiq.report.pages.parts import allowed_by, days_text, spread
from xrayiq.report.pages.period import Period
from xrayiq.report.pages.recorded import SignOff
from xrayiq.report.pages.standing import CLINICAL
from xrayiq.report.tables import Marked, Table, table
from xrayiq.report.wording import clean, counted, grouped, label_of, minute, procedure_words

_MOST_ROWS: Final = 2000
_MOST_OUTSIDE: Final = 400
_LONG: Final = 300
_STATUSES: Final = ("fail", "warning", "pass", "indeterminate")
_JUDGED: Final = ("out of limits", "warning", "within", "not judged")


def equipment_table(dossier: Dossier) -> Table:
    """Units with their detectors, software and tube."""
    rows = [
        (
            clean(unit.name),
            ", ".join(part for part in (clean(unit.site), clean(unit.room)) if part) or "–",
            _listed(span.value for span in unit.detectors),
            _listed(span.value.replace("\\", ", ") for span in unit.software),
            clean(unit.tube) or "–",
            days_text(min(span.first_day for span in unit.rooms), unit.last_day),
            "; ".join(clean(time.text, longest=_LONG) for time in dossier.times_out_of_use(unit)) or "–",
        )
        for unit in dossier.register.units
    ]
    columns = ("Unit", "Site, room", "Detectors", "Software", "Tube", "=In the records", "Out of use")
    return table(columns, rows, most=_MOST_ROWS)


def _listed(values: Iterable[str]) -> str:
    return ", ".join(clean(value) for value in dict.fromkeys(values)) or "–"


def tested_table(dossier: Dossier, period: Period, tests: pd.DataFrame) -> Table:
    """What each unit was tested for and when, and how its schedule was kept."""
    rows: list[tuple[str | Marked, ...]] = []
    procedures = tests["procedure"].map(measured_as)
    for one in dossier.kept(period):
        own = tests[(tests["unit_name"] == one.unit) & procedures.isin(one.test.procedures)]
        days = sorted(set(own["day"]))
        late: str | Marked = "–"
        if one.days_overdue:
            late = Marked(text=counted(one.days_overdue, "day"), status="warning", why="")
        rows.append(
            (
                dossier.called(one.unit),
                clean(one.test.title, longest=_LONG),
                f"every {counted(one.test.frequency_days, 'day')}",
                str(one.days_done),
                days_text(days[0], days[-1]) if days else "never in this period",
                late,
            )
        )
    return table(("Unit", "Test", "=Owed", "#Days done", "=First and last", "Overdue"), rows, most=_MOST_ROWS)


def result_tables(dossier: Dossier, verdicts: pd.DataFrame) -> list[tuple[str, Table]]:
    """Of each unit every quantity under every limit: how many results, from what to what, and how they were judged."""
    columns = ("Quantity", "!Worst", "#Results", "Judged", "#Range", "Allowed", "Limit")
    found = []
    for unit, own in verdicts.groupby("unit_name", sort=True):
        rows = []
        for _, group in own.groupby(["procedure", "quantity", "direction", "limit_id"], sort=False, dropna=False):
            limit = limit_of(group.iloc[0].to_dict())
            counts = [int((group["status"] == status).sum()) for status in _STATUSES]
            worst = next(status for status, count in zip(_STATUSES, counts, strict=True) if count)
            procedure = procedure_words(str(group["procedure"].iloc[0]))
            judged = zip(counts, _JUDGED, strict=True)
            rows.append(
                (
                    f"{label_of(limit.quantity, clean(group['direction'].iloc[0]))} · {procedure}",
                    worst,
                    grouped(len(group)),
                    ", ".join(f"{grouped(count)} {word}" for count, word in judged if count),
                    spread(limit.quantity, group["value"]),
                    allowed_by(limit),
                    limit.source,
                )
            )
        rows.sort(key=lambda row: _STATUSES.index(row[1]))
        found.append((dossier.called(unit), table(columns, rows, most=_MOST_ROWS)))
    return found


def outside_table(dossier: Dossier, verdicts: pd.DataFrame) -> Table:
    """Each day on which a quantity was outside a limit, the failed ones first."""
    own = verdicts[verdicts["status"].isin(["fail", "warning"])].sort_values(["status", "exposed_at"])
    rows = []
    keys = ["status", "unit_name", "procedure", "quantity", "direction", "limit_id", "day"]
    for _, group in own.groupby(keys, sort=False, dropna=False):
        limit = limit_of(group.iloc[0].to_dict())
        baseline = group["baseline"].dropna()
        rows.append(
            (
                group["day"].iloc[0].isoformat(),
                str(group["status"].iloc[0]),
                dossier.called(group["unit_name"].iloc[0]),
                label_of(limit.quantity, clean(group["direction"].iloc[0])),
                spread(limit.quantity, group["value"]),
                spread(limit.quantity, baseline) if len(baseline) else "–",
                allowed_text(limit, str(group["status"].iloc[0])),
            )
        )
    columns = ("Day", "!Verdict", "=Unit", "Quantity", "#Value", "#Baseline", "Allowed")
    return table(columns, rows, most=_MOST_OUTSIDE)


def limits_table(verdicts: pd.DataFrame) -> Table:
    """Limits that were applied, as they were when it was judged."""
    rows = []
    for _, group in verdicts.drop_duplicates(["limit_id", "document", "edition", "fail_low", "fail_high"]).groupby(
        "limit_id", sort=True
    ):
        for row in group.to_dict("records"):
            limit = limit_of(row)
            rows.append(
                (
                    clean(limit.id),
                    label_of(limit.quantity),
                    allowed_by(limit),
                    limit.source,
                    clean(limit.note, longest=_LONG) or "–",
                )
            )
    return table(("Limit", "Quantity", "Allowed", "Document, edition", "Note"), rows, most=_MOST_ROWS)


def warning_only_text(verdicts: pd.DataFrame) -> str:
    """How many of the limits that were applied have no bound that fails; empty where all have one."""
    bounds = verdicts.groupby("limit_id")[["fail_low", "fail_high"]].count().sum(axis="columns")
    if not (bounds == 0).any():
        return ""
    return (
        f"Limits without a bound that fails, which warn only: {int((bounds == 0).sum())} of {len(bounds)}. Their "
        "documents name no level at which a unit may not be used; a value outside is a warning and opens no finding."
    )


def sign_offs_table(sign_offs: Sequence[SignOff]) -> Table:
    """Who signed what, and when."""
    rows = [
        (
            minute(one.at),
            ", ".join(part for part in (clean(one.actor), clean(one.role)) if part),
            days_text(one.first, one.last) if one.first else clean(one.subject),
            clean(one.reason, longest=_LONG),
            clean(one.head),
        )
        for one in sign_offs
    ]
    return table(("Signed (UTC)", "By", "What", "Said", "Head at that time"), rows, most=_MOST_ROWS)


def versions_table(dossier: Dossier, outcomes: pd.DataFrame) -> Table:
    """Runs whose outcomes are in the period: how what they saw ended, and what they measured by."""
    counts = {run: endings(own) for run, own in outcomes.groupby("run_id")}
    rows = [
        (
            str(run["id"]),
            f"{minute(run['started_at'])} to {minute(run['finished_at']) or 'not finished'}",
            grouped(sum(counts[run["id"]].values())),
            *(grouped(count) for count in counts[run["id"]].values()),
            clean(run["xrayiq_version"]),
            clean(run["kernel_digest"]),
            clean(run["plan_digest"]),
            clean(run["site_digest"]) or "as shipped",
        )
        for run in dossier.runs.to_dict("records")
        if run["id"] in counts
    ]
    ended = (f"#{word.capitalize()}" for word in ENDING_WORDS.values())
    columns = ("Run", "Time (UTC)", "#Seen", *ended, "xrayiq", "Kernels", "Plan", "Site settings")
    return table(columns, rows, most=_MOST_ROWS)


def seen_text(dossier: Dossier, outcomes: pd.DataFrame) -> str:
    """What the numbers of the runs count, and what else the store holds up to the end of the period."""
    rest = dossier.outcomes[~dossier.outcomes["id"].isin(outcomes["id"])]
    dated = rest["day"].notna()
    earlier, undated = rest.loc[dated, "subject"].nunique(), rest.loc[~dated, "subject"].nunique()
    known = counted(earlier, "object or set", "objects or sets")
    return (
        "Seen: objects and acquisition sets whose outcomes of this run are in force, each once. Measured: by one "
        "procedure at least; error: by none, and one failed or the file could not be read; not measurable: the rest. "
        f"The three add up to what was seen; by procedure the outcomes are {outcomes_text(outcomes)}. Not counted: "
        f"{known} of earlier days, and {grouped(undated)} without a day of exposure, such as files that cannot be read."
    )


def refused_table(dossier: Dossier, outcomes: pd.DataFrame) -> Table:
    """What could not be measured, and why."""
    own = outcomes[(outcomes["kind"] != "measured") & ~outcomes["procedure"].isin(CLINICAL)]
    rows = [
        (
            clean(unit) or "No unit",
            procedure_words(str(procedure)),
            clean(reason).replace("_", " "),
            grouped(len(group)),
        )
        for (unit, procedure, reason), group in own.groupby(["unit_name", "procedure", "reason"], sort=True)
    ]
    return table(("Unit", "Procedure", "Reason", "#Number"), rows, most=_MOST_ROWS)
