"""Exact sums along the rows and columns of an image of small integers."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel

#: columns whose values times their index, and rows whose values, add up within 32 bits
_SPAN: Final = 256


@kernel
def integer_profiles(
    values: NDArray[Any], first: int, stop: int, rows: NDArray[np.int64], columns: NDArray[np.int64]
) -> None:
    """Sums over each row and each column of a band of an image, in one sweep.

    Parameters
    ----------
    values : 2-D array of integers of up to 16 bits
        Stored values.
    first, stop : int
        First row of the band, and the row behind its last.
    rows : array of int64 of shape (rows of the image, 2)
        Σ value and Σ value · column of the band's rows are written there.
    columns : array of int64, one per column
        Σ value over the band is written there.
    """
    width = values.shape[1]
    sums = np.zeros(width, dtype=np.int32)
    columns[:] = 0
    for row in range(first, stop):
        line = values[row]
        total = np.int64(0)
        moment = np.int64(0)
        for begin in range(0, width, _SPAN):
            part = line[begin : begin + _SPAN]
            below = sums[begin : begin + _SPAN]
            part_total = np.int32(0)
            part_moment = np.int32(0)
            for index in range(part.size):
                value = np.int32(part[index])
                part_total = np.int32(part_total + value)
                part_moment = np.int32(part_moment + np.int32(value * np.int32(index)))
                below[index] += value
            total += np.int64(part_total)
            moment += np.int64(part_moment) + np.int64(part_total) * begin
        rows[row, 0] = total
        rows[row, 1] = moment
        if (row - first) % _SPAN == _SPAN - 1 or row == stop - 1:
            for column in range(width):
                columns[column] += np.int64(sums[column])
                sums[column] = 0
