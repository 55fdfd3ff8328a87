"""Medians of groups beside those of others that do the same."""

from __future__ import annotations

from typing import Any, Final, cast

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.stats import adjust_p_values, median_difference

_NUMBERS: Final = ("exposures", "others", "median", "others_median", "difference", "low", "high", "p_value")


def beside_other_rooms(
    known: pd.DataFrame, value: str, *, group: tuple[str, ...], examination: tuple[str, ...], least: float
) -> pd.DataFrame:
    """Median of each group less that of the other rooms' for the same examination.

    Parameters
    ----------
    known : DataFrame
        One row for each exposure: `group`, of which `site`, `room` and `examination` are part, and `value`, nowhere
        NaN.
    value : str
        Column that is compared.
    group, examination : tuple of str
        Columns that groups are told by, and those of what is exposed, whatever the room.
    least : float
        Fewest exposures of a side.

    Returns
    -------
    DataFrame
        By `group` where another room does the same: `exposures`, `others`, `median`, `others_median`, `difference`
        with `low` and `high` (95 %), `p_value` and `adjusted_p_value` (Benjamini and Hochberg over the table).
    """
    rooms = known.groupby(["site", "room"], observed=True, sort=False).ngroup().to_numpy()
    values = known[value].to_numpy(dtype=np.float64)
    alike: dict[Any, Any] = known.groupby(list(examination), observed=True, sort=False).indices
    rows: list[dict[str, Any]] = []
    for key, places in known.groupby(list(group), observed=True, sort=True).indices.items():
        names: dict[str, Any] = dict(zip(group, cast(tuple[str, ...], key), strict=True))
        same = alike[tuple(names[name] for name in examination)]
        others = same[rooms[same] != rooms[places[0]]]
        if min(len(places), len(others)) >= least:
            rows.append(names | difference_of_medians(values[others], values[places]))
    return with_adjusted_p_values(rows, group)


def difference_of_medians(others: NDArray[np.float64], own: NDArray[np.float64]) -> dict[str, float]:
    """Numbers of a row of `beside_other_rooms`."""
    found = median_difference(others, own)
    return {
        "exposures": found.count_after,
        "others": found.count_before,
        "median": found.after,
        "others_median": found.before,
        "difference": found.difference,
        "low": found.low,
        "high": found.high,
        "p_value": found.p_value,
    }


def with_adjusted_p_values(rows: list[dict[str, Any]], by: tuple[str, ...]) -> pd.DataFrame:
    """Rows as a table with `adjusted_p_value` (Benjamini and Hochberg over the table)."""
    frame = pd.DataFrame(rows, columns=[*by, *_NUMBERS])
    return frame.assign(adjusted_p_value=adjust_p_values(frame["p_value"].to_numpy(dtype=np.float64)))
