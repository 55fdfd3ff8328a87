"""Many comparisons at once: p-values adjusted for the false discovery rate."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.stats._arguments import as_series


def adjust_p_values(p_values: ArrayLike) -> NDArray[np.float64]:
    """Adjusted p-values of Benjamini and Hochberg (J. R. Stat. Soc. B 57, 1995).

    Parameters
    ----------
    p_values : 1-D array
        Of independent or positively dependent tests; none gives none.

    Returns
    -------
    1-D array
        In the order given: tests at or below q have an expected share of q false ones among them.

    Raises
    ------
    InputError
        A value is not between 0 and 1.
    """
    series = as_series("p_values", p_values, at_least=0)
    if np.any((series < 0.0) | (series > 1.0)):
        raise InputError("a p-value outside 0 to 1", needed="probabilities")
    order = np.argsort(series, kind="stable")
    scaled = series[order] * series.size / np.arange(1, series.size + 1)
    adjusted = np.empty_like(series)
    adjusted[order] = np.minimum.accumulate(scaled[::-1])[::-1]
    return adjusted
