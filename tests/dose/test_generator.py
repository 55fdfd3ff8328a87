"""Tests of tube and generator against a simulated generator of known deviations and against hand calculation."""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xrayiq.dose import (
    GeneratorTests,
    MeterReading,
    MeterReadings,
    assess_generator,
    minimum_half_value_layer,
    read_meter_readings,
)
from xrayiq.dose.half_value_layer import half_value_layer_mm
from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.model import pack, quantities, unpack
from xrayiq_phantoms import Generator, meter_table, simulate_meter_rows

#: cells of simulated tables have nine decimals
CELLS = 1e-8


def assessed(text: str) -> GeneratorTests:
    return assess_generator(read_meter_readings(text.encode()))


def numbers(found: GeneratorTests) -> dict[str, float]:
    return {each.quantity: each.value for each in found.measurements()}


def simulated(**deviations: float) -> dict[str, float]:
    return numbers(assessed(meter_table(simulate_meter_rows(Generator(**deviations), distance_mm=1300.0))))


@pytest.mark.parametrize(
    ("deviations", "quantity", "truth"),
    [
        ({"voltage_error_fraction": 0.04}, "tube_voltage_error", 0.04),
        ({"voltage_error_fraction": -0.07}, "tube_voltage_error", -0.07),
        ({"variation": 0.031}, "output_reproducibility", 0.031),
        ({"variation": 0.031}, "aec_repeatability", 0.031),
        ({"linearity_step": 0.08}, "output_linearity", 0.08),
        ({"linearity_step": 0.08}, "output_linearity_overall", 0.08),
        ({"half_value_layer_per_kv_mm_al": 0.035}, "half_value_layer", 2.8),
        ({"half_value_layer_per_kv_mm_al": 0.035}, "half_value_layer_margin", 2.8 - 2.9),
        ({"half_value_layer_per_kv_mm_al": 0.035}, "half_value_layer_margin_before_2006", 2.8 - 2.3),
        ({"output_ugy_per_mas": 44.0}, "tube_output", 44.0),
        ({"time_error_fraction": 0.03}, "exposure_time_error", 0.03),
        ({"time_error_ms": 1.2}, "exposure_time_error", 1.2 / 200),
        ({"time_error_ms": 1.2}, "exposure_time_error_share", 1.2 / 1.5),  # 5 ms: permitted 10 % and 1 ms
        ({"charge_error_fraction": -0.09}, "exposure_charge_error", -0.09),
        ({"charge_error_fraction": -0.09}, "exposure_charge_error_share", 0.09 * 80 / 8.2),
        ({"aec_deviations": (0.05, 0.06, -0.11)}, "aec_tracking", 0.11),
        ({"aec_deviations": (0.05, 0.06, -0.11)}, "aec_chamber_balance", 0.11),
        ({"guard_mas": 640.0}, "guard_timer_exposure", 640.0),
        ({"leakage_mgy_per_h": 0.5}, "leakage_kerma_rate", 0.5),
    ],
)
def test_a_known_deviation_is_found(deviations: dict[str, float], quantity: str, truth: float) -> None:
    assert simulated(**deviations)[quantity] == pytest.approx(truth, abs=CELLS)


def test_variation_of_a_worked_example() -> None:
    # 10, 10, 11, 9: mean 10, squares about it 0 + 0 + 1 + 1, over n − 1 = 3
    found = assessed("set kVp,set mAs,kerma [mGy]\n80,20,10\n80,20,10\n80,20,11\n80,20,9\n")
    assert numbers(found)["output_reproducibility"] == pytest.approx(math.sqrt(2 / 3) / 10, rel=1e-12)  # rounding


def test_linearity_of_a_worked_example() -> None:
    # 10 mA: 50/10 = 5.0, 20 mA: 90/20 = 4.5, 40 mA: 208/40 = 5.2 per mAs at 1 s
    text = "set kVp,set mA,set ms,kerma [uGy]\n80,40,1000,208\n80,10,1000,50\n80,20,1000,90\n"
    found = assessed(text)
    assert numbers(found)["output_linearity"] == pytest.approx(0.7 / 9.7, rel=1e-12)  # rounding
    assert numbers(found)["output_linearity_overall"] == pytest.approx(0.7 / 9.7, rel=1e-12)
    np.testing.assert_allclose(found.test("output_linearity").series[0].values, [5.0, 4.5, 5.2], rtol=1e-12)


def test_linearity_compares_neighbours_apart_from_extremes() -> None:
    # outputs 4, 5, 6 per mAs: neighbours 1/9, extremes 2/10
    found = numbers(assessed("set kVp,set mAs,kerma [uGy]\n80,1,4\n80,2,10\n80,4,24\n"))
    assert found["output_linearity"] == pytest.approx(1 / 9, rel=1e-12)  # rounding
    assert found["output_linearity_overall"] == pytest.approx(0.2, rel=1e-12)


