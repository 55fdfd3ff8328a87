"""Deviation indices of rooms, shifts and units beside each other."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd

from xrayiq.audit.exposure_indices import EXAMINATION, GROUP, UNIT
from xrayiq.audit.exposure_rules import ExposureRules
from xrayiq.audit.median_comparisons import beside_other_rooms, difference_of_medians, with_adjusted_p_values
from xrayiq.stats import median_interval


def compare_rooms(indexed: pd.DataFrame, rules: ExposureRules) -> pd.DataFrame:
    """Median deviation index of each unit's examination less that of the other rooms'.

    Parameters
    ----------
    indexed : DataFrame
        From `with_indices`.
    rules : ExposureRules
        Fewest exposures of a side.

    Returns
    -------
    DataFrame
        By `GROUP` where another room does the same: `exposures`, `others`, `median`, `others_median`, `difference`
        with `low` and `high` (95 %), `p_value` and `adjusted_p_value` (Benjamini and Hochberg over the table).
    """
    return beside_other_rooms(
        _known(indexed), "deviation_index", group=GROUP, examination=EXAMINATION, least=rules["least"]
    )


def compare_shifts(indexed: pd.DataFrame, rules: ExposureRules) -> pd.DataFrame:
    """Median deviation index of each shift of a unit less that of its other shifts, like exposures compared.

    Returns
    -------
    DataFrame
        `site`, `room`, `unit`, `shift` and the numbers of `compare_rooms`. Each exposure counts by its distance from
        the median of its group, so that what is done at night does not count against the night.
    """
    known = _known(indexed)
    groups = known.groupby(list(GROUP), observed=True, sort=False)["deviation_index"]
    apart = known["deviation_index"] - groups.transform("median")
    known = known.assign(apart=apart)[(groups.transform("size") >= rules["least"]) & (known["shift"] != "")]
    rows: list[dict[str, Any]] = []
    for key, own in known.groupby(list(UNIT), observed=True, sort=True):
        values, shifts = own["apart"].to_numpy(dtype=np.float64), own["shift"].to_numpy(dtype=str)
        for shift in (name for name, _ in rules.shifts):
            chosen = shifts == shift
            if min(chosen.sum(), (~chosen).sum()) >= rules["least"]:
                names = dict(zip(UNIT, key, strict=True)) | {"shift": shift}
                rows.append(names | difference_of_medians(values[~chosen], values[chosen]))
    return with_adjusted_p_values(rows, (*UNIT, "shift"))


def compare_units(indexed: pd.DataFrame, groups: pd.DataFrame, rules: ExposureRules) -> pd.DataFrame:
    """How each unit stands as a whole, and what tells an index that is wrong from an exposure that is.

    Parameters
    ----------
    indexed : DataFrame
        From `with_indices`, with `estimated_exposure_index` (NaN where not measured).
    groups : DataFrame
        From `group_statistics`.
    rules : ExposureRules
        Fewest exposures of a comparison.

    Returns
    -------
    DataFrame
        By unit: `exposures`, `judged` groups, of these `high` and `low`; `offset` (median of the judged groups'
        medians, NaN for none); `others_offset` (that of the other rooms for the same examinations); `charge_ratio`
        (median over examinations of its charge by the other rooms') of `charge_examinations`; `pixel_ratio` (median of
        the index estimated from pixels by the stated one) with `pixel_low`, `pixel_high` (95 %) and `pixel_exposures`.
    """
    judged = groups[groups["indexed"] >= rules["least"]]
    rows = []
    for key, own in indexed.groupby(list(UNIT), observed=True, sort=True):
        mine = judged[(judged["site"] == key[0]) & (judged["room"] == key[1]) & (judged["unit"] == key[2])]
        others = judged[(judged["site"] != key[0]) | (judged["room"] != key[1])]
        both = mine.merge(others, on=list(EXAMINATION), suffixes=("", "_other"))
        charges = both[(both["charge_mas"] > 0.0) & (both["charge_mas_other"] > 0.0)]
        ratios = charges["charge_mas"] / charges["charge_mas_other"]
        by_examination = ratios.groupby([charges[name] for name in EXAMINATION], observed=True).median()
        rows.append(
            dict(zip(UNIT, key, strict=True))
            | {"exposures": len(own), "judged": len(mine)}
            | {name: int((mine["standing"] == name).sum()) for name in ("high", "low")}
            | {"offset": _median(mine["median"]), "others_offset": _median(both["median_other"])}
            | {"charge_ratio": _median(by_examination), "charge_examinations": len(by_examination)}
            | _pixels(own, rules)
        )
    columns = [*UNIT, "exposures", "judged", "high", "low", "offset", "others_offset", "charge_ratio"]
    columns += ["charge_examinations", "pixel_exposures", "pixel_ratio", "pixel_low", "pixel_high"]
    return pd.DataFrame(rows, columns=columns)


def _pixels(own: pd.DataFrame, rules: ExposureRules) -> dict[str, float]:
    """Index estimated from pixels over the stated one, where enough images have both."""
    ratios = (own["estimated_exposure_index"] / own["usable_index"]).dropna()
    ratios = ratios[ratios > 0.0]
    if len(ratios) < rules["least"]:
        return {"pixel_exposures": len(ratios)} | dict.fromkeys(("pixel_ratio", "pixel_low", "pixel_high"), math.nan)
    found = median_interval(ratios.to_numpy(dtype=np.float64))
    middle = {"pixel_ratio": found.median, "pixel_low": found.low, "pixel_high": found.high}
    return {"pixel_exposures": len(ratios), **middle}


def _known(indexed: pd.DataFrame) -> pd.DataFrame:
    named = (indexed["body_part"] != "") & (indexed["view"] != "")
    return indexed.loc[named & indexed["deviation_index"].notna(), [*GROUP, "shift", "deviation_index"]]


def _median(values: pd.Series) -> float:
    return float(values.median()) if len(values) else math.nan
