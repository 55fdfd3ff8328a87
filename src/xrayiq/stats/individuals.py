"""Individuals chart (XmR): limits from the mean moving range of single results."""

from __future__ import annotations

import functools
import math
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from xrayiq.errors import InputError

#: longest span of a moving range; longer ones react to the drift that they must not contain
_LONGEST_SPAN: Final = 10
_REACH: Final = 9.0  # standard deviations that the integrals run to; beyond lies 1e-19
_STEPS: Final = 1201


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
