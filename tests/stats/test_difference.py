"""Difference of two means against another library and the definition."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy import stats

from xrayiq.errors import InputError
from xrayiq.stats import mean_difference

VALUES = st.floats(-100.0, 100.0, allow_nan=False)


@pytest.mark.parametrize(("sizes", "sds"), [((5, 9), (1.0, 4.0)), ((26, 26), (0.4, 0.5)), ((2, 40), (3.0, 0.1))])
def test_interval_is_that_of_scipys_welch_test(sizes, sds):
    generator = np.random.default_rng(7)
    before, after = (generator.normal(10.0, sd, size) for size, sd in zip(sizes, sds, strict=True))
    found = mean_difference(before, after, confidence=0.9)
    other = stats.ttest_ind(after, before, equal_var=False)
    interval = other.confidence_interval(0.9)
    assert found.degrees_of_freedom == pytest.approx(other.df, rel=1e-12)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=1e-10)
    assert found.differs == (other.pvalue < 0.1)


def test_equal_series_of_one_size_have_the_freedom_of_a_pooled_test():
    found = mean_difference([1.0, 2.0, 3.0], [11.0, 12.0, 13.0])
    # equal variances of 1 and sizes of 3: error sqrt(2/3), t(0.975, 4) = 2.776445
    assert found.degrees_of_freedom == pytest.approx(4.0)
    assert found.high - found.difference == pytest.approx(2.776445 * np.sqrt(2.0 / 3.0), rel=1e-6)
    assert found.difference == 10.0


@given(arrays(np.float64, 6, elements=VALUES), arrays(np.float64, 4, elements=VALUES))
def test_swapped_series_give_the_opposite(before, after):
    one, other = mean_difference(before, after), mean_difference(after, before)
    assert (one.low, one.high) == pytest.approx((-other.high, -other.low), rel=1e-9, abs=1e-9)


def test_series_that_do_not_vary_differ_by_exactly_their_difference():
    found = mean_difference([2.0, 2.0], [2.5, 2.5, 2.5])
    assert (found.low, found.high) == (0.5, 0.5)
    assert found.differs


@pytest.mark.parametrize(
    ("before", "after", "confidence"),
    [([1.0], [1.0, 2.0], 0.95), ([1.0, np.nan], [1.0, 2.0], 0.95), ([1.0, 2.0], [1.0, 2.0], 1.0)],
)
def test_too_few_or_unusable_values_are_refused(before, after, confidence):
    with pytest.raises(InputError):
        mean_difference(before, after, confidence=confidence)
