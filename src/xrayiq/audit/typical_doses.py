"""Typical doses of rooms and examinations, and how they lie to reference levels."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.size_bands import ADULT_OTHER
from xrayiq.stats import bootstrap_interval, median_interval

#: fewest patients of a typical value: ICRP Publication 135 (2017), 2.6.1 (confidence C)
LEAST_PATIENTS: Final = 20
#: fewest rooms whose typical values give a local level
LEAST_ROOMS: Final = 10
GROUP: Final = ("site", "room", "body_part", "view", "band")
EXAMINATION: Final = ("body_part", "view", "band")
#: standard uncertainties of an estimate that it must lie above a level by
_COVERAGE: Final = 2.0
#: how a typical value lies to a level
EXCEEDS, POSSIBLE, BELOW, TOO_FEW = "exceeds", "possible", "below", "too few"


def typical_doses(exposures: pd.DataFrame, quantity: str, *, by: Sequence[str] = GROUP) -> pd.DataFrame:
    """Typical value of a dose quantity: the median of each group, with its bootstrap interval.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure with the columns of `by`, `quantity` and `weight_told`. Adults of other than standard
        size and exposures of no known body part or view are left out.
    quantity : str
        Column of the dose quantity.
    by : sequence of str
        What groups are told by.

    Returns
    -------
    DataFrame
        `by`, then `quantity`, `exposures`, `median`, `low`, `high` (95 %), `quartile_1`, `quartile_3`,
        `weight_told_fraction` and `relative_uncertainty` (k = 1; the median of the column ``…_uncertainty`` of an
        estimated quantity, 0 for one that is stated), in the order of `by`. The 25th and 75th percentiles are
        interpolated linearly.

    Notes
    -----
    ICRP Publication 135 (2017): the typical value of a room is the median for patients of standard size.
    """
    known = (exposures["body_part"] != "") & (exposures["view"] != "") & (exposures["band"] != ADULT_OTHER)
    read = [*dict.fromkeys((*by, quantity, "weight_told", f"{quantity}_uncertainty"))]
    chosen = exposures.loc[known & exposures[quantity].notna(), [name for name in read if name in exposures]]
    rows = []
    for key, group in chosen.groupby(list(by), observed=True, sort=True):
        values = group[quantity].to_numpy()
        interval = median_interval(values)
        first, third = np.quantile(values, (0.25, 0.75))
        rows.append(
            dict(zip(by, key, strict=True))
            | {"quantity": quantity, "exposures": len(values), "median": interval.median}
            | {"low": interval.low, "high": interval.high, "quartile_1": float(first), "quartile_3": float(third)}
            | {"weight_told_fraction": float(group["weight_told"].mean())}
            | {"relative_uncertainty": _spread_of(group, quantity)}
        )
    numbers = ("median", "low", "high", "quartile_1", "quartile_3", "weight_told_fraction", "relative_uncertainty")
    return pd.DataFrame(rows, columns=[*by, "quantity", "exposures", *numbers])


def compare_with_levels(typical: pd.DataFrame, levels: pd.DataFrame, *, least: int = LEAST_PATIENTS) -> pd.DataFrame:
    """Typical values beside the reference levels of their examination, patients and quantity.

    Parameters
    ----------
    typical : DataFrame
        From `typical_doses`.
    levels : DataFrame
        `level_id`, `body_part`, `view` (empty: any), `band`, `quantity`, `level`, `achievable` and `source`.
    least : int
        Fewest exposures of a typical value that is compared.

    Returns
    -------
    DataFrame
        A row for each typical value and level that meet, with `ratio` (median by level) and `verdict`: ``"exceeds"``
        where the whole interval of the median lies above the level (of an estimate by more than its expanded
        uncertainty, k = 2, which all exposures of a room share, and only where no stated quantity of the same room and
        examination is held against a level: that one decides), ``"possible"`` where the median does, ``"below"``,
        or ``"too few"`` exposures to say.
    """
    beside = typical.merge(levels, on=["body_part", "band", "quantity"], suffixes=("", "_of_level"))
    beside = beside[(beside["view_of_level"] == "") | (beside["view_of_level"] == beside["view"])]
    sure = beside["level"] * (1.0 + _COVERAGE * beside["relative_uncertainty"])
    verdict = np.select(
        [beside["exposures"] < least, beside["low"] > sure, beside["median"] > beside["level"]],
        [TOO_FEW, EXCEEDS, POSSIBLE],
        BELOW,
    )
    estimated = beside["relative_uncertainty"] > 0.0
    decided = beside[~estimated & (beside["exposures"] >= least)][list(GROUP)].drop_duplicates()
    by_stated = beside[list(GROUP)].merge(decided, how="left", on=list(GROUP), indicator=True)["_merge"] == "both"
    verdict = np.where((verdict == EXCEEDS) & estimated & by_stated.to_numpy(), POSSIBLE, verdict)
    return beside.drop(columns="view_of_level").assign(ratio=beside["median"] / beside["level"], verdict=verdict)


def local_levels(
    typical: pd.DataFrame, *, least_patients: int = LEAST_PATIENTS, least_rooms: int = LEAST_ROOMS
) -> pd.DataFrame:
    """Local diagnostic reference levels: 75th percentile of the rooms' typical values.

    Parameters
    ----------
    typical : DataFrame
        From `typical_doses` by room.
    least_patients : int
        Fewest exposures of a room that counts.
    least_rooms : int
        Fewest rooms of a level; below, `enough` is False and the median over rooms is all that should be used.

    Returns
    -------
    DataFrame
        `body_part`, `view`, `band`, `quantity`, `rooms`, `level` (75th percentile), `achievable` (50th), `low` and
        `high` (95 % bootstrap interval of the level over rooms, NaN for fewer than three), `enough`.

    Notes
    -----
    ICRP Publication 135 (2017), 2.6: local levels from 10 to 20 rooms or more, typical values below that.
    """
    rows = []
    counted = typical[typical["exposures"] >= least_patients]
    for key, group in counted.groupby([*EXAMINATION, "quantity"], observed=True, sort=True):
        medians = group["median"].to_numpy()
        low = high = np.nan
        if len(medians) >= 3:
            interval = bootstrap_interval(medians, _third_quartile, method="percentile")
            low, high = interval.low, interval.high
        rows.append(
            dict(zip((*EXAMINATION, "quantity"), key, strict=True))
            | {"rooms": len(medians), "level": float(np.quantile(medians, 0.75))}
            | {"achievable": float(np.median(medians)), "low": low, "high": high}
            | {"enough": len(medians) >= least_rooms}
        )
    columns = [*EXAMINATION, "quantity", "rooms", "level", "achievable", "low", "high", "enough"]
    return pd.DataFrame(rows, columns=columns)


def _spread_of(group: pd.DataFrame, quantity: str) -> float:
    """Relative standard uncertainty of a group's estimates; 0 where the quantity is stated."""
    name = f"{quantity}_uncertainty"
    return float(group[name].median()) if name in group and group[name].notna().any() else 0.0


def _third_quartile(values: NDArray[np.float64], axis: int = -1) -> NDArray[np.float64]:
    return np.quantile(values, 0.75, axis=axis)
