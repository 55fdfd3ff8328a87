"""Units of an audit that probably state doses in a wrong unit."""

from __future__ import annotations

import pandas as pd
import pytest

from xrayiq.procedures import load_site
from xrayiq.procedures.dose_audits import unit_frame
from xrayiq.procedures.expected_doses import with_expected_dap, with_expected_kerma

#: 80 kV, 10 mAs and 0.1 m² at 1 m: 78.4 µGy/mAs (computed table) give 7.84e-5 Gy·m²
EXPECTED_GY_M2 = 7.84e-5
#: nothing told of filters
UNFILTERED = {"filter_material": None, "filter_thickness_max_mm": float("nan"), "added_copper_mm": float("nan")}
TEXTS = {"event_type": "string", "filter_material": "string"}


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
        **UNFILTERED,
    }
    frame = pd.DataFrame([told] * 12).astype(TEXTS)
    assert [power for power in unit_frame(with_expected_dap(frame, load_site()))["suspected_power"] if power] == powers


@pytest.mark.parametrize(("written_as", "powers"), [(1.0, [0]), (0.01, [-2]), (1000.0, [3])])
def test_entrance_dose_in_a_wrong_unit_is_found_by_output_charge_and_distance(
    written_as: float, powers: list[int]
) -> None:
    told = {
        "site": "North",
        "room": "R1",
        "unit": "U1",
        "modality": "DX",
        "event_type": None,
        **UNFILTERED,
        "body_part": "ABDOMEN",
        "view": "AP",
        "band": "adult",
        "patient_weight_kg": 70.0,
        "patient_size_m": 1.7,
        "tube_voltage_kv": 80.0,
        "exposure_mas": 20.0,
        "source_detector_distance_mm": 1150.0,
        "source_patient_distance_mm": float("nan"),
        "dose_area_product": float("nan"),
    }
    # 67.4 µGy/mAs at 1 m, skin at 1150 - 50 - 230 mm; the tube gives 0.8 of the computed output
    kerma = 0.8 * 67.4 * 20.0 / 1000.0 * (1000.0 / 870.0) ** 2
    frame = pd.DataFrame([told | {"incident_air_kerma": written_as * kerma}] * 12)
    frame = frame.astype(TEXTS)
    found = unit_frame(with_expected_kerma(frame, load_site()))
    assert found["suspected_power"].tolist() == powers
    assert found["median_ratio"].tolist() == pytest.approx([0.8 * written_as], rel=1e-12)
