"""Percentiles and medians against NumPy's."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from xrayiq_kernels.order import percentiles, tile_medians

PERCENTS = np.array([0.0, 0.5, 1.0, 25.0, 50.0, 61.8, 75.0, 99.5, 100.0])


@pytest.mark.parametrize("size", [1, 2, 3, 1024, 1025, 20_001])
@pytest.mark.parametrize("kind", ["normal", "skewed", "few_values", "one_value", "outlier", "wide"])
def test_percentiles_are_those_of_numpy(size, kind):
    generator = np.random.default_rng(3)
    values = {
        "normal": generator.standard_normal(size),
        "skewed": generator.exponential(size=size) ** 4,
        "few_values": generator.integers(-2, 3, size).astype(float),
        "one_value": np.full(size, 0.1),
        "outlier": np.append(generator.standard_normal(size - 1), 1e12),
        "wide": np.append(generator.standard_normal(size - 1), -1.7e308) * 1.05,
    }[kind]
    np.testing.assert_array_equal(
        percentiles(values, PERCENTS, values.min(), values.max()), np.percentile(values, PERCENTS)
    )


@example(np.array([2.2e-313, 0.0]), 0.0)
@given(
    arrays.arrays(np.float64, st.integers(1, 3000), elements=st.floats(-1e6, 1e6, allow_nan=False)),
    st.floats(0.0, 100.0),
)
@settings(deadline=None, max_examples=50)
def test_any_percentile_is_that_of_numpy(values, percent):
    found = percentiles(values, np.array([percent]), values.min(), values.max())
    np.testing.assert_array_equal(found, np.percentile(values, [percent]))


@pytest.mark.parametrize("tile", [2, 16])
def test_tile_medians_are_those_of_the_tiles(tile):
    values = np.abs(np.random.default_rng(4).standard_normal((3 * tile, 5 * tile)))
    values[:tile, :tile] = 0.5
    tiles = values.reshape(3, tile, 5, tile).swapaxes(1, 2).reshape(3, 5, -1)
    np.testing.assert_array_equal(tile_medians(values, tile), np.median(tiles, axis=2))
