"""Centre and spread of a group, both robust, with their intervals."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.stats import median_interval

#: standard deviation of a normal distribution by its median absolute deviation
_NORMAL: Final = 1.4826


def centre_and_spread(values: NDArray[np.float64]) -> dict[str, float]:
    """Median and robust standard deviation of values with their intervals.

    Parameters
    ----------
    values : 1-D array
        One or more finite values.

    Returns
    -------
    dict of str to float
        `median` with `low` and `high`, `robust_sd` with `robust_sd_low` and `robust_sd_high` (all 95 %).

    Notes
    -----
    Medians have exact bootstrap intervals; the robust deviation is 1.4826 times the median distance from the median,
    with the interval of that median.
    """
    middle = median_interval(values)
    spread = median_interval(np.abs(values - middle.median))
    return {
        "median": middle.median,
        "low": middle.low,
        "high": middle.high,
        "robust_sd": _NORMAL * spread.median,
        "robust_sd_low": _NORMAL * spread.low,
        "robust_sd_high": _NORMAL * spread.high,
    }
