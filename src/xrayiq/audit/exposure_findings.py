"""Findings of an exposure audit in the order in which they are worth looking into, each with its evidence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from xrayiq.audit.exposure_drift import ExposureDrift
from xrayiq.audit.exposure_evidence import FindingBook
from xrayiq.audit.exposure_groups import HIGH, LOW
from xrayiq.audit.exposure_indices import GROUP, UNIT
from xrayiq.audit.exposure_rules import ExposureRules
from xrayiq.audit.levels_over_time import alike_changes, key_of
from xrayiq.audit.ranking import Ranked, in_order


def ranked_findings(
    *,
    indexed: pd.DataFrame,
    groups: pd.DataFrame,
    faults: pd.DataFrame,
    units: pd.DataFrame,
    shifts: pd.DataFrame,
    targets: pd.DataFrame,
    drifts: tuple[ExposureDrift, ...],
    rules: ExposureRules,
) -> tuple[Ranked, ...]:
    """All findings, the weightiest first.

    Parameters
    ----------
    indexed, groups, faults, units, shifts, targets : DataFrame
        From `with_indices`, `group_statistics`, `faults_by_unit`, `compare_units`, `compare_shifts`
        and `suggested_targets`.
    drifts : tuple of ExposureDrift
        From `find_exposure_drift`.
    rules : ExposureRules
        Bounds.

    Returns
    -------
    tuple of Ranked
        One cause is told once: a unit whose groups are off alike in place of the groups, a change over time in place
        of the group that it took off target.
    """
    book = FindingBook(indexed, rules)
    whole = _whole_units(units, drifts, rules)
    moved = {key_of(one, GROUP) for one in drifts if one.signal and abs(one.first_level) <= rules["most_mean"]}
    for row in units.to_dict("records"):
        if key_of(row, UNIT) in whole.off:
            book.unit_off(row)
        book.pixels(row, told=key_of(row, UNIT) in whole.off)
    suggested = {key_of(row, GROUP): row for row in targets.to_dict("records")}
    for row in groups.to_dict("records"):
        place = key_of(row, GROUP)
        if _is_off(row, rules) and place not in moved and key_of(row, UNIT) not in whole.off:
            book.group_off(row, suggested.get(place))
        book.spread(row)
    for unit, alike in whole.changes.items():
        book.unit_change(unit, alike)
    for one in drifts:
        if one.signal and key_of(one, UNIT) not in whole.changes:
            book.change(one)
    farthest = shifts.loc[shifts["difference"].abs().groupby([shifts[name] for name in UNIT]).idxmax()]
    for row in farthest.to_dict("records"):  # one shift that lies apart sets the others apart too
        if _differs(row, rules["least_shift_difference"], rules):
            book.shift(row)
    for row in faults.to_dict("records"):
        book.faults(row)
    return in_order(book.ranked)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Whole:
    """Units that are off as a whole, and those of which most groups change alike."""

    off: frozenset[tuple[str, ...]]
    changes: Mapping[tuple[str, ...], tuple[ExposureDrift, ...]]


def _whole_units(units: pd.DataFrame, drifts: tuple[ExposureDrift, ...], rules: ExposureRules) -> _Whole:
    changes = alike_changes(drifts, place=UNIT, least=rules["unit_groups"], fraction=rules["unit_fraction"])
    off = {
        key_of(row, UNIT)
        for row in units.to_dict("records")
        if row["judged"] >= rules["unit_groups"]
        and max(row["high"], row["low"]) >= rules["unit_fraction"] * row["judged"]
        and abs(row["offset"]) > rules["most_mean"]
        and key_of(row, UNIT) not in changes
    }
    return _Whole(off=frozenset(off), changes=changes)


def _is_off(row: Mapping[Any, Any], rules: ExposureRules) -> bool:
    return row["standing"] in (HIGH, LOW) and bool(row["p_value"] <= rules["false_discovery_rate"])


def _differs(row: Mapping[Any, Any], least: float, rules: ExposureRules) -> bool:
    return bool(row["adjusted_p_value"] <= rules["false_discovery_rate"] and abs(row["difference"]) >= least)
