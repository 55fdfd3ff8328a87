"""Rows of notes and logs that tell of exposures of the archive: by identifier, or by unit, time and technique."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from xrayiq.model.exposures import TUBE_VOLTAGE_KV, VALUE_FRACTION
from xrayiq.model.matched_exposures import TIME_SPAN_S

#: logs that state whole minutes only: then voltage and charge must be told and agree
_MINUTE_S: Final = 60.0
_UNIT_NAMES: Final = ("serial_number", "station_name")
#: what logs are compared with
_TIMED: Final = ("key", "exposed_at", "tube_voltage_kv", "exposure_mas", "equipment_id")
#: source of rows of logs
LOG: Final = "log"
_COLUMNS: Final = ("exposed_at", "tube_voltage_kv", "exposure_mas")


def keys_of_told(told: pd.DataFrame, exposures: pd.DataFrame, equipment: pd.DataFrame) -> pd.Series:
    """Exposure that each row of notes and logs is of.

    Parameters
    ----------
    told : DataFrame
        `source`, `image_uid`, `event_uid` and what `keys_by_time` asks for.
    exposures : DataFrame
        `subject`, `key`, `event_uid`, `exposed_at`, `tube_voltage_kv`, `exposure_mas` and `equipment_id`.
    equipment : DataFrame
        Serial number and station by `equipment_id`.

    Returns
    -------
    Series
        Key of the image or the event that the row names, else, of a log, that of `keys_by_time`; missing where none.
    """
    keys = told["image_uid"].map(exposures.drop_duplicates("subject").set_index("subject")["key"]).astype("string")
    events = exposures[["event_uid", "key"]].dropna().drop_duplicates()
    by_event = events.drop_duplicates("event_uid", keep=False).set_index("event_uid")["key"]
    keys = keys.fillna(told["event_uid"].map(by_event).astype("string"))
    open_rows = told[keys.isna() & (told["source"] == LOG)]
    if len(open_rows):
        taken = set(keys[told["source"] == LOG].dropna())
        among = exposures.loc[_is_near(exposures["exposed_at"], open_rows["exposed_at"]), list(_TIMED)]
        among = among.drop_duplicates("key").rename(columns={"key": "exposure_key"})
        among = among[~among["exposure_key"].map(taken.__contains__).astype(bool)]
        units = equipment[["serial_number", "station_name"]]
        keys = keys.fillna(keys_by_time(open_rows, among.join(units, on="equipment_id")))
    return keys


def _is_near(moments: pd.Series, others: pd.Series) -> NDArray[np.bool_]:
    """Whether each moment is of a day of one of the others, or of the day beside it where that is a minute away."""
    minute = np.timedelta64(1, "m")
    known = others.dropna().to_numpy()
    days = np.unique(np.concatenate([known - minute, known + minute]).astype("datetime64[D]"))
    own = moments.to_numpy().astype("datetime64[D]")
    if not days.size:
        return np.zeros(own.size, dtype=np.bool_)
    return np.asarray(days[np.minimum(np.searchsorted(days, own), days.size - 1)] == own, dtype=np.bool_)


def keys_by_time(told: pd.DataFrame, exposures: pd.DataFrame) -> pd.Series:
    """Exposure that each row of a log tells of.

    Parameters
    ----------
    told : DataFrame
        `serial_number`, `station_name`, `exposed_at`, `tube_voltage_kv` and `exposure_mas` of each row.
    exposures : DataFrame
        The same of each exposure, with `exposure_key`.

    Returns
    -------
    Series
        Key of the nearest exposure of the same serial number, else station, within 2 s whose voltage (1 kV) and charge
        (5 %) agree as far as both are told; missing where there is none. Where a log states whole minutes, within 60 s
        and only if both are told and agree. No exposure is taken twice.
    """
    found = pd.Series(pd.NA, index=told.index, dtype="string")
    minutes = bool(len(told)) and bool((told["exposed_at"].dropna().dt.second == 0).all())
    span = _MINUTE_S if minutes else TIME_SPAN_S
    taken: set[str] = set()
    for name in _UNIT_NAMES:
        open_rows = told[found.isna() & told["exposed_at"].notna() & told[name].notna()]
        among = exposures[exposures["exposed_at"].notna() & exposures[name].notna()]
        by_unit = dict(list(among.groupby(among[name].str.casefold())))
        for unit, rows in open_rows.groupby(open_rows[name].str.casefold()):
            if unit in by_unit:
                keys = _nearest(rows, by_unit[unit].sort_values("exposed_at"), span, taken, strict=minutes)
                found.loc[list(keys)] = list(keys.values())
    return found


def _nearest(
    rows: pd.DataFrame, among: pd.DataFrame, span_s: float, taken: set[str], *, strict: bool
) -> dict[Any, str]:
    """Key of each row that has an exposure, by the row's label; the keys are taken then."""
    times, voltages, charges = (among[name].to_numpy() for name in _COLUMNS)
    keys = among["exposure_key"].astype(str).tolist()
    span = np.timedelta64(round(span_s * 1e6), "us")
    own, kilovolts, milliampere_seconds = (rows[name].to_numpy() for name in _COLUMNS)
    begins = np.searchsorted(times, own - span, side="left")
    ends = np.searchsorted(times, own + span, side="right")
    found: dict[Any, str] = {}
    for place in np.flatnonzero(ends > begins):
        near = np.arange(begins[place], ends[place])
        fit = _agree(voltages[near], kilovolts[place], TUBE_VOLTAGE_KV, 0.0, strict=strict)
        fit &= _agree(charges[near], milliampere_seconds[place], 0.0, VALUE_FRACTION, strict=strict)
        free = [number for number in near[fit] if keys[number] not in taken]
        if free:
            best = min(free, key=lambda number: abs(times[number] - own[place]))
            found[rows.index[int(place)]] = keys[best]
            taken.add(keys[best])
    return found


def _agree(
    values: NDArray[np.float64], own: float, absolute: float, fraction: float, *, strict: bool
) -> NDArray[np.bool_]:
    difference = np.abs(values - own)
    near = difference <= np.maximum(absolute, fraction * np.maximum(np.abs(values), abs(own)))
    return np.asarray(near if strict else near | np.isnan(difference), dtype=np.bool_)
