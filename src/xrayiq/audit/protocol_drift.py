"""What of a room's protocol changes slowly: voltage, charge and distance, where no dated change explains it."""

from __future__ import annotations

import datetime
import math
from collections.abc import Mapping
from typing import Any, Final, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.protocol_groups import GROUP
from xrayiq.audit.protocol_table import AUTOMATIC, NUMBERS, ProtocolRules
from xrayiq.stats import MeanShifts, adjust_p_values, find_mean_shifts, fit_drift, part_medians, trend_p_value

#: of one room, view and size of patients
SIZE_GROUP: Final = (*GROUP, "band")
#: what may drift; charges by their logarithm
DRIFTING: Final = (*NUMBERS, AUTOMATIC)
CHARGES: Final = frozenset({"exposure_mas", AUTOMATIC})
#: medians of exposures that follow each other: the most of a series
_MOST_POINTS: Final = 120
#: of these, in which steps are told from a line
_MOST_PARTS: Final = 60
#: exposures since the onset of a drift that its size is told by; with fewer it is told by all
_LEAST_SINCE: Final = 15
#: share of the tolerance that a line goes at least before its trend is tested
_CLOSER: Final = 0.5
_DAYS_A_MONTH: Final = 365.25 / 12.0
DRIFTS: Final = (
    *(*SIZE_GROUP, "parameter", "exposures", "since", "until", "first_value", "last_value"),
    *("change_per_month", "low", "high", "p_adjusted", "signal"),
)


def find_protocol_drift(exposures: pd.DataFrame, changes: pd.DataFrame, *, rules: ProtocolRules) -> pd.DataFrame:
    """Slow changes of each room's view and size of patients: voltage, distance, and charge.

    Parameters
    ----------
    exposures : DataFrame
        From `with_protocols`, with `band` and `exposed_at`; those without a date are left out.
    changes : DataFrame
        From `find_protocol_changes`: values are taken from the median of their part between the dated changes of the
        room's view, whatever changed, so that none of these is told again.
    rules : ProtocolRules
        Fewest exposures and days, the false discovery rate, and the tolerances, which a drift must go beyond.

    Returns
    -------
    DataFrame
        `DRIFTS`, a row for each series that is long enough: the days it goes from and to, the `first_value` and the
        `last_value` of its line, `change_per_month` with its 95 % interval (of charges a fraction), the adjusted
        p-value, and `signal`: ``"drift"``, ``"step"`` (one sudden change explains it), or empty. Lines are missing, and
        the p-value is 1, where the straight line goes less than half the tolerance; lines are missing too where the
        p-value of the series alone is above the false discovery rate.

    Notes
    -----
    A trend is one that Kendall's tau tells at the false discovery rate over all series of the audit, whose Theil–Sen
    line goes farther than the tolerance with an interval without 0, and that steps of the mean do not explain at less
    cost (`find_mean_shifts`); several steps in one direction are a trend.
    """
    known = exposures[exposures["exposed_at"].notna()]
    narrow = known[[*SIZE_GROUP, *DRIFTING, "exposed_at"]].astype(dict.fromkeys(SIZE_GROUP, "category"))
    told = (
        {tuple(map(str, key)): own["changed_on"] for key, own in changes.groupby(list(GROUP))} if len(changes) else {}
    )
    rows = []
    ordered = narrow.sort_values("exposed_at", kind="stable")
    for key, group in ordered.groupby(list(SIZE_GROUP), observed=True, sort=True):
        where = dict(zip(SIZE_GROUP, map(str, key), strict=True))
        dates = np.sort(told.get(tuple(where[name] for name in GROUP), pd.Series()).to_numpy(dtype="datetime64[D]"))
        for name in DRIFTING:
            found = _series(group, name, dates, rules)
            if found is not None:
                rows.append(where | {"parameter": name} | found)
    frame = pd.DataFrame(rows, columns=[*DRIFTS[:-2], "p_value", "signal"])
    frame["p_adjusted"] = adjust_p_values(frame.pop("p_value").to_numpy(dtype=np.float64))
    unlikely = frame["p_adjusted"] <= rules.drift_false_discovery_rate
    return frame.assign(signal=frame["signal"].where(unlikely, ""))[list(DRIFTS)]


def _series(
    group: pd.DataFrame, name: str, dates: NDArray[np.datetime64], rules: ProtocolRules
) -> dict[str, Any] | None:
    """What one parameter does over time; None where there is too little of it."""
    every = group[name].to_numpy(dtype=np.float64)
    kept = np.isfinite(every) & ((every > 0.0) | (name not in CHARGES))
    moments, values = group["exposed_at"].to_numpy(dtype="datetime64[s]")[kept], every[kept]
    if len(values) < rules.least_drift_exposures:
        return None
    days = (moments - moments[0]) / np.timedelta64(1, "D")
    if days[-1] < rules.least_drift_days:
        return None
    series = np.log(values) if name in CHARGES else values
    parts = np.searchsorted(dates, moments.astype("datetime64[D]"), side="right")
    along, aside = _from_medians(days, parts), _from_medians(series, parts)
    told: dict[str, Any] = {"exposures": len(values), "p_value": 1.0, "signal": ""}
    if not _goes_somewhere(along, aside, days, name, rules):
        return told
    times, apart = _thinned(along, aside)
    told["p_value"] = trend_p_value(times, apart)
    if told["p_value"] > rules.drift_false_discovery_rate:
        return told
    points = part_medians(aside, min(_MOST_PARTS, len(series)))
    shape = find_mean_shifts(points)
    begin = _onset(points, shape, len(series))
    if len(series) - begin >= _LEAST_SINCE and begin > 0:
        times, apart = _thinned(
            _from_medians(days[begin:], parts[begin:]), _from_medians(series[begin:], parts[begin:])
        )
    else:
        begin = 0
    return told | _line(
        times, apart, days[begin:], series[begin:], moments[[begin, -1]], name, rules, is_step=_is_step(points, shape)
    )


