"""Mean and variance of the surroundings of every pixel."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel

Maps = tuple[NDArray[np.float64], NDArray[np.float64]]


@kernel
def local_moments(
    values: NDArray[np.float64], excluded: NDArray[np.bool_], centre: float, half_rows: int, half_columns: int
) -> Maps:
    """Mean and variance in a rectangle about every pixel.

    Sums of the columns of a window move down with it, and sums of these move to the right, so that the time does not
    depend on the size of the window and the image passes through memory once.

    Parameters
    ----------
    values : 2-D array of float64
        Finite where it is not excluded.
    excluded : 2-D array of bool
        True where a pixel does not count; of size 0 where all count.
    centre : float
        A value that is typical of the image: moments are taken about it, so that few digits cancel.
    half_rows, half_columns : int
        Pixels of the window on either side of its middle one; at the border of the image the window is cut.

    Returns
    -------
    tuple of two arrays of the image's shape
        Mean, and variance (ddof 1), of the pixels of the window that count; NaN where there are less than 1 and 2.
    """
    rows, columns = values.shape
    masked = excluded.size > 0
    means = np.full((rows, columns), np.nan)
    variances = np.full((rows, columns), np.nan)
    counts = np.zeros(columns, dtype=np.int64)
    sums = np.zeros(columns)
    squares = np.zeros(columns)
    for middle in range(-half_rows, rows):
        # a row comes in at the bottom of the window, one goes out at its top
        for way in range(2):
            row = middle + half_rows if way == 0 else middle - half_rows - 1
            if row < 0 or row >= rows:
                continue
            sign = 1 - 2 * way
            for column in range(columns):
                if masked and excluded[row, column]:
                    continue
                z = values[row, column] - centre
                counts[column] += sign
                sums[column] += sign * z
                squares[column] += sign * z * z
        if middle < 0:
            continue
        count = 0
        total = 0.0
        square = 0.0
        for right in range(-half_columns, columns):
            if right + half_columns < columns:
                count += counts[right + half_columns]
                total += sums[right + half_columns]
                square += squares[right + half_columns]
            if right - half_columns - 1 >= 0:
                count -= counts[right - half_columns - 1]
                total -= sums[right - half_columns - 1]
                square -= squares[right - half_columns - 1]
            if right < 0 or count < 1:
                continue
            mean = total / count
            means[middle, right] = centre + mean
            if count > 1:
                variances[middle, right] = max(square - total * mean, 0.0) / (count - 1)
    return means, variances
