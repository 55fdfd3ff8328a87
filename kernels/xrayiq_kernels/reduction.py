"""An image reduced to the means of its blocks."""

from __future__ import annotations

from typing import Any

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


@kernel
def _begin_line_sums(line: NDArray[Any], line_sums: NDArray[np.int32]) -> None:
    for column in range(line.size):
        line_sums[column] = line[column]


@kernel
def _add_to_line_sums(line: NDArray[Any], line_sums: NDArray[np.int32]) -> None:
    for column in range(line.size):
        line_sums[column] += line[column]


@kernel
def _halve(sums: NDArray[np.int32], halves: NDArray[np.int32]) -> None:
    for column in range(halves.size):
        halves[column] = sums[2 * column] + sums[2 * column + 1]


@kernel
def _join(sums: NDArray[np.int32], factor: int, joined: NDArray[np.int32]) -> None:
    for block in range(joined.size):
        total = np.int32(0)
        for column in range(block * factor, block * factor + factor):
            total += sums[column]
        joined[block] = total


@kernel
def _scale(sums: NDArray[np.int32], count: float, slope: float, intercept: float, target: NDArray[np.float64]) -> None:
    for block in range(target.size):
        target[block] = sums[block] / count * slope + intercept


@kernel
def linear_block_means(values: NDArray[Any], slope: float, intercept: float, factor: int) -> NDArray[np.float64]:
    """Means of square blocks of whole numbers, on a straight scale.

    Parameters
    ----------
    values : (rows, columns) array of integers of up to 16 bits
        Stored values.
    slope, intercept : float
        Of the scale.
    factor : int
        Side of the blocks in pixels, 1 to 181: the sum of a block fits into 32 bits; the last row and column of blocks
        may be narrower.

    Returns
    -------
    (block rows, block columns) array of float64
        Mean of each block times the slope plus the intercept; sums are exact.
    """
    rows, columns = values.shape
    whole = columns // factor
    block_rows = (rows + factor - 1) // factor
    block_columns = (columns + factor - 1) // factor
    means = np.empty((block_rows, block_columns), dtype=np.float64)
    line_sums = np.empty(columns, dtype=np.int32)
    joined = np.empty(columns, dtype=np.int32)
    for block_row in range(block_rows):
        start = block_row * factor
        stop = min(start + factor, rows)
        _begin_line_sums(values[start], line_sums)
        for row in range(start + 1, stop):
            _add_to_line_sums(values[row], line_sums)
        if whole < block_columns:
            total = 0
            for column in range(whole * factor, columns):
                total += line_sums[column]
            means[block_row, whole] = total / ((stop - start) * (columns - whole * factor)) * slope + intercept
        # neighbours are added in pairs as far as the factor allows, which runs over several at once
        left, width = factor, whole * factor
        sums = line_sums
        while left % 2 == 0 and left > 1:
            left, width = left // 2, width // 2
            _halve(sums, joined[:width])
            sums = joined
        if left > 1:
            _join(sums, left, joined[:whole])
            sums = joined
        _scale(sums, float((stop - start) * factor), slope, intercept, means[block_row, :whole])
    return means