def _goes_somewhere(
    along: NDArray[np.float64], aside: NDArray[np.float64], days: NDArray[np.float64], name: str, rules: ProtocolRules
) -> bool:
    """Whether the straight line of least squares goes half the tolerance: what does not is not looked at closer."""
    square = float(along @ along)
    if square <= 0.0:
        return False
    reach = abs(float(along @ aside)) / square * float(days[-1] - days[0])
    if name in CHARGES:
        return reach >= _CLOSER * math.log1p(tolerance_of(name, rules).of(1.0))
    return reach >= _CLOSER * float(tolerance_of(name, rules).absolute)


def _line(
    times: NDArray[np.float64],
    apart: NDArray[np.float64],
    days: NDArray[np.float64],
    series: NDArray[np.float64],
    ends: NDArray[np.datetime64],
    name: str,
    rules: ProtocolRules,
    *,
    is_step: bool,
) -> dict[str, Any]:
    """Its line: where it goes, how fast, and whether that is a drift or a step."""
    slope, low, high = 0.0, 0.0, 0.0
    if np.ptp(apart) > 0.0 and np.ptp(times) > 0.0:
        fitted = fit_drift(times, apart, most_values=_MOST_POINTS)
        slope, low, high = fitted.slope, fitted.low, fitted.high
    reach = slope * float(days[-1] - days[0])
    middle = float(np.median(series))
    first, last = _value(name, middle - reach / 2.0), _value(name, middle + reach / 2.0)
    is_far = abs(last - first) > tolerance_of(name, rules).of(first)
    signal: Literal["drift", "step", ""] = ""
    if is_far and (low > 0.0 or high < 0.0):
        signal = "step" if is_step else "drift"
    day: list[datetime.date] = ends.astype("datetime64[D]").astype(object).tolist()
    per_month = [_rate(name, value * _DAYS_A_MONTH) for value in (slope, low, high)]
    return {
        "since": day[0],
        "until": day[1],
        "first_value": first,
        "last_value": last,
        "signal": signal,
        **dict(zip(("change_per_month", "low", "high"), per_month, strict=True)),
    }


def _is_step(points: NDArray[np.float64], shape: MeanShifts) -> bool:
    """Whether steps explain medians at less cost than one line: a slope costs ln n (BIC), a step as its place too.

    Several in one direction are no single change.
    """
    rises = np.diff(shape.means) > 0.0
    if shape.model != "steps" or (rises.size > 1 and (rises.all() or not rises.any())):
        return False
    of_steps = sum(float(np.sum((part - part.mean()) ** 2)) for part in np.split(points, shape.indices))
    of_line = _cost_of_line(points, 0) + math.log(points.size) * shape.sigma**2
    return of_steps + shape.penalty * len(shape.indices) < of_line


def _cost_of_line(points: NDArray[np.float64], onset: int) -> float:
    """Squared deviations from a mean that runs into a straight line."""
    along = np.maximum(np.arange(points.size, dtype=np.float64) - onset, 0.0)
    slope = along - along.mean()
    deviations = points - points.mean()
    return float(deviations @ deviations - (slope @ deviations) ** 2 / (slope @ slope))


def tolerance_of(name: str, rules: ProtocolRules) -> Any:
    """Tolerance that a parameter's drift must go beyond: of any charge that of manual ones."""
    return rules.tolerances["exposure_mas" if name == AUTOMATIC else name]


def is_drift(row: Mapping[Any, Any]) -> bool:
    """Whether a row of `DRIFTS` is one to look into."""
    return bool(row["signal"] == "drift")


def _from_medians(values: NDArray[np.float64], parts: NDArray[np.int64]) -> NDArray[np.float64]:
    """Values less the median of their part."""
    if parts[0] == parts[-1]:
        return np.asarray(values - np.median(values), dtype=np.float64)
    found = values.copy()
    for part in np.unique(parts):
        found[parts == part] -= np.median(values[parts == part])
    return found


def _thinned(
    times: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Medians of neighbours in time, at most `_MOST_POINTS`."""
    order = np.argsort(times, kind="stable")
    count = min(_MOST_POINTS, len(values))
    return part_medians(times[order], count), part_medians(values[order], count)


def _onset(points: NDArray[np.float64], shape: MeanShifts, count: int) -> int:
    """First exposure of a change that has a beginning: a line that begins late must save what its place costs."""
    place = shape.gradual[0][0] if shape.gradual else 0
    if shape.onset and _cost_of_line(points, shape.onset) + shape.penalty < _cost_of_line(points, 0):
        place = shape.onset
    size, longer = divmod(count, points.size)
    return place * size + min(place, longer)


def _value(name: str, value: float) -> float:
    return float(np.exp(value)) if name in CHARGES else value


def _rate(name: str, value: float) -> float:
    return float(np.expm1(value)) if name in CHARGES else value
