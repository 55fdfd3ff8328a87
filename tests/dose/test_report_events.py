"""Events of a dose report as estimates take them."""

from __future__ import annotations

import dataclasses
import math

import pytest

from xrayiq.dose import entrance_values_of_event, estimate_entrance_kerma, estimate_skin_dose, skin_exposure_of
from xrayiq.model import BeamField, BeamFilter, BeamGeometry, BeamSource, DoseEvent, TablePlacement

COPPER = BeamFilter(
    material=("66925006", "SCT", "Copper or Copper compound"), thickness_min_mm=0.2, thickness_max_mm=0.3
)
EVENT = DoseEvent(
    dap_gy_m2=1e-5,
    reference_point_kerma_mgy=2.0,
    reference_point=("113860", "DCM", "15cm from Isocenter toward Source"),
    tube_voltage_kv=80.0,
    exposure_mas=10.0,
    collimated_field_width_mm=300.0,
    collimated_field_height_mm=240.0,
    geometry=BeamGeometry(
        source_detector_distance_mm=1200.0,
        source_isocenter_distance_mm=750.0,
        primary_angle_deg=-30.0,
        secondary_angle_deg=10.0,
    ),
    beam=BeamSource(half_value_layer_mm=4.0),
    table=TablePlacement(longitudinal_mm=10.0, lateral_mm=20.0, height_mm=30.0),
)


def test_a_field_at_the_detector_is_scaled_to_a_metre() -> None:
    # 300 × 240 mm at 1.2 m
    found = skin_exposure_of(EVENT)
    assert (found.field_width_at_1_m_mm, found.field_height_at_1_m_mm) == pytest.approx((250.0, 200.0), rel=1e-12)
    assert found.field_area_at_1_m_mm2 == pytest.approx(50000.0, rel=1e-12)
    shutters = dataclasses.replace(EVENT, field=BeamField(height_at_1_m_mm=90.0, width_at_1_m_mm=120.0))
    assert skin_exposure_of(shutters).field_width_at_1_m_mm == 120.0


def test_the_reference_point_is_where_it_is_defined() -> None:
    assert skin_exposure_of(EVENT).source_reference_point_distance_mm == 600.0
    assert EVENT.geometry is not None
    told = dataclasses.replace(EVENT.geometry, source_reference_point_distance_mm=620.0)
    assert skin_exposure_of(dataclasses.replace(EVENT, geometry=told)).source_reference_point_distance_mm == 620.0
    other = dataclasses.replace(EVENT, reference_point=("113861", "DCM", "30cm in front of image input surface"))
    assert skin_exposure_of(other).source_reference_point_distance_mm is None


def test_an_event_has_a_skin_dose() -> None:
    found = estimate_skin_dose([skin_exposure_of(EVENT)])
    assert (found.exposures, found.left_out) == (1, ())
    assert found.peak_skin_dose_mgy > 0
    silent = estimate_skin_dose([skin_exposure_of(EVENT), skin_exposure_of(DoseEvent())])
    assert silent.left_out == ("exposure 2: no angle of the beam; needed primary and secondary angle",)


def test_an_event_has_an_entrance_kerma() -> None:
    # the skin is 1200 − 200 − 250 = 750 mm from the source, the reference point 600
    values = entrance_values_of_event(EVENT, patient_thickness_mm=200.0, table_gap_mm=250.0)
    found = estimate_entrance_kerma(values, quantity="incident_air_kerma")
    assert (found.method, found.value) == ("reference_point", pytest.approx(2.0 * 0.64, rel=1e-12))
    assert entrance_values_of_event(EVENT, patient_thickness_mm=None, table_gap_mm=250.0).geometry is None


@pytest.mark.parametrize(
    ("filters", "copper"),
    [
        ((), None),
        ((COPPER,), 0.3),
        ((COPPER, dataclasses.replace(COPPER, thickness_max_mm=None)), 0.5),
        ((BeamFilter(material=("12503006", "SCT", "Aluminum"), thickness_max_mm=1.0),), 0.0),
        ((BeamFilter(material=("C-127F9", "SRT", "Copper")),), math.nan),
        ((BeamFilter(material=("1", "SCT", "Copper or Copper compound"), thickness_max_mm=0.1),), 0.1),
    ],
)
def test_copper_is_told_by_its_code(filters: tuple[BeamFilter, ...], copper: float | None) -> None:
    event = dataclasses.replace(EVENT, beam=BeamSource(filters=filters))
    values = entrance_values_of_event(event, patient_thickness_mm=None, table_gap_mm=None)
    assert values.added_copper_mm == (None if copper is None else pytest.approx(copper, rel=1e-12, nan_ok=True))
