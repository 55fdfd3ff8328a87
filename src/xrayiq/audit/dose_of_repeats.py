"""Dose that repeated and rejected exposures gave, where reports or headers tell them."""

from __future__ import annotations

from typing import Final

import pandas as pd

REPEAT_COLUMNS: Final = (
    *("site", "room", "quantity", "exposures", "repeated", "repeated_fraction", "dose", "repeated_dose"),
    "repeated_dose_fraction",
)
_QUANTITY: Final = "dose_area_product"


def dose_of_repeats(exposures: pd.DataFrame) -> pd.DataFrame:
    """Share of a room's dose-area product that repeats gave.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: `site`, `room`, `repeated` (bool) and `dose_area_product`.

    Returns
    -------
    DataFrame
        `REPEAT_COLUMNS` of rooms where any exposure of known dose is told as repeated, in their order: `exposures` and
        `repeated` of known dose, their sums `dose` and `repeated_dose` in Gy·m², and the shares of the repeats.

    Notes
    -----
    A repeat is told by a rejected image of a dose report (DICOM PS3.16, TID 10003) or by a reject note; a room of which
    nothing is told has no row, which does not mean that it repeats nothing.
    """
    rows = []
    if "repeated" in exposures:
        known = exposures[exposures[_QUANTITY].notna()]
        again = known["repeated"].fillna(value=False).astype(bool)
        for (site, room), group in known.groupby(["site", "room"], observed=True, sort=True):
            own = group[again.loc[group.index]]
            if own.empty:
                continue
            whole, repeated = float(group[_QUANTITY].sum()), float(own[_QUANTITY].sum())
            rows.append(
                {"site": site, "room": room, "quantity": _QUANTITY, "exposures": len(group), "repeated": len(own)}
                | {"repeated_fraction": len(own) / len(group), "dose": whole, "repeated_dose": repeated}
                | {"repeated_dose_fraction": repeated / whole if whole > 0.0 else 0.0}
            )
    return pd.DataFrame(rows, columns=list(REPEAT_COLUMNS))
