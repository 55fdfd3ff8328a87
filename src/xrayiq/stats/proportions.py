"""Proportions: Wilson's interval, funnel limits and Laney's p′ chart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr, ndtri

from xrayiq.errors import InputError
from xrayiq.stats._arguments import as_series, between, positive
from xrayiq.stats.individuals import moving_range_sigma

#: share of the z values at each end that is drawn in before the over-dispersion is taken (Spiegelhalter 2005)
_WINSORISED: Final = 0.1


@dataclass(frozen=True, slots=True, kw_only=True)
class WilsonInterval:
    """A proportion with its confidence interval.

    Parameters
    ----------
    proportion : float
        Events over trials.
    low, high : float
        Bounds of the interval.
    confidence : float
        Its nominal coverage.
    """

    proportion: float
    low: float
    high: float
    confidence: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FunnelLimits:
    """Limits of each unit's proportion about a common target.

    Parameters
    ----------
    proportions : 1-D array
        Events over trials of each unit.
    target : float
        The common proportion.
    z_scores : 1-D array
        Distance from the target in binomial standard errors.
    over_dispersion : float
        φ, mean square of the winsorised z scores; 1 is what chance gives.
    lower, upper : 2-D arrays
        Limits, shape (widths, units); NaN for units with too few trials.
    widths : tuple of float
        Half widths in standard errors.
    outside : 2-D array of bool
        Where a unit's proportion lies outside.
    """

    proportions: NDArray[np.float64]
    target: float
    z_scores: NDArray[np.float64]
    over_dispersion: float
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    widths: tuple[float, ...]
    outside: NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProportionChart:
    """Laney's p′ chart of proportions over time.

    Parameters
    ----------
    proportions : 1-D array
        Events over trials of each period.
    center : float
        All events over all trials.
    sigma_z : float
        Variation between periods over what chance alone gives.
    lower, upper : 1-D arrays
        Limits of each period, within 0 to 1.
    """

    proportions: NDArray[np.float64]
    center: float
    sigma_z: float
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]


def wilson_interval(events: int, trials: int, *, confidence: float = 0.95) -> WilsonInterval:
    """Score interval of a proportion (Wilson, Journal of the American Statistical Association 22, 1927).

    Parameters
    ----------
    events, trials : int
        Events among trials; trials above 0.
    confidence : float
        Nominal coverage.

    Returns
    -------
    WilsonInterval
        Stays within 0 to 1, also of no events.

    Raises
    ------
    InputError
        There is no trial, or the events are not among the trials.
    """
    if trials <= 0 or not 0 <= events <= trials:
        raise InputError(f"{events} events in {trials} trials", needed="0 to n events in n > 0 trials")
    z = float(-ndtri(0.5 * (1.0 - between("confidence", confidence, 0.0, 1.0))))
    share = events / trials
    scale = 1.0 + z * z / trials
    middle = (share + z * z / (2.0 * trials)) / scale
    half = z / scale * float(np.sqrt(share * (1.0 - share) / trials + z * z / (4.0 * trials * trials)))
    low = 0.0 if events == 0 else middle - half
    high = 1.0 if events == trials else middle + half
    return WilsonInterval(proportion=share, low=low, high=high, confidence=confidence)


def funnel_limits(
    events: ArrayLike,
    trials: ArrayLike,
    *,
    target: float | None = None,
    widths: tuple[float, ...] = (1.96, 3.09),
    minimum_trials: int = 50,
) -> FunnelLimits:
    """Funnel limits of proportions (Spiegelhalter, Statistics in Medicine 24, 2005).

    Parameters
    ----------
    events, trials : 1-D arrays
        Counts of each unit.
    target : float, optional
        Common proportion; all events over all trials without.
    widths : tuple of float
        Half widths in standard errors.
    minimum_trials : int
        Units with fewer get no limits and take no part in the over-dispersion.

    Returns
    -------
    FunnelLimits
        Interpolated binomial quantiles where φ is at most 1, else target ± z √(φ p (1 − p) / n), within 0 to 1.

    Raises
    ------
    InputError
        The counts do not match, or the target is not between 0 and 1.
    """
    counts, sizes = _counts(events, trials)
    centre = between("target", float(counts.sum() / sizes.sum()) if target is None else target, 0.0, 1.0)
    errors = np.sqrt(centre * (1.0 - centre) / sizes)
    scores = (counts / sizes - centre) / errors
    judged = sizes >= minimum_trials
    dispersion = _over_dispersion(scores[judged])
    lower = np.full((len(widths), sizes.size), np.nan)
    upper = lower.copy()
    for row, width in enumerate(widths):
        if dispersion > 1.0:
            reach = width * np.sqrt(dispersion) * errors[judged]
            lower[row, judged], upper[row, judged] = centre - reach, centre + reach
        else:
            tail = float(ndtr(-width))
            lower[row, judged] = _binomial_quantile(tail, sizes[judged], centre)
            upper[row, judged] = _binomial_quantile(1.0 - tail, sizes[judged], centre)
    lower, upper = np.clip(lower, 0.0, 1.0), np.clip(upper, 0.0, 1.0)
    shares = counts / sizes
    return FunnelLimits(
        proportions=shares,
        target=centre,
        z_scores=scores,
        over_dispersion=dispersion,
        lower=lower,
        upper=upper,
        widths=widths,
        outside=(shares < lower) | (shares > upper),
    )


def laney_chart(events: ArrayLike, trials: ArrayLike, *, sigma_limit: float = 3.0) -> ProportionChart:
    """Chart of proportions whose limits follow the variation between periods (Laney, Quality Engineering 14, 2002).

    Parameters
    ----------
    events, trials : 1-D arrays
        Counts of each period, oldest first; two or more periods.
    sigma_limit : float
        Half width of the limits.

    Returns
    -------
    ProportionChart
        p̄ ± k σ_z √(p̄ (1 − p̄) / n_i) with σ_z the mean moving range of the z values over 1.128.

    Raises
    ------
    InputError
        The counts do not match, or all or none of the trials are events.
    """
    counts, sizes = _counts(events, trials)
    if sizes.size < 2:
        raise InputError(f"{sizes.size} period", needed="two or more")
    centre = between("proportion of all periods", float(counts.sum() / sizes.sum()), 0.0, 1.0)
    errors = np.sqrt(centre * (1.0 - centre) / sizes)
    sigma_z = float(moving_range_sigma((counts / sizes - centre) / errors))
    reach = positive("sigma_limit", sigma_limit) * sigma_z * errors
    return ProportionChart(
        proportions=counts / sizes,
        center=centre,
        sigma_z=sigma_z,
        lower=np.maximum(centre - reach, 0.0),
        upper=np.minimum(centre + reach, 1.0),
    )


def _over_dispersion(scores: NDArray[np.float64]) -> float:
    """Mean square of the scores, the outer tenth at each end drawn in; 1 of none."""
    if not scores.size:
        return 1.0
    low, high = np.quantile(scores, [_WINSORISED, 1.0 - _WINSORISED])
    return float(np.mean(np.clip(scores, low, high) ** 2))


def _binomial_quantile(probability: float, sizes: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """Binomial quantile as a proportion, interpolated between whole counts (Spiegelhalter 2005, A.1.1)."""
    from scipy.stats import binom  # loads for a second: not with every process

    count = binom.ppf(probability, sizes, share)
    at, before = binom.cdf(count, sizes, share), binom.cdf(count - 1.0, sizes, share)
    return np.asarray((count - (at - probability) / (at - before)) / sizes, dtype=np.float64)


def _counts(events: ArrayLike, trials: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    counts, sizes = as_series("events", events), as_series("trials", trials)
    if counts.size != sizes.size:
        raise InputError(f"{counts.size} events and {sizes.size} trials", needed="as many of one as of the other")
    if np.any(sizes <= 0) or np.any(counts < 0) or np.any(counts > sizes):
        raise InputError("events that are not among the trials", needed="0 to n events in n > 0 trials")
    return counts, sizes
