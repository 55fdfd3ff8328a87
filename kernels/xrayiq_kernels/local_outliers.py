"""Pixels of each tile of a grid that stand out of their surroundings."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def count_outliers(
    values: NDArray[np.float64],
    excluded: NDArray[np.bool_],
    means: NDArray[np.float64],
    variances: NDArray[np.float64],
    first: tuple[int, int],
    size: tuple[int, int],
    limit_sd: float,
    counts: NDArray[np.int64],
) -> None:
    """Count the pixels that deviate from a mean by more than some standard deviations, in one sweep.

    Parameters
    ----------
    values : 2-D array of float64
        Finite where it is not excluded.
    excluded : 2-D array of bool
        True where a pixel does not count; of size 0 where all count.
    means, variances : 2-D arrays of float64, of the same shape
        Of the surroundings of each pixel; one that is NaN leaves the pixel out.
    first : tuple of (int, int)
        Row and column of the first pixel of the first tile.
    size : tuple of (int, int)
        Rows and columns of a tile; tiles touch and lie inside the image.
    limit_sd : float
        Standard deviations.
    counts : 2-D array of int64, one per tile
        Overwritten.
    """
    masked = excluded.size > 0
    square = limit_sd * limit_sd
    for tile_row in range(counts.shape[0]):
        for tile_column in range(counts.shape[1]):
            left = first[1] + tile_column * size[1]
            found = 0
            for row in range(first[0] + tile_row * size[0], first[0] + (tile_row + 1) * size[0]):
                for column in range(left, left + size[1]):
                    difference = values[row, column] - means[row, column]
                    stands_out = difference * difference > square * variances[row, column]
                    if masked:
                        stands_out = stands_out and not excluded[row, column]
                    found += stands_out
            counts[tile_row, tile_column] = found
