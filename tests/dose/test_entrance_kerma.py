"""Entrance kerma by each way, by formula, and the choice between them."""

from __future__ import annotations

import dataclasses
import math

import pytest

from xrayiq.dose import (
    DoseEstimate,
    EntranceGeometry,
    EntranceValues,
    entrance_geometry,
    entrance_kerma_estimates,
    entrance_values_of,
    estimate_entrance_kerma,
    kerma_at_distance,
    tube_output_of_row,
)
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import Acquisition, pack, quantities, unpack

OUTPUTS = tube_output_of_row(
    {
        "filtration_mm_al": 3.0,
        "voltages_kv": [60.0, 80.0, 120.0],
        "outputs_ugy_per_mas": [30.0, 50.0, 100.0],
        "half_value_layers_mm_al": [2.08, 2.73, 4.60],
        "uncertainty_fraction": 0.05,
    }
)
AT_750 = EntranceGeometry(source_skin_distance_mm=750.0)
TECHNIQUE = EntranceValues(tube_voltage_kv=80.0, exposure_mas=20.0, geometry=AT_750)


def test_kerma_from_technique_is_output_times_charge_by_the_inverse_square() -> None:
    # 50 µGy/mAs · 20 mAs = 1 mGy at 1 m; at 0.75 m 16/9 of it
    found = estimate_entrance_kerma(TECHNIQUE, quantity="incident_air_kerma", outputs=OUTPUTS)
    assert found.value == pytest.approx(16.0 / 9.0, rel=1e-12)
    assert (found.method, found.quantity) == ("technique", "incident_air_kerma")
    assert found.relative_uncertainty == pytest.approx(math.hypot(0.05, 0.02), rel=1e-12)
    assert unpack(DoseEstimate, *pack(found)).to_dict() == found.to_dict()
    assert {each.quantity for each in found.measurements()} <= set(quantities())


def test_kerma_with_backscatter_has_the_factor_of_the_beam_and_field() -> None:
    # a field of 400 mm at 1.5 m is one of 200 mm at 0.75 m: 1.36 for 2.73 mm Al
    values = dataclasses.replace(TECHNIQUE, field_sides_mm=(400.0, 400.0), field_area_distance_mm=1500.0)
    found = estimate_entrance_kerma(values, quantity="entrance_surface_air_kerma", outputs=OUTPUTS)
    assert found.value == pytest.approx(1.36 * 16.0 / 9.0, rel=1e-12)
    assert dict(found.provenance.parameters)["backscatter_factor"] == pytest.approx(1.36, rel=1e-12)
    unknown = estimate_entrance_kerma(TECHNIQUE, quantity="entrance_surface_air_kerma", outputs=OUTPUTS)
    assert unknown.value == pytest.approx(1.35 * 16.0 / 9.0, rel=1e-12)
    assert any("1.35" in each for each in unknown.assumptions)


def test_kerma_from_dose_area_product_is_over_the_area_at_the_skin() -> None:
    # 1 Gy·cm² = 1e-4 Gy·m² over 400 cm² at 1 m are 2.5 mGy; at 0.75 m 16/9 of it
    values = EntranceValues(dap_gy_m2=1e-4, field_area_mm2=4e4, field_area_distance_mm=1000.0, geometry=AT_750)
    found = estimate_entrance_kerma(values, quantity="incident_air_kerma")
    assert (found.method, found.value) == ("dose_area_product", pytest.approx(2.5 * 16.0 / 9.0, rel=1e-12))
    sides = dataclasses.replace(values, field_area_mm2=None, field_sides_mm=(100.0, 400.0))
    assert estimate_entrance_kerma(sides, quantity="incident_air_kerma").value == pytest.approx(found.value, rel=1e-12)


def test_kerma_from_the_reference_point_is_by_the_inverse_square() -> None:
    values = EntranceValues(reference_point_kerma_mgy=9.0, source_reference_point_distance_mm=600.0, geometry=AT_750)
    found = estimate_entrance_kerma(values, quantity="incident_air_kerma")
    assert (found.method, found.value) == ("reference_point", pytest.approx(9.0 * 0.64, rel=1e-12))


