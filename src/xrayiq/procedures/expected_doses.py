"""Doses that technique and geometry give for the exposures of a store, beside those that files state."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.dose import (
    EntranceColumns,
    TubeOutputTable,
    assumed_gap_mm,
    assumed_thickness,
    copper_of_header,
    copper_transmissions,
    copper_uncertainty,
    entrance_surface_kerma,
    expected_dap_gy_m2,
    stated_uncertainty,
    tube_outputs_at,
)
from xrayiq.model import FLUOROSCOPY
from xrayiq.procedures.dose_settings import tube_output_for
from xrayiq.procedures.site import Site

KERMA: Final = "entrance_surface_air_kerma"
#: doses that files state
STATED: Final = ("dose_area_product", "incident_air_kerma", "average_glandular_dose", "reference_point_kerma")
#: of other modalities, and of events other than a stationary acquisition, one entrance kerma tells little
_NOT_RADIOGRAPHY: Final = ("MG", "XA", "RF", "CT")
_STATIONARY_ACQUISITION: Final = "113611"
_METRE_MM: Final = 1000.0
_UGY_PER_MGY: Final = 1000.0


def with_expected_dap(exposures: pd.DataFrame, site: Site) -> pd.DataFrame:
    """Exposures with `expected_dose_area_product`: output of the unit's tube · charge · field; NaN where not known.

    With `…_uncertainty` (relative, k = 1) of output and copper; field and charge are taken as they are stated.
    Copper that header or report states is in it; none is expected where its thickness is not known. Fluoroscopy is not
    known: its copper, often untold, changes from event to event and takes up to nine tenths of the output.
    """
    outputs = _outputs(exposures, site)
    outputs[exposures["event_type"].isin(FLUOROSCOPY).to_numpy(bool)] = np.nan
    expected = expected_dap_gy_m2(
        output_ugy_per_mas=outputs,
        exposure_mas=exposures["exposure_mas"].to_numpy(np.float64),
        field_area_at_1_m_mm2=exposures["field_area_mm2"].to_numpy(np.float64),
    )
    spread = np.zeros(len(exposures))
    for table, places in _by_tube(exposures, site):
        spread[places] = table.relative_uncertainty
    spread = np.hypot(spread, np.where(_copper_mm(exposures) > 0.0, copper_uncertainty(), 0.0))
    return exposures.assign(
        expected_dose_area_product=expected,
        expected_dose_area_product_uncertainty=np.where(np.isfinite(expected), spread, np.nan),
    )


def with_stated_uncertainty(exposures: pd.DataFrame) -> pd.DataFrame:
    """Exposures with `stated_…_uncertainty` (relative, k = 1) of the doses that files state, NaN where none is."""
    stated = {name: exposures[name].notna() for name in STATED}
    stated["average_glandular_dose"] &= exposures["average_glandular_dose_method"] == "reported"
    return exposures.assign(
        **{
            f"stated_{name}_uncertainty": np.where(told, stated_uncertainty(name), np.nan)
            for name, told in stated.items()
        }
    )


def with_expected_kerma(exposures: pd.DataFrame, site: Site) -> pd.DataFrame:
    """Exposures with `expected_incident_air_kerma` of radiography: output · charge by the inverse square."""
    skin, _ = _skin(exposures)
    outputs = _outputs(exposures, site)
    kerma = outputs * exposures["exposure_mas"].to_numpy(np.float64) / _UGY_PER_MGY * (_METRE_MM / skin) ** 2
    kerma[~_is_radiography(exposures).to_numpy(bool)] = np.nan
    return exposures.assign(expected_incident_air_kerma=kerma)


def with_entrance_kerma(exposures: pd.DataFrame, fit: pd.DataFrame, site: Site) -> pd.DataFrame:
    """Exposures with their entrance surface air kerma, by the best founded way of each.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure.
    fit : DataFrame
        The same, with doses of units that probably state them in a wrong unit unknown.
    site : Site
        Outputs of its tubes.

    Returns
    -------
    DataFrame
        With `entrance_surface_air_kerma` (mGy, with backscatter), its `…_uncertainty` (relative, k = 1) and `…_method`:
        ``"technique"``, ``"reference_point"``, ``"dose_area_product"``, ``"header"`` or ``"report"``, empty where there
        is none. The distance of the skin is that of the detector less a gap and the thickness taken for granted for
        examination and size.
    """
    skin, spread = _skin(exposures)
    own = _is_radiography(exposures).to_numpy()
    copper = _copper_mm(exposures)
    kerma, uncertainty = np.full(len(exposures), np.nan), np.full(len(exposures), np.nan)
    method = np.full(len(exposures), "", dtype="U24")
    for table, all_places in _by_tube(exposures, site):
        places = all_places[own[all_places]]
        found = entrance_surface_kerma(
            EntranceColumns(
                **{name: fit[name].to_numpy(np.float64)[places] for name in ("tube_voltage_kv", "exposure_mas")},
                source_skin_distance_mm=skin[places],
                distance_relative_uncertainty=spread[places],
                added_copper_mm=copper[places],
                dap_gy_m2=fit["dose_area_product"].to_numpy(np.float64)[places],
                field_area_at_1_m_mm2=fit["field_area_mm2"].to_numpy(np.float64)[places],
                stated_entrance_dose_mgy=fit["incident_air_kerma"].to_numpy(np.float64)[places],
                reference_point_kerma_mgy=fit["reference_point_kerma"].to_numpy(np.float64)[places],
                source_reference_point_distance_mm=fit["reference_point_distance_mm"].to_numpy(np.float64)[places],
            ),
            outputs=table,
        )
        kerma[places], uncertainty[places], method[places] = found.kerma_mgy, found.relative_uncertainty, found.method
    by_header = exposures["header_states_kerma"].fillna(value=False).to_numpy(bool)
    method = np.where(method == "stated", np.where(by_header, "header", "report"), method)
    return exposures.assign(**{KERMA: kerma, f"{KERMA}_uncertainty": uncertainty, f"{KERMA}_method": method})


def _skin(exposures: pd.DataFrame) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Distance of the skin from the focus in mm, NaN where nothing tells it, and its relative standard uncertainty."""
    thick = assumed_thickness(
        *(exposures[name].fillna("") for name in ("body_part", "view")),
        weight_kg=exposures["patient_weight_kg"],
        size_m=exposures["patient_size_m"],
        bands=exposures["band"],
    )
    detector = exposures["source_detector_distance_mm"].to_numpy(np.float64)
    gap = assumed_gap_mm(detector, exposures["source_patient_distance_mm"])
    skin = detector - gap - thick.thickness_mm
    skin = np.where(skin > 0.0, skin, np.nan)
    spread = np.hypot(0.01, np.nan_to_num(thick.thickness_mm * thick.relative_uncertainty / skin))
    return skin, spread


