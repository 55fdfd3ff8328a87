"""Dose audits for the tests of figures: rooms whose doses are known multiples of an examination's usual one."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import pandas as pd

from xrayiq.audit import DoseAudit, assess_dose

DAP = "dose_area_product"
NAN = math.nan
START = datetime.datetime(2026, 1, 5, 8, 0)  # a Monday
CHEST, LSPINE = ("CHEST", "PA", "adult"), ("LSPINE", "LAT", "adult")
USUAL_GY_M2 = {CHEST: 1.0e-5, LSPINE: 2.0e-4}
USUAL: Mapping[str, object] = {
    "site": "North",
    "band": "adult",
    "weight_told": True,
    "study_uid": "",
    "patient_key": "",
    "operator_key": "",
    "exposure_mas": 2.0,
    "tube_voltage_kv": 120.0,
    "field_area_mm2": 1.0e5,
    "deviation_index": 0.0,
    "patient_weight_kg": 70.0,
    "noise": NAN,
    "snr": NAN,
    "incident_air_kerma": NAN,
    "entrance_surface_air_kerma": NAN,
    "average_glandular_dose": NAN,
}
LEVELS = pd.DataFrame(
    [
        {"level_id": "a", "body_part": "CHEST", "view": "PA", "band": "adult", "quantity": DAP, "level": 1.3e-5}
        | {"achievable": NAN, "source": "Document A (2022)"},
        {"level_id": "b", "body_part": "CHEST", "view": "PA", "band": "adult", "quantity": DAP, "level": 1.6e-5}
        | {"achievable": NAN, "source": "Document B (2016)"},
        {"level_id": "c", "body_part": "LSPINE", "view": "", "band": "adult", "quantity": DAP, "level": 3.0e-4}
        | {"achievable": NAN, "source": "Document A (2022)"},
    ]
)
_UNITS = ["site", "room", "unit", "quantity", "exposures", "median_ratio", "suspected_power", "text"]


def room_rows(
    room: str,
    ratio: float,
    *,
    count: int = 60,
    examination: tuple[str, str, str] = CHEST,
    seed: int = 1,
    spread: float = 0.25,
    **changes: object,
) -> list[dict[str, object]]:
    """Exposures of a room, one a day, around so many times the usual dose."""
    rng = np.random.default_rng(seed)
    doses = USUAL_GY_M2[examination] * ratio * np.exp(rng.normal(0.0, spread, count))
    keys = dict(zip(("body_part", "view", "band"), examination, strict=True))
    return [
        {**USUAL, **keys, "room": room, "unit": f"U{room}", "subject": f"{room}.{examination[0]}.{number}"}
        | {"exposed_at": START + datetime.timedelta(days=number), DAP: float(dose)}
        | changes
        for number, dose in enumerate(doses)
    ]


def dose_audit(rows: Iterable[Mapping[str, object]], *, levels: pd.DataFrame = LEVELS) -> DoseAudit:
    """Audit of these exposures."""
    return audit_of(pd.DataFrame([dict(row) for row in rows]), levels=levels)


def audit_of(frame: pd.DataFrame, *, levels: pd.DataFrame = LEVELS, units: Sequence[object] = ()) -> DoseAudit:
    """Audit of a frame of exposures."""
    unmapped = pd.DataFrame(columns=["body_part", "view_position", "protocol_name", "exposures"])
    return assess_dose(frame, levels=levels, units=pd.DataFrame(list(units), columns=_UNITS), unmapped=unmapped)


def empty_audit() -> DoseAudit:
    """Audit of no exposures."""
    return audit_of(pd.DataFrame(room_rows("A", 1.0, count=1)).iloc[:0])
