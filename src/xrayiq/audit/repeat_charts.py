"""Funnels and p′-charts of rates of rejects and repeats."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd

from xrayiq.audit.repeat_bounds import RepeatBounds
from xrayiq.audit.workload import week_of
from xrayiq.stats import adjust_p_values, funnel_limits, laney_chart

#: rates: events, and what they are counted among
RATES: Final = {"reject": ("is_rejected", ""), "repeat": ("is_repeat", "is_assessable")}
#: what is compared with each other, and the columns that name it
_FUNNELS: Final = {"room": ["site", "room"], "view": ["site", "room", "view"], "operator": ["operator"]}
_LEAST_WEEKS: Final = 6
FUNNEL_COLUMNS: Final = (
    *("rate", "by", "site", "room", "name", "trials", "events", "proportion", "target", "z_score", "over_dispersion"),
    *("lower_95", "upper_95", "lower_998", "upper_998", "outside", "adjusted_p"),
)
WEEK_COLUMNS: Final = (
    *("rate", "site", "room", "week", "trials", "events", "proportion", "center", "sigma_z", "lower", "upper"),
    "outside",
)


def rate_funnel(rows: pd.DataFrame, bounds: RepeatBounds) -> pd.DataFrame:
    """Rates of rooms, of views in rooms and of operators in a funnel about the rate of all.

    Parameters
    ----------
    rows : DataFrame
        From `with_groups`.
    bounds : RepeatBounds
        Trials from which on a group has limits.

    Returns
    -------
    DataFrame
        `FUNNEL_COLUMNS`: `rate` (``"reject"``, ``"repeat"``: as found, not corrected), `by`, the group, its counts,
        limits of 95 % and 99.8 % with over-dispersion, `outside` (``"above"``, ``"below"`` the wider ones, or empty)
        and the two-sided p-value of its z score over √φ, adjusted for all groups after Benjamini and Hochberg.
    """
    parts = [
        _funnel(rows, rate, by, columns, bounds.least_trials) for rate in RATES for by, columns in _FUNNELS.items()
    ]
    known = [part for part in parts if len(part)]
    return pd.concat(known, ignore_index=True) if known else pd.DataFrame(columns=list(FUNNEL_COLUMNS))


def _funnel(rows: pd.DataFrame, rate: str, by: str, columns: list[str], least: int) -> pd.DataFrame:
    event, among = RATES[rate]
    chosen = rows[rows[among].astype(bool)] if among else rows
    found = chosen.groupby(columns, observed=True, sort=True)[event].agg(["size", "sum"]).reset_index()
    found[columns] = found[columns].astype("string")
    events, trials = found["sum"].to_numpy(dtype=np.float64), found["size"].to_numpy(dtype=np.float64)
    if len(found) < 2 or not 0.0 < events.sum() < trials.sum():
        return pd.DataFrame(columns=list(FUNNEL_COLUMNS))
    limits = funnel_limits(events, trials, minimum_trials=least)
    spread = np.sqrt(max(limits.over_dispersion, 1.0))
    judged = trials >= least
    adjusted = np.full(len(found), np.nan)
    if judged.any():
        from scipy.special import ndtr

        adjusted[judged] = adjust_p_values(2.0 * ndtr(-np.abs(limits.z_scores[judged]) / spread))
    told = found.rename(columns={"size": "trials", "sum": "events"}).assign(
        rate=rate,
        by=by,
        proportion=limits.proportions,
        target=limits.target,
        z_score=limits.z_scores,
        over_dispersion=limits.over_dispersion,
        lower_95=limits.lower[0],
        upper_95=limits.upper[0],
        lower_998=limits.lower[1],
        upper_998=limits.upper[1],
        outside=np.where(
            limits.proportions > limits.upper[1],
            "above",
            np.where(limits.proportions < limits.lower[1], "below", ""),
        ),
        adjusted_p=adjusted,
        name=found[columns[-1]].astype("string"),
    )
    blank = {name: "" for name in ("site", "room") if name not in told}
    return told.assign(**blank)[list(FUNNEL_COLUMNS)].astype({"trials": "int64", "events": "int64"})


def weekly_rates(exposures: pd.DataFrame) -> pd.DataFrame:
    """Rates of each room week by week, on Laney's p′ chart.

    Parameters
    ----------
    exposures : DataFrame
        As for `assess_repeats`, with `is_repeat` and `is_assessable`; those without a date are left out.

    Returns
    -------
    DataFrame
        `WEEK_COLUMNS`: limits of three standard errors times σ_z, NaN for rooms of fewer than six weeks or without
        events; `outside` is ``"above"``, ``"below"`` or empty.
    """
    dated = exposures[exposures["exposed_at"].notna()]
    rows = dated.assign(week=week_of(dated["exposed_at"]))
    parts = [
        _chart(rate, str(site), str(room), own)
        for rate, (event, among) in RATES.items()
        for (site, room), own in (rows[rows[among].astype(bool)] if among else rows)
        .groupby(["site", "room", "week"], observed=True)[event]
        .agg(["size", "sum"])
        .groupby(["site", "room"], observed=True)
    ]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(WEEK_COLUMNS))


def _chart(rate: str, site: str, room: str, weeks: pd.DataFrame) -> pd.DataFrame:
    events, trials = weeks["sum"].to_numpy(dtype=np.float64), weeks["size"].to_numpy(dtype=np.float64)
    nothing = np.full(len(weeks), np.nan)
    center, sigma, lower, upper = float(events.sum() / trials.sum()), float("nan"), nothing, nothing
    if len(weeks) >= _LEAST_WEEKS and 0.0 < center < 1.0:
        chart = laney_chart(events, trials)
        center, sigma, lower, upper = chart.center, chart.sigma_z, chart.lower, chart.upper
    share = events / trials
    return pd.DataFrame(
        {
            "rate": rate,
            "site": site,
            "room": room,
            "week": weeks.index.get_level_values("week"),
            "trials": trials.astype(np.int64),
            "events": events.astype(np.int64),
            "proportion": share,
            "center": center,
            "sigma_z": sigma,
            "lower": lower,
            "upper": upper,
            "outside": np.where(share > upper, "above", np.where(share < lower, "below", "")),
        }
    )
