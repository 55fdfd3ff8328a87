"""Exact profiles against NumPy's sums."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.profiles import integer_profiles


@pytest.mark.parametrize(("dtype", "low", "high"), [("uint16", 0, 65535), ("int16", -32768, 32767), ("uint8", 0, 255)])
def test_profiles_are_exact(dtype: str, low: int, high: int) -> None:
    values = np.random.default_rng(1).integers(low, high, (9, 300), endpoint=True).astype(dtype)
    rows, columns = np.full((9, 2), -1, dtype=np.int64), np.empty(300, dtype=np.int64)
    integer_profiles(values, 2, 8, rows, columns)
    band = values[2:8].astype(np.int64)
    assert (rows[2:8, 0] == band.sum(axis=1)).all()
    assert (rows[2:8, 1] == (band * np.arange(300)).sum(axis=1)).all()
    assert (rows[[0, 1, 8]] == -1).all()
    assert (columns == band.sum(axis=0)).all()


@pytest.mark.parametrize("dtype", ["uint16", "int16"])
@pytest.mark.parametrize("end", ["min", "max"])
def test_the_greatest_sums_do_not_overflow(dtype: str, end: str) -> None:
    value = int(getattr(np.iinfo(dtype), end))
    values = np.full((3, 600), value, dtype=dtype)
    rows, columns = np.empty((3, 2), dtype=np.int64), np.empty(600, dtype=np.int64)
    integer_profiles(values, 0, 3, rows, columns)
    assert rows.tolist() == [[600 * value, value * 600 * 599 // 2]] * 3
    assert (columns == 3 * value).all()


def test_columns_of_many_rows_do_not_overflow() -> None:
    values = np.full((700, 2), 65535, dtype=np.uint16)
    rows, columns = np.empty((700, 2), dtype=np.int64), np.empty(2, dtype=np.int64)
    integer_profiles(values, 0, 700, rows, columns)
    assert columns.tolist() == [700 * 65535] * 2
