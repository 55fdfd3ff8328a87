"""Profiles through bands against slices."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.band_profiles import band_profiles

NO_TABLE = np.zeros(0)
STEPS, FLOATS = np.zeros(0, dtype=np.int32), np.zeros(0)


@pytest.mark.parametrize("down", [False, True])
@pytest.mark.parametrize("width", [1, 5, 16])
@pytest.mark.parametrize("source", [np.uint16, np.int16, np.float64, "table"])
def test_profiles_are_means_across_their_bands(down, width, source):
    generator = np.random.default_rng(3)
    dtype = np.uint16 if source == "table" else source
    pixels = generator.integers(5, 30000, (60, 70)).astype(dtype)
    table = generator.standard_normal(30000) if source == "table" else NO_TABLE
    values = table[pixels - 5] if source == "table" else pixels
    rows, columns = np.array([0, 7, 60 - (30 if down else width)]), np.array([0, 11, 70 - (width if down else 30)])
    whole = source in (np.uint16, np.int16)
    found = band_profiles(pixels, table, 5, rows, columns, 30, width, down, STEPS if whole else FLOATS)
    for profile, row, column in zip(found, rows, columns, strict=True):
        high, wide = (30, width) if down else (width, 30)
        part = values[row : row + high, column : column + wide]
        # whole numbers are summed exactly; floats in another order
        np.testing.assert_allclose(profile, part.mean(axis=1 if down else 0), rtol=1e-12, atol=1e-12)


def test_the_greatest_values_do_not_overflow():
    pixels = np.full((16, 16), 65535, dtype=np.uint16)
    where = np.zeros(1, dtype=np.int64)
    for down in (False, True):
        found = band_profiles(pixels, NO_TABLE, 0, where, where, 16, 16, down, STEPS)
        np.testing.assert_array_equal(found, np.full((1, 16), 65535.0))
