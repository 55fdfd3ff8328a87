"""An image reduced to the means of its blocks."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def block_means(
    values: NDArray[np.float64], excluded: NDArray[np.bool_], factor: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Means of square blocks, excluded pixels left out.

    Parameters
    ----------
    values : (rows, columns) array of float64
        Signal.
    excluded : (rows, columns) array of bool, or of shape (0, 0) where nothing is excluded
        True where a pixel does not count.
    factor : int
        Side of the blocks in pixels; the last row and column of blocks may be narrower.

    Returns
    -------
    tuple of (block rows, block columns) arrays
        Means, NaN where a block has no pixel that counts; and the numbers of pixels that counted.
    """
    rows, columns = values.shape
    block_rows = (rows + factor - 1) // factor
    block_columns = (columns + factor - 1) // factor
    sums = np.zeros((block_rows, block_columns), dtype=np.float64)
    counts = np.zeros((block_rows, block_columns), dtype=np.int64)
    some_excluded = excluded.size > 0
    for row in range(rows):
        block_row = row // factor
        for block_column in range(block_columns):
            start = block_column * factor
            stop = min(start + factor, columns)
            total = 0.0
            count = 0
            for column in range(start, stop):
                if some_excluded and excluded[row, column]:
                    continue
                total += values[row, column]
                count += 1
            sums[block_row, block_column] += total
            counts[block_row, block_column] += count
    for block_row in range(block_rows):
        for block_column in range(block_columns):
            if counts[block_row, block_column] > 0:
                sums[block_row, block_column] /= counts[block_row, block_column]
            else:
                sums[block_row, block_column] = np.nan
    return sums, counts
