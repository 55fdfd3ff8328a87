"""Rows of a store that belong to a period, as JSON holds them, a page at a time: what an archive is made of."""

from __future__ import annotations

import base64
import contextlib
import datetime
import json
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, Table, and_, or_, select

from xrayiq.model import Equipment
from xrayiq.records.counting import with_objects
from xrayiq.records.history import EQUIPMENT_COLUMNS, equipment_of
from xrayiq.records.store import Records
from xrayiq.records.tables import (
    BASELINE_VERDICTS,
    EQUIPMENT,
    EVENTS,
    MEASUREMENTS,
    OBJECTS,
    OUTCOMES,
    RESPONSES,
    RUNS,
    SETS,
    VERDICTS,
)

#: outcomes carry whole results
_PAGE: Final = 64
#: what says nothing elsewhere
_LEFT_OUT: Final = {RUNS.name: ("process",)}
_PARTS: Final = (MEASUREMENTS, VERDICTS, BASELINE_VERDICTS)

Row = dict[str, Any]
#: whether what equipment made at a moment is kept
Keeps = Callable[[Equipment, datetime.datetime | None], bool]


@contextlib.contextmanager
def period_rows(
    records: Records, first: datetime.date, last: datetime.date, *, keeps: Keeps | None = None
) -> Iterator[Mapping[str, Iterator[Row]]]:
    """Rows of a period by table, as the store stands at one moment.

    Parameters
    ----------
    records : Records
        The store.
    first, last : date
        First and last day of exposure; of what has no date, of measuring.
    keeps : callable, optional
        Tells of equipment and moment of exposure whether an object is kept, with all that belongs to it; all without.

    Yields
    ------
    mapping of str to iterator of dict
        ``outcomes`` with their measurements, verdicts and whole results, superseded ones too; the ``objects``,
        ``sets``, ``responses``, ``equipment`` and ``runs`` that belong to them; ``events``, the whole audit trail. The
        index of files, the only place of paths, is no part of it. One page of one table at a time is in memory.
    """
    begin = datetime.datetime.combine(first, datetime.time())
    end = datetime.datetime.combine(last, datetime.time()) + datetime.timedelta(days=1)
    exposed = and_(OBJECTS.c.exposed_at >= begin, OBJECTS.c.exposed_at < end)
    measured = and_(
        OBJECTS.c.exposed_at.is_(None),
        OUTCOMES.c.created_at >= begin.replace(tzinfo=datetime.UTC),
        OUTCOMES.c.created_at < end.replace(tzinfo=datetime.UTC),
    )
    of_period = or_(exposed, measured)
    undated = with_objects(select(OUTCOMES.c.object_id).select_from(OUTCOMES)).where(measured)
    objects = or_(exposed, and_(OBJECTS.c.exposed_at.is_(None), OBJECTS.c.id.in_(undated)))
    runs = with_objects(select(OUTCOMES.c.run_id).select_from(OUTCOMES)).where(of_period)
    sets = and_(SETS.c.day >= first, SETS.c.day <= last)
    in_sets = RESPONSES.c.set_id.in_(select(SETS.c.id).where(sets))
    with records._snapshot() as connection:
        own = None if keeps is None else _own_objects(connection, keeps)
        used = select(OBJECTS.c.id, OBJECTS.c.equipment_id).where(objects)
        made = with_objects(select(OUTCOMES.c.object_id, OUTCOMES.c.run_id).select_from(OUTCOMES)).where(of_period)
        yield {
            "outcomes": _kept(_outcomes(connection, of_period), "object_id", own),
            "objects": _kept(_rows(connection, OBJECTS, objects), "id", own),
            "sets": _kept(_rows(connection, SETS, sets), "object_id", own),
            "responses": _kept(_rows(connection, RESPONSES, in_sets), "object_id", own),
            "equipment": _kept(
                _rows(connection, EQUIPMENT, EQUIPMENT.c.id.in_(select(OBJECTS.c.equipment_id).where(objects))),
                "id",
                _second_of(connection, used, own),
            ),
            "runs": _kept(_rows(connection, RUNS, RUNS.c.id.in_(runs)), "id", _second_of(connection, made, own)),
            "events": _rows(connection, EVENTS),
        }


def _own_objects(connection: Connection, keeps: Keeps) -> set[int]:
    """Objects that are kept."""
    query = select(OBJECTS.c.id, OBJECTS.c.exposed_at, *EQUIPMENT_COLUMNS)
    query = query.outerjoin(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id)
    rows = connection.execution_options(yield_per=1000).execute(query).mappings()
    return {row["id"] for row in rows if keeps(equipment_of(row), row["exposed_at"])}


def _second_of(connection: Connection, query: Select[Any], own: Collection[int] | None) -> set[int] | None:
    """Second column of a query where the first is a kept object."""
    return None if own is None else {other for key, other in connection.execute(query) if key in own}


def _kept(rows: Iterator[Row], column: str, keys: Collection[int] | None) -> Iterator[Row]:
    return rows if keys is None else (row for row in rows if row[column] in keys)


def _rows(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> Iterator[Row]:
    for page in _pages(connection, table, *conditions):
        yield from (_told(table, row) for row in page)


def _outcomes(connection: Connection, condition: ColumnElement[bool]) -> Iterator[Row]:
    """Outcomes with their measurements and verdicts in them."""
    for page in _pages(connection, OUTCOMES, condition):
        parts = {table.name: _of_page(connection, table, [row["id"] for row in page]) for table in _PARTS}
        for row in page:
            yield _told(OUTCOMES, row) | {name: found.get(row["id"], []) for name, found in parts.items()}


def _of_page(connection: Connection, table: Table, ids: Iterable[int]) -> dict[int, list[Row]]:
    order = table.c.id if table is BASELINE_VERDICTS else table.c.ordinal
    query = select(table).where(table.c.outcome_id.in_(list(ids))).order_by(table.c.outcome_id, order)
    found: dict[int, list[Row]] = {}
    for row in connection.execute(query).mappings():
        found.setdefault(row["outcome_id"], []).append(_told(table, dict(row)))
    return found


def _pages(connection: Connection, table: Table, *conditions: ColumnElement[bool]) -> Iterator[list[Mapping[str, Any]]]:
    key = table.c.number if table is EVENTS else table.c.id
    after = 0
    while True:
        base = with_objects(select(table).select_from(table)) if table is OUTCOMES else select(table)
        query = base.where(key > after, *conditions).order_by(key).limit(_PAGE)
        page: list[Mapping[str, Any]] = [dict(row) for row in connection.execute(query).mappings()]
        if page:
            yield page
            after = page[-1][key.name]
        if len(page) < _PAGE:
            return


def _told(table: Table, row: Mapping[str, Any]) -> Row:
    left_out = _LEFT_OUT.get(table.name, ())
    told = {name: _plain(value) for name, value in row.items() if name not in left_out}
    if table is EVENTS:
        told["details"] = json.loads(told["details"])
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, (datetime.datetime, datetime.date)):
        return value.isoformat()
    return base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
