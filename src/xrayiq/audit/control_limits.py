"""Limits and warnings at each point of a series since its baseline, for many series at once."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError
from xrayiq.stats import ewma, ewma_deviation, moving_range_sigma, prediction_scores, run_rule_hits
from xrayiq.stats.prediction import SETTLED_COUNT, prediction_factor

#: half width of the limits in standard deviations, that of rule 1
SIGMA_LIMIT: Final = 3.0
_ROUNDING: Final = 1e-12  # of the greatest value: what adding and averaging equal values may leave


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendSettings:
    """How a series is watched.

    Parameters
    ----------
    baseline_count : int
        Results after an event that make the baseline.
    baseline_minimum : int
        Results from which on the next is judged by those before it.
    settled_count : int
        Results from which on mean and standard deviation are taken as known; prediction limits until then.
    warning_rules : tuple of int
        Western Electric rules that warn.
    information_rules : tuple of int
        Rules that are told and do not warn.
    ewma_weight, ewma_width : float, float or None
        Weight of the newest result and half width of the EWMA's limits; without a width there is no EWMA.
    shift_penalty : float
        Penalty factor of shifts of the mean; no warning depends on it.
    results_per_year : int
        How often the test is done, for the false-warning rate.
    daily : bool
        Whether the results of one day count as one, by their median: repeats within a session vary less than sessions
        do, and limits made from them would be too narrow.
    """

    baseline_count: int = 10
    baseline_minimum: int = 5
    settled_count: int = SETTLED_COUNT
    warning_rules: tuple[int, ...] = (1, 2, 4)
    information_rules: tuple[int, ...] = (3,)
    ewma_weight: float = 0.2
    ewma_width: float | None = 2.86
    shift_penalty: float = 3.0
    results_per_year: int = 52
    daily: bool = True

    def __post_init__(self) -> None:
        if not 2 <= self.baseline_minimum <= self.baseline_count <= self.settled_count:
            raise InputError(
                f"baseline of {self.baseline_minimum} to {self.baseline_count}, settled from {self.settled_count}",
                needed="2 <= baseline_minimum <= baseline_count <= settled_count",
            )
        rules = (*self.warning_rules, *self.information_rules)
        if set(rules) - {1, 2, 3, 4} or len(set(rules)) < len(rules):
            raise InputError(f"rules {rules}", needed="each of the rules 1 to 4 at most once")
        if self.results_per_year < 1:
            raise InputError(f"{self.results_per_year} results per year", needed="1 or more")

    @property
    def rules(self) -> tuple[int, ...]:
        """All rules looked at, those that warn first."""
        return (*self.warning_rules, *self.information_rules)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ControlLimits:
    """Limits at each point of series of shape (series, results), NaN where there are none yet.

    Parameters
    ----------
    center, lower, upper : 2-D arrays
        Limits of single results.
    ewma, ewma_lower, ewma_upper : 2-D arrays
        Average and its limits.
    scores : 2-D array
        Results as normal scores, beyond ± 3 outside the limits.
    rule_hits : 3-D array of bool
        Shape (rules, series, results), in the order of `TrendSettings.rules`.
    ewma_hits : 2-D array of bool
        Where the average is outside.
    settled : 1-D array of bool
        Which series have limits from known parameters in the end.
    """

    center: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    ewma: NDArray[np.float64]
    ewma_lower: NDArray[np.float64]
    ewma_upper: NDArray[np.float64]
    scores: NDArray[np.float64]
    rule_hits: NDArray[np.bool_]
    ewma_hits: NDArray[np.bool_]
    settled: NDArray[np.bool_]

    def warnings(self, settings: TrendSettings) -> NDArray[np.bool_]:
        """Where something warns, shape (series, results)."""
        return np.asarray(self.rule_hits[: len(settings.warning_rules)].any(axis=0) | self.ewma_hits)


def control_limits(
    values: NDArray[np.float64],
    settings: TrendSettings,
    *,
    mean: float | None = None,
    sigma: float | None = None,
) -> ControlLimits:
    """Limits of each result from those before it, from the first since the baseline's event on.

    Parameters
    ----------
    values : 2-D array
        Finite values, shape (series, results), oldest first.
    settings : TrendSettings
        How they are watched.
    mean, sigma : float, optional
        Baseline set by hand.

    Returns
    -------
    ControlLimits
        Up to `baseline_count` results, prediction limits from all results before; then from the baseline; from
        `settled_count` on mean ± 3 sigma with the mean of the first `settled_count` results and sigma from their moving
        ranges, unless one of them since the baseline, or their average, was outside its limits: then the prediction
        limits stay. With sigma set by hand, mean ± 3 sigma from the first on. The limits of the average allow for the
        error of its centre.
    """
    limits = _Builder(values, settings)
    if mean is not None and sigma is not None:
        limits.known(0, np.full(values.shape[0], True), mean=mean, sigma=sigma)
        return limits.done(np.full(values.shape[0], True))
    for index in range(settings.baseline_minimum, min(settings.baseline_count, values.shape[1])):
        limits.predicted(index, index + 1, count=index, mean=mean)
    limits.predicted(settings.baseline_count, values.shape[1], count=settings.baseline_count, mean=mean, average=True)
    settled = np.full(values.shape[0], values.shape[1] >= settings.settled_count)
    if values.shape[1] > settings.settled_count:
        early = limits.done(settled)
        outside = (np.abs(early.scores) > SIGMA_LIMIT) | early.ewma_hits
        settled &= ~outside[:, settings.baseline_count : settings.settled_count].any(axis=1)
        limits.known(settings.settled_count, settled, mean=mean)
    return limits.done(settled)


class _Builder:
    """Arrays of limits while they are filled in."""

    def __init__(self, values: NDArray[np.float64], settings: TrendSettings) -> None:
        self.values, self.settings = values, settings
        self.rounding = _ROUNDING * np.abs(values).max(axis=1, initial=0.0)
        self.center, self.lower, self.upper, self.average, self.reach, self.scores = (
            np.full(values.shape, np.nan) for _ in range(6)
        )

    def predicted(self, first: int, stop: int, *, count: int, mean: float | None, average: bool = False) -> None:
        """Prediction limits of some results from the first `count`."""
        if first >= stop:
            return
        baseline = self.values[:, :count]
        center = baseline.mean(axis=1) if mean is None else np.full(self.values.shape[0], mean)
        sd = self._no_rounding(baseline.std(axis=1, ddof=1))
        known = mean is not None
        deviations = self._no_rounding(self.values[:, first:stop] - center[:, None])
        self.scores[:, first:stop] = prediction_scores(deviations, sd=sd[:, None], count=count, known_mean=known)
        self._band(slice(first, stop), center, sd * prediction_factor(SIGMA_LIMIT, count, known_mean=known))
        if average and self.settings.ewma_width is not None:
            weight = self.settings.ewma_weight
            factor = prediction_factor(self.settings.ewma_width, count, known_mean=True)
            spread = ewma_deviation(stop - first, weight=weight, baseline_count=None if known else count)
            self.average[:, first:stop] = ewma(self.values[:, first:stop], center=center, weight=weight)
            self.reach[:, first:stop] = factor * sd[:, None] * spread

    def known(
        self, first: int, which: NDArray[np.bool_], *, mean: float | None = None, sigma: float | None = None
    ) -> None:
        """Limits of known parameters from a result on, for some of the series."""
        start = self.values[which, :first]
        count = int(which.sum())
        center = start.mean(axis=1) if mean is None else np.full(count, mean)
        spread = moving_range_sigma(start) if sigma is None else np.full(count, sigma)
        spread = np.where(spread > self.rounding[which], spread, 0.0)
        later = self.values[which, first:]
        deviations = later - center[:, None]
        deviations[np.abs(deviations) <= self.rounding[which, None]] = 0.0
        with np.errstate(divide="ignore", invalid="ignore"):
            scores = deviations / spread[:, None]
        self.scores[which, first:] = np.where(deviations == 0.0, 0.0, scores)
        self.center[which, first:] = center[:, None]
        self.lower[which, first:] = (center - SIGMA_LIMIT * spread)[:, None]
        self.upper[which, first:] = (center + SIGMA_LIMIT * spread)[:, None]
        if self.settings.ewma_width is not None:
            weight = self.settings.ewma_weight
            self.average[which, first:] = ewma(later, center=center, weight=weight)
            deviation = ewma_deviation(later.shape[1], weight=weight, baseline_count=first if mean is None else None)
            self.reach[which, first:] = self.settings.ewma_width * spread[:, None] * deviation

    def done(self, settled: NDArray[np.bool_]) -> ControlLimits:
        """What has been filled in, with the warnings it gives."""
        hits = np.zeros((0, *self.values.shape), dtype=np.bool_)
        if self.settings.rules:
            hits = run_rule_hits(self.scores, rules=self.settings.rules)
        return ControlLimits(
            center=self.center,
            lower=self.lower,
            upper=self.upper,
            ewma=self.average,
            ewma_lower=self.center - self.reach,
            ewma_upper=self.center + self.reach,
            scores=self.scores,
            rule_hits=hits,
            ewma_hits=np.abs(self.average - self.center) > self.reach + self.rounding[:, None],
            settled=settled.copy(),
        )

    def _band(self, where: slice, center: NDArray[np.float64], reach: NDArray[np.float64]) -> None:
        self.center[:, where] = center[:, None]
        self.lower[:, where] = (center - reach)[:, None]
        self.upper[:, where] = (center + reach)[:, None]

    def _no_rounding(self, differences: NDArray[np.float64]) -> NDArray[np.float64]:
        """Differences with what only rounding left set to 0."""
        bound = self.rounding if differences.ndim == 1 else self.rounding[:, None]
        return np.where(np.abs(differences) > bound, differences, 0.0)
