"""Shifts of the mean and slow drift in a series with a few outliers."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError
from xrayiq.stats._arguments import as_series, between, positive

#: median absolute deviation of a normal sample in its standard deviations
_MAD: Final = 0.6744897501960817
_MOST_VALUES: Final = 600  # of which all pairs are looked at by default
_GRADUAL: Final = 3  # shifts in one direction that are one change
_WINDOW: Final = 7  # results of the running median
_OUTLYING: Final = 3.0  # standard deviations from the running median that a value is drawn in to


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeanShifts:
    """Where the mean of a series shifts.

    Parameters
    ----------
    model : {"constant", "steps", "drift"}
        What explains the series at the least cost: one mean, means that step, or a mean that runs into a straight line.
    indices : tuple of int
        First result after each shift; empty unless the model is ``steps``.
    onset : int or None
        Result at which a drift begins, 0 for a line through all; None unless the model is ``drift``.
    means : tuple of float
        Mean of each part, outliers drawn in.
    sigma : float
        Standard deviation of single results, from the median absolute difference of neighbours.
    penalty : float
        Cost of each further shift.
    """

    model: Literal["constant", "steps", "drift"]
    indices: tuple[int, ...]
    onset: int | None
    means: tuple[float, ...]
    sigma: float
    penalty: float

    @property
    def gradual(self) -> tuple[tuple[int, int], ...]:
        """First and last index of each run of three or more shifts in one direction: one change that is no line."""
        found = []
        begin = 0
        rises = [after > before for before, after in itertools.pairwise(self.means)]
        for _, run in itertools.groupby(rises):
            length = len(list(run))
            if length >= _GRADUAL:
                found.append((self.indices[begin], self.indices[begin + length - 1]))
            begin += length
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Drift:
    """Slope of a series with its interval.

    Parameters
    ----------
    slope, low, high : float
        Theil–Sen slope per unit of time and the bounds of its interval.
    intercept : float
        Value of the line at time 0, from the medians.
    confidence : float
        Nominal coverage of the interval.
    """

    slope: float
    low: float
    high: float
    intercept: float
    confidence: float

    @property
    def significant(self) -> bool:
        """Whether the interval leaves out 0."""
        return self.low > 0.0 or self.high < 0.0


def find_mean_shifts(
    values: ArrayLike, *, penalty_factor: float = 3.0, minimum_length: int = 4, sigma: float | None = None
) -> MeanShifts:
    """Shifts of the mean by optimal partitioning, unless a drift explains the series better.

    Parameters
    ----------
    values : 1-D array
        Finite values, oldest first.
    penalty_factor : float
        A shift must lower the squared deviations by more than this factor times ln n times sigma squared.
    minimum_length : int
        Results in the shortest part; a shift of fewer is an outlier.
    sigma : float, optional
        Standard deviation of single results where it is known.

    Returns
    -------
    MeanShifts
        The partition of least squared deviations plus penalties, exact and not greedy (Jackson et al., IEEE Signal
        Processing Letters 12, 2005). Values more than three sigma from the median of the seven about them are first
        drawn in to it, so that a single outlier makes no part of its own. Series shorter than two parts are constant.

    Raises
    ------
    InputError
        A value is not finite, or a setting is out of range.

    Notes
    -----
    The factor 3 is the leading term of the modified BIC (Zhang and Siegmund, Biometrics 63, 2007). A line costs as much
    as one shift, having a place and a size too; without that choice a drift would be told as a staircase. Of stable
    normal series of 52 results fewer than 6 in 100 show a shift or a drift.
    """
    series = as_series("values", values)
    positive("penalty_factor", penalty_factor)
    if minimum_length < 1:
        raise InputError(f"minimum_length of {minimum_length}", needed="1 or more")
    spread = _difference_sigma(series) if sigma is None else positive("sigma", sigma)
    drawn_in = _without_outliers(series, spread)
    penalty = penalty_factor * math.log(series.size) * spread * spread
    indices = _partition(drawn_in, penalty, minimum_length)
    parts = np.split(drawn_in, indices)
    model: Literal["constant", "steps", "drift"] = "steps" if indices else "constant"
    onset = None
    if series.size >= 2 * minimum_length and spread > 0.0:
        begin, cost = _best_line(drawn_in, minimum_length)
        if cost + penalty < _cost_of(parts) + penalty * len(indices):
            model, indices, parts, onset = "drift", [], [drawn_in], begin
    return MeanShifts(
        model=model,
        indices=tuple(indices),
        onset=onset,
        means=tuple(float(part.mean()) for part in parts),
        sigma=spread,
        penalty=penalty,
    )


def fit_drift(
    times: ArrayLike, values: ArrayLike, *, confidence: float = 0.95, most_values: int = _MOST_VALUES
) -> Drift:
    """Slope of a series over time, robust to a few outliers.

    Parameters
    ----------
    times : 1-D array
        In any unit; not all equal.
    values : 1-D array
        As many; four or more.
    confidence : float
        Nominal coverage of the interval.
    most_values : int
        Of which all pairs are looked at; four or more.

    Returns
    -------
    Drift
        Median of the slopes of all pairs with Sen's interval (J. Am. Stat. Assoc. 63, 1968). Of more values than
        `most_values`, the medians of as many groups of neighbours are taken first. Where ties leave no interval its
        bounds are NaN.

    Raises
    ------
    InputError
        There are fewer than four values, as many times as values are missing, or all times are equal.
    """
    places, series = as_series("times", times, at_least=4), as_series("values", values, at_least=4)
    if places.size != series.size:
        raise InputError(f"{places.size} times and {series.size} values", needed="as many of one as of the other")
    if np.all(places == places[0]):
        raise InputError("times that are all equal", needed="results at different times")
    places, series = _thinned(places, series, max(most_values, 4))
    from scipy import stats  # loads for a second: not with every process

    with np.errstate(invalid="ignore"):  # with so many ties that they leave no interval, SciPy gives NaN
        found = stats.theilslopes(series, places, between("confidence", confidence, 0.0, 1.0))
    return Drift(
        slope=float(found.slope),
        low=float(found.low_slope),
        high=float(found.high_slope),
        intercept=float(found.intercept),
        confidence=confidence,
    )


def best_split(costs_before: ArrayLike, costs_after: ArrayLike) -> int:
    """Place at which a series goes over from one way to another at the least cost.

    Parameters
    ----------
    costs_before, costs_after : 1-D arrays
        Cost of each value, in their order, if it is of the first way and if it is of the second.

    Returns
    -------
    int
        Index of the first value of the second way, from 0 (all of them) to their number (none); of equals the first.

    Raises
    ------
    InputError
        There are not as many of one as of the other, or a cost is not finite.
    """
    before = as_series("costs_before", costs_before, at_least=0)
    after = as_series("costs_after", costs_after, at_least=0)
    if before.size != after.size:
        raise InputError(f"{before.size} and {after.size} costs", needed="as many of one as of the other")
    left = np.concatenate([[0.0], np.cumsum(before)])
    right = np.concatenate([np.cumsum(after[::-1])[::-1], [0.0]])
    return int(np.argmin(left + right))


def _thinned(
    places: NDArray[np.float64], series: NDArray[np.float64], most: int
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Medians of groups of neighbours where there are too many pairs of values to look at."""
    if series.size <= most:
        return places, series
    order = np.argsort(places, kind="stable")
    means = np.concatenate([part.mean(axis=1) for part in _parts(places[order], most)])
    return means, part_medians(series[order], most)


