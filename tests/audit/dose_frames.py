"""Exposures for the tests of dose audits: one row each, with every column that an audit asks for."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping

import pandas as pd

NAN = math.nan
START = datetime.datetime(2026, 1, 5, 8, 0)  # a Monday
USUAL: Mapping[str, object] = {
    "site": "North",
    "room": "R1",
    "unit": "U1",
    "body_part": "CHEST",
    "view": "PA",
    "band": "adult",
    "weight_told": True,
    "exposed_at": START,
    "subject": "",
    "study_uid": "",
    "patient_key": "",
    "operator_key": "",
    "dap_gy_m2": 1.0e-5,
    "exposure_mas": 2.0,
    "tube_voltage_kv": 120.0,
    "field_area_mm2": 1.0e5,
    "deviation_index": 0.0,
    "patient_weight_kg": 70.0,
}


def exposures(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Rows over what is usual, numbered."""
    return pd.DataFrame([dict(USUAL) | {"subject": f"1.2.{place}"} | dict(row) for place, row in enumerate(rows)])
