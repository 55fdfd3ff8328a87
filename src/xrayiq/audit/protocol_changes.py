"""When a room began to expose a view otherwise."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.protocol_groups import GROUP, groups_of, usual_text
from xrayiq.audit.protocol_table import NUMBERS, TEXTS, ProtocolRow, ProtocolRules, rows_over_time
from xrayiq.stats import best_split, find_mean_shifts, mean_difference

#: most values of a series that changes are looked for in; longer ones by groups of days
_MOST_VALUES: Final = 250
#: days of the running median that a series is looked over with before its changes are dated: 4 of 5 decide it
_WINDOW: Final = 5
#: days, or groups of them, on either side of a shift in which its first exposure is looked for
_NEAR: Final = 3
#: of a text: the share by which another one must have become usual
_SHARE_STEP: Final = 0.5
COLUMNS: Final = (
    *(*GROUP, "parameter", "changed_on", "last_before", "before", "after", "difference", "low", "high"),
    *("before_text", "after_text", "exposures_before", "exposures_after", "version", "known"),
)


def find_protocol_changes(
    exposures: pd.DataFrame, *, protocols: Sequence[ProtocolRow], rules: ProtocolRules
) -> pd.DataFrame:
    """Dated changes of each room's view: voltage, distance, manual charge, grid, filter and exposure control.

    Parameters
    ----------
    exposures : DataFrame
        From `with_protocols`, with `exposed_at`; those without are left out.
    protocols : sequence of ProtocolRow
        The site's table, if it has one.
    rules : ProtocolRules
        Fewest exposures on each side, and the least difference: the shipped tolerance.

    Returns
    -------
    DataFrame
        `COLUMNS`: the first day of the new way and the last of the old; medians `before` and `after`, the `difference`
        of the means with its 95 % interval (of texts the shares of `after_text`); `version` of the table that says so
        and `known`: ``"yes"``, ``"no"``, or empty where the table has no row for it.

    Notes
    -----
    Shifts of the mean of daily medians (see `find_mean_shifts`), told where enough exposures lie on both sides, the
    medians differ by more than the tolerance and the interval of the difference leaves out 0.
    """
    dated = exposures[exposures["exposed_at"].notna()].sort_values("exposed_at", kind="stable")
    rows = []
    for where, group in groups_of(dated):
        if len(group) < 2 * rules.least_each_side:
            continue
        own = rows_over_time(protocols, where)
        for name in (*NUMBERS, *TEXTS):
            rows += [where | change | _known(change, own, rules) for change in _changes(group, name, rules)]
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _changes(group: pd.DataFrame, name: str, rules: ProtocolRules) -> Iterator[dict[str, Any]]:
    every = group[name].to_numpy()
    told = every != "" if name in TEXTS else np.isfinite(every.astype(np.float64))
    days, values = group["exposed_at"].to_numpy(dtype="datetime64[D]")[told], every[told]
    if len(values) < 2 * rules.least_each_side or (values == values[0]).all():
        return
    codes = _codes(values) if name in TEXTS else values.astype(np.float64)
    starts, series = _daily(days, codes)
    if _steady(series, _SHARE_STEP if name in TEXTS else rules.tolerances[name].of(float(np.median(series)))):
        return
    shifts = find_mean_shifts(np.log(series) if name == "exposure_mas" else series)
    bounds = [0, *(_first_of_new(codes, starts, index) for index in shifts.indices), len(values)]
    for first, at, last in zip(bounds[:-2], bounds[1:-1], bounds[2:], strict=True):
        if min(at - first, last - at) < rules.least_each_side:
            continue
        change = _text_change if name in TEXTS else _number_change
        found = change(values[first:at], values[at:last], name, rules)
        if found:
            yield {
                "parameter": name,
                "changed_on": days[at].astype(datetime.date),
                "last_before": days[at - 1].astype(datetime.date),
                "exposures_before": at - first,
                "exposures_after": last - at,
            } | found


def _daily(days: NDArray[np.datetime64], values: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """First place of each day, or of each group of days, and the middle of its values."""
    starts = np.flatnonzero(np.concatenate([[True], days[1:] != days[:-1]]))
    if starts.size > _MOST_VALUES:
        starts = starts[np.linspace(0, starts.size, _MOST_VALUES, endpoint=False).astype(np.int64)]
    counts = np.diff(np.append(starts, values.size))
    ordered = values[np.lexsort((values, np.repeat(np.arange(starts.size), counts)))]
    return starts, (ordered[starts + (counts - 1) // 2] + ordered[starts + counts // 2]) / 2.0


def _steady(series: NDArray[np.float64], step: float) -> bool:
    """Whether no four days in a row can lie farther from others than the step that is told: most series are steady."""
    if series.size < _WINDOW:
        return False
    medians = np.median(np.lib.stride_tricks.sliding_window_view(series, _WINDOW), axis=-1)
    return bool(np.ptp(medians) < step)


def _first_of_new(values: NDArray[np.float64], starts: NDArray[np.int64], index: int) -> int:
    """Place at which the old way ends: of those near the shift that with the least absolute deviations."""
    first = int(starts[max(index - _NEAR, 0)])
    last = int(starts[index + _NEAR]) if index + _NEAR < starts.size else len(values)
    at = int(starts[index])
    near = values[first:last]
    old, new = np.median(values[first:at]), np.median(values[at:last])
    return first + best_split(np.abs(near - old), np.abs(near - new))


def _codes(values: NDArray[Any]) -> NDArray[np.float64]:
    """1 where the text is the most frequent one of all, 0 elsewhere: another one that becomes usual shifts the mean."""
    return np.asarray(values == usual_text(values)[0], dtype=np.float64)


def _number_change(before: NDArray[Any], after: NDArray[Any], name: str, rules: ProtocolRules) -> dict[str, Any] | None:
    old, new = before.astype(np.float64), after.astype(np.float64)
    medians = float(np.median(old)), float(np.median(new))
    if abs(medians[1] - medians[0]) <= rules.tolerances[name].of(medians[0]):
        return None
    found = mean_difference(old, new)
    if not found.differs:
        return None
    told = {"before": medians[0], "after": medians[1], "before_text": "", "after_text": ""}
    return told | {"difference": found.difference, "low": found.low, "high": found.high}


def _text_change(before: NDArray[Any], after: NDArray[Any], name: str, rules: ProtocolRules) -> dict[str, Any] | None:
    old, new = usual_text(before)[0], usual_text(after)[0]
    shares = float(np.mean(before == new)), float(np.mean(after == new))
    if old == new or shares[1] - shares[0] < _SHARE_STEP:
        return None
    found = mean_difference((before == new).astype(np.float64), (after == new).astype(np.float64))
    told = {"before": shares[0], "after": shares[1], "before_text": old, "after_text": new}
    return told | {"difference": found.difference, "low": found.low, "high": found.high}


def _known(change: Mapping[str, Any], rows: Sequence[ProtocolRow], rules: ProtocolRules) -> dict[str, str]:
    """The version of the table that begins about then and has the new value."""
    name = change["parameter"]
    telling = [row for row in rows if name in row.values or name in row.texts]
    if not telling:
        return {"version": "", "known": ""}
    grace = datetime.timedelta(days=rules.table_grace_days)
    for row in telling:
        if change["last_before"] - grace <= row.valid_from <= change["changed_on"] + grace:
            if name in row.texts:
                fits = row.texts[name].casefold() == change["after_text"].casefold()
            else:
                fits = abs(change["after"] - row.values[name]) <= row.tolerance(name, rules)
            if fits:
                return {"version": row.version, "known": "yes"}
    return {"version": "", "known": "no"}
