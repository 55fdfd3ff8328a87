"""Student-t prediction limits: where the next result lies, from a short baseline."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr, ndtri, stdtr, stdtrit

#: results from which on an estimated mean and standard deviation are taken as known
SETTLED_COUNT: Final = 25


def prediction_factor(sigma_limit: float, count: int, *, known_mean: bool = False) -> float:
    """Half width of prediction limits that keep the false-warning rate of known k-sigma limits.

    Parameters
    ----------
    sigma_limit : float
        k; the rate is that of a normal value beyond ± k standard deviations, 0.27 % for 3.
    count : int
        Results in the baseline, two or more.
    known_mean : bool
        True where the mean was not estimated from the baseline.

    Returns
    -------
    float
        t √(1 + 1/n) in standard deviations of the baseline, with t of n − 1 degrees of freedom at the same rate;
        t alone with a known mean.

    Notes
    -----
    Of ten results it is 4.29 where known parameters give 3. Results judged by one baseline share its error: the rate of
    each is exact, but false warnings come in groups. Source: Hahn and Meeker, Statistical Intervals, 1991.
    """
    t_value = float(-stdtrit(count - 1, ndtr(-sigma_limit)))
    return t_value if known_mean else t_value * float(np.sqrt(1.0 + 1.0 / count))


def prediction_scores(
    deviations: NDArray[np.float64], *, sd: NDArray[np.float64] | float, count: int, known_mean: bool = False
) -> NDArray[np.float64]:
    """Deviations from a baseline's mean as normal scores: beyond ± k where prediction limits of k sigma are.

    Parameters
    ----------
    deviations : array
        Results minus the mean of the baseline.
    sd : float or array
        Standard deviation of the baseline (n − 1).
    count : int
        Results in the baseline.
    known_mean : bool
        True where the mean was not estimated from the baseline.

    Returns
    -------
    array
        Φ⁻¹(T((x − mean) / (s √(1 + 1/n)))), standard normal for a stable process (Quesenberry, Journal of Quality
        Technology 23, 1991); 0 where deviation and spread are both 0, ± infinity where only the spread is.
    """
    spread = np.asarray(sd, dtype=np.float64) * (1.0 if known_mean else np.sqrt(1.0 + 1.0 / count))
    with np.errstate(divide="ignore", invalid="ignore"):
        ratios = deviations / spread
    ratios = np.where((deviations == 0.0) & (spread == 0.0), 0.0, ratios)
    # the lower tail keeps its digits, the upper one does not
    return np.asarray(-np.sign(ratios) * ndtri(stdtr(count - 1, -np.abs(ratios))), dtype=np.float64)
