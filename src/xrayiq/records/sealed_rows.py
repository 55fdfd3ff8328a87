"""Rows of a store with what their seals cover, a page at a time, also where somebody wrote what no column allows."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, Table, select
from sqlalchemy.exc import DBAPIError

from xrayiq.records.derived_rows import DERIVED
from xrayiq.records.sealed_forms import OUTCOME, Cell, Form, Sealed, outcome_content
from xrayiq.records.tables import MEASUREMENTS, VERDICTS

#: greater than the number of any row
NO_END: Final = 2**62

_PAGE: Final = 500
#: outcomes carry whole results
_PAGE_OF_OUTCOMES: Final = 64
_UNREADABLE: Final = (TypeError, ValueError, AttributeError, OverflowError, DBAPIError)

Rows = list[tuple[int, Mapping[str, Any] | None]]


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundRow:
    """A row as it stands.

    Parameters
    ----------
    row_id : int
        Its number.
    content : list or None
        What its row in ``seals`` covers; None where it cannot be read.
    states : mapping of str to (list or None, str)
        What each seal in the row itself covers, and that seal.
    repeats : bool
        Whether what no seal covers says what the sealed part of the row says.
    """

    row_id: int
    content: list[Cell] | None
    states: Mapping[str, tuple[list[Cell] | None, str]]
    repeats: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """Rows that follow each other.

    Parameters
    ----------
    after, last : int
        Their numbers lie above the first and up to the second; pages leave no gap between them.
    rows : list of FoundRow
        The rows.
    orphans : list of (str, int)
        Table and number of outcomes that have rows in it and are not there themselves.
    """

    after: int
    last: int
    rows: list[FoundRow]
    orphans: list[tuple[str, int]]


def read_rows(
    connection: Connection, table: Table, key: Column[int], *conditions: ColumnElement[bool], limit: int | None = None
) -> Rows:
    """Rows by their key in its order; None in place of one that cannot be read."""
    query = select(table).where(*conditions).order_by(key).limit(limit)
    try:
        return [(row[key.name], dict(row)) for row in connection.execute(query).mappings()]
    except _UNREADABLE:
        keys = connection.scalars(select(key).where(*conditions).order_by(key).limit(limit)).all()
        return [(each, _one_row(connection, table, key, each, conditions)) for each in keys]


def sealed_pages(connection: Connection, sealed: Sealed) -> Iterator[Page]:
    """All rows of a table in the order of their numbers, the last page up to `NO_END`."""
    key: Column[int] = sealed.table.c.id
    size = _PAGE_OF_OUTCOMES if sealed is OUTCOME else _PAGE
    after = 0
    while after < NO_END:
        rows = read_rows(connection, sealed.table, key, key > after, limit=size)
        last = rows[-1][0] if len(rows) == size else NO_END
        parts = _parts(connection, after, last) if sealed is OUTCOME else {}
        yield Page(
            after=after,
            last=last,
            rows=[_found(sealed, row_id, row, parts) for row_id, row in rows],
            orphans=_orphans(parts, {row_id for row_id, _ in rows}),
        )
        after = last


def _one_row(
    connection: Connection, table: Table, key: Column[int], value: int, conditions: Sequence[ColumnElement[bool]]
) -> Mapping[str, Any] | None:
    try:
        row = connection.execute(select(table).where(*conditions, key == value)).mappings().first()
    except _UNREADABLE:
        return None
    return None if row is None else dict(row)


_Parts = dict[str, dict[int, list[dict[str, Any]] | None]]


def _parts(connection: Connection, after: int, last: int) -> _Parts:
    """Measurements, verdicts and what repeats results of a page of outcomes, by table and outcome."""
    return {table.name: _part(connection, table, after, last) for table in (MEASUREMENTS, VERDICTS, *DERIVED)}


def _part(connection: Connection, table: Table, after: int, last: int) -> dict[int, list[dict[str, Any]] | None]:
    of_page = (table.c.outcome_id > after) & (table.c.outcome_id <= last)
    found: dict[int, list[dict[str, Any]] | None] = {}
    try:
        for row in connection.execute(_ordered(table).where(of_page)).mappings():
            of_outcome = found.setdefault(row["outcome_id"], [])
            if of_outcome is not None:
                of_outcome.append(dict(row))
    except _UNREADABLE:
        keys = connection.scalars(select(table.c.outcome_id).where(of_page).distinct()).all()
        return {each: _of_one_outcome(connection, table, each) for each in keys}
    return found


def _of_one_outcome(connection: Connection, table: Table, outcome_id: int) -> list[dict[str, Any]] | None:
    try:
        rows = connection.execute(_ordered(table).where(table.c.outcome_id == outcome_id)).mappings()
        return [dict(row) for row in rows]
    except _UNREADABLE:
        return None


def _ordered(table: Table) -> Any:
    return select(table).order_by(table.c.outcome_id, table.c.ordinal)


def _found(sealed: Sealed, row_id: int, row: Mapping[str, Any] | None, parts: _Parts) -> FoundRow:
    if row is None:
        return FoundRow(row_id=row_id, content=None, states={})
    states = {column: (_cells(form, row), str(row[column])) for column, form in sealed.states.items()}
    content = _content(sealed, row_id, row, parts)
    derived = {table.name: parts[table.name].get(row_id, []) for table in DERIVED} if sealed is OUTCOME else {}
    return FoundRow(row_id=row_id, content=content, states=states, repeats=_repeats(sealed, row, derived))


def _repeats(sealed: Sealed, row: Mapping[str, Any], derived: Mapping[str, list[dict[str, Any]] | None]) -> bool:
    found = {name: rows for name, rows in derived.items() if rows is not None}
    try:
        return sealed.repeats is None or (len(found) == len(derived) and sealed.repeats(row, found))
    except (*_UNREADABLE, KeyError):
        return False


def _cells(form: Form, row: Mapping[str, Any]) -> list[Cell] | None:
    try:
        return form(row)
    except _UNREADABLE:
        return None


def _content(sealed: Sealed, row_id: int, row: Mapping[str, Any], parts: _Parts) -> list[Cell] | None:
    if sealed is not OUTCOME:
        return _cells(sealed.lasting, row)
    measurements = parts[MEASUREMENTS.name].get(row_id, [])
    verdicts = parts[VERDICTS.name].get(row_id, [])
    if measurements is None or verdicts is None:
        return None
    try:
        return outcome_content(row, measurements, verdicts)
    except _UNREADABLE:
        return None


def _orphans(parts: _Parts, known: set[int]) -> list[tuple[str, int]]:
    return [(table, row_id) for table, found in parts.items() for row_id in sorted(found) if row_id not in known]
