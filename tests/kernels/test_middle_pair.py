"""Median of small blocks against sorting."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.middle_pair import BRACKET_SIZE, middle_pair


@pytest.mark.parametrize("dtype", [np.int32, np.float64])
@pytest.mark.parametrize("kind", ["spread", "equal", "mostly equal", "two values", "huge", "few", "odd", "one"])
@pytest.mark.parametrize("guess", [0.0, 60.0, 1e6])
def test_the_middle_pair_is_that_of_the_sorted_values(dtype, kind, guess):
    generator = np.random.default_rng(7)
    values = np.abs(generator.normal(0.0, 90.0, 64))
    if kind == "equal":
        values[:] = 5.0
    if kind == "mostly equal":
        values[:40] = 17.0
    if kind == "two values":
        values = np.where(np.arange(64) < 32, 3.0, 900.0)
    if kind == "huge":
        values[:50] = 1e-3
        values[50:] = 1e9 + np.arange(14)
    if kind in ("few", "odd", "one"):
        values = values[: {"few": 4, "odd": 63, "one": 1}[kind]]
    values = generator.permutation(values).astype(dtype)
    found = middle_pair(values, guess, np.zeros_like(values), np.zeros(BRACKET_SIZE, dtype=dtype))
    assert found == tuple(np.sort(values)[[(values.size - 1) // 2, values.size // 2]])


@pytest.mark.parametrize("dtype", [np.int32, np.float64])
def test_the_middle_pair_of_noise_is_found_from_any_guess(dtype):
    generator = np.random.default_rng(8)
    guess = 1.0
    for scale in (0.3, 3.0, 80.0, 81.0, 90.0, 700.0, 5e4, 5e4, 2.0):
        values = np.abs(generator.normal(0.0, scale, 256)).astype(dtype)
        found = middle_pair(values, guess, np.zeros_like(values), np.zeros(BRACKET_SIZE, dtype=dtype))
        assert found == tuple(np.sort(values)[127:129])
        guess = found[0]
