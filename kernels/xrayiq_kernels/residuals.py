"""Squares of how far pixels stand from the mean of their neighbours."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def add_squared_residuals(values: NDArray[np.float32], weight: float, squares: NDArray[np.float32]) -> None:
    """Add the weighted squared residual of each pixel against four means of its neighbours, in place.

    Parameters
    ----------
    values : (rows, columns) array of float32
        What changed; NaN makes NaN of all residuals that it takes part in.
    weight : float
        Factor of the squares.
    squares : (4, rows, columns) array of float32
        Sums that are added to: residuals against the mean of the two neighbours in the row, of the two in the column,
        of these four, and of all eight; NaN where a neighbour would lie outside.
    """
    rows, columns = values.shape
    for row in range(rows):
        inner_row = row > 0 and row < rows - 1
        for column in range(columns):
            inner_column = column > 0 and column < columns - 1
            value = np.float64(values[row, column])
            beside = np.nan
            above = np.nan
            corners = np.nan
            if inner_column:
                beside = np.float64(values[row, column - 1]) + np.float64(values[row, column + 1])
            if inner_row:
                above = np.float64(values[row - 1, column]) + np.float64(values[row + 1, column])
            if inner_row and inner_column:
                corners = (
                    np.float64(values[row - 1, column - 1])
                    + np.float64(values[row - 1, column + 1])
                    + np.float64(values[row + 1, column - 1])
                    + np.float64(values[row + 1, column + 1])
                )
            squares[0, row, column] += weight * (value - 0.5 * beside) ** 2
            squares[1, row, column] += weight * (value - 0.5 * above) ** 2
            squares[2, row, column] += weight * (value - 0.25 * (beside + above)) ** 2
            squares[3, row, column] += weight * (value - 0.125 * (beside + above + corners)) ** 2
