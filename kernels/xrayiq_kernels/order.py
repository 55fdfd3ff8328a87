"""Percentiles of many values, exact and without sorting them all."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel
from xrayiq_kernels.middle_pair import BRACKET_SIZE, middle_pair

#: as many values are sorted at once …
SORTED_AT_ONCE = 1024
#: … and more are first shared out to as many bins
BINS = 4096
#: values that lie closer together than this are sorted, as the number of bins over their range may overflow
LEAST_WIDTH = 1e-300


@kernel
def _between(lower: float, upper: float, part: float) -> float:
    """Value that far from the lower to the upper one, as NumPy rounds it."""
    step = upper - lower
    return lower + step * part if part < 0.5 else upper - step * (1.0 - part)


@kernel
def percentiles(
    values: NDArray[np.float64], percents: NDArray[np.float64], low: float, high: float
) -> NDArray[np.float64]:
    """Percentiles by linear interpolation between the two nearest ranks.

    Parameters
    ----------
    values : (n,) array of float64
        At least one value, no NaN.
    percents : (m,) array of float64
        0 to 100.
    low, high : float
        Least and greatest of the values.

    Returns
    -------
    (m,) array of float64
        Value below which that part of the values lies, as `numpy.percentile` gives it.
    """
    found = np.empty(percents.size, dtype=np.float64)
    width = high - low
    scale = BINS / width if width > LEAST_WIDTH else 0.0
    if values.size <= SORTED_AT_ONCE or scale <= 0.0:
        ordered = np.sort(values)
        for number in range(percents.size):
            place = percents[number] / 100.0 * (values.size - 1)
            rank = min(int(place), values.size - 1)
            found[number] = _between(ordered[rank], ordered[min(rank + 1, values.size - 1)], place - rank)
        return found
    # the order of the bins is that of the values: subtraction and multiplication keep it when they round
    # places that cannot count from the end are quicker to reach
    bins = np.empty(values.size, dtype=np.uint16)
    counts = np.zeros((2, BINS + 1), dtype=np.int32)
    for index in range(values.size):
        bins[index] = np.uint16(np.int32((values[index] - low) * scale))
    # neighbours often fall into one bin: two tables need not wait for each other
    one, two = counts[0], counts[1]
    for index in range(0, values.size - 1, 2):
        one[bins[index]] += 1
        two[bins[index + 1]] += 1
    if values.size % 2 == 1:
        counts[0, bins[values.size - 1]] += 1
    counts[0] += counts[1]
    for number in range(percents.size):
        place = percents[number] / 100.0 * (values.size - 1)
        rank = min(int(place), values.size - 1)
        following = min(rank + 1, values.size - 1)
        first, below = 0, 0
        while below + counts[0, first] <= rank:
            below += counts[0, first]
            first += 1
        last, up_to = first, below + counts[0, first]
        while up_to <= following:
            last += 1
            up_to += counts[0, last]
        few = np.empty(up_to - below, dtype=np.float64)
        held = 0
        for index in range(values.size):
            if bins[index] >= first and bins[index] <= last:
                few[held] = values[index]
                held += 1
        ordered = np.sort(few)
        found[number] = _between(ordered[rank - below], ordered[following - below], place - rank)
    return found


@kernel
def tile_medians(values: NDArray[Any], tile_px: int) -> NDArray[np.float64]:
    """Medians over square tiles.

    Parameters
    ----------
    values : (rows, columns) array of float32 or float64
        Values from 0, no NaN; rows and columns are multiples of the tile's side.
    tile_px : int
        Side of a tile, even.

    Returns
    -------
    (rows / tile_px, columns / tile_px) array of float64
        The medians.
    """
    tall, wide = values.shape[0] // tile_px, values.shape[1] // tile_px
    medians = np.empty((tall, wide), dtype=np.float64)
    sizes = np.empty(tile_px * tile_px, dtype=values.dtype)
    few = np.empty(tile_px * tile_px, dtype=values.dtype)
    bracket = np.empty(BRACKET_SIZE, dtype=values.dtype)
    guess = 0.0
    for tile_row in range(tall):
        for tile_column in range(wide):
            for row in range(tile_px):
                start = tile_column * tile_px
                sizes[row * tile_px : (row + 1) * tile_px] = values[tile_row * tile_px + row, start : start + tile_px]
            smaller, greater = middle_pair(sizes, guess, few, bracket)
            guess = smaller
            medians[tile_row, tile_column] = (smaller + greater) / 2.0
    return medians
