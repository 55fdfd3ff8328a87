"""Small exposure audits for figures and pages: two rooms of one examination, the second of which steps."""

from __future__ import annotations

import datetime

import numpy as np
import pandas as pd

from xrayiq.audit import ExposureAudit, assess_exposure

START = datetime.datetime(2026, 1, 5, 8, 0)


def exposure_audit(*, step: float, number: int = 160, unit: str = "UB") -> ExposureAudit:
    """Audit of two rooms; the second steps at mid-series."""
    generator = np.random.default_rng(8)
    rows = [
        {
            "site": "North",
            "room": room,
            "unit": name,
            "body_part": "CHEST",
            "view": "PA",
            "subject": f"{room}.{place}",
            "exposed_at": START + datetime.timedelta(hours=9 * place),
            "exposure_mas": 2.0,
            "exposure_index": 300.0 * 10.0 ** ((generator.normal(0.0, 0.8) + rise * (place >= number // 2)) / 10.0),
            "target_exposure_index": 300.0,
            "deviation_index": np.nan,
            "estimated_exposure_index": np.nan,
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
        for room, name, rise in (("A", "UA", 0.0), ("B", unit, step))
        for place in range(number)
    ]
    unmapped = pd.DataFrame(columns=["body_part", "view_position", "protocol_name", "exposures"])
    return assess_exposure(pd.DataFrame(rows), unmapped=unmapped)
