"""Exposures whose doses can be compared with each other."""

from __future__ import annotations

import pandas as pd


def comparable_doses(exposures: pd.DataFrame, units: pd.DataFrame) -> pd.DataFrame:
    """Exposures, the doses of units that probably state them in a wrong unit unknown.

    Parameters
    ----------
    exposures, units : DataFrame
        As in `DoseAudit`.

    Returns
    -------
    DataFrame
        A copy; nothing is corrected.
    """
    fit = exposures.copy()
    for row in units[units["suspected_power"] != 0].to_dict("records"):
        fit.loc[(fit["site"] == row["site"]) & (fit["unit"] == row["unit"]), row["quantity"]] = float("nan")
    return fit
