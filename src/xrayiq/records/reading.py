"""Results back from a store, rebuilt as the classes that metrics return."""

from __future__ import annotations

import datetime
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Row, Select, select

from xrayiq.errors import InputError
from xrayiq.model import Equipment, ObjectHeader, Result
from xrayiq.records.counting import in_force, with_objects
from xrayiq.records.history import equipment_of
from xrayiq.records.packing import result_class, unpack_value
from xrayiq.records.tables import EQUIPMENT, OBJECTS, OUTCOMES

#: results held in memory at a time
_PAGE: Final = 64
#: headers of one query
_HEADERS: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFile:
    """A file of the index as it was when it was dealt with.

    Parameters
    ----------
    size : int
        Bytes.
    mtime_ns : int
        Time of the last change, ns.
    digest : str
        Digest of the content; empty where that was not read.
    """

    size: int
    mtime_ns: int
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredResult:
    """A result with what it belongs to.

    Parameters
    ----------
    outcome_id : int
        Row of the outcome.
    subject, procedure : str
        What was measured, and how.
    algorithm_version : int
        Version of the procedure's algorithm.
    parameter_digest : str
        Digest of its parameters.
    object_kind : str or None
        Kind of the object; None where the subject is none.
    object_subject : str or None
        Identity of the object that the subject is or, of an acquisition set, begins with.
    equipment : Equipment
        Identity of the unit and its detector; empty where the subject is no object.
    exposed_at : datetime or None
        Reading of the modality's clock, aware only where the header states the offset from UTC.
    created_at : datetime
        When it was measured (UTC).
    result : Result
        The whole result.
    """

    outcome_id: int
    subject: str
    procedure: str
    algorithm_version: int
    parameter_digest: str
    object_kind: str | None
    object_subject: str | None
    equipment: Equipment
    exposed_at: datetime.datetime | None
    created_at: datetime.datetime
    result: Result


def _all_results() -> Select[Any]:
    columns = (
        *(OUTCOMES.c[name] for name in ("id", "subject", "procedure", "algorithm_version", "parameter_digest")),
        *(OUTCOMES.c[name] for name in ("created_at", "result_type", "result_json", "result_npz")),
        OBJECTS.c.kind.label("object_kind"),
        OBJECTS.c.subject.label("object_subject"),
        OBJECTS.c.exposed_at,
        OBJECTS.c.utc_offset_min,
        *(EQUIPMENT.c[name] for name in Equipment.__slots__),
    )
    query = with_objects(select(*columns).select_from(OUTCOMES))
    return query.outerjoin(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id).where(
        OUTCOMES.c.result_type.is_not(None)
    )


def results_query(*, procedure: str | None, superseded: bool, subjects: Sequence[str] | None = None) -> Select[Any]:
    """Query for stored results in the order of their writing."""
    query = _all_results().order_by(OUTCOMES.c.id).limit(_PAGE)
    if subjects is not None:
        query = query.where(OUTCOMES.c.subject.in_(subjects))
    if procedure is not None:
        query = query.where(OUTCOMES.c.procedure == procedure)
    return query if superseded else query.where(in_force())


def read_page(connection: Connection, query: Select[Any], after: int) -> tuple[Sequence[Row[Any]], int | None]:
    """Next rows of a query for results, and the last of their ids; None where no more follow."""
    rows = connection.execute(query.where(OUTCOMES.c.id > after)).all()
    return rows, int(rows[-1].id) if len(rows) == _PAGE else None


def load_result(connection: Connection, outcome_id: int, types: Mapping[str, type[Result]]) -> StoredResult:
    """One stored result; see `Records.load_result`."""
    row = connection.execute(_all_results().where(OUTCOMES.c.id == outcome_id)).first()
    if row is None:
        raise InputError(f"outcome {outcome_id}", needed="the id of an outcome that has a result")
    return stored_result(row, types)


def load_header(connection: Connection, subject: str) -> ObjectHeader | None:
    """Whole header of an object; see `Records.header`."""
    text = connection.scalar(select(OBJECTS.c.header_json).where(OBJECTS.c.subject == subject))
    return None if text is None else unpack_value(ObjectHeader, text, None, source=subject)


def wall_clock(moment: datetime.datetime | None, utc_offset_min: int | None) -> datetime.datetime | None:
    """Reading of a clock, aware where its offset is known."""
    if moment is None or utc_offset_min is None:
        return moment
    return moment.replace(tzinfo=datetime.timezone(datetime.timedelta(minutes=utc_offset_min)))


def stored_result(row: Row[Any], types: Mapping[str, type[Result]]) -> StoredResult:
    """Row of a query for results with its result rebuilt."""
    source = f"outcome {row.id}"
    kind = result_class(row.result_type, types, source=source)
    return StoredResult(
        outcome_id=row.id,
        subject=row.subject,
        procedure=row.procedure,
        algorithm_version=row.algorithm_version,
        parameter_digest=row.parameter_digest,
        object_kind=row.object_kind,
        object_subject=row.object_subject,
        equipment=equipment_of(row._mapping),
        exposed_at=wall_clock(row.exposed_at, row.utc_offset_min),
        created_at=row.created_at,
        result=unpack_value(kind, row.result_json, row.result_npz, source=source),
    )


def told_by_headers(connection: Connection, subjects: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
    """Fields of the acquisitions of objects, out of the headers as they are stored."""
    found: dict[str, dict[str, Any]] = {}
    for start in range(0, len(subjects), _HEADERS):
        part = list(subjects[start : start + _HEADERS])
        query = select(OBJECTS.c.subject, OBJECTS.c.header_json).where(OBJECTS.c.subject.in_(part))
        for subject, text in connection.execute(query):
            told = json.loads(text).get("acquisition", {})
            found[subject] = {name: told.get(name) for name in names}
    return found
