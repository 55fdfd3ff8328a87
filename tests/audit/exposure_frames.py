"""Exposures for the tests of exposure audits: one row each, with every column that an audit asks for."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Mapping

import pandas as pd

from xrayiq_phantoms.exposure_quarter import QuarterExposure

NAN = math.nan
USUAL: Mapping[str, object] = {
    "site": "North",
    "room": "R1",
    "unit": "U1",
    "body_part": "CHEST",
    "view": "PA",
    "exposed_at": datetime.datetime(2026, 1, 5, 8, 0),
    "subject": "",
    "exposure_mas": 2.0,
    "exposure_index": 300.0,
    "target_exposure_index": 300.0,
    "deviation_index": NAN,
    "estimated_exposure_index": NAN,
    "not_numbers": None,
    "older_scale": False,
    "exposure_control_mode": "AUTOMATIC",
    "patient_age_years": 50.0,
    "indicator": "IEC EI",
    "standing": "standard",
    "receptor_kerma_ugy": 3.0,
    "receptor_kerma_uncertainty": 0.2,
    "reference_beam": "RQA5",
    "kerma_source": "IEC 62494-1, 2008",
}
UNMAPPED = pd.DataFrame(columns=["body_part", "view_position", "protocol_name", "exposures"])
#: what the simulated protocol names and attributes count as
_PARTS = {"LL": "LAT", "": "AP"}


def exposures(rows: Iterable[Mapping[str, object]]) -> pd.DataFrame:
    """Rows over what is usual, numbered."""
    return pd.DataFrame([dict(USUAL) | {"subject": f"1.2.{place}"} | dict(row) for place, row in enumerate(rows)])


def number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return NAN


def quarter_row(one: QuarterExposure) -> dict[str, object]:
    """A simulated exposure as the audit gets it; 1 in 3 of rooms A and B has an index estimated from its pixels."""
    mapped = one.protocol_name != "Sonderprogramm 7"
    older = one.manufacturer.startswith("Carestream") and not one.target
    seen = one.room in "AB" and one.number % 3 == 0
    return {
        "room": one.room,
        "unit": f"U{one.room}",
        "body_part": (one.body_part or "LSPINE") if mapped else "",
        "view": _PARTS.get(one.view_position, one.view_position) if mapped else "",
        "exposed_at": one.exposed_at,
        "exposure_mas": one.charge_mas,
        "exposure_index": number(one.index),
        "target_exposure_index": number(one.target),
        "deviation_index": number(one.deviation),
        "estimated_exposure_index": 100.0 * one.receptor_kerma_ugy * 1.05 if seen else NAN,
        "not_numbers": "ExposureIndex" if math.isnan(number(one.index)) else None,
        "older_scale": older,
        "exposure_control_mode": one.control,
        "patient_age_years": one.age_years,
        "receptor_kerma_ugy": NAN if older else one.receptor_kerma_ugy,
        "receptor_kerma_uncertainty": NAN if older else 0.2,
        "reference_beam": "" if older else "RQA5",
        "kerma_source": "" if older else "IEC 62494-1, 2008",
        "standing": "suspect" if older else "standard",
    }