def test_half_value_layer_of_a_worked_example() -> None:
    # between 2 mm (60 %) and 4 mm (40 %): 2 + 2 · ln(0.6/0.5) / ln(0.6/0.4)
    expected = 2.0 + 2.0 * math.log(1.2) / math.log(1.5)
    found = half_value_layer_mm(np.array([4.0, 0.0, 2.0, 6.0]), np.array([40.0, 100.0, 60.0, 28.0]))
    assert found == pytest.approx(expected, rel=1e-12)  # rounding


@pytest.mark.parametrize("layer_mm", [0.35, 2.9, 7.3])
@pytest.mark.parametrize("step_mm", [0.3, 1.0, 4.0])
def test_half_value_layer_of_an_exponential_beam_is_exact(layer_mm: float, step_mm: float) -> None:
    filters = np.arange(40) * step_mm
    assert half_value_layer_mm(filters, 7.0 * 2.0 ** (-filters / layer_mm)) == pytest.approx(layer_mm, rel=1e-9)


def test_half_value_layer_of_a_hardening_beam_is_high_by_less_than_its_bound() -> None:
    # ½e^(−0.5t) + ½e^(−0.15t): a curve of convex logarithm lies below its chord, so the chord crosses half later
    filters = np.array([0.0, 1.0, 2.0, 3.0, 4.0])
    low, high = 0.0, 4.0
    for _ in range(80):  # bisection of the formula
        middle = (low + high) / 2
        low, high = (middle, high) if math.exp(-0.5 * middle) + math.exp(-0.15 * middle) > 1.0 else (low, middle)
    found = half_value_layer_mm(filters, np.exp(-0.5 * filters) + np.exp(-0.15 * filters))
    # chord's error at most step² / 8 · curvature, here (0.35/2)² of the logarithm, over a slope of at least 0.15
    assert low < found < low + (0.35 / 2) ** 2 / 8 / 0.15


@pytest.mark.parametrize(
    ("voltage", "before", "since"),
    [(51.0, 1.2, 1.3), (80.0, 2.3, 2.9), (150.0, 4.1, 5.4), (75.5, 2.2, 2.7), (85.0, 2.4, 3.05), (70.5, 1.8, 2.15)],
)
def test_least_half_value_layer_is_linear_between_the_rows(voltage: float, before: float, since: float) -> None:
    assert minimum_half_value_layer(voltage) == pytest.approx((before, since), abs=1e-12)  # rounding


@pytest.mark.parametrize("voltage", [50.9, 150.1, math.nan])
def test_least_half_value_layer_is_not_extrapolated(voltage: float) -> None:
    with pytest.raises(InputError, match="needed 51 to 150 kV"):
        minimum_half_value_layer(voltage)


def test_a_stated_half_value_layer_meets_the_minimum_at_the_measured_voltage() -> None:
    found = numbers(assessed("set kVp,measured kVp,HVL\n80,85,3.3\n120,120,4.5\n"))
    assert found["half_value_layer"] == 3.3
    assert found["half_value_layer_margin"] == pytest.approx(4.5 - 4.3, abs=1e-12)  # rounding; 3.3 − 3.05 is more
    assert found["half_value_layer_margin_before_2006"] == pytest.approx(3.3 - 2.4, abs=1e-12)


def test_output_between_voltages_follows_their_power_law() -> None:
    text = "set kVp,set mAs,distance [cm],kerma [uGy]\n" + "".join(
        f"{kv},10,200,{10 * 0.5 * kv**1.9 / 4}\n" for kv in (60, 100)
    )
    assert numbers(assessed(text))["tube_output"] == pytest.approx(0.5 * 80**1.9, rel=1e-9)  # printed digits


def test_output_comes_from_other_open_exposures_where_no_row_names_it() -> None:
    text = "test,set kVp,set mAs,distance [cm],filter [mm],kerma [uGy]\n" + "reproducibility,80,20,200,0,250\n" * 4
    found = numbers(assessed(text + "HVL,80,20,100,0,9999\nlinearity,80,10,100,1,9999\nAEC,80,1,100,0,9999\n"))
    assert found["tube_output"] == pytest.approx(50.0, rel=1e-12)  # 250 / 20 · 2²


@pytest.mark.parametrize(
    ("filters", "kermas", "reason"),
    [
        ([1.0, 2.0, 3.0], [10.0, 6.0, 3.0], "no_open_beam"),
        ([0.0, 1.0, 2.0], [10.0, 8.0, 6.0], "not_halved"),
        ([0.0, 1.0, 2.0], [10.0, 11.0, 4.0], "kerma_rises"),
    ],
)
def test_a_curve_without_a_half_value_layer_says_why(filters: list[float], kermas: list[float], reason: str) -> None:
    with pytest.raises(NotMeasurableError) as caught:
        half_value_layer_mm(np.array(filters), np.array(kermas))
    assert caught.value.reason == reason
    rows = "".join(f"HVL,80,{t},{k}\n" for t, k in zip(filters, kermas, strict=True))
    found = assessed("test,set kVp,filter [mm],kerma [uGy],measured kVp\n" + rows + "kVp,80,0,5,81\n")
    test = found.test("half_value_layer")
    assert (test.is_measured, test.is_wanted, test.reason) == (False, True, "no_half_value_layer")
    assert caught.value.found in test.message
    assert found.refused == (test,)


