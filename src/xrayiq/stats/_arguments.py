"""Checks that the statistics share."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError


def as_series(name: str, values: ArrayLike, *, at_least: int = 1) -> NDArray[np.float64]:
    """Finite values of one series as a 1-D float64 array."""
    try:
        array = np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError(f"{name} that is no array of numbers", needed="a 1-D array of numbers") from None
    if array.ndim != 1:
        raise InputError(f"{name} of shape {array.shape}", needed="a 1-D array")
    if array.size < at_least:
        raise InputError(f"{array.size} values in {name}", needed=f"{at_least} or more")
    if not np.all(np.isfinite(array)):
        raise InputError(f"{name} with NaN or infinity", needed="finite values", remedy="leave invalid results out")
    return array


def positive(name: str, value: float) -> float:
    """A finite number above 0."""
    if not (math.isfinite(value) and value > 0):
        raise InputError(f"{name} of {value:g}", needed="a finite number above 0")
    return float(value)


def between(name: str, value: float, low: float, high: float) -> float:
    """A number strictly between two bounds."""
    if not low < value < high:
        raise InputError(f"{name} of {value:g}", needed=f"a number between {low:g} and {high:g}")
    return float(value)
