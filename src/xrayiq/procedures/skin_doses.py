"""Doses of examinations with fluoroscopy, and the peak skin dose of those that gave most."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit.dose_estimates import SKIN_COLUMNS, TOTALS
from xrayiq.dose import SkinDose, estimate_skin_dose, shipped_substantial_dose, skin_exposure_of
from xrayiq.errors import NotMeasurableError
from xrayiq.model import FLUOROSCOPY, DoseReport
from xrayiq.procedures.catalogue import RESULT_TYPES
from xrayiq.records import Records

#: examinations whose skin dose is estimated: so many of the greatest, and all that reach this part of a level
MOST_ESTIMATED: Final = 20
NEAR_LEVEL: Final = 1.0 / 3.0
_STATED: Final = TOTALS[1:]
_SUMMED: Final = {
    "dose_area_product": "dose_area_product_total",
    "reference_point_kerma": "reference_point_kerma_total",
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SkinDoses:
    """Examinations with fluoroscopy.

    Parameters
    ----------
    frame : DataFrame
        `SKIN_COLUMNS`, one row for each study and unit, the nearest to a level first.
    maps : dict of str to SkinDose
        Maps of those that are estimated, by study.
    """

    frame: pd.DataFrame
    maps: dict[str, SkinDose]


def skin_doses(records: Records, fit: pd.DataFrame) -> SkinDoses:
    """Totals of examinations with fluoroscopy beside the levels of a substantial dose, and their peak skin dose.

    Parameters
    ----------
    records : Records
        Store that holds the reports.
    fit : DataFrame
        Exposures, doses in a probably wrong unit unknown.

    Returns
    -------
    SkinDoses
        A total is the greater of the sum of the events and what a report of the study states; kermas of two planes add
        up. Skin doses are estimated of the `MOST_ESTIMATED` greatest and of all that reach `NEAR_LEVEL` of a level;
        `not_estimated` says why there is none.
    """
    events = fit[fit["report_outcome"].notna()]
    events = events.assign(study_uid=events["study_uid"].fillna(events["report"]))
    is_fluoroscopy = events["event_type"].isin(FLUOROSCOPY)
    key = ["study_uid", "unit"]
    chosen = events[events["study_uid"].isin(events.loc[is_fluoroscopy, "study_uid"])]
    if chosen.empty:
        return SkinDoses(frame=pd.DataFrame(columns=list(SKIN_COLUMNS)), maps={})
    stated = _stated_totals(records)
    rows, members = [], []
    for _, group in chosen.groupby(key, sort=False, dropna=False):
        first = group.sort_values("exposed_at").iloc[0]
        row: dict[str, Any] = {name: first[name] for name in ("site", "room", "unit", "exposed_at", "study_uid")}
        told = stated[stated.index.isin(group["report"])]
        sums = {total: float(group[name].sum(min_count=1)) for name, total in _SUMMED.items()}
        rows.append(
            row
            | {"subject": str(first["report"]), "protocol_name": first["protocol_name"], "events": len(group)}
            | {name: float(np.fmax(sums.get(name, np.nan), told[name].max())) for name in _STATED}
        )
        members.append(group)
    frame, maps = _with_skin(records, pd.DataFrame(rows), members)
    return SkinDoses(frame=frame.reindex(columns=list(SKIN_COLUMNS)), maps=maps)


def _stated_totals(records: Records) -> pd.DataFrame:
    """Totals that reports state, by report."""
    values = records.values(_STATED, procedures=("dose_report",))
    wide = values.pivot_table(index="subject", columns="quantity", values="value", aggfunc="last", observed=True)
    return wide.reindex(columns=list(_STATED)).astype("float64")


def _with_skin(
    records: Records, frame: pd.DataFrame, members: list[pd.DataFrame]
) -> tuple[pd.DataFrame, dict[str, SkinDose]]:
    level = shipped_substantial_dose()
    bounds = pd.Series({name: level.levels[name] for name in _STATED})
    near = (frame[list(_STATED)] / bounds).max(axis="columns").fillna(0.0)
    order = near.sort_values(ascending=False, kind="stable").index
    wanted = set(order[:MOST_ESTIMATED]) | set(near[near >= NEAR_LEVEL].index)
    maps: dict[str, SkinDose] = {}
    told: list[dict[str, Any]] = []
    for place, group in enumerate(members):
        row: dict[str, Any] = {"peak_skin_dose": np.nan, "relative_uncertainty": np.nan, "events_in_map": 0}
        row |= {"not_estimated": "far from every level", "assumptions": ""}
        if place in wanted:
            found = _estimate(records, group)
            if isinstance(found, str):
                row["not_estimated"] = found
            else:
                maps[str(frame.loc[place, "study_uid"])] = found
                left = f"{len(found.left_out)} events: {found.left_out[0]}" if found.left_out else ""
                row |= {"peak_skin_dose": found.peak_skin_dose_mgy, "not_estimated": left}
                row |= {"relative_uncertainty": found.relative_uncertainty, "events_in_map": found.exposures}
                row["assumptions"] = "; ".join(found.assumptions)
        told.append(row)
    whole = frame.join(pd.DataFrame(told))
    reached = [[name for name in TOTALS if row[name] >= level.levels[name]] for row in whole.to_dict("records")]
    whole["reached"] = ["; ".join(names) for names in reached]
    whole["finding"] = [bool(names) for names in reached]
    whole["source"] = level.source.text
    nearest = (whole[list(TOTALS)] / pd.Series(dict(level.levels))[list(TOTALS)]).max(axis="columns")
    return whole.loc[nearest.sort_values(ascending=False, kind="stable").index].reset_index(drop=True), maps


def _estimate(records: Records, group: pd.DataFrame) -> SkinDose | str:
    """Map of an examination's events, each once, or why there is none."""
    beams = []
    ordered = group.sort_values(["exposed_at", "report_outcome", "report_ordinal"], kind="stable")
    for outcome, own in ordered.groupby("report_outcome", sort=False):
        report = records.load_result(int(str(outcome)), RESULT_TYPES).result
        if isinstance(report, DoseReport):
            beams += [skin_exposure_of(report.events[int(number)]) for number in own["report_ordinal"]]
    try:
        return estimate_skin_dose(beams)
    except NotMeasurableError as error:
        return error.explanation
