"""What was made and measured on which day, counted in the database."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Select, func, select

from xrayiq.model import Equipment
from xrayiq.records.all_verdicts import ALL_VERDICTS
from xrayiq.records.counting import in_force, with_objects
from xrayiq.records.history import EQUIPMENT_COLUMNS, equipment_of
from xrayiq.records.store import Records
from xrayiq.records.tables import EQUIPMENT, OBJECTS, OUTCOMES

Counted = tuple[Equipment, datetime.date, tuple[str, ...], int]


def modality_days(records: Records) -> Iterator[Counted]:
    """Objects by equipment, day of exposure and (modality,)."""
    query = select(OBJECTS.c.modality).select_from(OBJECTS).where(OBJECTS.c.modality.is_not(None))
    yield from _counted(records, query, OBJECTS.c.modality)


def outcome_days(records: Records) -> Iterator[Counted]:
    """Outcomes in force by equipment, day of exposure and (procedure, kind)."""
    query = with_objects(select(OUTCOMES.c.procedure, OUTCOMES.c.kind).select_from(OUTCOMES)).where(in_force())
    yield from _counted(records, query, OUTCOMES.c.procedure, OUTCOMES.c.kind)


def verdict_days(records: Records) -> Iterator[Counted]:
    """Verdicts in force by equipment, day of exposure and (status,)."""
    query = select(ALL_VERDICTS.c.status).select_from(ALL_VERDICTS)
    query = with_objects(query.join(OUTCOMES, ALL_VERDICTS.c.outcome_id == OUTCOMES.c.id)).where(in_force())
    yield from _counted(records, query, ALL_VERDICTS.c.status)


def _counted(records: Records, query: Select[Any], *names: ColumnElement[Any]) -> Iterator[Counted]:
    """Rows of a query that has `OBJECTS` joined, counted; what has no date of exposure is left out."""
    day = func.date(OBJECTS.c.exposed_at)
    query = query.join(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id).where(OBJECTS.c.exposed_at.is_not(None))
    query = query.add_columns(*EQUIPMENT_COLUMNS, day.label("day"), func.count().label("number"))
    query = query.group_by(*names, *EQUIPMENT_COLUMNS, day).order_by(day, *names, *EQUIPMENT_COLUMNS)
    with records._read() as connection:
        for row in connection.execute(query).mappings():
            on = row["day"]
            told = on if isinstance(on, datetime.date) else datetime.date.fromisoformat(on)
            yield equipment_of(row), told, tuple(str(row[name]) for name in names), int(row["number"])
