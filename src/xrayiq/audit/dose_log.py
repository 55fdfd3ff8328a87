"""The dose log: one row for each exposure of an audit, with what the audit says of it."""

from __future__ import annotations

import hashlib
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from xrayiq.audit.dose import DoseAudit

#: how doses that files state were found, and the columns of these
_STATED: Final = "stated"
_DISPLAYED: Final = ("dap", "incident_air_kerma", "reference_point_kerma")
#: columns of the log: their type, and what they are called in the frame of an audit; empty for what the audit says
_COLUMNS: Final = MappingProxyType(
    {
        "exposed_at": ("datetime64[us]", "exposed_at"),
        "site": ("string", "site"),
        "room": ("string", "room"),
        "unit": ("string", "unit"),
        "body_part": ("string", "body_part"),
        "view": ("string", "view"),
        "laterality": ("string", "laterality"),
        "protocol_name": ("string", "protocol_name"),
        "band": ("string", "band"),
        "weight_told": ("boolean", "weight_told"),
        "patient_age_years": ("float64", "patient_age_years"),
        "patient_weight_kg": ("float64", "patient_weight_kg"),
        "patient_size_m": ("float64", "patient_size_m"),
        "patient_sex": ("string", "patient_sex"),
        "patient_key": ("string", "patient_key"),
        "operator_key": ("string", "operator_key"),
        "tube_voltage_kv": ("float64", "tube_voltage_kv"),
        "exposure_mas": ("float64", "exposure_mas"),
        "exposure_time_ms": ("float64", "exposure_time_ms"),
        "tube_current_ma": ("float64", "tube_current_ma"),
        "field_area_at_1_m_mm2": ("float64", "field_area_mm2"),
        "source_detector_distance_mm": ("float64", "source_detector_distance_mm"),
        "source_patient_distance_mm": ("float64", "source_patient_distance_mm"),
        "filter_material": ("string", "filter_material"),
        "filter_thickness_min_mm": ("float64", "filter_thickness_min_mm"),
        "filter_thickness_max_mm": ("float64", "filter_thickness_max_mm"),
        "grid": ("string", "grid"),
        "exposure_control_mode": ("string", "exposure_control_mode"),
        "dap_gy_m2": ("float64", "dose_area_product"),
        "dap_uncertainty": ("float64", "stated_dose_area_product_uncertainty"),
        "dap_method": ("string", ""),
        "incident_air_kerma_mgy": ("float64", "incident_air_kerma"),
        "incident_air_kerma_uncertainty": ("float64", "stated_incident_air_kerma_uncertainty"),
        "incident_air_kerma_method": ("string", ""),
        "entrance_surface_air_kerma_mgy": ("float64", "entrance_surface_air_kerma"),
        "entrance_surface_air_kerma_uncertainty": ("float64", "entrance_surface_air_kerma_uncertainty"),
        "entrance_surface_air_kerma_method": ("string", "entrance_surface_air_kerma_method"),
        "expected_dap_gy_m2": ("float64", "expected_dose_area_product"),
        "expected_dap_uncertainty": ("float64", "expected_dose_area_product_uncertainty"),
        "average_glandular_dose_mgy": ("float64", "average_glandular_dose"),
        "average_glandular_dose_uncertainty": ("float64", "average_glandular_dose_uncertainty"),
        "average_glandular_dose_method": ("string", "average_glandular_dose_method"),
        "reference_point_kerma_mgy": ("float64", "reference_point_kerma"),
        "reference_point_kerma_uncertainty": ("float64", "stated_reference_point_kerma_uncertainty"),
        "reference_point_kerma_method": ("string", ""),
        "exposure_index": ("float64", "exposure_index"),
        "target_exposure_index": ("float64", "target_exposure_index"),
        "deviation_index": ("float64", "deviation_index"),
        "relative_exposure": ("float64", "relative_exposure"),
        "source": ("string", "source"),
        "told_by_step": ("boolean", "told_by_step"),
        "event_type": ("string", "event_type"),
        "repeated": ("boolean", "repeated"),
        "excursion": ("boolean", ""),
        "excursion_cause": ("string", ""),
        "suspected_power_of_ten": ("Int64", ""),
        "average_glandular_dose_suspected_power_of_ten": ("Int64", ""),
        "modality": ("string", "modality"),
        "institution": ("string", "institution"),
        "manufacturer": ("string", "manufacturer"),
        "model": ("string", "model"),
        "station_name": ("string", "station_name"),
        "study_uid": ("string", "study_uid"),
        "event_uid": ("string", "event_uid"),
        "subject": ("string", "subject"),
    }
)