def test_tests_without_readings_are_not_measurable_and_say_what_they_need() -> None:
    found = assessed("set kVp,measured kVp\n80,81\n")
    assert [test.name for test in found.measured] == ["voltage_accuracy"]
    assert found.refused == ()  # nobody asked for the others
    for test in found.tests[1:]:
        assert test.reason in ("no_readings", "too_few_readings")
        assert test.message
    assert len(found.rows) == len(found.tests) == 12


@pytest.mark.parametrize(
    ("name", "row", "said"),
    [
        ("reproducibility", "80,20,1000,,,,", "3 equal exposures of 80 kV, 20 mAs, needed 4"),
        ("linearity", "80,20,1000,,,,", "one setting of mA and mAs at 80 kV, needed two"),
        ("output", "100,20,1000,100,,,", "readings at 100 to 100 kV; needed one at 80 kV, or one on either side"),
        ("AEC", "80,,1000,,,,", "3 exposures of 80 kV, needed 4 with detector kerma, EI, kerma or measured mAs"),
        ("AEC tracking", "80,,1000,,,,", "1 kVp or thicknesses in 3 exposures, needed two"),
        ("AEC chambers", "80,,1000,,1,,", "1 chambers in 3 exposures, needed two"),
        ("guard timer", "80,,1000,,,,", "no exposure with kVp and measured mAs"),
        ("leakage", "80,,,,,,0.4", "no row with leakage and distance"),
    ],
)
def test_a_test_that_was_meant_but_lacks_readings_says_which(name: str, row: str, said: str) -> None:
    heading = "test,set kVp,set mAs,kerma [uGy],distance [cm],chamber,measured kVp,leakage [mGy/h]\n"
    found = assessed(heading + f"{name},{row}\n" * 3 + "kVp,80,,,,,81,\n")
    assert [said in test.message for test in found.refused] == [True]


def test_rows_named_for_one_test_are_kept_out_of_the_others() -> None:
    text = "test,set kVp,set mAs,kerma [uGy]\n" + "linearity,80,10,500\nlinearity,80,20,1000\n" + ",80,40,9000\n" * 4
    found = numbers(assessed(text))
    assert found["output_linearity"] == 0.0
    assert found["output_reproducibility"] == 0.0


def test_groups_keep_exposures_apart_that_only_look_alike() -> None:
    rows = "80,20,{},1000\n" * 4
    text = "set kVp,set mAs,group,kerma [uGy]\n" + rows.format(*"aaaa") + rows.replace("1000", "2000").format(*"bbbb")
    assert numbers(assessed(text))["output_reproducibility"] == 0.0


def test_faults_and_left_out_conditions_stand_in_the_warnings() -> None:
    text = "test,set kVp,set mAs,kerma [uGy]\n" + "reproducibility,80,20,5\n" * 4 + "reproducibility,70,x,5\n"
    found = assessed(text)
    assert found.faults[0].line == 6
    assert "line 6, set mAs: text; needed a number" in found.provenance.warnings
    assert any("1 equal exposures of 70 kV" in warning for warning in found.provenance.warnings)


def test_readings_that_allow_no_test_are_not_measurable() -> None:
    with pytest.raises(NotMeasurableError, match="1 readings that allow no test") as caught:
        assessed("set kVp,kerma [uGy]\n80,1000\n")
    assert caught.value.reason == "no_test_measurable"


def test_measurements_are_on_the_list_and_the_result_survives_packing() -> None:
    found = assessed(meter_table(simulate_meter_rows(Generator())))
    names = [each.quantity for each in found.measurements()]
    assert set(names) <= set(quantities())
    assert len(set(names)) == len(names)
    back = unpack(GeneratorTests, *pack(found))
    assert back.to_dict() == found.to_dict()
    with pytest.raises(KeyError):
        found.test("nothing")


NUMBERS = st.sampled_from([None, 1e-15, 1.0, 2.0, 80.0, 120.0, 1e12])
FIELDS = [field.name for field in dataclasses.fields(MeterReading) if "float" in str(field.type)]
ROWS = st.fixed_dictionaries(
    dict.fromkeys(FIELDS, NUMBERS)
    | {
        "test": st.sampled_from(["", "half_value_layer", "output_linearity", "aec_tracking", "leakage", "dap"]),
        "chamber": st.sampled_from(["", "1", "2"]),
    }
)


@settings(deadline=None, max_examples=100)
@given(st.lists(ROWS, min_size=1, max_size=12), st.booleans())
def test_any_readings_give_finite_numbers_or_a_reason(rows: list[dict[str, Any]], alike: bool) -> None:
    kept = [rows[0] | row if alike else row for row in rows] * (4 if alike else 1)
    found = MeterReadings(readings=tuple(MeterReading(line=line, **row) for line, row in enumerate(kept)))
    try:
        tests = assess_generator(found).tests
    except NotMeasurableError:
        return
    for test in tests:
        assert bool(test.measurements) != bool(test.reason)
        assert all(math.isfinite(each.value) for each in test.measurements)
