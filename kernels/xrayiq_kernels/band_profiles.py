"""Profiles through an image, averaged over narrow bands."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def _add_line(line: NDArray[Any], sums: NDArray[Any]) -> None:
    for index in range(sums.size):
        sums[index] += line[index]


@kernel
def _add_table_line(line: NDArray[Any], table: NDArray[np.float64], first: int, sums: NDArray[Any]) -> None:
    for index in range(sums.size):
        sums[index] += table[np.int64(line[index]) - first]


@kernel
def _sum_of_sixteen(line: NDArray[Any], zero: Any) -> Any:
    """Sum of sixteen values, several at once."""
    total = zero
    for index in range(16):
        total += line[index]
    return total


@kernel
def _sum(line: NDArray[Any], zero: Any) -> Any:
    total = zero
    for index in range(line.size):
        total += line[index]
    return total


@kernel
def _table_sum(line: NDArray[Any], table: NDArray[np.float64], first: int) -> float:
    total = 0.0
    for index in range(line.size):
        total += table[np.int64(line[index]) - first]
    return total


@kernel
def band_profiles(
    pixels: NDArray[Any],
    table: NDArray[np.float64],
    first: int,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    length: int,
    width: int,
    down: bool,
    nothing: NDArray[Any],
) -> NDArray[np.float64]:
    """Profiles through rectangles of an image, averaged across them.

    Parameters
    ----------
    pixels : (rows, columns) array of integers or floats
        Stored values.
    table : 1-D array of float64
        Value that stands for the stored value first + index; of size 0 where stored values are taken as they are.
    first : int
        Stored value of the table's first entry.
    rows, columns : (n,) arrays of int64
        First row and column of each rectangle, which lies in the image.
    length : int
        Pixels along the profiles.
    width : int
        Pixels across them that are averaged, above 0.
    down : bool
        Whether the profiles run down the columns, instead of along the rows.
    nothing : array of size 0, int32 or float64
        Its dtype is summed in: int32 only for integers of up to 16 bits without table, `width` up to 32 768.

    Returns
    -------
    (n, length) array of float64
        Mean across each rectangle.
    """
    profiles = np.empty((rows.size, length), dtype=np.float64)
    sums = np.zeros(length, dtype=nothing.dtype)
    for index in range(rows.size):
        row, column = rows[index], columns[index]
        sums[:] = 0
        if not down:
            for across in range(row, row + width):
                line = pixels[across, column : column + length]
                if table.size > 0:
                    _add_table_line(line, table, first, sums)
                else:
                    _add_line(line, sums)
        else:
            for along in range(length):
                line = pixels[row + along, column : column + width]
                if table.size > 0:
                    sums[along] = _table_sum(line, table, first)
                elif width == 16:
                    sums[along] = _sum_of_sixteen(line, sums[along])
                else:
                    sums[along] = _sum(line, sums[along])
        for along in range(length):
            profiles[index, along] = sums[along] / width
    return profiles
