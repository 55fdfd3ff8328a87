"""Average glandular doses by Dance's factors: where none is stated, and beside what units state."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit.dose_estimates import GLANDULAR_COLUMNS, OUTSIDE, POWER_OF_TEN, TOO_FEW, WITHIN
from xrayiq.dose import (
    DoseEstimate,
    estimate_glandular_dose,
    find_unit_suspicions,
    glandular_dose_check,
    stated_uncertainty,
)
from xrayiq.errors import InputError, RecordsError
from xrayiq.model import Acquisition, DoseEvent, DoseReport
from xrayiq.procedures.catalogue import RESULT_TYPES
from xrayiq.records import Records

DOSE: Final = "average_glandular_dose"
REPORTED, ESTIMATED = "reported", "dance"
#: exposures of a unit whose stated dose is compared, the last ones
MOST_COMPARED: Final = 200
_NEEDED: Final = ("subject", "source", "report_outcome", "report_ordinal", "patient_age_years")
_ELEMENTS: Final = {
    "TUNGSTEN": "W",
    "MOLYBDENUM": "Mo",
    "RHODIUM": "Rh",
    "SILVER": "Ag",
    "ALUMINUM": "Al",
    "ALUMINIUM": "Al",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class BreastBeam:
    """What header or report tell of one exposure of a breast; None where they are silent.

    Parameters
    ----------
    incident_kerma_mgy, half_value_layer_mm_al, breast_thickness_mm : float or None
        At the surface of the breast, of the beam, and compressed.
    anode, filter_material : str
        In words, as headers have them.
    """

    incident_kerma_mgy: float | None
    half_value_layer_mm_al: float | None
    breast_thickness_mm: float | None
    anode: str
    filter_material: str


def with_glandular_dose(records: Records, exposures: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Exposures with glandular doses where the technique gives them, and stated over estimated ones by unit.

    Parameters
    ----------
    records : Records
        Store that holds headers and reports.
    exposures : DataFrame
        One row for each.

    Returns
    -------
    exposures : DataFrame
        `average_glandular_dose` as stated, else by Dance's factors, with `…_method` (``"reported"`` or ``"dance"``) and
        `…_uncertainty` (relative, k = 1; of estimates alone), and `expected_average_glandular_dose` where it is stated.
    compared : DataFrame
        `GLANDULAR_COLUMNS`, one row for each unit with both.
    """
    stated = exposures[DOSE].notna()
    method = pd.Series(np.where(stated, REPORTED, ""), index=exposures.index, dtype="object")
    breasts = exposures[(exposures["modality"] == "MG") | (exposures["body_part"] == "BREAST") | stated]
    if breasts.empty:
        empty = pd.DataFrame(columns=list(GLANDULAR_COLUMNS))
        return exposures.assign(average_glandular_dose_method=method, average_glandular_dose_uncertainty=np.nan), empty
    last = breasts[breasts[DOSE].notna()].groupby("unit", observed=True, sort=False).tail(MOST_COMPARED)
    wanted = pd.concat([breasts[breasts[DOSE].isna()], last])
    tell = _teller(records)
    rows: dict[Any, dict[str, Any]] = wanted[list(_NEEDED)].to_dict("index")  # type: ignore[assignment]  # names are texts
    found = {place: _estimate(tell(row), row) for place, row in rows.items()}
    known = {place: one for place, one in found.items() if one is not None}
    values = pd.Series({place: one.value for place, one in known.items()}, dtype="float64").reindex(exposures.index)
    spread = pd.Series({place: one.relative_uncertainty for place, one in known.items()}, dtype="float64")
    filled = ~stated & values.notna()
    told = exposures.assign(
        average_glandular_dose=exposures[DOSE].fillna(values),
        average_glandular_dose_method=method.mask(filled, ESTIMATED),
        average_glandular_dose_uncertainty=spread.reindex(exposures.index).where(filled),
        expected_average_glandular_dose=values.where(stated),
    )
    return told, _compared(exposures.assign(estimated=values, spread=spread.reindex(exposures.index)))


