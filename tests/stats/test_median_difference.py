"""Difference of two medians against another library, resampling and its coverage."""

import math

import numpy as np
import pytest
from scipy.stats import mstats, norm

from xrayiq.errors import InputError
from xrayiq.stats import median_difference, median_error


@pytest.mark.parametrize("count", [5, 6, 31, 200, 5001])
def test_error_is_that_of_scipys_weights_of_order_statistics(count):
    values = np.random.default_rng(count).lognormal(1.0, 0.5, count)
    # Harrell and Davis' median has the same weights; squares of positive values keep their order
    mean = float(mstats.hdquantiles(values, 0.5)[0])
    square = float(mstats.hdquantiles(values**2, 0.5)[0])
    assert median_error(values) == pytest.approx(math.sqrt(square - mean**2), rel=1e-9)


def test_error_is_the_spread_of_the_medians_of_resamples():
    values = np.random.default_rng(3).normal(0.0, 1.5, 51)
    generator = np.random.default_rng(4)
    medians = np.median(generator.choice(values, (20_000, 51)), axis=1)
    assert median_error(values) == pytest.approx(medians.std(), rel=0.02)  # 4 sigma of 20 000 resamples


def test_interval_and_p_value_are_the_normal_ones_of_the_error():
    generator = np.random.default_rng(5)
    before, after = generator.normal(0.0, 1.0, 40), generator.normal(0.8, 2.0, 61)
    found = median_difference(before, after, confidence=0.9)
    error = math.hypot(median_error(before), median_error(after))
    assert found.standard_error == pytest.approx(error, rel=1e-12)
    low, high = norm.interval(0.9, loc=np.median(after) - np.median(before), scale=error)
    assert (found.low, found.high) == pytest.approx((low, high), rel=1e-9)
    assert found.p_value == pytest.approx(2.0 * norm.sf(abs(found.difference) / error), rel=1e-9)


def test_interval_covers_the_difference_as_often_as_it_says():
    generator = np.random.default_rng(6)
    draws = generator.normal(0.0, 1.0, (600, 2, 40)) * np.array([1.0, 2.0])[:, None] + np.array([0.0, 1.0])[:, None]
    covered = sum((found := median_difference(*pair)).low <= 1.0 <= found.high for pair in draws)
    assert 0.925 <= covered / 600 <= 0.985  # 95 %, three sigma of 600 draws; bootstrap errors are a little wide


def test_series_that_do_not_vary_differ_by_exactly_their_difference():
    found = median_difference([2.0] * 5, [2.5] * 6)
    assert (found.low, found.high, found.p_value) == (0.5, 0.5, 0.0)
    assert median_difference([2.0] * 5, [2.0] * 5).p_value == 1.0


@pytest.mark.parametrize(("before", "after"), [([1.0] * 4, [1.0] * 5), ([1.0, 2.0, 3.0, 4.0, np.nan], [1.0] * 5)])
def test_too_few_or_unusable_values_have_no_difference(before, after):
    with pytest.raises(InputError):
        median_difference(before, after)
