"""Parts of an image as runs of pixels along its rows: their extremes, counts and histograms.

A run is (row, first column, column behind the last). Runs neither overlap nor are empty.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def cell_runs(
    cells: NDArray[np.bool_],
    cell_px: int,
    first_px: int,
    starts: NDArray[np.int64],
    stops: NDArray[np.int64],
) -> NDArray[np.int64]:
    """Runs of the pixels of square cells, within a span of columns per row.

    Parameters
    ----------
    cells : (cell rows, cell columns) array of bool
        True for the cells whose pixels count.
    cell_px : int
        Side of a cell in pixels, above 0.
    first_px : int
        Row and column of the first cell's first pixel; rows and columns before it belong to no cell.
    starts, stops : (rows,) arrays of int64
        Per row of the image the first column of the span and the column behind its last.

    Returns
    -------
    (runs, 3) array of int64
        In the order of rows and columns; neighbouring cells share a run.
    """
    runs = np.empty((starts.size * (cells.shape[1] // 2 + 1), 3), dtype=np.int64)
    lefts = np.empty(cells.shape[1] // 2 + 1, dtype=np.int64)
    rights = np.empty(cells.shape[1] // 2 + 1, dtype=np.int64)
    held = 0
    count = 0
    before = -1
    for row in range(max(first_px, 0), min(starts.size, first_px + cells.shape[0] * cell_px)):
        cell_row = (row - first_px) // cell_px
        if cell_row != before:
            held = 0
            is_open = False
            for cell_column in range(cells.shape[1]):
                here = cells[cell_row, cell_column]
                if here and not is_open:
                    lefts[held] = first_px + cell_column * cell_px
                if is_open and not here:
                    rights[held] = first_px + cell_column * cell_px
                    held += 1
                is_open = here
            if is_open:
                rights[held] = first_px + cells.shape[1] * cell_px
                held += 1
            before = cell_row
        for index in range(held):
            begin, end = max(starts[row], lefts[index]), min(stops[row], rights[index])
            if begin < end:
                runs[count, 0], runs[count, 1], runs[count, 2] = row, begin, end
                count += 1
    return runs[:count].copy()


@kernel
def runs_outside(runs: NDArray[np.int64], excluded: NDArray[np.bool_]) -> NDArray[np.int64]:
    """Runs without the pixels of a mask.

    Parameters
    ----------
    runs : (runs, 3) array of int64
        Runs on the image.
    excluded : (rows, columns) array of bool
        True where a pixel is left out.

    Returns
    -------
    (runs, 3) array of int64
        What is left, in the same order.
    """
    size = 0
    for index in range(runs.shape[0]):
        inside = False
        for column in range(runs[index, 1], runs[index, 2]):
            here = not excluded[runs[index, 0], column]
            if here and not inside:
                size += 1
            inside = here
    kept = np.empty((size, 3), dtype=np.int64)
    count = 0
    for index in range(runs.shape[0]):
        row = runs[index, 0]
        open_at = -1
        for column in range(runs[index, 1], runs[index, 2]):
            if excluded[row, column]:
                if open_at >= 0:
                    kept[count, 0], kept[count, 1], kept[count, 2] = row, open_at, column
                    count += 1
                open_at = -1
            elif open_at < 0:
                open_at = column
        if open_at >= 0:
            kept[count, 0], kept[count, 1], kept[count, 2] = row, open_at, runs[index, 2]
            count += 1
    return kept


@kernel
def run_extremes(values: NDArray[Any], runs: NDArray[np.int64]) -> tuple[NDArray[Any], NDArray[np.int64]]:
    """Least and greatest value in runs of pixels, and how many pixels have them.

    Parameters
    ----------
    values : (rows, columns) array of integers or floats
        Values without NaN.
    runs : (runs, 3) array of int64
        Pixels that count, at least one.

    Returns
    -------
    tuple of (2,) array of the values' dtype and (2,) array of int64
        Least and greatest value; pixels with the least and with the greatest value.
    """
    lows = np.empty(runs.shape[0], dtype=values.dtype)
    highs = np.empty(runs.shape[0], dtype=values.dtype)
    ends = np.empty(2, dtype=values.dtype)
    for index in range(runs.shape[0]):
        line = values[runs[index, 0], runs[index, 1] : runs[index, 2]]
        low = line[0]
        high = line[0]
        for column in range(line.size):
            low = min(low, line[column])
            high = max(high, line[column])
        lows[index] = low
        highs[index] = high
    ends[0] = lows.min()
    ends[1] = highs.max()
    counts = np.zeros(2, dtype=np.int64)
    for end in range(2):
        for index in range(runs.shape[0]):
            if (lows[index] if end == 0 else highs[index]) != ends[end]:
                continue
            for column in range(runs[index, 1], runs[index, 2]):
                counts[end] += values[runs[index, 0], column] == ends[end]
    return ends, counts


@kernel
def run_histogram(values: NDArray[Any], runs: NDArray[np.int64], first: int, size: int) -> NDArray[np.int64]:
    """Exact counts of every stored value in runs of pixels.

    Parameters
    ----------
    values : (rows, columns) array of integers
        Stored values of any integer type up to 32 bits, or signed 64 bits.
    runs : (runs, 3) array of int64
        Pixels that count.
    first : int
        Stored value of the first count.
    size : int
        Number of counts; values beyond are left out.

    Returns
    -------
    (size,) array of int64
        Pixels with the value first + index.
    """
    # neighbours often have one value: two tables need not wait for each other
    counts = np.zeros((2, size), dtype=np.int64)
    for index in range(runs.shape[0]):
        line = values[runs[index, 0], runs[index, 1] : runs[index, 2]]
        for column in range(line.size):
            place = np.int64(line[column]) - first
            if place >= 0 and place < size:
                counts[column & 1, place] += 1
    total: NDArray[np.int64] = counts[0] + counts[1]
    return total


@kernel
def equal_neighbours(values: NDArray[Any], runs: NDArray[np.int64], left_out: Any) -> tuple[int, int]:
    """Pairs of neighbouring pixels along rows, and how many of them have equal values.

    Parameters
    ----------
    values : (rows, columns) array of integers or floats
        Stored values.
    runs : (runs, 3) array of int64
        Pixels that count, neighbours of one row in one run.
    left_out : scalar
        Pixels with this value are in no pair.

    Returns
    -------
    tuple of (int, int)
        Pairs; pairs of equal values.
    """
    pairs = 0
    equal = 0
    for index in range(runs.shape[0]):
        line = values[runs[index, 0], runs[index, 1] : runs[index, 2]]
        for column in range(line.size - 1):
            both = (line[column] != left_out) & (line[column + 1] != left_out)
            pairs += both
            equal += both & (line[column] == line[column + 1])
    return pairs, equal
