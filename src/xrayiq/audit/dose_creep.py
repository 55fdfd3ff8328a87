"""Doses that creep: weekly medians of a room's examination over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.typical_doses import GROUP
from xrayiq.audit.workload import week_of
from xrayiq.stats import ewma, ewma_deviation, fit_drift, moving_range_sigma

#: weeks that the first level is taken of, and weeks in all, below which nothing is said
BASELINE_WEEKS: Final = 10
LEAST_WEEKS: Final = 16
#: fewest exposures of a week that counts
LEAST_A_WEEK: Final = 3
#: weight of the newest week and width of the limits: in-control run length about 370 (tables of the EWMA chart)
WEIGHT: Final = 0.2
WIDTH: Final = 2.86
#: change of the level from which creep is a finding; smaller signals are told (confidence C: starting point)
FINDING_CHANGE: Final = 0.15
_DAYS_A_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DoseCreep:
    """Weekly level of one examination in one room.

    Parameters
    ----------
    site, room, body_part, view, band : str
        What and where.
    quantity : str
        The dose quantity.
    weeks : 1-D array of datetime64[D]
        Monday of each week with enough exposures.
    medians : 1-D array
        Median of each, in the quantity's unit.
    levels, lower, upper : 1-D arrays
        Moving average of the medians on a logarithmic scale and its limits, in the quantity's unit.
    change : float
        Last level by the first weeks', minus 1.
    change_per_year, low, high : float
        Slope of the logarithm (Theil–Sen) as a fraction per year, and its 95 % interval.
    signal : {"rising", "falling", ""}
        Where the average leaves its limits and the slope's interval excludes none.
    """

    site: str
    room: str
    body_part: str
    view: str
    band: str
    quantity: str
    weeks: NDArray[np.datetime64]
    medians: NDArray[np.float64]
    levels: NDArray[np.float64]
    lower: NDArray[np.float64]
    upper: NDArray[np.float64]
    change: float
    change_per_year: float
    low: float
    high: float
    signal: str

    @property
    def is_finding(self) -> bool:
        """Whether the dose rises, and by enough to look into."""
        return self.signal == "rising" and self.change > FINDING_CHANGE


def find_dose_creep(exposures: pd.DataFrame, quantity: str) -> tuple[DoseCreep, ...]:
    """Weekly level of each room's examinations that are done often enough.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure with site, room, body_part, view, band, exposed_at and `quantity`; values of 0 have no
        logarithm and are left out.
    quantity : str
        Column of the dose quantity.

    Returns
    -------
    tuple of DoseCreep
        For each group with `LEAST_WEEKS` weeks of `LEAST_A_WEEK` exposures or more, in the order of the groups.

    Notes
    -----
    Mean and spread (moving ranges) of the logarithm of the first `BASELINE_WEEKS` weekly medians are the level that the
    exponentially weighted average starts from; its limits hold the error of that mean.
    """
    known = exposures[(exposures[quantity] > 0.0) & exposures["exposed_at"].notna() & (exposures["body_part"] != "")]
    known = known.assign(week=week_of(known["exposed_at"]))
    weekly = known.groupby([*GROUP, "week"], observed=True, sort=True)[quantity].agg(["median", "size"]).reset_index()
    weekly = weekly[weekly["size"] >= LEAST_A_WEEK]
    found = []
    for key, group in weekly.groupby(list(GROUP), observed=True, sort=True):
        if len(group) >= LEAST_WEEKS:
            where = dict(zip(GROUP, map(str, key), strict=True))
            found.append(_creep(where, quantity, group["week"].to_numpy(), group["median"].to_numpy()))
    return tuple(found)


def _creep(
    where: dict[str, str], quantity: str, weeks: NDArray[np.datetime64], medians: NDArray[np.float64]
) -> DoseCreep:
    logarithms = np.log(medians)
    first = logarithms[:BASELINE_WEEKS]
    center = float(first.mean())
    sigma = float(moving_range_sigma(first))
    averages = ewma(logarithms, center=center, weight=WEIGHT)
    reach = WIDTH * sigma * ewma_deviation(len(medians), weight=WEIGHT, baseline_count=BASELINE_WEEKS)
    years = (weeks - weeks[0]) / np.timedelta64(1, "D") / _DAYS_A_YEAR
    drift = fit_drift(years, logarithms)
    apart = float(averages[-1] - center)
    signal = ""
    if apart > reach[-1] and drift.low > 0.0:
        signal = "rising"
    elif apart < -reach[-1] and drift.high < 0.0:
        signal = "falling"
    return DoseCreep(
        **where,
        quantity=quantity,
        weeks=weeks.astype("datetime64[D]"),
        medians=medians,
        levels=np.exp(averages),
        lower=np.exp(center - reach),
        upper=np.exp(center + reach),
        change=float(np.expm1(apart)),
        change_per_year=float(np.expm1(drift.slope)),
        low=float(np.expm1(drift.low)),
        high=float(np.expm1(drift.high)),
        signal=signal,
    )


def creep_frame(creep: tuple[DoseCreep, ...]) -> pd.DataFrame:
    """One row for each week of each level."""
    columns = ["site", "room", "body_part", "view", "band", "quantity", "week", "median", "level", "lower", "upper"]
    parts = [
        pd.DataFrame({"week": one.weeks, "median": one.medians, "level": one.levels, "lower": one.lower})
        .assign(upper=one.upper, **{name: getattr(one, name) for name in columns[:6]})
        .reindex(columns=columns)
        for one in creep
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
