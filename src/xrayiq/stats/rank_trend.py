"""Whether a series goes up or down with time, by ranks."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import ArrayLike

from xrayiq.errors import InputError
from xrayiq.stats._arguments import as_series


def trend_p_value(times: ArrayLike, values: ArrayLike) -> float:
    """Two-sided p-value of Kendall's tau-b between values and their times (Mann, Econometrica 13, 1945).

    Parameters
    ----------
    times : 1-D array
        In any unit.
    values : 1-D array
        As many; two or more.

    Returns
    -------
    float
        Chance of so strong an order if there were none; ties are allowed for, and 1 where all times or all values are
        equal.

    Raises
    ------
    InputError
        There are fewer than two values, as many times as values are missing, or one is not finite.
    """
    places, series = as_series("times", times, at_least=2), as_series("values", values, at_least=2)
    if places.size != series.size:
        raise InputError(f"{places.size} times and {series.size} values", needed="as many of one as of the other")
    if np.all(series == series[0]) or np.all(places == places[0]):
        return 1.0
    from scipy import stats  # loads for a second: not with every process

    found = float(stats.kendalltau(places, series).pvalue)
    return 1.0 if math.isnan(found) else found
