"""A dose log as one row for each study, its exposures side by side under the headings of OpenREM's DX export."""

from __future__ import annotations

import math
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, Final

import pandas as pd

from xrayiq.units import decimal_product

_CGY_CM2_PER_GY_M2: Final = 1e6
#: what a store keeps nothing of has an empty column, so that all others stand where they are expected
_STUDY: Final = {
    "Institution": "institution",
    "Manufacturer": "manufacturer",
    "Model name": "model",
    "Station name": "station_name",
    "Display name": "unit",
    "Accession number": "",
    "Operator": "operator_key",
    "Study date": "date",
    "Study time": "time",
    "Age": "patient_age_years",
    "Sex": "patient_sex",
    "Height": "patient_size_m",
    "Mass (kg)": "patient_weight_kg",
    "Test patient?": "",
    "Study description": "",
    "Requested procedure": "",
    "Study Comments": "",
}
_EVENT: Final = {
    "Protocol": "protocol_name",
    "Standard acquisition name": "examination",
    "Anatomy": "body_part",
    "Image view": "view",
    "Exposure control mode": "exposure_control_mode",
    "kVp": "tube_voltage_kv",
    "mAs": "exposure_mas",
    "mA": "tube_current_ma",
    "Exposure time (ms)": "exposure_time_ms",
    "Filters": "filter_material",
    "Filter thicknesses (mm)": "filter_thickness",
    "Exposure index": "exposure_index",
    "Target exposure index": "target_exposure_index",
    "Deviation index": "deviation_index",
    "Relative x-ray exposure": "relative_exposure",
    "DAP (cGy.cm^2)": "dap_cgy_cm2",
    "Entrance Exposure at RP (mGy)": "incident_air_kerma_mgy",
    "SDD Detector Dist": "source_detector_distance_mm",
    "SPD Patient Dist": "source_patient_distance_mm",
    "SIsoD Isocentre Dist": "",
    "Table Height": "",
    "Comment": "",
}
#: of these there are other exports
_NOT_RADIOGRAPHY: Final = ("MG", "XA", "RF", "CT")
_STATIONARY_ACQUISITION: Final = "113611"


def dose_studies(log: pd.DataFrame) -> tuple[pd.DataFrame, int]:
    """Studies of radiography, one row for each study and unit.

    Parameters
    ----------
    log : DataFrame
        As `tabulate_exposures` gives it.

    Returns
    -------
    DataFrame
        OpenREM's columns. Doses are shifted by whole powers of ten, so that a printed number has the digits of the one
        that was stated. The total is that of the exposures, empty where one of them states no dose.
    int
        Exposures of mammography, fluoroscopy, angiography and computed tomography, whose studies are left out.
    """
    key = (log["study_uid"].fillna(log["subject"]) + "\n" + log["unit"].fillna("")).astype("string")
    other = log["modality"].isin(_NOT_RADIOGRAPHY) | log["average_glandular_dose_mgy"].notna()
    other |= log["event_type"].notna() & (log["event_type"] != _STATIONARY_ACQUISITION)
    kept = ~key.isin(key[other.astype(bool)])
    rows = _with_texts(log[kept]).assign(study=key[kept])
    groups = rows.groupby("study", sort=False)
    number = groups.cumcount() + 1
    wide = _headed(groups.first(), _STUDY)
    wide["No. events"] = groups.size().astype("Int64")
    wide["DAP total (cGy.cm^2)"] = pd.Series(
        {name: total_cgy_cm2(group) for name, group in groups["dap_gy_m2"]}, dtype="float64"
    ).reindex(wide.index)
    parts = [
        _headed(rows[number == one].set_index("study").reindex(wide.index), _EVENT).add_prefix(f"E{one} ")
        for one in range(1, int(number.max() if len(number) else 0) + 1)
    ]
    return pd.concat([wide, *parts], axis=1).reset_index(drop=True), int((~kept).sum())


def cgy_cm2(dap_gy_m2: float) -> float:
    """Dose-area product in cGy·cm²: the digits that are written, the point six places on; NaN stays NaN."""
    return decimal_product(dap_gy_m2, _CGY_CM2_PER_GY_M2)


def total_cgy_cm2(daps_gy_m2: Iterable[float]) -> float:
    """Sum of dose-area products as they are written, in cGy·cm²; NaN where one is not known."""
    known = [float(value) for value in daps_gy_m2]
    if any(math.isnan(value) for value in known):
        return math.nan
    return float(sum((Decimal(repr(value)) for value in known), Decimal(0)) * int(_CGY_CM2_PER_GY_M2))


def _with_texts(log: pd.DataFrame) -> pd.DataFrame:
    examination = (log["body_part"].fillna("") + " " + log["view"].fillna("")).str.strip()
    filters = [
        _thickness(least, most)
        for least, most in zip(log["filter_thickness_min_mm"], log["filter_thickness_max_mm"], strict=True)
    ]
    return log.assign(
        date=log["exposed_at"].dt.strftime("%Y-%m-%d").astype("string"),
        time=log["exposed_at"].dt.strftime("%H:%M:%S").astype("string"),
        examination=examination.astype("string"),
        filter_thickness=pd.Series(filters, index=log.index, dtype="string"),
        dap_cgy_cm2=[cgy_cm2(float(value)) for value in log["dap_gy_m2"]],
    )


def _thickness(least_mm: float, most_mm: float) -> str | None:
    """Thickness of a filter, or its range, as one text."""
    known = [repr(float(value)) for value in (least_mm, most_mm) if not math.isnan(value)]
    return " to ".join(dict.fromkeys(known)) or None


def _headed(rows: pd.DataFrame, columns: dict[str, str]) -> pd.DataFrame:
    nothing: Any = pd.Series(pd.NA, index=rows.index, dtype="string")
    return pd.DataFrame({title: rows[name] if name else nothing for title, name in columns.items()}, index=rows.index)
