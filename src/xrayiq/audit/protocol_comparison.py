"""Exposures beside the site's table of protocols, and rooms and sites beside each other."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.audit.protocol_groups import GROUP, PROTOCOL, frame_of_rows, groups_of, known_values, spread, usual_text
from xrayiq.audit.protocol_table import NUMBERS, SPREAD, TEXTS, ProtocolRow, ProtocolRules, rows_over_time
from xrayiq.stats import median_interval, wilson_interval

#: how exposures lie to the table
WITHIN, POSSIBLE, OUTSIDE, TOO_FEW = "within", "possible", "outside", "too few"
#: share of a text from which on it is a place's usual one
_USUAL: Final = 0.5
_NUMBERS: Final = ("prescribed", "tolerance", "value", "share", "low", "high")
COMPARED: Final = (
    *(*GROUP, "version", "valid_from", "author", "parameter", "prescribed", "prescribed_text", "tolerance"),
    *("exposures", "needed", "value", "text", "outside", "share", "low", "high", "verdict"),
)
ROOMS: Final = (
    *("place", "site", "room", *PROTOCOL, "parameter", "exposures", "others", "value", "low", "high", "text"),
    *("others_value", "others_text", "difference", "differs"),
)


def compare_with_protocols(
    exposures: pd.DataFrame, *, protocols: Sequence[ProtocolRow], rules: ProtocolRules
) -> pd.DataFrame:
    """Exposures beside the version of the table that held on their day.

    Parameters
    ----------
    exposures : DataFrame
        From `with_protocols`; exposures without a date are left out.
    protocols : sequence of ProtocolRow
        The site's table.
    rules : ProtocolRules
        Tolerances, fewest exposures and the permitted share outside.

    Returns
    -------
    DataFrame
        `COMPARED`, a row for each room's view, version and parameter: the value prescribed, the typical one (median,
        or most frequent text), exposures `outside` the tolerance, their `share` with its Wilson interval, and
        `verdict`: ``"outside"`` where the whole interval lies over the permitted share, ``"possible"`` where the share
        does, ``"within"``, or ``"too few"``. Manual charges are compared with the table, charges under exposure
        control by their spread only: there `value` is the spread, and no share is told.
    """
    dated = exposures[exposures["exposed_at"].notna()]
    rows: list[Mapping[str, Any]] = []
    for where, group in groups_of(dated):
        versions = rows_over_time(protocols, where)
        if not versions:
            continue
        days = group["exposed_at"].to_numpy(dtype="datetime64[D]")
        starts = np.array([row.valid_from for row in versions], dtype="datetime64[D]")
        held = np.searchsorted(starts, days, side="right") - 1
        for number, row in enumerate(versions):
            of_version = group[held == number]
            about = where | {"version": row.version, "valid_from": row.valid_from, "author": row.author}
            rows += [about | told for told in _compared(of_version, row, rules)]
    return frame_of_rows(rows, COMPARED, _NUMBERS, ("text", "prescribed_text"))


def _compared(group: pd.DataFrame, row: ProtocolRow, rules: ProtocolRules) -> list[dict[str, Any]]:
    found = []
    for name in (*NUMBERS, SPREAD, *TEXTS):
        bound = row.values.get(name)
        if name == SPREAD and bound is None and row.texts.get("exposure_control_mode") != "MANUAL":
            bound = rules.tolerances[SPREAD].absolute
        if bound is None and name not in row.texts:
            continue
        values = known_values(group, name)
        if len(values) == 0:
            continue
        if name == SPREAD:
            told = _spread(values, float(bound or 0.0), rules)
        elif name in TEXTS:
            told = _text(values, row.texts[name], rules)
        else:
            told = _number(values, row.values[name], row.tolerance(name, rules), rules)
        needed = max(0, rules.least_exposures - len(values))
        found.append({"parameter": name, "exposures": len(values), "needed": needed} | told)
    return found


def _number(values: NDArray[Any], prescribed: float, tolerance: float, rules: ProtocolRules) -> dict[str, Any]:
    apart = np.abs(values - prescribed) > tolerance * (1.0 + 1e-9)
    told = {"prescribed": prescribed, "tolerance": tolerance, "value": float(np.median(values))}
    return told | _share(apart, rules)


def _text(values: NDArray[Any], prescribed: str, rules: ProtocolRules) -> dict[str, Any]:
    apart = np.array([text.casefold() != prescribed.casefold() for text in values])
    return {"prescribed_text": prescribed, "text": usual_text(values)[0]} | _share(apart, rules)


def _spread(values: NDArray[Any], bound: float, rules: ProtocolRules) -> dict[str, Any]:
    found = spread(values)
    verdict = TOO_FEW if len(values) < rules.least_exposures else OUTSIDE if found > bound else WITHIN
    return {"prescribed": 0.0, "tolerance": bound, "value": found, "verdict": verdict}


def _share(apart: NDArray[np.bool_], rules: ProtocolRules) -> dict[str, Any]:
    outside = int(np.count_nonzero(apart))
    share = wilson_interval(outside, len(apart))
    if len(apart) < rules.least_exposures:
        verdict = TOO_FEW
    elif share.low > rules.permitted_share:
        verdict = OUTSIDE
    else:
        verdict = POSSIBLE if share.proportion > rules.permitted_share else WITHIN
    return {"outside": outside, "share": share.proportion, "low": share.low, "high": share.high, "verdict": verdict}


def compare_rooms(exposures: pd.DataFrame, *, rules: ProtocolRules) -> pd.DataFrame:
    """Each room, and each site, beside the others that do the same view.

    Parameters
    ----------
    exposures : DataFrame
        From `with_protocols`.
    rules : ProtocolRules
        Tolerances and fewest exposures.

    Returns
    -------
    DataFrame
        `ROOMS`, for `place` ``"room"`` and ``"site"``: median with its 95 % interval, the median of the `others`'
        medians and the `difference`; `differs` where most places lie within the tolerance of their middle and the
        whole interval of this one does not (of two places: not within that of the other). Of texts: the usual one of
        the place and of the others; `value` is its share. A place without enough exposures, or without another one,
        has no row.
    """
    rows: list[Mapping[str, Any]] = []
    for place, by in (("room", ["site", "room"]), ("site", ["site"])):
        for key, alike in exposures.groupby(list(PROTOCOL), observed=True, sort=True):
            protocol = dict(zip(PROTOCOL, map(str, key), strict=True))
            groups = {(*map(str, where), "")[:2]: group for where, group in alike.groupby(by, observed=True, sort=True)}
            if len(groups) > 1:
                for name in (*NUMBERS, SPREAD, *TEXTS):
                    rows += [{"place": place} | protocol | told for told in _beside(groups, name, rules)]
    numbers = ("value", "low", "high", "others_value", "difference")
    return frame_of_rows(rows, ROOMS, numbers, ("text", "others_text")).astype({"differs": bool})


def _beside(groups: Mapping[tuple[str, ...], pd.DataFrame], name: str, rules: ProtocolRules) -> list[dict[str, Any]]:
    known = {where: known_values(group, name) for where, group in groups.items()}
    enough = {where: values for where, values in known.items() if len(values) >= rules.least_exposures}
    if len(enough) < 2:
        return []
    told = _texts_beside(enough) if name in TEXTS else _numbers_beside(enough, name, rules)
    return [
        {"site": where[0], "room": where[1], "parameter": name, "exposures": len(enough[where])}
        | {"others": len(enough) - 1}
        | one
        for where, one in told.items()
    ]


def _numbers_beside(
    enough: Mapping[tuple[str, ...], NDArray[Any]], name: str, rules: ProtocolRules
) -> dict[tuple[str, ...], dict[str, Any]]:
    told: dict[tuple[str, ...], dict[str, Any]] = {}
    if name == SPREAD:
        middles = {where: spread(values) for where, values in enough.items()}
    else:
        intervals = {where: median_interval(values) for where, values in enough.items()}
        middles = {where: one.median for where, one in intervals.items()}
    common = float(np.median(list(middles.values())))
    alike = sum(abs(one - common) <= rules.tolerances[name].of(common) for one in middles.values())
    for where, middle in middles.items():
        others = float(np.median([other for place, other in middles.items() if place != where]))
        told[where] = {"value": middle, "others_value": others, "difference": middle - others, "differs": False}
        if name != SPREAD and (len(middles) == 2 or alike > len(middles) / 2):
            one, bound = intervals[where], others if len(middles) == 2 else common
            reach = rules.tolerances[name].of(bound)
            differs = one.low > bound + reach or one.high < bound - reach
            told[where] |= {"low": one.low, "high": one.high, "differs": differs}
    return told


def _texts_beside(enough: Mapping[tuple[str, ...], NDArray[Any]]) -> dict[tuple[str, ...], dict[str, Any]]:
    usual = {where: usual_text(values) for where, values in enough.items()}
    every = [text for text, _ in usual.values()]
    common = next((text for text in every if every.count(text) > len(every) / 2), None)
    told: dict[tuple[str, ...], dict[str, Any]] = {}
    for where, (text, share) in usual.items():
        others, _ = usual_text(np.array([other for place, (other, _) in usual.items() if place != where]))
        unlike = text != others if len(every) == 2 else common not in (None, text)
        told[where] = {"text": text, "value": share.proportion, "low": share.low, "high": share.high}
        told[where] |= {"others_text": others, "differs": unlike and share.low > _USUAL}
    return told