def _compared(exposures: pd.DataFrame) -> pd.DataFrame:
    check = glandular_dose_check()
    both = exposures[(exposures[DOSE] > 0.0) & (exposures["estimated"] > 0.0)]
    rows = []
    for (site, room, unit), group in both.groupby(["site", "room", "unit"], observed=True, sort=True):
        ratios = group[DOSE] / group["estimated"]
        low, middle, high = ratios.quantile([0.25, 0.5, 0.75])
        verdict = OUTSIDE if abs(middle - 1.0) > check.tolerance_fraction else WITHIN
        suspected = find_unit_suspicions([str(unit)] * len(group), group[DOSE], group["estimated"], quantity=DOSE)
        if suspected.units[0].suspected_power:
            verdict = POWER_OF_TEN
        rows.append(
            {
                "site": site,
                "room": room,
                "unit": unit,
                "exposures": len(group),
                "median_stated": group[DOSE].median(),
                "median_estimated": group["estimated"].median(),
                "median_ratio": middle,
                "low_ratio": low,
                "high_ratio": high,
                "tolerance_fraction": check.tolerance_fraction,
                "verdict": TOO_FEW if len(group) < check.fewest_exposures else verdict,
                "method": "Dance's g, c and s with the kerma and half-value layer that header or report state",
                "relative_uncertainty": group["spread"].median(),
                "source": check.source.text,
            }
        )
    return pd.DataFrame(rows, columns=list(GLANDULAR_COLUMNS))


def _estimate(beam: BreastBeam | None, row: dict[str, Any]) -> DoseEstimate | None:
    """Dose by Dance's factors; None where something that they need is not known or outside their tables."""
    if beam is None or not beam.incident_kerma_mgy or not beam.half_value_layer_mm_al or not beam.breast_thickness_mm:
        return None
    age = row["patient_age_years"]
    try:
        return estimate_glandular_dose(
            beam.incident_kerma_mgy,
            half_value_layer_mm_al=beam.half_value_layer_mm_al,
            breast_thickness_mm=beam.breast_thickness_mm,
            target_filter=f"{_element(beam.anode)}/{_element(beam.filter_material)}",
            age_years=None if pd.isna(age) else float(age),
            kerma_relative_uncertainty=stated_uncertainty("breast_kerma"),
        )
    except InputError:
        return None


def _element(words: str) -> str:
    """Symbol of what an anode or a filter is of; empty where it is of several or unknown."""
    found = {symbol for name, symbol in _ELEMENTS.items() if name in words.upper()}
    return found.pop() if len(found) == 1 else ""


def _teller(records: Records) -> Callable[[dict[str, Any]], BreastBeam | None]:
    """What tells the beam of an exposure: its image, else its event."""

    @functools.lru_cache(maxsize=16)
    def events_of(outcome: int) -> tuple[DoseEvent, ...]:
        report = records.load_result(outcome, RESULT_TYPES).result
        return report.events if isinstance(report, DoseReport) else ()

    def tell(row: dict[str, Any]) -> BreastBeam | None:
        beam = None
        try:
            if row["source"] != "report" and (header := records.header(str(row["subject"]))) is not None:
                beam = beam_of_image(header.acquisition)
            if not pd.isna(row["report_outcome"]) and (beam is None or beam.half_value_layer_mm_al is None):
                place, events = int(row["report_ordinal"]), events_of(int(row["report_outcome"]))
                beam = beam_of_event(events[place]) if place < len(events) else beam  # a step tells of no beam
        except RecordsError:  # a damaged row: nothing can be told of it here; `records verify` names it
            return None
        return beam

    return tell


def beam_of_image(acquisition: Acquisition) -> BreastBeam:
    """What an image header tells: its entrance dose, else output times charge."""
    kerma, output, charge = (
        acquisition.entrance_dose_mgy,
        acquisition.tube_output_mgy_per_mas,
        acquisition.exposure_mas,
    )
    if kerma is None and output is not None and charge is not None:
        kerma = output * charge
    return BreastBeam(
        incident_kerma_mgy=kerma,
        half_value_layer_mm_al=acquisition.half_value_layer_mm,
        breast_thickness_mm=acquisition.body_part_thickness_mm,
        anode=acquisition.anode_material or "",
        filter_material=acquisition.filter_material or "",
    )


def beam_of_event(event: DoseEvent) -> BreastBeam:
    """What a dose report tells of one event."""
    beam, breast = event.beam, event.breast
    materials = () if beam is None else [one.material[2] for one in beam.filters if one.material is not None]
    return BreastBeam(
        incident_kerma_mgy=event.entrance_dose_mgy,
        half_value_layer_mm_al=None if beam is None else beam.half_value_layer_mm,
        breast_thickness_mm=None if breast is None else breast.compression_thickness_mm,
        anode="" if beam is None or beam.anode is None else beam.anode[2],
        filter_material=" ".join(materials),
    )
