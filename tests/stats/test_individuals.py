"""Individuals charts against the constants that every handbook prints."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xrayiq.errors import InputError
from xrayiq.stats import individuals_chart, moving_range_sigma, range_constants

#: d2 and d3 by span (ASTM E2587, Montgomery, Introduction to Statistical Quality Control, appendix VI)
PRINTED = {2: (1.128, 0.853), 3: (1.693, 0.888), 4: (2.059, 0.880), 5: (2.326, 0.864), 10: (3.078, 0.797)}


@pytest.mark.parametrize("span", PRINTED)
def test_constants_of_the_range_are_those_of_the_printed_tables(span: int) -> None:
    # half a unit of the last printed digit
    np.testing.assert_allclose(range_constants(span), PRINTED[span], atol=5.1e-4)


def test_limits_lie_2_660_moving_ranges_from_the_mean_and_the_range_limit_is_3_267_of_them() -> None:
    chart = individuals_chart([10.0, 12.0, 11.0, 9.0, 12.0])
    np.testing.assert_array_equal(chart.moving_ranges, [2.0, 1.0, 2.0, 3.0])
    assert chart.mean_moving_range == 2.0
    assert chart.center == pytest.approx(10.8)
    # the printed 2.660 is 3 over d2 rounded to 1.128, which is up to 0.05 % off
    assert (chart.upper - chart.center) / 2.0 == pytest.approx(2.660, rel=6e-4)
    assert (chart.center - chart.lower) / 2.0 == pytest.approx(2.660, rel=6e-4)
    assert chart.moving_range_limit / 2.0 == pytest.approx(3.267, abs=6e-4)


def test_sigma_of_moving_ranges_is_unbiased_and_hardly_raised_by_a_step() -> None:
    noise = np.random.default_rng(1).normal(0.0, 2.0, 20_000)
    # relative standard error of the mean moving range: about 0.9 / sqrt(n); four of them
    assert float(moving_range_sigma(noise)) == pytest.approx(2.0, rel=4 * 0.9 / math.sqrt(noise.size))
    stepped = noise + np.where(np.arange(noise.size) < 10_000, 0.0, 50.0)
    assert float(moving_range_sigma(stepped)) == pytest.approx(2.0, rel=0.03)
    assert float(stepped.std()) > 20.0


@pytest.mark.parametrize("values", [[1.0], [1.0, math.nan], [[1.0, 2.0]], ["a", "b"]])
def test_what_makes_no_chart_is_an_input_error(values: list[object]) -> None:
    with pytest.raises(InputError):
        individuals_chart(values)  # type: ignore[arg-type]  # what a user may give
    with pytest.raises(InputError, match="2 to 10"):
        range_constants(1)
