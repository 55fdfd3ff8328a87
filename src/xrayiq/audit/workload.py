"""What tubes deliver week by week: the basis of shielding assessments."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
import pandas as pd

#: width of the classes of tube voltage
VOLTAGE_CLASS_KV: Final = 10.0
_SECONDS_A_MINUTE: Final = 60.0


def weekly_workload(exposures: pd.DataFrame, *, by: Sequence[str] = ("site", "room")) -> pd.DataFrame:
    """Workload and patients of each room and week.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: the columns of `by`, `exposed_at`, `exposure_mas` (NaN where not told),
        `patient_key` and `study_uid` (either may be missing text).
    by : sequence of str
        What rooms are told by.

    Returns
    -------
    DataFrame
        `by`, `week` (its Monday), `exposures`, `patients` (distinct keys; a study of no known patient counts as one),
        `workload_ma_min` (sum of the charges known, mA·min) and `without_charge` (exposures of no known charge).

    Notes
    -----
    Workload as in NCRP Report 147: charge per week at the tube voltages that were used; see `workload_by_voltage`.
    """
    dated = _dated(exposures)
    patient = dated["patient_key"].fillna("").where(lambda key: key != "", dated["study_uid"].fillna(""))
    groups = dated.assign(patient=patient).groupby([*by, "week"], observed=True, sort=True)
    found = groups.agg(
        exposures=("exposure_mas", "size"),
        patients=("patient", "nunique"),
        workload_ma_min=("charge_ma_min", "sum"),
        charged=("exposure_mas", "count"),
    ).reset_index()
    return found.assign(without_charge=found["exposures"] - found["charged"]).drop(columns="charged")


def workload_by_voltage(exposures: pd.DataFrame, *, by: Sequence[str] = ("site", "room")) -> pd.DataFrame:
    """Mean weekly workload of each room by tube voltage.

    Parameters
    ----------
    exposures, by
        As for `weekly_workload`, with `tube_voltage_kv`; exposures of no known voltage or charge are left out.

    Returns
    -------
    DataFrame
        `by`, `voltage_low_kv`, `voltage_high_kv`, `exposures` and `workload_ma_min_per_week`: the sum over the room's
        weeks from its first exposure to its last, by their number.
    """
    dated = _dated(exposures)
    known = dated[dated["tube_voltage_kv"].notna() & dated["exposure_mas"].notna()]
    low = np.floor(known["tube_voltage_kv"] / VOLTAGE_CLASS_KV) * VOLTAGE_CLASS_KV
    groups = known.assign(voltage_low_kv=low).groupby([*by, "voltage_low_kv"], observed=True, sort=True)
    found = groups.agg(exposures=("charge_ma_min", "size"), total=("charge_ma_min", "sum")).reset_index()
    ends = dated.groupby(list(by), observed=True)["week"].agg(["min", "max"])
    weeks = ((ends["max"] - ends["min"]).dt.days // 7 + 1).rename("weeks").reset_index()
    found = found.merge(weeks, on=list(by))
    found["voltage_high_kv"] = found["voltage_low_kv"] + VOLTAGE_CLASS_KV
    found["workload_ma_min_per_week"] = found["total"] / found["weeks"]
    return found[[*by, "voltage_low_kv", "voltage_high_kv", "exposures", "workload_ma_min_per_week"]]


def week_of(moments: pd.Series) -> pd.Series:
    """Monday of each moment's week."""
    day: pd.Series = moments.dt.normalize()
    mondays: pd.Series = day - pd.to_timedelta(day.dt.day_of_week, unit="D")
    return mondays


def _dated(exposures: pd.DataFrame) -> pd.DataFrame:
    dated = exposures[exposures["exposed_at"].notna()]
    return dated.assign(week=week_of(dated["exposed_at"]), charge_ma_min=dated["exposure_mas"] / _SECONDS_A_MINUTE)
