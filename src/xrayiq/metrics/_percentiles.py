"""Percentiles of arrays of any shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels.order import percentiles


def percentile(values: NDArray[np.float64], *percents: float) -> tuple[float, ...]:
    """Percentiles of all values of an array, as `numpy.percentile` gives them.

    Parameters
    ----------
    values : array of float64
        At least one value, no NaN.
    *percents : float
        0 to 100.

    Returns
    -------
    tuple of float
        One for each percent.
    """
    flat = np.ascontiguousarray(values).reshape(-1)
    return tuple(percentiles(flat, np.array(percents), flat.min(), flat.max()).tolist())
