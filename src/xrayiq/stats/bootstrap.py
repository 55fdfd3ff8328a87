"""Bootstrap interval of any statistic, with a fixed seed."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.stats._arguments import as_series, between


@dataclass(frozen=True, slots=True, kw_only=True)
class BootstrapInterval:
    """A statistic with its bootstrap interval.

    Parameters
    ----------
    estimate : float
        The statistic of the values as they are.
    low, high : float
        Bounds of the interval.
    standard_error : float
        Standard deviation over the resamples.
    confidence : float
        Nominal coverage.
    method : {"BCa", "percentile"}
        How the bounds were taken.
    """

    estimate: float
    low: float
    high: float
    standard_error: float
    confidence: float
    method: Literal["BCa", "percentile"]


def bootstrap_interval(
    values: ArrayLike,
    statistic: Callable[..., Any],
    *,
    confidence: float = 0.95,
    method: Literal["BCa", "percentile"] = "BCa",
    resamples: int = 2000,
    seed: int = 0,
) -> BootstrapInterval:
    """Bootstrap interval of a statistic of independent values.

    Parameters
    ----------
    values : 1-D array
        Two or more finite values.
    statistic : callable
        Takes an array and ``axis``, as NumPy's own do.
    confidence : float
        Nominal coverage.
    method : {"BCa", "percentile"}
        Bias-corrected and accelerated (Efron 1987), or plain percentiles.
    resamples : int
        Number of resamples.
    seed : int
        Equal seeds give equal intervals.

    Returns
    -------
    BootstrapInterval
        Where the statistic is the same in every resample, the interval is that value.

    Raises
    ------
    InputError
        There are fewer than two values, one is not finite, or a setting is out of range.
    """
    series = as_series("values", values, at_least=2)
    between("confidence", confidence, 0.0, 1.0)
    if resamples < 1:
        raise InputError(f"{resamples} resamples", needed="1 or more")
    estimate = float(statistic(series, axis=-1))
    if _same_in_all(series, statistic):
        return BootstrapInterval(
            estimate=estimate, low=estimate, high=estimate, standard_error=0.0, confidence=confidence, method=method
        )
    from scipy import stats  # loads for a second: not with every process

    found = stats.bootstrap(
        (series,),
        statistic,
        n_resamples=resamples,
        confidence_level=confidence,
        method=method,
        rng=np.random.default_rng(seed),
        vectorized=True,
    )
    return BootstrapInterval(
        estimate=estimate,
        low=float(found.confidence_interval.low),
        high=float(found.confidence_interval.high),
        standard_error=float(found.standard_error),
        confidence=confidence,
        method=method,
    )


def _same_in_all(series: NDArray[np.float64], statistic: Callable[..., Any]) -> bool:
    """Whether leaving out any one value changes nothing, so that BCa has no acceleration."""
    left = np.stack([np.delete(series, index) for index in range(series.size)])
    values = np.asarray(statistic(left, axis=-1))
    return bool(np.all(values == values[0]) and np.all(series == series[0]))
