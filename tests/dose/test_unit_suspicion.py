"""Doses in a wrong unit: powers of ten are found, everything else is not, and nothing is corrected."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq.dose import UnitSuspicions, area_at_1_m_mm2, expected_dap_gy_m2, find_unit_suspicions
from xrayiq.errors import InputError
from xrayiq.model import pack, unpack
from xrayiq.units import to_inside_unit


def suspicions(factor: float, *, count: int = 40, spread: float = 0.1, **given: object) -> UnitSuspicions:
    """One unit whose doses are off by a factor, with a spread in decades."""
    expected = 10.0 ** np.random.default_rng(7).uniform(-6, -4, count)
    scatter = 10.0 ** (spread * np.random.default_rng(8).standard_normal(count))
    settings: dict[str, object] = {"quantity": "dose_area_product", **given}
    return find_unit_suspicions(["A"] * count, factor * scatter * expected, expected, **settings)  # type: ignore[arg-type]


def test_expected_product_is_output_times_charge_times_area() -> None:
    # 50 µGy/mAs · 4 mAs = 0.2 mGy over 0.09 m² at 1 m are 1.8e-5 Gy·m² = 0.18 Gy·cm²
    area = area_at_1_m_mm2(202500.0, distance_mm=1500.0)
    assert area == pytest.approx(90000.0, rel=1e-12)
    found = expected_dap_gy_m2(output_ugy_per_mas=50.0, exposure_mas=[4.0, 8.0], field_area_at_1_m_mm2=area)
    np.testing.assert_allclose(found, [1.8e-5, 3.6e-5], rtol=1e-12)


@pytest.mark.parametrize(
    ("written", "printed", "power"),
    [
        ("cGy.cm2", "µGy·m² or cGy·cm²", 1),
        ("mGy.cm2", "mGy·cm²", 2),
        ("Gy.cm2", "Gy·cm²", -1),
        ("Gy.m2", "Gy·m²", -5),
    ],
)
def test_a_header_in_another_unit_is_named(written: str, printed: str, power: int) -> None:
    # a value written in one unit and read as dGy·cm² is off by the ratio of the two
    factor = to_inside_unit(1.0, "dGy.cm2", "dose_area_product") / to_inside_unit(1.0, written, "dose_area_product")
    found = suspicions(factor)
    assert [unit.suspected_power for unit in found.suspected] == [power]
    assert f"is about {10.0**power:g} times what its technique gives" in found.units[0].text
    assert f"probably written in {printed} and read as dGy·cm²" in found.units[0].text
    assert unpack(UnitSuspicions, *pack(found)).to_dict() == found.to_dict()


@pytest.mark.parametrize(
    ("quantity", "read_as", "written"),
    [
        ("reference_point_kerma", "Gy", "mGy"),
        ("average_glandular_dose", "dGy", "mGy"),
        ("incident_air_kerma", "mGy", "dGy"),
    ],
)
def test_other_doses_are_checked_alike(quantity: str, read_as: str, written: str) -> None:
    factor = to_inside_unit(1.0, read_as, "kerma") / to_inside_unit(1.0, written, "kerma")
    found = suspicions(factor, quantity=quantity)
    assert f"probably written in {written} and read as {read_as}" in found.suspected[0].text


@pytest.mark.parametrize("factor", [1.0, 0.6, 1.9, 0.51, 2.1, 4.9, 3.0])
def test_what_is_near_no_power_of_ten_is_not_suspected(factor: float) -> None:
    assert suspicions(factor, spread=0.0).suspected == ()


@pytest.mark.parametrize(
    ("factor", "power"), [(5.1, 1), (19.9, 1), (20.1, 0), (0.19, -1), (0.049, 0), (10.0**7.2, 7), (1e8, 0)]
)
def test_a_power_of_ten_is_suspected_within_three_tenths_of_a_decade(factor: float, power: int) -> None:
    assert suspicions(factor, spread=0.0).units[0].suspected_power == power


def test_median_and_spread_are_those_of_the_logarithms() -> None:
    ratios = 10.0 ** np.array([-0.4, -0.1, 0.0, 0.1, 5.0])
    found = find_unit_suspicions(["A"] * 5, ratios, np.ones(5), quantity="dose_area_product", fewest_exposures=5)
    assert found.units[0].median_ratio == pytest.approx(1.0, rel=1e-12)
    assert found.units[0].spread_decades == pytest.approx(1.4826 * 0.1, rel=1e-12)
    assert (found.units[0].low_ratio, found.units[0].high_ratio) == pytest.approx((10**-0.1, 10**0.1), rel=1e-12)


def test_units_are_told_apart_and_few_exposures_tell_nothing() -> None:
    names = ["B"] * 12 + ["A"] * 9
    found = find_unit_suspicions(names, np.full(21, 10.0), np.ones(21), quantity="dose_area_product")
    assert [(unit.unit, unit.exposures, unit.suspected_power) for unit in found.units] == [("A", 9, 0), ("B", 12, 1)]
    assert found.units[0].too_few
    assert found.units[0].text == "A: 9 exposures, needed 10"


def test_exposures_without_both_doses_are_left_out() -> None:
    stated = np.array([np.nan, 0.0, -1.0, np.inf, *[1.0] * 12])
    found = find_unit_suspicions(["A"] * 16, stated, np.ones(16), quantity="dose_area_product")
    assert (found.left_out, found.units[0].exposures) == (4, 12)


def test_a_report_that_was_read_in_another_unit_has_its_own_hint() -> None:
    found = suspicions(1e5, read_as="Gy.m2")
    assert "probably written in dGy·cm² and read as Gy·m²" in found.units[0].text


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"quantity": "effective_dose"}, "needed one of dose_area_product"),
        ({"read_as": "furlong"}, "unit 'furlong'"),
        ({"count": 0}, "no exposure with both doses"),
    ],
)
def test_what_is_not_known_is_refused(changed: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match=said):
        suspicions(1.0, **changed)  # type: ignore[arg-type]


def test_lengths_must_agree() -> None:
    with pytest.raises(InputError, match="one of each for every exposure"):
        find_unit_suspicions(["A"], [1.0, 2.0], [1.0, 2.0], quantity="dose_area_product")
