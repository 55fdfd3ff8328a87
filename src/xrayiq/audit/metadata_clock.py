"""Clocks of units beside that of the information system, which begins studies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.metadata_counts import UNIT
from xrayiq.audit.tag_policy import TagPolicy
from xrayiq.stats import find_mean_shifts, median_interval

CLOCKS: Final = (
    *(*UNIT, "exposures", "needed", "lag_s", "low_s", "high_s", "changed_on", "before_s", "after_s", "shift_s"),
    *("exposures_after", "verdict"),
)
#: a study that lies farther from its exposure says nothing of a clock
_MOST_S: Final = 36 * 3600.0
#: median by which exposures must lie before their studies for a clock to be behind; both ends of the interval
RIGHT, BEHIND, SHIFTED, TOO_FEW = "right", "behind", "shifted", "too few"


def assess_clocks(exposures: pd.DataFrame, policy: TagPolicy) -> pd.DataFrame:
    """Time from the start of studies to their exposures, unit by unit, and since when it is another.

    Parameters
    ----------
    exposures : DataFrame
        `UNIT`, `exposed_at` and `study_at`.
    policy : TagPolicy
        Fewest exposures and the shift that is told.

    Returns
    -------
    DataFrame
        `CLOCKS`, a row for each unit and shift, one where there is none: the median lag with its 95 % interval, the
        first day after a shift of the daily medians and the lags before and after it. `verdict`: ``"shifted"``;
        ``"behind"`` where the whole interval of the median lies before the study by more than the shift that is told;
        ``"right"`` or ``"too few"``. Studies begin before their exposures, by an hour or a minute as the site works, so
        that a constant lag says nothing of a clock that goes fast.
    """
    lag = (exposures["exposed_at"] - exposures["study_at"]).dt.total_seconds()
    known = exposures.assign(lag=lag)[lag.abs() < _MOST_S].sort_values("exposed_at", kind="stable")
    rows: list[Mapping[str, Any]] = []
    for key, group in known.groupby(list(UNIT), observed=True, sort=True):
        values, days = group["lag"].to_numpy(), group["exposed_at"].to_numpy(dtype="datetime64[D]")
        middle = median_interval(values)
        about: dict[str, Any] = dict(zip(UNIT, key, strict=True)) | {"exposures": len(values)}
        about |= {"lag_s": middle.median, "low_s": middle.low, "high_s": middle.high, "verdict": RIGHT}
        about["needed"] = max(0, policy.least_exposures - len(values))
        if about["needed"]:
            rows.append(about | {"verdict": TOO_FEW})
            continue
        shifts = _shifts(days, values, policy)
        if not shifts and middle.high < -policy.clock_s:
            about["verdict"] = BEHIND
        rows += [about | shift | {"verdict": SHIFTED} for shift in shifts] or [about]
    return pd.DataFrame(rows, columns=list(CLOCKS))


def _shifts(days: NDArray[np.datetime64], values: NDArray[np.float64], policy: TagPolicy) -> list[dict[str, Any]]:
    starts = np.flatnonzero(np.concatenate([[True], days[1:] != days[:-1]]))
    medians = np.array([np.median(part) for part in np.split(values, starts[1:])])
    found = find_mean_shifts(medians)
    bounds = [0, *(int(starts[index]) for index in found.indices), len(values)]
    told = []
    for first, at, last in zip(bounds[:-2], bounds[1:-1], bounds[2:], strict=True):
        before, after = float(np.median(values[first:at])), float(np.median(values[at:last]))
        if abs(after - before) > policy.clock_s and min(at - first, last - at) >= policy.least_exposures // 2:
            told.append(
                {"changed_on": days[at].astype("datetime64[D]").item(), "before_s": before, "after_s": after}
                | {"shift_s": after - before, "exposures_after": last - at}
            )
    return told
