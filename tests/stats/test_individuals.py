"""Individuals charts against the constants that every handbook prints."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xrayiq.errors import InputError
from xrayiq.stats import moving_range_sigma, range_constants

#: d2 and d3 by span (ASTM E2587, Montgomery, Introduction to Statistical Quality Control, appendix VI)
PRINTED = {2: (1.128, 0.853), 3: (1.693, 0.888), 4: (2.059, 0.880), 5: (2.326, 0.864), 10: (3.078, 0.797)}


@pytest.mark.parametrize("span", PRINTED)
def test_constants_of_the_range_are_those_of_the_printed_tables(span: int) -> None:
    # half a unit of the last printed digit
    np.testing.assert_allclose(range_constants(span), PRINTED[span], atol=5.1e-4)


def test_limits_lie_2_660_moving_ranges_from_the_mean_and_the_range_limit_is_3_267_of_them() -> None:
    values = np.array([10.0, 12.0, 11.0, 9.0, 12.0])  # moving ranges 2, 1, 2, 3: mean 2
    # the printed 2.660 is 3 over d2 rounded to 1.128, which is up to 0.05 % off
    assert 3.0 * float(moving_range_sigma(values)) / 2.0 == pytest.approx(2.660, rel=6e-4)
    d2, d3 = range_constants(2)
    assert 1.0 + 3.0 * d3 / d2 == pytest.approx(3.267, abs=6e-4)


def test_sigma_of_moving_ranges_is_unbiased_and_hardly_raised_by_a_step() -> None:
    noise = np.random.default_rng(1).normal(0.0, 2.0, 20_000)
    # relative standard error of the mean moving range: about 0.9 / sqrt(n); four of them
    assert float(moving_range_sigma(noise)) == pytest.approx(2.0, rel=4 * 0.9 / math.sqrt(noise.size))
    stepped = noise + np.where(np.arange(noise.size) < 10_000, 0.0, 50.0)
    assert float(moving_range_sigma(stepped)) == pytest.approx(2.0, rel=0.03)
    assert float(stepped.std()) > 20.0


def test_a_span_of_one_has_no_range() -> None:
    with pytest.raises(InputError, match="2 to 10"):
        range_constants(1)
