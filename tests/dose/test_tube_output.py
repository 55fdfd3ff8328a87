"""Output of tubes between the points of a table, by formula and against spectra computed anew."""

from __future__ import annotations

import math

import pytest

from xrayiq.dose import computed_tube_output, tube_output_at, tube_output_of_row
from xrayiq.errors import InputError

ROW = {
    "filtration_mm_al": 3.2,
    "voltages_kv": [50.0, 100.0],
    "outputs_ugy_per_mas": [20.0, 80.0],
    "uncertainty_fraction": 0.05,
}


def computed(voltage_kv: float, filtration_mm_al: float) -> tuple[float, float]:
    spekpy = pytest.importorskip("spekpy")
    beam = spekpy.Spek(kvp=voltage_kv, th=12, z=100, mas=1, dk=1)
    beam.multi_filter((("Al", filtration_mm_al), ("Air", 1000)))
    return beam.get_kerma(), beam.get_hvl1()


@pytest.mark.parametrize(("voltage", "filtration"), [(50.0, 3.0), (80.0, 2.5)])
def test_the_computed_table_is_that_of_spekpy(voltage: float, filtration: float) -> None:
    found = tube_output_at(computed_tube_output(), tube_voltage_kv=voltage, filtration_mm_al=filtration)
    output, layer = computed(voltage, filtration)
    # three digits are printed: half of the last is 0.4 % of the output and 0.3 % of the layer; bins of 1 keV: 0.1 %
    assert found.output_ugy_per_mas == pytest.approx(output, rel=0.005)
    assert found.half_value_layer_mm_al == pytest.approx(layer, rel=0.004)


@pytest.mark.slow
def test_every_point_of_the_computed_table_is_that_of_spekpy() -> None:
    table = computed_tube_output()
    for filtration in table.filtrations_mm_al:
        for voltage in table.voltages_kv:
            found = tube_output_at(table, tube_voltage_kv=voltage, filtration_mm_al=filtration)
            output, layer = computed(voltage, filtration)
            assert found.output_ugy_per_mas == pytest.approx(output, rel=0.005)
            assert found.half_value_layer_mm_al == pytest.approx(layer, rel=0.004)


def test_between_its_points_the_table_errs_by_less_than_one_percent() -> None:
    found = tube_output_at(computed_tube_output(), tube_voltage_kv=75.0, filtration_mm_al=2.75)
    output, layer = computed(75.0, 2.75)
    assert found.output_ugy_per_mas == pytest.approx(output, rel=0.01)
    assert found.half_value_layer_mm_al == pytest.approx(layer, rel=0.01)


def test_points_of_a_table_are_exact_and_between_them_is_a_power_law() -> None:
    table = tube_output_of_row(ROW)
    assert [tube_output_at(table, tube_voltage_kv=kv).output_ugy_per_mas for kv in (50.0, 100.0)] == [20.0, 80.0]
    # from 20 to 80 over an octave is an exponent of 2: at 70.71 kV twice the first
    middle = tube_output_at(table, tube_voltage_kv=50.0 * math.sqrt(2.0))
    assert middle.output_ugy_per_mas == pytest.approx(40.0, rel=1e-12)
    assert (middle.measured, middle.relative_uncertainty, middle.assumptions) == (True, 0.05, ())
    assert middle.half_value_layer_mm_al is None


def test_between_filtrations_the_output_falls_as_an_exponential() -> None:
    table = computed_tube_output()
    thin, thick, between = (
        tube_output_at(table, tube_voltage_kv=80.0, filtration_mm_al=mm).output_ugy_per_mas for mm in (2.5, 3.0, 2.75)
    )
    assert between == pytest.approx(math.sqrt(thin * thick), rel=1e-12)


def test_what_is_taken_for_granted_is_told() -> None:
    found = tube_output_at(computed_tube_output(), tube_voltage_kv=80.0)
    assert (found.filtration_mm_al, found.relative_uncertainty, found.measured) == (3.0, 0.30, False)
    assert "total filtration of 3 mm Al, as none is known" in found.assumptions
    assert any("measure the tube's own" in each for each in found.assumptions)


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tube_voltage_kv": 49.9}, "needed 50 to 140 kV"),
        ({"tube_voltage_kv": 141.0}, "needed 50 to 140 kV"),
        ({"tube_voltage_kv": math.nan}, "needed 50 to 140 kV"),
        ({"tube_voltage_kv": 80.0, "filtration_mm_al": 3.5}, "needed 2.5 to 3 mm Al"),
    ],
)
def test_nothing_is_extrapolated(given: dict[str, float], said: str) -> None:
    with pytest.raises(InputError, match=said):
        tube_output_at(computed_tube_output(), **given)


def test_a_measured_table_is_for_its_own_filtration() -> None:
    with pytest.raises(InputError, match=r"3\.2 mm Al, for which the output was measured"):
        tube_output_at(tube_output_of_row(ROW), tube_voltage_kv=60.0, filtration_mm_al=2.5)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"voltages_kv": [100.0, 50.0]}, "rising"),
        ({"outputs_ugy_per_mas": [20.0]}, "needed 2 numbers for each of 1 filtrations"),
        ({"outputs_ugy_per_mas": [20.0, 0.0]}, "not above 0"),
        ({"outputs_ugy_per_mas": ["a", "b"]}, "no lists of numbers"),
        ({"uncertainty_fraction": 5.0}, "needed a fraction"),
        ({"colour": "blue"}, "unknown key 'colour'"),
    ],
)
def test_a_table_that_is_none_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        tube_output_of_row({**ROW, **changed})


def test_a_table_without_its_outputs_is_refused() -> None:
    with pytest.raises(InputError, match="outputs_ugy_per_mas missing"):
        tube_output_of_row({key: value for key, value in ROW.items() if key != "outputs_ugy_per_mas"})
