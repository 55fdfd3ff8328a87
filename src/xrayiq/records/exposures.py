"""Objects of one exposure, found beside each other as they are stored, and what each of them counts as."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, bindparam, select, update

from xrayiq.model import EVENT_SPAN_S, ExposureMember, exposure_roles
from xrayiq.records.tables import OBJECTS

#: images that share what tells an exposure; where more do, it tells none
_MOST: Final = 64
_COLUMNS: Final = tuple(
    OBJECTS.c[name]
    for name in (
        *("subject", "own_population", "population", "exposure_key", "intent", "irradiation_event_uid"),
        *("technique_key", "exposed_at", "tube_voltage_kv", "exposure_mas"),
    )
)
_BY_SUBJECT: Final = select(*_COLUMNS).where(OBJECTS.c.subject == bindparam("subject"))
_KEY_OF: Final = select(OBJECTS.c.exposure_key).where(OBJECTS.c.subject == bindparam("subject"))
_OF_KEY: Final = select(OBJECTS.c.subject).where(OBJECTS.c.exposure_key == bindparam("exposure_key"))
_SETTLED: Final = (
    update(OBJECTS)
    .where(OBJECTS.c.subject == bindparam("of_subject"))
    .values(exposure_key=bindparam("new_key"), population=bindparam("new_population"))
)
_EPOCH: Final = datetime.datetime(1970, 1, 1)


def exposure_of(connection: Connection, subject: str) -> frozenset[str]:
    """Subjects of the exposure that a stored object is of; empty where it is not stored."""
    key = connection.scalar(_KEY_OF, {"subject": subject})
    return frozenset() if key is None else frozenset(connection.scalars(_OF_KEY, {"exposure_key": key}))


def settle(connection: Connection, subject: str, *, before: Iterable[str] = ()) -> None:
    """Bring the exposure of an object up to date after its row was written.

    Parameters
    ----------
    connection : Connection
        In the transaction that wrote the row.
    subject : str
        The object.
    before : iterable of str
        Subjects of the exposure that it was of before, from `exposure_of`.

    Notes
    -----
    What comes out depends on the objects in the store, not on the order in which they came: the group is looked up
    anew each time, and what an object leaves behind is settled as well.
    """
    settled: set[str] = set()
    for each in (subject, *sorted(before)):
        if each in settled:
            continue
        rows = _neighbours(connection, each)
        settled |= set(rows)
        _write_roles(connection, rows)


def _neighbours(connection: Connection, subject: str) -> dict[str, Row[Any]]:
    """Rows of an object and of all images that are tied to it, directly or by others; itself alone where too many."""
    first = connection.execute(_BY_SUBJECT, {"subject": subject}).one()
    found = {subject: first}
    frontier = [first]
    while frontier and first.own_population == "clinical":
        tied = _tied(frontier)
        if tied is None:
            break
        query = select(*_COLUMNS).where(OBJECTS.c.own_population == "clinical", tied).limit(_MOST + 1)
        rows = connection.execute(query).all()
        frontier = [row for row in rows if row.subject not in found]
        found |= {row.subject: row for row in frontier}
        if len(rows) > _MOST:
            return found
    return found


def _tied(rows: list[Row[Any]]) -> ColumnElement[bool] | None:
    """Whether an image may be of one exposure with some of the rows; None where nothing tells."""
    keys = sorted({row.technique_key for row in rows if row.technique_key is not None})
    events = sorted({row.irradiation_event_uid for row in rows if row.irradiation_event_uid is not None})
    tied: ColumnElement[bool] | None = OBJECTS.c.technique_key.in_(keys) if keys else None
    if events:
        times = [row.exposed_at for row in rows]
        named: ColumnElement[bool] = OBJECTS.c.irradiation_event_uid.in_(events)
        if None not in times:
            span = datetime.timedelta(seconds=EVENT_SPAN_S)
            near = OBJECTS.c.exposed_at.between(min(times) - span, max(times) + span)
            named &= near | OBJECTS.c.exposed_at.is_(None)
        tied = named if tied is None else tied | named
    return tied


def _write_roles(connection: Connection, rows: dict[str, Row[Any]]) -> None:
    members = [_member(row) for row in rows.values()]
    groups = [members] if len(members) <= _MOST else [[member] for member in members]
    roles = {subject: role for group in groups for subject, role in exposure_roles(group).items()}
    changed = [
        {"of_subject": subject, "new_key": role.exposure, "new_population": role.population}
        for subject, role in roles.items()
        if (rows[subject].exposure_key, rows[subject].population) != (role.exposure, role.population)
    ]
    if changed:
        connection.execute(_SETTLED, changed)


def _member(row: Row[Any]) -> ExposureMember:
    return ExposureMember(
        subject=row.subject,
        population=row.own_population,
        intent=row.intent,
        event_uid=row.irradiation_event_uid,
        technique_key=row.technique_key,
        exposed_at_s=None if row.exposed_at is None else (row.exposed_at - _EPOCH).total_seconds(),
        tube_voltage_kv=row.tube_voltage_kv,
        exposure_mas=row.exposure_mas,
    )
