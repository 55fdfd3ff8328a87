"""The equipment register as a table: one row per stretch of days of a unit or detector."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from xrayiq.procedures import times_of_units
from xrayiq.procedures.places import Places
from xrayiq.procedures.register import Register, RegisteredDetector, RegisteredUnit
from xrayiq.records import Records

_COLUMNS: Final = {
    **dict.fromkeys(("equipment", "name", "number", "manufacturer", "model"), "string"),
    **dict.fromkeys(("site_name", "room_name", "tube"), "string"),
    "objects": "Int64",
    **dict.fromkeys(("history", "value"), "string"),
    **dict.fromkeys(("first_day", "last_day"), "datetime64[us]"),
}
#: histories of a unit and of a detector: field of the register, and what one stretch of it is
_UNIT: Final = {"rooms": "room", "detectors": "detector", "software": "software"}
_DETECTOR: Final = {"rooms": "room", "units": "unit"}

_Row = dict[str, Any]


def register_table(records: Records, places: Places) -> pd.DataFrame:
    """The register with its histories, as it stands now.

    Parameters
    ----------
    records : Records
        Store.
    places : Places
        What belongs to it.

    Returns
    -------
    DataFrame
        A row per stretch of days in which a unit stood in one room, had one detector or one software, or was out of use
        (`value` is then the reason, and `last_day` missing while it goes on); likewise of a detector its rooms and
        units. `site_name`, `room_name` and `tube` are those of the last day.
    """
    register = places.register(records)
    rows = [*_units(records, register), *(row for one in register.own_detectors for row in _detector(one))]
    return pd.DataFrame(
        {name: pd.Series([row.get(name) for row in rows], dtype=kind) for name, kind in _COLUMNS.items()}
    )


def _units(records: Records, register: Register) -> Iterator[_Row]:
    out = times_of_units(records.events(), register)
    for unit in register.units:
        known: _Row = {"equipment": "unit", "name": unit.name, "number": unit.serial_number}
        known |= {"manufacturer": unit.manufacturer, "model": unit.model, "objects": unit.objects}
        known |= {"site_name": unit.site, "room_name": unit.room, "tube": unit.tube}
        yield from _stretches(unit, known, _UNIT)
        for time in out[unit.name]:
            yield known | _stretch("out of use", time.reason, time.first_day, time.last_day)


def _detector(detector: RegisteredDetector) -> Iterator[_Row]:
    known: _Row = {"equipment": "detector", "name": detector.name, "number": detector.detector_id}
    known["room_name"] = detector.rooms[-1].value
    yield from _stretches(detector, known, _DETECTOR)


def _stretches(one: RegisteredUnit | RegisteredDetector, known: _Row, kinds: dict[str, str]) -> Iterator[_Row]:
    for field, history in kinds.items():
        for span in getattr(one, field):
            yield known | _stretch(history, span.value.replace("\\", ", "), span.first_day, span.last_day)


def _stretch(history: str, value: str, first: datetime.date, last: datetime.date | None) -> _Row:
    days = {"first_day": pd.Timestamp(first), "last_day": pd.NaT if last is None else pd.Timestamp(last)}
    return {"history": history, "value": value} | days
