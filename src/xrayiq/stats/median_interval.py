"""Bootstrap interval of a median, exact: no resampling."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import bdtrc

from xrayiq.stats._arguments import as_series, between


@dataclass(frozen=True, slots=True, kw_only=True)
class MedianInterval:
    """A median with its percentile bootstrap interval.

    Parameters
    ----------
    median, low, high : float
        The median and the bounds of the interval.
    confidence : float
        Nominal coverage.
    """

    median: float
    low: float
    high: float
    confidence: float


def median_interval(values: ArrayLike, *, confidence: float = 0.95) -> MedianInterval:
    """Median with the interval that infinitely many bootstrap resamples would give.

    Parameters
    ----------
    values : 1-D array
        One or more finite values.
    confidence : float
        Nominal coverage.

    Returns
    -------
    MedianInterval
        The m-th smallest of n resampled values is at most the k-th smallest of the sample with the probability that
        of n draws at least m fall among the first k: a binomial tail (Efron 1979, section 3). Bounds are its quantiles;
        for even n the mean of those of the two middle values.

    Raises
    ------
    InputError
        There are no values, one is not finite, or the confidence is out of range.
    """
    series = np.sort(as_series("values", values, at_least=1))
    between("confidence", confidence, 0.0, 1.0)
    number = series.size
    tail = (1.0 - confidence) / 2.0
    middles = {(number + 1) // 2, number // 2 + 1}
    shares = np.arange(1, number + 1) / number
    low = high = 0.0
    for middle in middles:
        reached = bdtrc(middle - 1, number, shares)
        low += series[min(int(np.searchsorted(reached, tail)), number - 1)] / len(middles)
        high += series[min(int(np.searchsorted(reached, 1.0 - tail)), number - 1)] / len(middles)
    return MedianInterval(median=float(np.median(series)), low=float(low), high=float(high), confidence=confidence)