@pytest.mark.parametrize(
    ("holds", "incident", "surface"), [(None, 2.7, 2.7 * 1.35), (False, 2.7, 2.7 * 1.35), (True, 2.7 / 1.35, 2.7)]
)
def test_an_entrance_dose_of_a_header_is_named_with_or_without_backscatter(
    holds: bool | None, incident: float, surface: float
) -> None:
    values = EntranceValues(header_entrance_dose_mgy=2.7, header_holds_backscatter=holds)
    without = estimate_entrance_kerma(values, quantity="incident_air_kerma")
    including = estimate_entrance_kerma(values, quantity="entrance_surface_air_kerma")
    assert without.value == pytest.approx(incident, rel=1e-12)
    assert including.value == pytest.approx(surface, rel=1e-12)
    assert without.assumptions[0].startswith("EntranceDoseInmGy of the header")


def test_the_best_founded_way_comes_first() -> None:
    values = dataclasses.replace(
        TECHNIQUE,
        dap_gy_m2=1e-4,
        field_area_mm2=4e4,
        field_area_distance_mm=1000.0,
        header_entrance_dose_mgy=1.0,
        reference_point_kerma_mgy=2.0,
        source_reference_point_distance_mm=700.0,
    )
    measured = entrance_kerma_estimates(values, quantity="incident_air_kerma", outputs=OUTPUTS)
    assert [each.method for each in measured] == ["technique", "reference_point", "dose_area_product", "header"]
    computed = entrance_kerma_estimates(values, quantity="incident_air_kerma")
    assert [each.method for each in computed] == ["reference_point", "dose_area_product", "header", "technique"]


@pytest.mark.parametrize("changed", [{"tube_voltage_kv": 45.0}, {"added_copper_mm": math.nan}, {"geometry": None}])
def test_a_way_that_is_closed_gives_nothing(changed: dict[str, object]) -> None:
    values = dataclasses.replace(TECHNIQUE, **changed)
    assert entrance_kerma_estimates(values, quantity="incident_air_kerma") == ()
    with pytest.raises(NotMeasurableError, match="neither an entrance dose") as caught:
        estimate_entrance_kerma(values, quantity="incident_air_kerma")
    assert caught.value.reason == "no_entrance_kerma"


def test_no_charge_gives_no_kerma() -> None:
    none = dataclasses.replace(TECHNIQUE, exposure_mas=0.0)
    assert estimate_entrance_kerma(none, quantity="incident_air_kerma").value == 0.0


def test_the_skin_is_before_table_gap_and_patient() -> None:
    found = entrance_geometry(source_detector_distance_mm=1150.0, patient_thickness_mm=230.0, table_gap_mm=70.0)
    assert found.source_skin_distance_mm == 850.0
    with pytest.raises(InputError, match="needed a patient between focus and detector"):
        entrance_geometry(source_detector_distance_mm=200.0, patient_thickness_mm=230.0, table_gap_mm=0.0)


def test_a_header_gives_its_values() -> None:
    header = Acquisition(
        tube_voltage_kv=80.0, exposure_mas=20.0, source_detector_distance_mm=1050.0, filter_material="COPPER",
        filter_thickness_max_mm=0.1, entrance_dose_mgy=2.0,
    )  # fmt: skip
    values = entrance_values_of(header, patient_thickness_mm=230.0, table_gap_mm=70.0)
    assert values.geometry == EntranceGeometry(
        source_skin_distance_mm=750.0, assumptions=("patient of 230 mm, 70 mm before the detector",)
    )
    assert (values.added_copper_mm, values.header_entrance_dose_mgy) == (0.1, 2.0)
    assert entrance_values_of(header, patient_thickness_mm=None, table_gap_mm=70.0).geometry is None


@pytest.mark.parametrize("distance", [0.0, -1.0, math.inf])
def test_distances_that_are_none_are_refused(distance: float) -> None:
    with pytest.raises(InputError, match="wanted_distance_mm"):
        kerma_at_distance(1.0, distance_mm=1000.0, wanted_distance_mm=distance)
    with pytest.raises(InputError, match="source_skin_distance_mm"):
        EntranceGeometry(source_skin_distance_mm=distance)
    with pytest.raises(InputError, match="kerma_mgy of -1"):
        kerma_at_distance(-1.0, distance_mm=1000.0, wanted_distance_mm=1000.0)
