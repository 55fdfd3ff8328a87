"""Dose beside image quality: which rooms give more than the image needs, and which less."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.audit.size_bands import ADULT_OTHER
from xrayiq.audit.typical_doses import GROUP, LEAST_PATIENTS

#: share of a dose by which a room differs from the middle of the rooms before anything is said of it (confidence C)
APART: Final = 0.25
#: deviation index within which the receptor is on target: AAPM TG-116 (confidence B)
ON_TARGET_DI: Final = 0.5
_QUALITY: Final = ("deviation_index", "noise", "snr")


def dose_and_quality(exposures: pd.DataFrame, quantity: str, *, least: int = LEAST_PATIENTS) -> pd.DataFrame:
    """Median dose of each room and view beside what its images are worth.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: site, room, body_part, view, band, `quantity`, and `deviation_index`, `noise` and
        `snr` (NaN where not known).
    quantity : str
        Column of the dose quantity.
    least : int
        Fewest exposures of a group.

    Returns
    -------
    DataFrame
        By room and examination: `exposures`, `dose` (median), `dose_ratio` to the median of the rooms that do the same
        examination, medians of `deviation_index`, `noise` and `snr`, `on_target_fraction` (deviation index within 1),
        and `reading`: what the two together suggest.
    """
    known = exposures[(exposures["body_part"] != "") & (exposures["view"] != "") & exposures[quantity].notna()]
    known = known[known["band"] != ADULT_OTHER]
    on_target = (known["deviation_index"].abs() <= 1.0).where(known["deviation_index"].notna())
    groups = known.assign(on_target=on_target.astype("float64")).groupby(list(GROUP), observed=True, sort=True)
    found = groups.agg(
        exposures=(quantity, "size"),
        dose=(quantity, "median"),
        **{name: (name, "median") for name in _QUALITY},
        on_target_fraction=("on_target", "mean"),
    ).reset_index()
    found = found[found["exposures"] >= least].reset_index(drop=True)
    found["dose_ratio"] = found["dose"] / found.groupby(["body_part", "view", "band"])["dose"].transform("median")
    rooms = found.groupby(["body_part", "view", "band"])["dose"].transform("size")
    found["reading"] = [
        _reading(row) if alike > 1 else "" for row, alike in zip(found.to_dict("records"), rooms, strict=True)
    ]
    return found


def _reading(row: Mapping[Any, Any]) -> str:
    index, ratio = row["deviation_index"], row["dose_ratio"]
    if ratio > 1.0 + APART:
        if np.isnan(index):
            return "dose above the other rooms; no deviation index tells what the receptor got"
        if index > ON_TARGET_DI:
            return "dose and receptor exposure high: lower the exposure"
        return "dose high with the receptor on target or below: look at filter, grid, distance and field"
    if ratio < 1.0 / (1.0 + APART) and index < -ON_TARGET_DI:
        return "dose and receptor exposure low: look at noise"
    if index > ON_TARGET_DI:
        return "receptor exposure above target"
    return ""
