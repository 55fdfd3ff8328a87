"""Shares of exposures with something, by group, beside what is permitted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.stats import wilson_interval

_OF_SHARE: Final = ("exposures", "events", "share", "low", "high")
_SHARE_COLUMNS: Final = ("measure", *_OF_SHARE, "needed", "permitted", "verdict")
OVER, POSSIBLE, WITHIN, TOO_FEW = "over", "possible", "within", "too few"


def shares_of_groups(
    exposures: pd.DataFrame,
    *,
    group: tuple[str, ...],
    columns: Mapping[str, str],
    permitted: Mapping[str, float],
    least: int,
) -> pd.DataFrame:
    """How many exposures of each group have each of some things.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: `group` and the columns asked for: 1 or 0, NaN where it is not known.
    group : tuple of str
        Columns that groups are told by.
    columns : mapping of str to str
        Column by the measure that it says.
    permitted : mapping of str to float
        Permitted share by measure; of others nothing is judged.
    least : int
        Fewest exposures of a group that is judged.

    Returns
    -------
    DataFrame
        `group`, `measure`, `exposures`, `events`, `share` with its Wilson interval `low` to `high` (95 %), `needed`,
        `permitted` (NaN where nothing is) and `verdict`: ``"over"`` where the whole interval lies above, ``"possible"``
        where the share does, ``"within"`` or ``"too few"``.
    """
    known = exposures.groupby(list(group), observed=True, sort=True)[list(columns.values())].agg(["count", "sum"])
    rows: list[dict[str, Any]] = []
    for key, counts in zip(known.index, known.to_numpy(), strict=True):
        for place, name in enumerate(columns):
            trials, events = (round(float(number)) for number in counts[2 * place : 2 * place + 2])
            if not trials:
                continue
            found, bound = wilson_interval(events, trials), permitted.get(name, np.nan)
            verdict = OVER if found.low > bound else POSSIBLE if found.proportion > bound else WITHIN
            rows.append(
                dict(zip(group, key, strict=True))
                | dict(zip(_OF_SHARE, (trials, events, found.proportion, found.low, found.high), strict=True))
                | {"measure": name, "needed": max(0, least - trials), "permitted": bound}
                | {"verdict": "" if np.isnan(bound) else verdict if trials >= least else TOO_FEW}
            )
    return pd.DataFrame(rows, columns=[*group, *_SHARE_COLUMNS])
