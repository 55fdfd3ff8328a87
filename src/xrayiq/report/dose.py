"""What dose reports state: totals by unit, and the reports with the greatest totals."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from xrayiq.model import DoseReport
from xrayiq.procedures import RESULT_TYPES
from xrayiq.records import Records
from xrayiq.report.evidence import Evidence
from xrayiq.report.tables import Table, table
from xrayiq.report.wording import clean, grouped, label_of, minute, value_text

TOTALS: Final = ("dose_area_product_total", "reference_point_kerma_total", "average_glandular_dose_total")
EVENTS: Final = "irradiation_events"
MOST_REPORTS: Final = 20
MOST_FAULTS: Final = 25
_SENTENCE: Final = 300
_ROWS: Final = 40


@dataclass(frozen=True, slots=True, kw_only=True)
class Dose:
    """Section on dose.

    Parameters
    ----------
    units : Table
        Reports, events and medians of the totals by unit.
    reports : Table
        Reports with the greatest dose-area product first.
    faults : Table
        What could not be taken from reports as it stands.
    fault_count, faulty_reports : int
        Faults, and reports that have one.
    """

    units: Table
    reports: Table
    faults: Table
    fault_count: int
    faulty_reports: int


def dose(evidence: Evidence, records: Records) -> Dose | None:
    """Totals of dose reports; None where there is no report."""
    values = evidence.measurements[evidence.measurements["procedure"] == "dose_report"]
    if values.empty:
        return None
    wide = values.pivot_table(index="outcome_id", columns="quantity", values="value", aggfunc="last")
    wide = wide.reindex(columns=[EVENTS, *TOTALS])
    about = values.drop_duplicates("outcome_id").set_index("outcome_id")[["unit", "subject", "exposed_at"]]
    wide = wide.join(about)
    stated = [name for name in TOTALS if wide[name].notna().any()]
    faults = _faults(evidence, records, wide)
    return Dose(
        units=_by_unit(evidence, wide, stated),
        reports=_reports(evidence, wide, stated),
        faults=table(["Fault", "Item", "Unit", "SOP Instance UID"], faults, most=MOST_FAULTS),
        fault_count=len(faults),
        faulty_reports=len({subject for *_, subject in faults}),
    )


def _faults(evidence: Evidence, records: Records, wide: pd.DataFrame) -> list[tuple[str, str, str, str]]:
    """Faults of the reports in the order of their reading: message, item, unit and report."""
    found = []
    for stored in records.results(RESULT_TYPES, procedure="dose_report"):
        if stored.outcome_id not in wide.index or not isinstance(stored.result, DoseReport):
            continue
        unit = evidence.unit_name(int(wide.loc[stored.outcome_id, "unit"])) or "No unit"  # type: ignore[arg-type]
        found += [
            (clean(fault.message, longest=_SENTENCE), clean(fault.path), unit, clean(stored.subject))
            for fault in stored.result.faults
        ]
    return found


def _by_unit(evidence: Evidence, wide: pd.DataFrame, stated: list[str]) -> Table:
    rows = [
        (
            evidence.unit_name(int(str(number))) or "No unit",
            grouped(len(own)),
            grouped(int(own[EVENTS].sum())),
            *(_text(name, own[name].median()) for name in stated),
        )
        for number, own in wide.groupby("unit")
    ]
    columns = ["Unit", "#Reports", "#Events", *(f"#Median: {label_of(name)}" for name in stated)]
    return table(columns, rows, most=_ROWS)


def _reports(evidence: Evidence, wide: pd.DataFrame, stated: list[str]) -> Table:
    ordered = wide.sort_values(stated or [EVENTS], ascending=False, na_position="last", kind="stable")
    rows = [
        (
            minute(row["exposed_at"]) or "undated",
            evidence.unit_name(int(row["unit"])) or "No unit",
            "–" if pd.isna(row[EVENTS]) else grouped(int(row[EVENTS])),
            *(_text(name, row[name]) for name in stated),
            clean(row["subject"]),
        )
        for row in ordered.to_dict("records")
    ]
    columns = ["Date", "Unit", "#Events", *(f"#{label_of(name)}" for name in stated), "SOP Instance UID"]
    return table(columns, rows, most=MOST_REPORTS)


def _text(name: str, value: float) -> str:
    return "not stated" if pd.isna(value) else value_text(name, float(value))
