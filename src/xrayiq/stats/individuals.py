"""Individuals chart (XmR): limits from the mean moving range of single results."""

from __future__ import annotations

import functools
import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from xrayiq.errors import InputError
from xrayiq.stats._arguments import as_series, positive

#: longest span of a moving range; longer ones react to the drift that they must not contain
_LONGEST_SPAN: Final = 10
_REACH: Final = 9.0  # standard deviations that the integrals run to; beyond lies 1e-19
_STEPS: Final = 1201


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class IndividualsChart:
    """Centre, spread and limits of an individuals chart.

    Parameters
    ----------
    center : float
        Mean of the values.
    sigma : float
        Mean moving range over d2.
    lower, upper : float
        Centre ± `sigma_limit` · sigma.
    moving_ranges : 1-D array
        |x_i − x_(i−1)|, one fewer than there are values.
    mean_moving_range : float
        Their mean.
    moving_range_limit : float
        Upper limit of a moving range, D4 times their mean.
    """

    center: float
    sigma: float
    lower: float
    upper: float
    moving_ranges: NDArray[np.float64]
    mean_moving_range: float
    moving_range_limit: float


def individuals_chart(values: ArrayLike, *, sigma_limit: float = 3.0) -> IndividualsChart:
    """Individuals chart of a series in its order.

    Parameters
    ----------
    values : 1-D array
        Two or more finite values, oldest first.
    sigma_limit : float
        Half width of the limits in standard deviations.

    Returns
    -------
    IndividualsChart
        With 3 sigma the limits lie 2.66 mean moving ranges from the mean, and D4 is 3.267.

    Raises
    ------
    InputError
        There are fewer than two values, or one is not finite.
    """
    series = as_series("values", values, at_least=2)
    positive("sigma_limit", sigma_limit)
    ranges = np.abs(np.diff(series))
    mean_range = float(ranges.mean())
    d2, d3 = range_constants(2)
    center, sigma = float(series.mean()), mean_range / d2
    return IndividualsChart(
        center=center,
        sigma=sigma,
        lower=center - sigma_limit * sigma,
        upper=center + sigma_limit * sigma,
        moving_ranges=ranges,
        mean_moving_range=mean_range,
        moving_range_limit=(1.0 + sigma_limit * d3 / d2) * mean_range,
    )


def moving_range_sigma(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation from moving ranges of two along the last axis; little raised by a drift or a step."""
    return np.asarray(np.abs(np.diff(values, axis=-1)).mean(axis=-1) / range_constants(2)[0], dtype=np.float64)


@functools.cache
def range_constants(span: int) -> tuple[float, float]:
    """Mean d2 and standard deviation d3 of the range of a normal sample, in its standard deviations.

    Parameters
    ----------
    span : int
        Values in the sample, 2 to 10.

    Returns
    -------
    d2, d3 : float
        Of two values 2/√π and √(2 − 4/π); of more by numerical integration of Tippett's formulas (Biometrika 17, 1925).

    Raises
    ------
    InputError
        The span is outside 2 to 10.
    """
    if not 2 <= span <= _LONGEST_SPAN:
        raise InputError(f"span of {span}", needed=f"2 to {_LONGEST_SPAN}")
    if span == 2:
        return 2.0 / math.sqrt(math.pi), math.sqrt(2.0 - 4.0 / math.pi)
    places = np.linspace(-_REACH, _REACH, _STEPS)
    step = places[1] - places[0]
    below = ndtr(places)
    mean = float(np.sum(1.0 - below**span - (1.0 - below) ** span) * step)
    low, high = below[:, None], below[None, :]
    weights = np.triu(np.ones((_STEPS, _STEPS)), 1) + 0.5 * np.eye(_STEPS)
    inside = 1.0 - high**span - (1.0 - low) ** span + np.maximum(high - low, 0.0) ** span
    mean_square = 2.0 * float(np.sum(weights * inside)) * step * step
    return mean, float(np.sqrt(mean_square - mean * mean))
