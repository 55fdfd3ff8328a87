"""Units of an audit that probably state doses in a wrong unit."""

from __future__ import annotations

import pandas as pd
import pytest

from xrayiq.procedures import load_site
from xrayiq.procedures.audits import unit_frame
from xrayiq.procedures.expected_doses import with_expected_dap

#: 80 kV, 10 mAs and 0.1 m² at 1 m: 78.4 µGy/mAs (computed table) give 7.84e-5 Gy·m²
EXPECTED_GY_M2 = 7.84e-5


@pytest.mark.parametrize(("event_type", "powers"), [(None, [-1]), ("113611", [-1]), ("P5-06000", []), ("44491008", [])])
def test_fluoroscopy_behind_thick_copper_makes_no_unit_suspected(event_type: str | None, powers: list[int]) -> None:
    told = {
        "site": "North",
        "room": "R1",
        "unit": "U1",
        "tube_voltage_kv": 80.0,
        "exposure_mas": 10.0,
        "field_area_mm2": 1.0e5,
        "dose_area_product": 0.1 * EXPECTED_GY_M2,
        "event_type": event_type,
    }
    frame = pd.DataFrame([told] * 12).astype({"event_type": "string"})
    assert [power for power in unit_frame(with_expected_dap(frame, load_site()))["suspected_power"] if power] == powers
