"""Rows that repeat parts of a stored result, so that audits need not open it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Table

from xrayiq.records.dose_event_rows import dose_event_rows
from xrayiq.records.outcome_rows import Row
from xrayiq.records.reject_rows import reject_rows
from xrayiq.records.tables import DOSE_EVENTS, REJECTS

#: how the rows of each table come out of a stored outcome: its number and its columns
DERIVED: Final[Mapping[Table, Callable[[int, Mapping[str, Any]], list[Row]]]] = {
    DOSE_EVENTS: dose_event_rows,
    REJECTS: reject_rows,
}


def repeats_result(outcome: Mapping[str, Any], found: Mapping[str, Sequence[Row]]) -> bool:
    """Whether the rows that repeat an outcome's result, by the names of their tables, say what it says."""
    for table, rows_of in DERIVED.items():
        names = tuple(table.columns.keys())
        expected = [[row[name] for name in names] for row in rows_of(outcome["id"], outcome)]
        if expected != [[row[name] for name in names] for row in found.get(table.name, ())]:
            return False
    return True
