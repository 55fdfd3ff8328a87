"""The two values in the middle of many: exact medians of small blocks, without sorting."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel

#: numbers that `middle_pair` keeps in its bracket: two ends and four limits between them
BRACKET_SIZE = 6
#: limits of the first turn as parts of the guess: medians of 256 normal values scatter by 7 %
NEAR_GUESS = (0.8, 0.93, 1.07, 1.25)
#: limits about the place expected between the ends, and how far apart they are as part of the bracket
ABOUT = (-1.5, -0.5, 0.5, 1.5)
APART = 0.08


@kernel
def greatest(sizes: NDArray[Any]) -> Any:
    """Greatest of values without NaN.

    Parameters
    ----------
    sizes : 1-D array
        At least one value.

    Returns
    -------
    number of the same dtype
        The greatest.
    """
    highest = sizes[0]
    for index in range(sizes.size):
        value = sizes[index]
        highest = value if value > highest else highest
    return highest


@kernel
def count_at_most(sizes: NDArray[Any], limit: Any) -> int:
    """How many values do not exceed a limit.

    Parameters
    ----------
    sizes : 1-D array
        Values without NaN.
    limit : number of the same dtype
        The limit.

    Returns
    -------
    int
        The count.
    """
    # counting in 32 bits runs over twice as many values at once
    count = np.int32(0)
    for index in range(sizes.size):
        count = np.int32(count + np.int32(sizes[index] <= limit))
    return int(count)


@kernel
def _four_counts(sizes: NDArray[Any], bracket: NDArray[Any]) -> tuple[int, int, int, int]:
    """How many values do not exceed each of the limits, which are counted in one pass."""
    limit_a, limit_b, limit_c, limit_d = bracket[2], bracket[3], bracket[4], bracket[5]
    count_a, count_b, count_c, count_d = np.int32(0), np.int32(0), np.int32(0), np.int32(0)
    for index in range(sizes.size):
        value = sizes[index]
        count_a = np.int32(count_a + np.int32(value <= limit_a))
        count_b = np.int32(count_b + np.int32(value <= limit_b))
        count_c = np.int32(count_c + np.int32(value <= limit_c))
        count_d = np.int32(count_d + np.int32(value <= limit_d))
    return int(count_a), int(count_b), int(count_c), int(count_d)


@kernel
def _least_above(sizes: NDArray[Any], limit: Any, highest: Any) -> Any:
    """Least of the values above a limit, given the greatest of them all."""
    least = highest
    for index in range(sizes.size):
        value = sizes[index]
        # without branches the loop runs over several values at once
        above = value if value > limit else highest
        least = above if above < least else least
    return least


@kernel
def _gather(sizes: NDArray[Any], low: Any, high: Any, few: NDArray[Any]) -> int:
    """Values above `low` up to `high`, in ascending order at the begin of `few`; how many they are."""
    held = 0
    for index in range(sizes.size):
        value = sizes[index]
        few[held] = value
        held += (value > low) & (value <= high)
    for index in range(1, held):
        value = few[index]
        place = index
        while place > 0 and few[place - 1] > value:
            few[place] = few[place - 1]
            place -= 1
        few[place] = value
    return held


@kernel
def _place_limits(bracket: NDArray[Any], turn: int, guess: float, share: float, least_apart: float) -> bool:
    """Four limits between the ends of the bracket; False where there is no room for any."""
    low, high = bracket[0], bracket[1]
    width = float(high - low)
    bracket[2] = low + (high - low) / 2
    middle = bracket[2]
    if not (middle > low and middle < high):
        return False
    apart = max(APART * width, least_apart)
    for number in range(4):
        if turn == 0:
            bracket[2 + number] = guess * NEAR_GUESS[number]
        elif turn % 3 > 0:
            bracket[2 + number] = low + width * share + ABOUT[number] * apart
        else:
            bracket[2 + number] = low + width * (0.2 * (number + 1))
        if not (bracket[2 + number] > low and bracket[2 + number] < high):
            bracket[2 + number] = middle
    return True


@kernel
def middle_pair(sizes: NDArray[Any], guess: float, few: NDArray[Any], bracket: NDArray[Any]) -> tuple[float, float]:
    """The two values in the middle of many: their mean is the median.

    A bracket about them shrinks by counting, which runs over several values at once, until it holds one whole number or
    what it holds is quickly sorted.

    Parameters
    ----------
    sizes : 1-D array of int32 or float64
        At least one value, none below 0, no NaN.
    guess : float
        About where they are; it only saves time.
    few, bracket : 1-D arrays of the same dtype
        Working space for as many values as `sizes` has, and for `BRACKET_SIZE`.

    Returns
    -------
    tuple of (float, float)
        The values of rank n/2 and n/2 + 1, counted from 1; twice the one in the middle of an odd number.
    """
    half = (sizes.size + 1) // 2
    # the array's dtype cuts what is written to whole numbers where the values are whole
    bracket[0] = 0.5
    whole = bracket[0] == 0
    bracket[0] = -1
    highest = greatest(sizes)
    bracket[1] = highest
    below = 0
    above = sizes.size
    for turn in range(100):
        if above - below <= 8 and not whole:
            break
        share = (half - below) / max(above - below, 1)
        if not _place_limits(bracket, turn, guess, share, 1.0 if whole else 0.0):
            break
        counts = _four_counts(sizes, bracket)
        for number in range(4):
            limit, count = bracket[2 + number], counts[number]
            if count >= half and limit < bracket[1]:
                bracket[1], above = limit, count
            elif count < half and limit > bracket[0]:
                bracket[0], below = limit, count
    low, high = bracket[0], bracket[1]
    if whole:
        # no whole number is left between the ends of the bracket
        first = high
        if above > half or 2 * half > sizes.size:
            return float(first), float(first)
    else:
        held = _gather(sizes, low, high, few)
        first = few[half - below - 1]
        if 2 * half > sizes.size:
            return float(first), float(first)
        if half - below < held:
            return float(first), float(few[half - below])
    return float(first), float(_least_above(sizes, high, highest))
