"""Residuals against the mean of neighbours, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.residuals import add_squared_residuals

#: neighbours of each mean, as steps of rows and columns
ROW = [(0, -1), (0, 1)]
COLUMN = [(-1, 0), (1, 0)]
CORNERS = [(-1, -1), (-1, 1), (1, -1), (1, 1)]
MEANS = (ROW, COLUMN, ROW + COLUMN, ROW + COLUMN + CORNERS)


def definition(values):
    framed = np.pad(values.astype(np.float64), 1, constant_values=np.nan)
    rows, columns = values.shape
    squares = []
    for steps in MEANS:
        near = [framed[1 + down : 1 + down + rows, 1 + right : 1 + right + columns] for down, right in steps]
        squares.append((values - np.mean(near, axis=0)) ** 2)
    return np.stack(squares)


@pytest.mark.parametrize("shape", [(12, 9), (1, 5), (5, 1), (2, 2), (3, 3)])
def test_squares_of_the_four_residuals_are_added_with_their_weight(shape):
    generator = np.random.default_rng(1)
    values = generator.normal(0.0, 1.0, shape).astype(np.float32)
    before = generator.random((4, *shape)).astype(np.float32)
    squares = before.copy()
    add_squared_residuals(values, 0.75, squares)
    # single precision of the sums
    np.testing.assert_allclose(squares, before + 0.75 * definition(values), rtol=1e-6, atol=1e-6)


def test_nan_spreads_to_the_residuals_it_takes_part_in_and_no_further():
    values = np.arange(35.0, dtype=np.float32).reshape(5, 7)
    values[2, 3] = np.nan
    squares = np.zeros((4, 5, 7), dtype=np.float32)
    add_squared_residuals(values, 1.0, squares)
    np.testing.assert_array_equal(np.isnan(squares), np.isnan(definition(values)))
    assert np.isfinite(squares[0, 1, 3])
    assert np.isnan(squares[0, 2, 2])