@kernel
def table_block_means(
    values: NDArray[Any], excluded: NDArray[np.bool_], table: NDArray[np.float64], first: int, factor: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Means of square blocks of what stored values stand for, excluded pixels left out.

    Parameters
    ----------
    values : (rows, columns) array of integers of up to 16 bits
        Stored values.
    excluded : (rows, columns) array of bool, or of shape (0, 0) where nothing is excluded
        True where a pixel does not count.
    table : 1-D array of float64
        What the stored value first + index stands for; it holds all values that count.
    first : int
        Stored value of the table's first entry.
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
    means = np.empty((block_rows, block_columns), dtype=np.float64)
    counts = np.empty((block_rows, block_columns), dtype=np.int64)
    some_excluded = excluded.size > 0
    for block_row in range(block_rows):
        for block_column in range(block_columns):
            left, right = block_column * factor, min((block_column + 1) * factor, columns)
            total = 0.0
            count = 0
            for row in range(block_row * factor, min((block_row + 1) * factor, rows)):
                for column in range(left, right):
                    if some_excluded and excluded[row, column]:
                        continue
                    total += table[np.int64(values[row, column]) - first]
                    count += 1
            means[block_row, block_column] = total / count if count > 0 else np.nan
            counts[block_row, block_column] = count
    return means, counts


@kernel
def _add_weighted(line: NDArray[np.float64], weight: float, sums: NDArray[np.float64]) -> None:
    for column in range(sums.size):
        sums[column] += weight * line[column]


@kernel
def _add_pairs(sums: NDArray[np.float64]) -> None:
    """Sums of neighbours, into the first half."""
    for index in range(sums.size // 2):
        sums[index] = sums[2 * index] + sums[2 * index + 1]


@kernel
def _join_floats(sums: NDArray[np.float64], times: int, count: float, target: NDArray[np.float64]) -> None:
    if times == 1:
        for column in range(target.size):
            target[column] = sums[column] / count
    else:
        for column in range(target.size):
            total = 0.0
            for index in range(column * times, (column + 1) * times):
                total += sums[index]
            target[column] = total / count


@kernel
def join_blocks(
    means: NDArray[np.float64], counts: NDArray[np.int64], times: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Means of square groups of blocks, from the means of the blocks.

    Parameters
    ----------
    means : (rows, columns) array of float64
        Mean of each block; without meaning where none of its pixels counts.
    counts : (rows, columns) array of int64
        Pixels of each block that count.
    times : int
        Blocks along the side of a group, above 0; the last row and column of groups may be narrower.

    Returns
    -------
    tuple of (group rows, group columns) arrays
        Mean over the pixels of each group, NaN where none counts; and their numbers.
    """
    rows, columns = (means.shape[0] + times - 1) // times, (means.shape[1] + times - 1) // times
    joined = np.empty((rows, columns), dtype=np.float64)
    totals = np.empty((rows, columns), dtype=np.int64)
    for row in range(rows):
        for column in range(columns):
            total = 0.0
            count = 0
            for block_row in range(row * times, min((row + 1) * times, means.shape[0])):
                for block_column in range(column * times, min((column + 1) * times, means.shape[1])):
                    held = counts[block_row, block_column]
                    if held > 0:
                        total += held * means[block_row, block_column]
                        count += held
            joined[row, column] = total / count if count > 0 else np.nan
            totals[row, column] = count
    return joined, totals


@kernel
def join_whole_blocks(
    means: NDArray[np.float64], factor: int, rows: int, columns: int, times: int
) -> NDArray[np.float64]:
    """Means of square groups of blocks all of whose pixels count, from the means of the blocks.

    Parameters
    ----------
    means : (block rows, block columns) array of float64
        Mean of each block.
    factor : int
        Side of the blocks in pixels, above 0.
    rows, columns : int
        Size of the image; the last row and column of blocks may be narrower.
    times : int
        Blocks along the side of a group, above 0.

    Returns
    -------
    (group rows, group columns) array of float64
        Mean over the pixels of each group.
    """
    group_rows, group_columns = (means.shape[0] + times - 1) // times, (means.shape[1] + times - 1) // times
    joined = np.empty((group_rows, group_columns), dtype=np.float64)
    sums = np.empty(means.shape[1], dtype=np.float64)
    whole = columns // (factor * times)
    last = means.shape[1] - 1
    for row in range(group_rows):
        sums[:] = 0.0
        for block_row in range(row * times, min((row + 1) * times, means.shape[0])):
            _add_weighted(means[block_row], float(min(factor, rows - block_row * factor)), sums)
        tall = min((row + 1) * times * factor, rows) - row * times * factor
        if whole < group_columns:
            total = sums[last] * (columns - last * factor)
            for block_column in range(whole * times, last):
                total += sums[block_column] * factor
            joined[row, whole] = total / (tall * (columns - whole * times * factor))
        # neighbours are added in pairs as far as that goes, which runs over several at once
        left = times
        while left % 2 == 0:
            left = left // 2
            _add_pairs(sums[: 2 * whole * left])
        _join_floats(sums, left, float(tall * times), joined[row, :whole])
    return joined
