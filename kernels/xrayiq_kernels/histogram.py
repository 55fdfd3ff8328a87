"""Histograms of pixel values, and the value at a share of them (the value of interest)."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def integer_histogram(values: NDArray[Any], excluded: NDArray[np.bool_], first: int, size: int) -> NDArray[np.int64]:
    """Exact counts of every stored value.

    Parameters
    ----------
    values : (rows, columns) array of integers
        Stored values of any integer type up to 32 bits, or signed 64 bits.
    excluded : (rows, columns) array of bool, or of shape (0, 0) where nothing is excluded
        True where a pixel does not count.
    first : int
        Stored value of the first count.
    size : int
        Number of counts; values beyond are left out.

    Returns
    -------
    (size,) array of int64
        Pixels with the value first + index.
    """
    counts = np.zeros(size, dtype=np.int64)
    some_excluded = excluded.size > 0
    rows, columns = values.shape
    for row in range(rows):
        for column in range(columns):
            if some_excluded and excluded[row, column]:
                continue
            index = np.int64(values[row, column]) - first
            if index >= 0 and index < size:
                counts[index] += 1
    return counts


@kernel
def float_histogram(
    values: NDArray[Any], excluded: NDArray[np.bool_], low: float, high: float, size: int
) -> NDArray[np.int64]:
    """Counts of values in bins of equal width.

    Parameters
    ----------
    values : (rows, columns) array of float32 or float64
        Signal; NaN is left out.
    excluded : (rows, columns) array of bool, or of shape (0, 0) where nothing is excluded
        True where a pixel does not count.
    low, high : float
        Ends of the range, both included; values beyond are left out.
    size : int
        Number of bins.

    Returns
    -------
    (size,) array of int64
        Pixels per bin; the last bin holds `high` too. All 0 where `high` is not above `low`.
    """
    counts = np.zeros(size, dtype=np.int64)
    if not high > low:
        return counts
    scale = size / (high - low)
    some_excluded = excluded.size > 0
    rows, columns = values.shape
    for row in range(rows):
        for column in range(columns):
            if some_excluded and excluded[row, column]:
                continue
            value = np.float64(values[row, column])
            if value >= low and value <= high:
                counts[min(int((value - low) * scale), size - 1)] += 1
    return counts


@kernel
def value_of_interest(counts: NDArray[np.int64], share: float) -> float:
    """Position in a histogram below which a share of the values lies.

    Parameters
    ----------
    counts : (size,) array of int64
        Counts of the values 0, 1, 2 …
    share : float
        0 to 1; 0.5 gives the median.

    Returns
    -------
    float
        Quantile of the values by linear interpolation between the two nearest in rank (Hyndman and Fan 1996, type 7);
        NaN where there is no value.
    """
    total = 0
    for index in range(counts.size):
        total += counts[index]
    if total == 0:
        return np.nan
    rank = min(max(share, 0.0), 1.0) * (total - 1)
    lower_rank = math.floor(rank)
    part = rank - lower_rank
    below = 0
    lower = -1
    for index in range(counts.size):
        below += counts[index]
        if lower < 0 and below > lower_rank:
            lower = index
        if below > lower_rank + 1 or (below > lower_rank and part == 0.0):
            return lower + part * (index - lower)
    return np.float64(lower)
