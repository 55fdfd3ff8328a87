"""Count, mean and variance of rectangular blocks of an image."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel

Statistics = tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]


@kernel
def block_statistics(
    values: NDArray[Any],
    excluded: NDArray[np.bool_],
    row_starts: NDArray[np.int64],
    column_starts: NDArray[np.int64],
    block_rows: int,
    block_columns: int,
) -> Statistics:
    """Count, mean, variance and variance about a plane of every block of a grid.

    Each block is read twice while it is in cache, first for its centre, then for moments about it, so that no digits
    cancel; the image passes through memory once.

    Parameters
    ----------
    values : 2-D array
        Any integer or float dtype; accumulated in float64.
    excluded : 2-D array of bool
        True where a pixel does not count; of size 0 where all count.
    row_starts, column_starts : 1-D arrays of int64
        First row of each row of blocks, first column of each column of blocks; blocks lie inside the image.
    block_rows, block_columns : int
        Size of a block.

    Returns
    -------
    tuple of four arrays of shape (row_starts.size, column_starts.size)
        Count of pixels, mean, variance (ddof 1) and variance about the least-squares plane (ddof 3). NaN where too few
        pixels are left: 1, 2 and 4 are needed; the last also where the pixels lie on one line.
    """
    grid = (row_starts.size, column_starts.size)
    counts = np.zeros(grid, dtype=np.int64)
    means = np.full(grid, np.nan)
    variances = np.full(grid, np.nan)
    plane_variances = np.full(grid, np.nan)
    masked = excluded.size > 0
    for block_row in range(grid[0]):
        top = row_starts[block_row]
        for block_column in range(grid[1]):
            left = column_starts[block_column]
            count = 0
            sum_value = 0.0
            sum_row = 0.0
            sum_column = 0.0
            for row in range(block_rows):
                for column in range(block_columns):
                    if masked and excluded[top + row, left + column]:
                        continue
                    count += 1
                    sum_value += np.float64(values[top + row, left + column])
                    sum_row += row
                    sum_column += column
            counts[block_row, block_column] = count
            if count == 0:
                continue
            mean = sum_value / count
            mean_row = sum_row / count
            mean_column = sum_column / count
            rest = 0.0
            value_value = 0.0
            value_row = 0.0
            value_column = 0.0
            row_row = 0.0
            row_column = 0.0
            column_column = 0.0
            for row in range(block_rows):
                y = row - mean_row
                for column in range(block_columns):
                    if masked and excluded[top + row, left + column]:
                        continue
                    x = column - mean_column
                    z = np.float64(values[top + row, left + column]) - mean
                    rest += z
                    value_value += z * z
                    value_row += z * y
                    value_column += z * x
                    row_row += y * y
                    row_column += y * x
                    column_column += x * x
            # what rounding left of the first moment goes back into the mean and out of the second
            means[block_row, block_column] = mean + rest / count
            if count < 2:
                continue
            squares = max(value_value - rest * rest / count, 0.0)
            variances[block_row, block_column] = squares / (count - 1)
            determinant = row_row * column_column - row_column * row_column
            if count < 4 or determinant <= 1e-12 * row_row * column_column:
                continue
            slope_row = (value_row * column_column - value_column * row_column) / determinant
            slope_column = (value_column * row_row - value_row * row_column) / determinant
            explained = slope_row * value_row + slope_column * value_column
            plane_variances[block_row, block_column] = max(squares - explained, 0.0) / (count - 3)
    return counts, means, variances, plane_variances
