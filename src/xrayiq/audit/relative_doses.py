"""Doses by the median of their like: what rooms, operators and months have apart from what they examine."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

from xrayiq.audit.excursions import LIKE
from xrayiq.audit.typical_doses import LEAST_PATIENTS
from xrayiq.stats import median_interval

#: an exposure of more than so many times the median of its like is counted
TWICE: Final = 2.0


def relative_doses(
    exposures: pd.DataFrame, quantities: Sequence[str], *, like: Sequence[str] = LIKE, least: int = LEAST_PATIENTS
) -> pd.Series:
    """Dose of each exposure by the median of its like.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: `body_part`, the columns of `like` and of `quantities`.
    quantities : sequence of str
        Dose quantities; of those that an exposure has, the first with enough like it counts.
    like : sequence of str
        What exposures have in common that are like each other.
    least : int
        Fewest exposures of known dose of a group.

    Returns
    -------
    Series
        No unit; NaN where the dose or the body part is not known, the median is 0, or too few are alike.
    """
    ratios = pd.Series(np.nan, index=exposures.index)
    for name in quantities:
        known = exposures[(exposures["body_part"] != "") & exposures[name].notna()]
        groups = known.groupby(list(like), observed=True, sort=False)[name]
        middle = groups.transform("median")
        own = (known[name] / middle)[(groups.transform("size") >= least) & (middle > 0.0)]
        ratios = ratios.fillna(own)
    return ratios


def dose_by(exposures: pd.DataFrame, ratios: pd.Series, by: Sequence[str]) -> pd.DataFrame:
    """Relative doses of groups: of rooms, operators or months.

    Parameters
    ----------
    exposures : DataFrame
        With the columns of `by`.
    ratios : Series
        From `relative_doses`.
    by : sequence of str
        What groups are told by.

    Returns
    -------
    DataFrame
        `by`, `exposures`, `compared` (those with a ratio), `median_ratio`, `low`, `high` (95 %; NaN where none is
        compared) and `over_twice_fraction` (of those compared, more than `TWICE` times the median of their like), in
        the order of `by`.
    """
    rows = []
    for key, group in exposures.assign(_ratio=ratios).groupby(list(by), observed=True, sort=True, dropna=False):
        known = group["_ratio"].dropna().to_numpy(dtype=np.float64)
        row = dict(zip(by, key, strict=True)) | {"exposures": len(group), "compared": len(known)}
        if known.size:
            found = median_interval(known)
            row |= {"median_ratio": found.median, "low": found.low, "high": found.high}
            row["over_twice_fraction"] = float((known > TWICE).mean())
        rows.append(row)
    columns = [*by, "exposures", "compared", "median_ratio", "low", "high", "over_twice_fraction"]
    return pd.DataFrame(rows, columns=columns)