def tabulate_exposures(audit: DoseAudit) -> pd.DataFrame:
    """One row for each exposure of an audit, units in the names of the columns.

    Parameters
    ----------
    audit : DoseAudit
        Audit of a period.

    Returns
    -------
    DataFrame
        In the order of time, at full precision and as stated: nothing is corrected. `source` is ``"image"``,
        ``"report"``, ``"both"`` or ``"step"``, `told_by_step` whether a performed step tells of it too;
        Each dose has its relative standard uncertainty (k = 1) in `…_uncertainty` and how it was found in `…_method`:
        ``"stated"`` or, of glandular doses, ``"reported"`` by header, report or step, with what
        ``data/stated_doses.toml`` says of a unit's display; else the way of the estimate.
        `entrance_surface_air_kerma_mgy` is with backscatter; `expected_dap_gy_m2` is what technique and field give.
        `excursion` is true where the exposure is a finding, `excursion_cause` what it suggests.
        `suspected_power_of_ten` is what the dose-area products of the unit, and
        `average_glandular_dose_suspected_power_of_ten` what its glandular doses, are probably wrong by: 0 where they
        agree with the technique, missing where nothing could be expected. Persons are keyed hashes.
    """
    kinds: Any = {name: kind for name, (kind, _) in _COLUMNS.items()}
    named = audit.exposures.rename(columns={told: name for name, (_, told) in _COLUMNS.items() if told})
    log = named.reindex(columns=list(_COLUMNS)).astype(kinds)
    found = audit.excursions[audit.excursions["finding"].astype(bool)].drop_duplicates("subject")
    causes = dict(zip(found["subject"], found["cause"], strict=True))
    glandular = log["average_glandular_dose_uncertainty"].fillna(
        audit.exposures.get("stated_average_glandular_dose_uncertainty", pd.Series(index=log.index, dtype="float64"))
    )
    methods = {
        f"{name}_method": log[f"{name}_uncertainty"].notna().map({True: _STATED, False: ""}) for name in _DISPLAYED
    }
    return log.assign(
        **{name: told.astype("string") for name, told in methods.items()},
        average_glandular_dose_uncertainty=glandular,
        excursion=log["subject"].isin(list(causes)).astype("boolean"),
        excursion_cause=log["subject"].map(causes).astype("string"),
        suspected_power_of_ten=_powers(audit, log, "dose_area_product"),
        average_glandular_dose_suspected_power_of_ten=_powers(audit, log, "average_glandular_dose"),
    )


def _powers(audit: DoseAudit, log: pd.DataFrame, quantity: str) -> pd.Series:
    """What the doses of each exposure's unit are probably wrong by; missing where nothing was expected."""
    units = audit.units[audit.units["quantity"] == quantity]
    powers = {(row["site"], row["unit"]): row["suspected_power"] for row in units.to_dict("records")}
    places = zip(log["site"], log["unit"], strict=True)
    return pd.Series([powers.get(place) for place in places], index=log.index, dtype="Int64")


def dose_log_digest(log: pd.DataFrame) -> str:
    """What the content of a dose log is known by: an exposure that comes, goes or changes makes it another.

    Parameters
    ----------
    log : DataFrame
        From `tabulate_exposures`.

    Returns
    -------
    str
        SHA-256 of the table as comma-separated text, in hexadecimal digits.
    """
    return hashlib.sha256(log.to_csv(index=False, lineterminator="\n").encode()).hexdigest()
