"""Rows of a store in words: what they are, of which unit and when; never a path or a person."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Select, select
from sqlalchemy.exc import DBAPIError

from xrayiq.records.tables import BASELINE_VERDICTS, EQUIPMENT, OBJECTS, OUTCOMES, RESPONSES, RUNS, SETS

_UNIT_COLUMNS: Final = tuple(
    EQUIPMENT.c[name] for name in ("manufacturer", "model", "station_name", "serial_number", "detector_id")
)
_OF_OBJECT: Final = (*_UNIT_COLUMNS, OBJECTS.c.exposed_at)
_WITH_UNIT: Final = OBJECTS.outerjoin(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id)

_QUERIES: Final[Mapping[str, Select[Any]]] = {
    "run": select(RUNS.c.started_at),
    "equipment": select(*_UNIT_COLUMNS),
    "object": select(OBJECTS.c.kind, *_OF_OBJECT).select_from(_WITH_UNIT),
    "set": select(SETS.c.beam, SETS.c.day, *_UNIT_COLUMNS).select_from(
        SETS.outerjoin(_WITH_UNIT, SETS.c.object_id == OBJECTS.c.id)
    ),
    "response": select(RESPONSES.c.valid_from, *_UNIT_COLUMNS).select_from(
        RESPONSES.outerjoin(_WITH_UNIT, RESPONSES.c.object_id == OBJECTS.c.id)
    ),
    "outcome": select(OUTCOMES.c.procedure, OUTCOMES.c.created_at, *_OF_OBJECT).select_from(
        OUTCOMES.outerjoin(_WITH_UNIT, OUTCOMES.c.object_id == OBJECTS.c.id)
    ),
    "baseline_verdict": select(OUTCOMES.c.procedure, OUTCOMES.c.created_at, *_OF_OBJECT).select_from(
        BASELINE_VERDICTS.join(OUTCOMES, BASELINE_VERDICTS.c.outcome_id == OUTCOMES.c.id).outerjoin(
            _WITH_UNIT, OUTCOMES.c.object_id == OBJECTS.c.id
        )
    ),
}
_KEYS: Final = {
    "run": RUNS.c.id,
    "equipment": EQUIPMENT.c.id,
    "object": OBJECTS.c.id,
    "set": SETS.c.id,
    "response": RESPONSES.c.id,
    "outcome": OUTCOMES.c.id,
    "baseline_verdict": BASELINE_VERDICTS.c.id,
}
_NAMES: Final = {"set": "acquisition set", "baseline_verdict": "verdict relative to a baseline", "file": "file"}


def describe(connection: Connection, kind: str, row_id: int) -> str:
    """A row in words, with unit and date where these can be read.

    Parameters
    ----------
    connection : Connection
        For reading.
    kind : str
        As in `xrayiq.records.sealed_forms.Sealed`.
    row_id : int
        Its number.

    Returns
    -------
    str
        For example ``"outcome 12 (uniformity, Acme D1, serial S1, exposed 2024-03-01 09:30)"``.
    """
    name = f"{_NAMES.get(kind, kind)} {row_id}"
    if kind not in _QUERIES:
        return name
    try:
        row = connection.execute(_QUERIES[kind].where(_KEYS[kind] == row_id)).mappings().first()
    except (DBAPIError, ValueError, TypeError):
        return name  # somebody wrote what the column does not allow
    told = [] if row is None else [text for column, word in _WORDS.items() if (text := word(row.get(column)))]
    return f"{name} ({', '.join(told)})" if told else name


def _dated(word: str) -> Callable[[Any], str]:
    def text(value: Any) -> str:
        if isinstance(value, datetime.datetime):
            return f"{word} {value:%Y-%m-%d %H:%M}"
        return f"{word} {value}" if value else ""

    return text


def _after(word: str) -> Callable[[Any], str]:
    return lambda value: f"{word} {value}" if value else ""


def _plain(value: Any) -> str:
    return str(value) if value else ""


#: column: how it is said, in the order of the sentence
_WORDS: Final[Mapping[str, Callable[[Any], str]]] = {
    "procedure": _plain,
    "kind": _plain,
    "beam": _plain,
    "manufacturer": _plain,
    "model": _plain,
    "station_name": _after("station"),
    "serial_number": _after("serial"),
    "detector_id": _after("detector"),
    "exposed_at": _dated("exposed"),
    "day": _dated("of"),
    "valid_from": _dated("valid from"),
    "created_at": _dated("measured"),
    "started_at": _dated("begun"),
}
