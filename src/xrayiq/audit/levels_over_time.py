"""Level of a quantity over time: where that of a group of like exposures drifts or steps."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.stats import MeanShifts, ewma, ewma_deviation, find_mean_shifts, fit_drift, part_medians

#: exposures of a point, and points of a series: fewer exposures give no series
LEAST_A_POINT: Final = 5
LEAST_POINTS: Final = 16
MOST_POINTS: Final = 60
#: points of the shortest part between two steps
LEAST_A_PART: Final = 5
#: points that the first level is taken of
BASELINE_POINTS: Final = 8
#: weight of the newest point and width of the limits: in-control run length about 370 (tables of the EWMA chart)
WEIGHT: Final = 0.2
WIDTH: Final = 2.86
_DAYS_A_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelOverTime:
    """Level of a quantity of one group over time.

    Parameters
    ----------
    site, room, unit, body_part, view, patients : str
        What and where.
    moments : 1-D array of datetime64[s]
        Median time of the exposures of each point.
    medians : 1-D array
        Median of as many exposures that follow each other.
    counts : 1-D array of int
        Exposures of each point.
    levels, lower, upper : 1-D arrays
        Exponentially weighted average of the medians and its limits about the first level.
    shifts : MeanShifts
        Steps or drift of the medians.
    changed_on : tuple of datetime64[D]
        Day of each step, or on which the drift begins.
    change : float
        Farthest level less the first; of a drift the last.
    change_per_year, low, high : float
        Slope (Theil–Sen) and its 95 % interval.
    signal : {"drift", "step", ""}
        What the level does, where the average leaves its limits and the change is large enough.
    """

    site: str
    room: str
    unit: str
    body_part: str
    view: str
    patients: str
    moments: NDArray[np.datetime64]
    medians: NDArray[np.float64]
    counts: NDArray[np.int64]
    levels: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    shifts: MeanShifts
    changed_on: tuple[np.datetime64, ...]
    change: float
    change_per_year: float
    low: float
    high: float
    signal: Literal["drift", "step", ""]

    @property
    def first_level(self) -> float:
        """Level that the series begins at."""
        return float(0.5 * (self.lower[0] + self.upper[0]))


Series = TypeVar("Series", bound=LevelOverTime)


def levels_of_groups(
    known: pd.DataFrame,
    value: str,
    *,
    group: tuple[str, ...],
    kind: type[Series],
    change_penalty: float,
    least_change: float,
) -> tuple[Series, ...]:
    """Level over time of each group that has enough exposures with a time.

    Parameters
    ----------
    known : DataFrame
        One row for each exposure: `group`, `exposed_at` and the column of `value`; rows without either are left out.
    value : str
        Column.
    group : tuple of str
        Columns that groups are told by, which are fields of `kind`.
    kind : type
        `LevelOverTime` or a class of more places.
    change_penalty : float
        A step must lower the squared deviations by so many times ln n times their variance.
    least_change : float
        The least change that is told, in units of the value.

    Returns
    -------
    tuple
        In the order of the groups. Points are medians of exposures that follow each other, so that a busy and a quiet
        group are judged alike whatever the calendar.

    Notes
    -----
    The limits hold the error of the first level; the deviation of a point is told by neighbours, which a step leaves
    alone (`find_mean_shifts`). A change is told where the average leaves its limits and the partition of least cost
    holds a step or a line.
    """
    dated = known[[*group, "exposed_at", value]].dropna(subset=[value, "exposed_at"])
    found = []
    for key, own in dated.sort_values("exposed_at", kind="stable").groupby(list(group), observed=True, sort=True):
        if len(own) >= LEAST_A_POINT * LEAST_POINTS:
            where: dict[str, Any] = dict(zip(group, map(str, key), strict=True))
            where |= _level(own["exposed_at"].to_numpy(), own[value].to_numpy(), change_penalty, least_change)
            found.append(kind(**where))
    return tuple(found)


def levels_frame(levels: Iterable[LevelOverTime], group: tuple[str, ...]) -> pd.DataFrame:
    """One row for each point of each series."""
    columns = [*group, "moment", "exposures", "median", "level", "lower", "upper", "signal"]
    parts = [
        pd.DataFrame({"moment": one.moments, "exposures": one.counts, "median": one.medians, "level": one.levels})
        .assign(lower=one.lower, upper=one.upper, signal=one.signal, **{name: getattr(one, name) for name in group})
        .reindex(columns=columns)
        for one in levels
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def alike_changes(
    levels: Iterable[Series], *, place: tuple[str, ...], least: float, fraction: float
) -> dict[tuple[str, ...], tuple[Series, ...]]:
    """Places of which most groups change in one direction, with these.

    Parameters
    ----------
    levels : iterable
        From `levels_of_groups`.
    place : tuple of str
        What a place is told by.
    least, fraction : float
        Fewest groups that change alike, and their share of the place's.
    """
    every = tuple(levels)
    changes = {}
    for name in dict.fromkeys(key_of(one, place) for one in every):
        own = [one for one in every if key_of(one, place) == name]
        for sign in (1.0, -1.0):
            alike = tuple(one for one in own if one.signal and one.change * sign > 0.0)
            if len(alike) >= max(least, fraction * len(own)):
                changes[name] = alike
    return changes


def key_of(row: Mapping[Any, Any] | LevelOverTime, by: Iterable[str]) -> tuple[str, ...]:
    """What a row or series is told by."""
    return tuple(str(getattr(row, name) if isinstance(row, LevelOverTime) else row[name]) for name in by)


def _level(
    moments: NDArray[np.datetime64], values: NDArray[np.float64], change_penalty: float, least_change: float
) -> dict[str, Any]:
    size = max(LEAST_A_POINT, math.ceil(len(values) / MOST_POINTS))
    parts = np.array_split(np.arange(len(values)), len(values) // size)
    medians = part_medians(values, len(parts))
    seconds = moments.astype("datetime64[s]")
    middles = np.array([seconds[part[len(part) // 2]] for part in parts])
    shifts = find_mean_shifts(medians, penalty_factor=change_penalty, minimum_length=LEAST_A_PART)
    center = float(medians[:BASELINE_POINTS].mean())
    averages = ewma(medians, center=center, weight=WEIGHT)
    reach = WIDTH * shifts.sigma * ewma_deviation(len(medians), weight=WEIGHT, baseline_count=BASELINE_POINTS)
    years = (middles - middles[0]) / np.timedelta64(1, "D") / _DAYS_A_YEAR
    slope, low, high = 0.0, 0.0, 0.0
    if years[-1] > 0.0:
        fitted = fit_drift(years, medians)
        slope, low, high = fitted.slope, fitted.low, fitted.high
    change, changed = _change(shifts, medians, middles, slope, float(years[-1]))
    outside = bool(np.any(np.abs(averages - center) > reach))
    told = outside and abs(change) >= least_change
    signal: Literal["drift", "step", ""] = ""
    if told and shifts.model != "constant":
        signal = "step" if shifts.model == "steps" and not shifts.gradual else "drift"
    return {
        "moments": middles,
        "medians": medians,
        "counts": np.array([len(part) for part in parts]),
        "levels": averages,
        "lower": center - reach,
        "upper": center + reach,
        "shifts": shifts,
        "changed_on": changed,
        "change": change,
        "change_per_year": slope,
        "low": low,
        "high": high,
        "signal": signal,
    }


def _change(
    shifts: MeanShifts, medians: NDArray[np.float64], middles: NDArray[np.datetime64], slope: float, years: float
) -> tuple[float, tuple[np.datetime64, ...]]:
    """How far the level goes from the first, and on which days it changes."""
    if shifts.model == "steps":
        farthest = max(shifts.means, key=lambda mean: abs(mean - shifts.means[0]))
        return farthest - shifts.means[0], tuple(middles[place].astype("datetime64[D]") for place in shifts.indices)
    if shifts.model == "drift" and shifts.onset is not None:
        before = medians[: max(shifts.onset, BASELINE_POINTS // 2)]
        after = medians[-BASELINE_POINTS // 2 :]
        return float(np.median(after) - np.median(before)), (middles[shifts.onset].astype("datetime64[D]"),)
    return slope * years, ()
