"""Exponentially weighted moving average (EWMA) and its exact deviation (Lucas and Saccucci, Technometrics 32, 1990)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError


def ewma(values: NDArray[np.float64], *, center: NDArray[np.float64] | float, weight: float) -> NDArray[np.float64]:
    """Exponentially weighted moving average along the last axis, started at the centre.

    Parameters
    ----------
    values : array
        Finite values, oldest first along the last axis.
    center : float or array
        Start of the average; an array has the shape of `values` without its last axis.
    weight : float
        Weight of the newest value, above 0 and at most 1.

    Returns
    -------
    array
        The average after each value.

    Raises
    ------
    InputError
        The weight is out of range.
    """
    _check_weight(weight)
    averages = np.empty_like(values, dtype=np.float64)
    last = np.broadcast_to(np.asarray(center, dtype=np.float64), values.shape[:-1])
    for index in range(values.shape[-1]):
        last = weight * values[..., index] + (1.0 - weight) * last
        averages[..., index] = last
    return averages


def ewma_deviation(count: int, *, weight: float, baseline_count: int | None = None) -> NDArray[np.float64]:
    """Standard deviation of the average minus its centre after 1, 2, … results, in that of one result.

    Parameters
    ----------
    count : int
        Results.
    weight : float
        Weight of the newest value.
    baseline_count : int, optional
        Results that the centre is the mean of; known exactly without. Its own error adds (1 − (1 − λ)^i)² / n.

    Returns
    -------
    1-D array
        √(λ/(2 − λ) · (1 − (1 − λ)^(2i)) + (1 − (1 − λ)^i)² / n).
    """
    _check_weight(weight)
    left = (1.0 - weight) ** np.arange(1, count + 1, dtype=np.float64)
    variance = weight / (2.0 - weight) * (1.0 - left**2)
    if baseline_count is not None:
        variance = variance + (1.0 - left) ** 2 / baseline_count
    return np.sqrt(variance)


def _check_weight(weight: float) -> None:
    if not 0.0 < weight <= 1.0:
        raise InputError(f"weight of {weight:g}", needed="above 0 and at most 1")
