"""Objects of one exposure, found beside each other as they are stored, and what each of them counts as."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, and_, bindparam, or_, select, update

from xrayiq.model import EVENT_SPAN_S, ExposureMember, ExposureRole, exposure_roles
from xrayiq.records.sealed_forms import OBJECT
from xrayiq.records.sealing import Sealer
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
_OF_KEY: Final = select(OBJECTS.c.subject).where(OBJECTS.c.exposure_key == bindparam("exposure_key"))
#: images with the technique key of one, or its event within the time that images of one event may lie apart
_TIED: Final = (
    select(*_COLUMNS)
    .where(OBJECTS.c.own_population == "clinical")
    .where(
        or_(
            OBJECTS.c.technique_key == bindparam("technique_key"),
            and_(
                OBJECTS.c.irradiation_event_uid == bindparam("event_uid"),
                or_(
                    OBJECTS.c.exposed_at.is_(None), OBJECTS.c.exposed_at.between(bindparam("first"), bindparam("last"))
                ),
            ),
        )
    )
    .limit(_MOST + 1)
)
_SETTLED: Final = (
    update(OBJECTS)
    .where(OBJECTS.c.subject == bindparam("of_subject"))
    .values(
        exposure_key=bindparam("new_key"),
        population=bindparam("new_population"),
        role_seal=bindparam("new_role_seal"),
    )
)
_EPOCH: Final = datetime.datetime(1970, 1, 1)
_SPAN: Final = datetime.timedelta(seconds=EVENT_SPAN_S)
_EVER: Final = (datetime.datetime(1, 1, 1), datetime.datetime(9999, 1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredMember:
    """An object as its row stands.

    Parameters
    ----------
    member : ExposureMember
        What tells its exposure.
    role : ExposureRole
        What its row says of it.
    exposed_at : datetime or None
        Reading of the modality's clock.
    """

    member: ExposureMember
    role: ExposureRole
    exposed_at: datetime.datetime | None


def stored_member(row: Mapping[str, Any]) -> StoredMember:
    """Member of an exposure from its row in ``objects``."""
    exposed_at = row["exposed_at"]
    member = ExposureMember(
        subject=row["subject"],
        population=row["own_population"],
        intent=row["intent"],
        event_uid=row["irradiation_event_uid"],
        technique_key=row["technique_key"],
        exposed_at_s=None if exposed_at is None else (exposed_at - _EPOCH).total_seconds(),
        tube_voltage_kv=row["tube_voltage_kv"],
        exposure_mas=row["exposure_mas"],
    )
    role = ExposureRole(exposure=row["exposure_key"], population=row["population"])
    return StoredMember(member=member, role=role, exposed_at=exposed_at)


def exposure_of(connection: Connection, exposure_key: str) -> frozenset[str]:
    """Subjects of an exposure."""
    return frozenset(connection.scalars(_OF_KEY, {"exposure_key": exposure_key}))


def settle(connection: Connection, written: StoredMember, sealer: Sealer, *, before: Iterable[str] = ()) -> None:
    """Bring the exposure of an object up to date after its row was written.

    Parameters
    ----------
    connection : Connection
        In the transaction that wrote the row.
    written : StoredMember
        The row.
    sealer : Sealer
        Seals what objects count as.
    before : iterable of str
        Subjects of the exposure that it was of before, from `exposure_of`.

    Notes
    -----
    What comes out depends on the objects in the store, not on the order in which they came: the group is looked up
    anew each time, and what an object leaves behind is settled as well.
    """
    settled = _settle(connection, written, sealer)
    for subject in sorted(before):
        if subject not in settled:
            row = connection.execute(_BY_SUBJECT, {"subject": subject}).mappings().one()
            settled |= _settle(connection, stored_member(dict(row)), sealer)


def _settle(connection: Connection, first: StoredMember, sealer: Sealer) -> set[str]:
    group = _group(connection, first)
    alone = ExposureRole(exposure=first.member.subject, population=first.member.population)
    if len(group) > 1 or first.role != alone:
        _write_roles(connection, list(group.values()), sealer)
    return set(group)


def _group(connection: Connection, first: StoredMember) -> dict[str, StoredMember]:
    """An object and all images that are tied to it, directly or by others, by subject."""
    found = {first.member.subject: first}
    waiting = [first] if first.member.population == "clinical" else []
    while waiting and len(found) <= _MOST:
        for tied in _tied(connection, waiting.pop()):
            if tied.member.subject not in found:
                found[tied.member.subject] = tied
                waiting.append(tied)
    return found


def _tied(connection: Connection, one: StoredMember) -> Sequence[StoredMember]:
    member = one.member
    if member.technique_key is None and member.event_uid is None:
        return ()
    first, last = _EVER if one.exposed_at is None else (one.exposed_at - _SPAN, one.exposed_at + _SPAN)
    sought = {"technique_key": member.technique_key, "event_uid": member.event_uid, "first": first, "last": last}
    rows = connection.execute(_TIED, sought).mappings()
    return [stored_member(dict(row)) for row in rows]


def _write_roles(connection: Connection, group: Sequence[StoredMember], sealer: Sealer) -> None:
    parts = [group] if len(group) <= _MOST else [[one] for one in group]
    roles = {subject: role for part in parts for subject, role in exposure_roles([one.member for one in part]).items()}
    changed = [
        {
            "of_subject": one.member.subject,
            "new_key": role.exposure,
            "new_population": role.population,
            "new_role_seal": sealer.state_seal(
                OBJECT, "role_seal", [one.member.subject, role.exposure, role.population]
            ),
        }
        for one in group
        if (role := roles[one.member.subject]) != one.role
    ]
    if changed:
        connection.execute(_SETTLED, changed)
