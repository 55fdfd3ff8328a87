"""Difference of two means with its confidence interval."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import stdtrit

from xrayiq.stats._arguments import as_series, between


@dataclass(frozen=True, slots=True, kw_only=True)
class MeanDifference:
    """Means of two series and their difference.

    Parameters
    ----------
    before, after : float
        Means.
    sd_before, sd_after : float
        Standard deviations of single values.
    count_before, count_after : int
        How many values.
    difference : float
        After less before.
    low, high : float
        Bounds of its confidence interval.
    degrees_of_freedom : float
        Of the t distribution (Welch-Satterthwaite).
    confidence : float
        Nominal coverage.
    """

    before: float
    after: float
    sd_before: float
    sd_after: float
    count_before: int
    count_after: int
    difference: float
    low: float
    high: float
    degrees_of_freedom: float
    confidence: float

    @property
    def differs(self) -> bool:
        """Whether the interval leaves out 0."""
        return not self.low <= 0.0 <= self.high


def mean_difference(before: ArrayLike, after: ArrayLike, *, confidence: float = 0.95) -> MeanDifference:
    """Difference of two means with Welch's interval (Welch, Biometrika 34, 1947), which takes no equal variances.

    Parameters
    ----------
    before, after : 1-D array
        Two or more independent finite values each.
    confidence : float
        Coverage of the interval.

    Returns
    -------
    MeanDifference
        After less before. Where neither series varies the interval is the difference itself.

    Raises
    ------
    InputError
        A series has fewer than two values or some that are not finite, or `confidence` is not between 0 and 1.
    """
    first = as_series("before", before, at_least=2)
    second = as_series("after", after, at_least=2)
    between("confidence", confidence, 0.0, 1.0)
    parts = [float(np.var(values, ddof=1)) / values.size for values in (first, second)]
    error = math.sqrt(sum(parts))
    difference = float(second.mean() - first.mean())
    counts = (first.size, second.size)
    spread = sum(part**2 / (count - 1) for part, count in zip(parts, counts, strict=True))
    freedom = sum(parts) ** 2 / spread if spread > 0.0 else float(sum(counts) - 2)
    half = float(stdtrit(freedom, 0.5 + confidence / 2.0)) * error
    return MeanDifference(
        before=float(first.mean()),
        after=float(second.mean()),
        sd_before=float(np.std(first, ddof=1)),
        sd_after=float(np.std(second, ddof=1)),
        count_before=first.size,
        count_after=second.size,
        difference=difference,
        low=difference - half,
        high=difference + half,
        degrees_of_freedom=float(freedom),
        confidence=confidence,
    )