def part_medians(values: ArrayLike, count: int) -> NDArray[np.float64]:
    """Medians of parts of a series that follow each other, as equal in length as they can be.

    Parameters
    ----------
    values : 1-D array
        Finite values.
    count : int
        Number of parts, from 1 to that of the values; the first ones are the longer, as of `numpy.array_split`.

    Returns
    -------
    1-D array
        One for each part.

    Raises
    ------
    InputError
        There are no values, one is not finite, or there are more parts than values.
    """
    series = as_series("values", values, at_least=1)
    if not 1 <= count <= series.size:
        raise InputError(f"{count} parts of {series.size} values", needed="1 or more, and a value for each")
    return np.concatenate([np.median(part, axis=1) for part in _parts(series, count)])


def _parts(series: NDArray[np.float64], count: int) -> list[NDArray[np.float64]]:
    """Parts of one length each as the rows of a table: the longer ones, and the others."""
    size, longer = divmod(series.size, count)
    end = longer * (size + 1)
    return [series[:end].reshape(longer, size + 1), series[end:].reshape(count - longer, size)]


def _difference_sigma(series: NDArray[np.float64]) -> float:
    """Standard deviation from the differences of neighbours, which hold each shift once; 0 of one value."""
    if series.size < 2:
        return 0.0
    differences = np.abs(np.diff(series)) / math.sqrt(2.0)
    median = float(np.median(differences)) / _MAD
    # of rounded values most neighbours may be equal
    return median if median > 0.0 else float(differences.mean()) * math.sqrt(math.pi / 2.0)


