"""Series of weekly results to assess."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike

from xrayiq.audit import Trend, TrendEvent, TrendSettings, assess_trend

MONDAY = dt.datetime(2025, 1, 6, 7, 30)


def week(number: int) -> dt.datetime:
    """Moment of the result of a week."""
    return MONDAY + dt.timedelta(days=7 * number)


def weekly(values: ArrayLike, *, events: Sequence[TrendEvent] = (), settings: TrendSettings | None = None) -> Trend:
    """Trend of one result a week."""
    series = np.asarray(values, dtype=np.float64)
    return assess_trend(
        series,
        dates=[week(number) for number in range(series.size)],
        quantity="mtf_f50",
        direction="columns",
        events=events,
        settings=settings,
    )


def noise(count: int, *, seed: int, mean: float = 3.0, sd: float = 0.05) -> np.ndarray:
    """Results of a stable detector."""
    return np.random.default_rng(seed).normal(mean, sd, count)
