"""Noise of small square blocks of an image, from second differences along both axes."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel
from xrayiq_kernels.middle_pair import BRACKET_SIZE, count_at_most, greatest, middle_pair


@kernel
def _whole_sum_of_squares(sizes: NDArray[Any], limit: Any) -> float:
    """Sum of the squares of whole values below 2²¹ up to a limit: exact."""
    total = 0
    for index in range(sizes.size):
        value = np.int64(sizes[index] if sizes[index] <= limit else 0)
        total += int(value * value)
    return float(total)


@kernel
def _sum_of_squares(sizes: NDArray[Any], limit: Any, squares: NDArray[np.float64]) -> float:
    """Sum of the squares of the values up to a limit, their number a multiple of four."""
    for index in range(sizes.size):
        value = sizes[index] if sizes[index] <= limit else 0
        squares[index] = np.float64(value) * np.float64(value)
    # four sums run side by side
    sum_a, sum_b, sum_c, sum_d = 0.0, 0.0, 0.0, 0.0
    for index in range(0, sizes.size, 4):
        sum_a += squares[index]
        sum_b += squares[index + 1]
        sum_c += squares[index + 2]
        sum_d += squares[index + 3]
    return sum_a + sum_b + sum_c + sum_d


@kernel
def _second_differences(one: NDArray[Any], two: NDArray[Any], three: NDArray[Any], target: NDArray[Any]) -> None:
    """One − 2·two + three along a line, into `target`."""
    for index in range(target.size):
        target[index] = one[index] - 2 * two[index] + three[index]


@kernel
def _absolute_differences(one: NDArray[Any], two: NDArray[Any], three: NDArray[Any], target: NDArray[Any]) -> None:
    """Absolute values of one − 2·two + three along a line, into `target`."""
    for index in range(target.size):
        difference = one[index] - 2 * two[index] + three[index]
        target[index] = difference if difference >= 0 else -difference


@kernel
def _read_line(line: NDArray[Any], table: NDArray[np.float64], first: int, target: NDArray[Any]) -> None:
    """Stored values, or what stands for them in the table, into `target`."""
    if table.size > 0:
        for index in range(target.size):
            target[index] = table[np.int64(line[index]) - first]
    else:
        for index in range(target.size):
            target[index] = line[index]


@kernel
def _join_line(line: NDArray[Any], sums: NDArray[Any], lows: NDArray[Any], highs: NDArray[Any]) -> None:
    """Add one line of a block to the sums, least and greatest values of its columns."""
    for index in range(line.size):
        value = line[index]
        sums[index] += value
        lows[index] = value if value < lows[index] else lows[index]
        highs[index] = value if value > highs[index] else highs[index]


@kernel
def _copy_sixteen(line: NDArray[Any], target: NDArray[Any]) -> None:
    """Sixteen values, several at once."""
    for column in range(16):
        target[column] = line[column]


@kernel
def _cut_out(lines: NDArray[Any], start: int, block_px: int, sizes: NDArray[Any]) -> None:
    """A block of lines, row after row."""
    first = max(start, 0)  # a place that cannot count from the end is quicker to reach
    if block_px == 16:
        for row in range(16):
            _copy_sixteen(lines[row, first : first + 16], sizes[row * 16 : row * 16 + 16])
    else:
        for row in range(block_px):
            for column in range(block_px):
                sizes[row * block_px + column] = lines[row, first + column]


@kernel
def block_noise(
    pixels: NDArray[Any],
    table: NDArray[np.float64],
    first: int,
    rows: NDArray[np.int64],
    columns: NDArray[np.int64],
    block_px: int,
    lag_px: int,
    clip: float,
    nothing: NDArray[Any],
) -> NDArray[np.float64]:
    """Mean, differences and span of square blocks.

    The differences are those of [1 −2 1] ⊗ [1 −2 1] over pixels `lag_px` apart. Blocks that begin in the same row share
    the work along it.

    Parameters
    ----------
    pixels : (rows, columns) array of integers or floats
        Stored values, finite in and around the blocks.
    table : 1-D array of float64
        Value that stands for the stored value first + index; of size 0 where stored values are taken as they are.
    first : int
        Stored value of the table's first entry.
    rows, columns : (blocks,) arrays of int64
        First row and column of each block, in ascending order of the rows; each lies `lag_px` inside the image.
    block_px : int
        Side of a block, even.
    lag_px : int
        Distance of the pixels compared, above 0.
    clip : float
        Differences beyond this many times their scale are left out; none where the scale is 0.
    nothing : array of size 0, int32 or float64
        Its dtype is worked in: int32 only for integers of up to 16 bits without table.

    Returns
    -------
    (blocks, 6) array of float64
        Mean of the values; scale of the differences (1.4826 times the median of their absolute values); root mean
        square of those kept; their share; least and greatest value.
    """
    found = np.zeros((rows.size, 6), dtype=np.float64)
    tall = block_px + 2 * lag_px
    wide = pixels.shape[1]
    values = np.empty((tall, wide), dtype=nothing.dtype)
    across = np.empty((tall, wide), dtype=nothing.dtype)
    down = np.empty((block_px, wide), dtype=nothing.dtype)
    sums = np.empty(wide, dtype=nothing.dtype)
    lows = np.empty(wide, dtype=nothing.dtype)
    highs = np.empty(wide, dtype=nothing.dtype)
    sizes = np.empty(block_px * block_px, dtype=nothing.dtype)
    few = np.empty(block_px * block_px, dtype=nothing.dtype)
    bracket = np.empty(BRACKET_SIZE, dtype=nothing.dtype)
    squares = np.empty(block_px * block_px, dtype=np.float64)
    bracket[0] = 0.5
    whole = bracket[0] == 0
    guess = 0.0
    begin = 0
    while begin < rows.size:
        end = begin
        left, right = columns[begin], columns[begin]
        while end < rows.size and rows[end] == rows[begin]:
            left, right = min(left, columns[end]), max(right, columns[end])
            end += 1
        left, right = left - lag_px, right + block_px + lag_px
        width = right - left
        for row in range(tall):
            line = values[row, :width]
            _read_line(pixels[rows[begin] - lag_px + row, left:right], table, first, line)
            _second_differences(line, line[lag_px:], line[2 * lag_px :], across[row, : width - 2 * lag_px])
        for row in range(block_px):
            _absolute_differences(
                across[row], across[row + lag_px], across[row + 2 * lag_px], down[row, : width - 2 * lag_px]
            )
        sums[:width] = values[lag_px, :width]
        lows[:width] = values[lag_px, :width]
        highs[:width] = values[lag_px, :width]
        for row in range(lag_px + 1, lag_px + block_px):
            _join_line(values[row, :width], sums, lows, highs)
        for block in range(begin, end):
            start = columns[block] - left
            total = 0.0
            low = lows[start]
            high = highs[start]
            for column in range(start, start + block_px):
                total += sums[column]
                low, high = min(low, lows[column]), max(high, highs[column])
            _cut_out(down, start - lag_px, block_px, sizes)
            smaller, greater = middle_pair(sizes, guess, few, bracket)
            guess = smaller
            scale = 1.4826 * ((smaller + greater) / 2.0)
            bracket[0] = clip * scale if scale > 0.0 else greatest(sizes)
            kept = count_at_most(sizes, bracket[0])
            found[block, 0] = total / sizes.size
            found[block, 1] = scale
            if whole:
                total = _whole_sum_of_squares(sizes, bracket[0])
            else:
                total = _sum_of_squares(sizes, bracket[0], squares)
            found[block, 2] = math.sqrt(total / max(kept, 1))
            found[block, 3] = kept / sizes.size
            found[block, 4] = low
            found[block, 5] = high
        begin = end
    return found