def _outputs(exposures: pd.DataFrame, site: Site) -> NDArray[np.float64]:
    """Output of each exposure's tube behind the copper that is told of it, µGy/mAs at 1 m; NaN where not known."""
    voltages = exposures["tube_voltage_kv"].to_numpy(np.float64)
    outputs = np.full(len(exposures), np.nan)
    for table, places in _by_tube(exposures, site):
        outputs[places], _ = tube_outputs_at(table, voltages[places])
    return np.asarray(outputs * copper_transmissions(voltages, _copper_mm(exposures))[0], dtype=np.float64)


def _copper_mm(exposures: pd.DataFrame) -> NDArray[np.float64]:
    """Copper that a report states, else the header; 0 where neither tells of any, NaN where of no thickness."""
    told, thick = exposures["filter_material"].fillna(""), exposures["filter_thickness_max_mm"]
    pairs = pd.DataFrame({"told": told, "thick": thick.astype("float64")})
    known = pairs.drop_duplicates()
    found = [copper_of_header(str(name), None if pd.isna(mm) else float(mm)) for name, mm in known.to_numpy()]
    by_header = pairs.merge(known.assign(copper=[0.0 if one is None else one for one in found]), how="left")["copper"]
    stated = exposures["added_copper_mm"].astype("float64")
    return np.asarray(stated.fillna(by_header.set_axis(exposures.index)), dtype=np.float64)


def _is_radiography(exposures: pd.DataFrame) -> pd.Series:
    other = exposures["modality"].isin(_NOT_RADIOGRAPHY) | (exposures["body_part"] == "BREAST")
    return ~other & (exposures["event_type"].isna() | (exposures["event_type"] == _STATIONARY_ACQUISITION))


def _by_tube(exposures: pd.DataFrame, site: Site) -> Iterator[tuple[TubeOutputTable, NDArray[np.intp]]]:
    """Output of the tube of each unit, and the places of its exposures."""
    for unit, places in exposures.groupby("unit", observed=True, dropna=False).indices.items():
        yield tube_output_for(site.tube_outputs, (str(unit),)), np.asarray(places, dtype=np.intp)
