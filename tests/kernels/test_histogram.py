"""Histograms and the value of interest, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.histogram import float_histogram, integer_histogram, value_of_interest

NONE = np.zeros((0, 0), dtype=np.bool_)


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16, np.int32, np.uint32])
def test_integers_are_counted_exactly(dtype):
    generator = np.random.default_rng(1)
    limits = np.iinfo(dtype)
    low, high = max(limits.min, -900), min(limits.max, 1100)
    values = generator.integers(low, high, (40, 30), endpoint=True).astype(dtype)
    excluded = generator.random(values.shape) < 0.3
    size = high - low + 1
    for mask, kept in ((NONE, values.ravel()), (excluded, values[~excluded])):
        expected = np.bincount(kept.astype(np.int64) - low, minlength=size)
        np.testing.assert_array_equal(integer_histogram(values, mask, low, size), expected)


def test_integers_beyond_the_range_are_left_out():
    values = np.array([[0, 5, 65535, 6]], dtype=np.uint16)
    np.testing.assert_array_equal(integer_histogram(values, NONE, 5, 2), [1, 1])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_floats_are_counted_in_equal_bins_with_both_ends(dtype):
    generator = np.random.default_rng(2)
    values = generator.uniform(-1.5, 1.5, (50, 40)).astype(dtype)
    values[0, :4] = [-1.0, 1.0, np.nan, np.inf]
    excluded = generator.random(values.shape) < 0.3
    # 16 bins over 2: edges are exact in binary, so no value can fall on the other side by rounding
    for mask, kept in ((NONE, values.ravel()), (excluded, values[~excluded])):
        expected, _ = np.histogram(kept[np.isfinite(kept)], bins=16, range=(-1.0, 1.0))
        np.testing.assert_array_equal(float_histogram(values, mask, -1.0, 1.0, 16), expected)


def test_a_range_without_width_counts_nothing():
    assert not float_histogram(np.ones((3, 3)), NONE, 1.0, 1.0, 4).any()


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.731, 1.0])
@pytest.mark.parametrize("seed", range(5))
def test_value_of_interest_is_the_quantile_of_the_values(share, seed):
    generator = np.random.default_rng(seed)
    counts = generator.integers(0, 4, 60) * (generator.random(60) < 0.4)
    counts[30] += 1
    expected = np.quantile(np.repeat(np.arange(60), counts), share)
    # rounding of one interpolation
    assert value_of_interest(counts, share) == pytest.approx(expected, abs=1e-9)


def test_the_median_of_two_values_apart_lies_between_them():
    assert value_of_interest(np.array([1, 0, 0, 0, 1]), 0.5) == 2.0


def test_nothing_has_no_value():
    assert np.isnan(value_of_interest(np.zeros(5, dtype=np.int64), 0.5))
