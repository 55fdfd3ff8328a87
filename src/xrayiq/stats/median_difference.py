"""Difference of two medians with its confidence interval."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import betainc, ndtr, ndtri

from xrayiq.stats._arguments import as_series, between

#: standard deviations of the median's rank beyond which order statistics have no weight that a float64 holds
_REACH: Final = 9.0


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianDifference:
    """Medians of two series and their difference.

    Parameters
    ----------
    before, after : float
        Medians.
    count_before, count_after : int
        How many values.
    difference : float
        After less before.
    standard_error : float
        Of the difference.
    low, high : float
        Bounds of its confidence interval.
    p_value : float
        Two-sided, of no difference.
    confidence : float
        Nominal coverage.
    """

    before: float
    after: float
    count_before: int
    count_after: int
    difference: float
    standard_error: float
    low: float
    high: float
    p_value: float
    confidence: float


def median_difference(before: ArrayLike, after: ArrayLike, *, confidence: float = 0.95) -> MedianDifference:
    """Difference of two medians with an interval from their bootstrap errors, which need no resampling.

    Parameters
    ----------
    before, after : 1-D array
        Five or more independent finite values each.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    MedianDifference
        After less before. Where neither series varies about its median the interval is the difference itself.

    Raises
    ------
    InputError
        A series has fewer than five values or some that are not finite, or `confidence` is not between 0 and 1.

    Notes
    -----
    The error of each median is that of `median_error`; errors add in squares, and the difference is taken as normal
    (Price and Bonett, Journal of Statistical Computation and Simulation 72, 2002, compare such intervals).
    """
    first = as_series("before", before, at_least=5)
    second = as_series("after", after, at_least=5)
    z = float(-ndtri(0.5 * (1.0 - between("confidence", confidence, 0.0, 1.0))))
    medians = float(np.median(first)), float(np.median(second))
    error = math.hypot(_error(first), _error(second))
    difference = medians[1] - medians[0]
    if error > 0.0:
        p_value = float(2.0 * ndtr(-abs(difference) / error))
    else:
        p_value = float(difference == 0.0)
    return MedianDifference(
        before=medians[0],
        after=medians[1],
        count_before=first.size,
        count_after=second.size,
        difference=difference,
        standard_error=error,
        low=difference - z * error,
        high=difference + z * error,
        p_value=p_value,
        confidence=confidence,
    )


def median_error(values: ArrayLike) -> float:
    """Standard error of a median over all bootstrap resamples (Maritz and Jarrett, J. Am. Stat. Assoc. 73, 1978).

    Parameters
    ----------
    values : 1-D array
        Five or more finite values.

    Returns
    -------
    float
        Standard deviation of the median of n values drawn from the n given: the k-th smallest has the weight that a
        beta distribution of (n + 1) / 2 and (n + 1) / 2 has between (k − 1) / n and k / n. Exact for odd n.

    Raises
    ------
    InputError
        There are fewer than five values, or some that are not finite.
    """
    return _error(as_series("values", values, at_least=5))


def _error(series: NDArray[np.float64]) -> float:
    count = series.size
    shape = 0.5 * (count + 1)
    reach = math.ceil(_REACH * 0.5 * math.sqrt(count)) + 1
    first, last = max(count // 2 - reach, 0), min(count // 2 + reach, count)
    weights = np.diff(betainc(shape, shape, np.arange(first, last + 1) / count))
    middle = np.partition(series, sorted({first, last - 1}))[first:last]
    centred = np.sort(middle) - np.median(series)  # keeps the digits of small squares
    mean = float(weights @ centred)
    return math.sqrt(max(float(weights @ centred**2) - mean * mean, 0.0))