def _without_outliers(series: NDArray[np.float64], sigma: float) -> NDArray[np.float64]:
    """Values drawn in to three sigma from the median of the window about them, mirrored at the ends."""
    half = _WINDOW // 2
    if series.size < _WINDOW:
        return series
    padded = np.pad(series, half, mode="reflect")
    medians = np.median(np.lib.stride_tricks.sliding_window_view(padded, _WINDOW), axis=-1)
    return np.asarray(np.clip(series, medians - _OUTLYING * sigma, medians + _OUTLYING * sigma), dtype=np.float64)


def _partition(series: NDArray[np.float64], penalty: float, minimum_length: int) -> list[int]:
    """First indices of all parts but the first, of the partition of least cost."""
    count = series.size
    shifted = series - series.mean()  # keeps the digits of small squares
    sums = np.concatenate([[0.0], np.cumsum(shifted)])
    squares = np.concatenate([[0.0], np.cumsum(shifted**2)])
    best = np.full(count + 1, np.inf)
    best[0] = -penalty
    came_from = np.zeros(count + 1, dtype=np.int64)
    for end in range(minimum_length, count + 1):
        starts = np.arange(end - minimum_length + 1)
        lengths = end - starts
        costs = squares[end] - squares[starts] - (sums[end] - sums[starts]) ** 2 / lengths
        totals = best[starts] + costs + penalty
        at = int(np.argmin(totals))
        best[end], came_from[end] = totals[at], starts[at]
    indices: list[int] = []
    end = int(came_from[count])
    while end > 0:
        indices.insert(0, end)
        end = int(came_from[end])
    return indices


def _cost_of(parts: list[NDArray[np.float64]]) -> float:
    return sum(float(np.sum((part - part.mean()) ** 2)) for part in parts)


def _best_line(series: NDArray[np.float64], minimum_length: int) -> tuple[int, float]:
    """Onset and squared deviations of the best constant that runs into a straight line of least squares."""
    count = series.size
    onsets = np.arange(count - minimum_length + 1, dtype=np.float64)
    centred = series - series.mean()
    # sums over the results after each onset, of the ramp i - onset, its square and its product with the values
    after = count - 1.0 - onsets
    ramp_sum = after * (after + 1.0) / 2.0
    ramp_squares = after * (after + 1.0) * (2.0 * after + 1.0) / 6.0
    tails = np.cumsum(centred[::-1])[::-1]
    moments = np.cumsum((np.arange(count) * centred)[::-1])[::-1]
    products = moments[: onsets.size] - onsets * tails[: onsets.size]
    costs = centred @ centred - products**2 / (ramp_squares - ramp_sum**2 / count)
    best = int(np.argmin(costs))
    return best, float(costs[best])
