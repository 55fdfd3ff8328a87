"""Tests of tubes, generators and dose-area product meters, from tables of meter readings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import pandas as pd

from xrayiq import plots
from xrayiq.dose import DapMeterCheck, GeneratorTests
from xrayiq.model import Limit
from xrayiq.plots.style import CURVE
from xrayiq.records import Records
from xrayiq.report.evidence import Evidence, load
from xrayiq.report.findings import limit_of
from xrayiq.report.tables import UID_END, Picture, Table, picture_svg, table
from xrayiq.report.wording import clean, label_of, value_text

#: tables of readings that are drawn
MOST_PICTURES: Final = 6
_MOST_ROWS: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class Generator:
    """Section on tube and generator.

    Parameters
    ----------
    pictures : tuple of Picture
        Panels of each table of readings, the latest first.
    pictures_left_out : int
        Tables that are not drawn.
    numbers : Table
        Every number, with its worst verdict and the end of its table's digest.
    """

    pictures: tuple[Picture, ...]
    pictures_left_out: int
    numbers: Table


def generator(evidence: Evidence, records: Records) -> Generator | None:
    """Figures and numbers of meter tables; None where there is none."""
    outcomes = evidence.outcomes
    chosen = outcomes["procedure"].isin(("generator", "dap_meter")) & (outcomes["kind"] == "measured")
    measured = outcomes[chosen]
    if measured.empty:
        return None
    # the latest table first, of each its generator before its dose-area product meter
    latest = measured.groupby("subject")["id"].transform("max")
    measured = measured.assign(latest=latest).sort_values(["latest", "id"], ascending=[False, True])
    drawn = measured.head(MOST_PICTURES)
    return Generator(
        pictures=tuple(_picture(evidence, records, int(row["id"]), row) for row in drawn.to_dict("records")),
        pictures_left_out=len(measured) - len(drawn),
        numbers=_numbers(evidence, set(measured["id"])),
    )


def _picture(evidence: Evidence, records: Records, outcome_id: int, row: Mapping[Any, Any]) -> Picture:
    subject = clean(row["subject"])
    limits = _limits(evidence, outcome_id)
    if row["procedure"] == "generator":
        tests = load(records, outcome_id, GeneratorTests)
        size = plots.generator_size(tests)
        svg = picture_svg(
            lambda ax: plots.plot_generator(tests, ax=ax, limits=limits),
            f"generator-{outcome_id}",
            "Tests of tube and generator",
            size,
        )
        return Picture(svg=svg, title="Tube and generator", note=_note(tests), subject=subject)
    check = load(records, outcome_id, DapMeterCheck)
    limit = next((each for each in limits if each.quantity == "dap_meter_ratio_worst"), None)
    svg = picture_svg(
        lambda ax: plots.plot_dap_meter(check, ax=ax, limit=limit),
        f"dap-{outcome_id}",
        "Displayed over measured dose-area product",
        CURVE,
    )
    return Picture(svg=svg, title="Dose-area product meter", subject=subject)


def _note(tests: GeneratorTests) -> str:
    without = len(tests.refused)
    text = f"{len(tests.measured)} tests of {tests.reading_count} readings; dashed: limits."
    return text + (f" {without} named in the table could not be made." if without else "")


def _limits(evidence: Evidence, outcome_id: int) -> tuple[Limit, ...]:
    """Limits as they stood when the table was judged."""
    rows = evidence.verdicts[evidence.verdicts["outcome_id"] == outcome_id]
    return tuple(limit_of(row) for row in rows.to_dict("records"))


def _numbers(evidence: Evidence, outcome_ids: set[int]) -> Table:
    values = evidence.measurements[evidence.measurements["outcome_id"].isin(outcome_ids)]
    verdicts = evidence.verdicts[evidence.verdicts["outcome_id"].isin(outcome_ids)]
    statuses = verdicts.groupby(["outcome_id", "quantity"])["status"].agg(set).to_dict()
    rows = []
    for row in values.sort_values("outcome_id", ascending=False, kind="stable").to_dict("records"):
        found = statuses.get((row["outcome_id"], row["quantity"]), set())
        worst = next((each for each in ("fail", "warning", "pass", "indeterminate") if each in found), "none")
        value = "–" if pd.isna(row["value"]) else value_text(str(row["quantity"]), float(row["value"]))
        rows.append((label_of(str(row["quantity"])), value, worst, f"…{clean(row['subject'])[-UID_END:]}"))
    return table(["Quantity", "#Value", "!Status", "Table, end of its digest"], rows, most=_MOST_ROWS)
