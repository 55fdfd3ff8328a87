"""Rows and statements that put files, objects and outcomes into a store, each as often as one likes."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

from sqlalchemy import Connection, Insert, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from xrayiq.errors import InputError
from xrayiq.model import Acquisition, Equipment, ObjectHeader, Population, technique_key
from xrayiq.records.exposures import exposure_of, settle, stored_member
from xrayiq.records.outcome_rows import Row, measurement_rows, outcome_row, plain_number, verdict_rows
from xrayiq.records.packing import PackedHeader, PackedOutcome
from xrayiq.records.tables import EQUIPMENT, FILES, MEASUREMENTS, OBJECTS, OUTCOMES, VERDICTS

FileStatus = Literal["object", "duplicate", "not_dicom", "unreadable"]
_Key = tuple[str, str, int, str]

_STATUSES: Final = ("object", "duplicate", "not_dicom", "unreadable")
#: attributes of an acquisition that are columns of their own, under the same name
_ACQUISITION_COLUMNS: Final = tuple(
    name
    for name in Acquisition.__dataclass_fields__
    if name in OBJECTS.columns and name not in ("exposed_at", "quality_control_image")
)
_HEADER_COLUMNS: Final = tuple(
    name for name in ObjectHeader.__dataclass_fields__ if name in OBJECTS.columns and name != "subject"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FileEntry:
    """One file of an archive and what it turned out to be.

    Parameters
    ----------
    relative_path : str
        Path below the archive's root; it stays in the index.
    size : int
        Bytes.
    mtime_ns : int
        Time of last change, in ns since 1970.
    digest : str
        Digest of the content.
    subject : str
        SOP Instance UID, or ``sha256:…`` of content without one, or ``path:…``, a keyed hash, of what cannot be opened.
    status : {"object", "duplicate", "not_dicom", "unreadable"}
        ``duplicate`` where the same object or content stands in another file.
    response_id : str
        Identity of the detector's response that it was measured with; empty without one.
    response_mode : str
        Detector and encoding that a response must be of to hold for it; empty where none can.
    """

    relative_path: str
    size: int
    mtime_ns: int
    digest: str
    subject: str
    status: FileStatus
    response_id: str = ""
    response_mode: str = ""

    def __post_init__(self) -> None:
        if self.status not in _STATUSES:
            raise InputError(f"file status {self.status!r}", needed="one of " + ", ".join(_STATUSES))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statements:
    """Inserts of one dialect, built once."""

    put_file: Insert
    put_object: ReturningInsert[Any]
    keep_equipment: Insert
    keep_outcomes: Insert
    keep_measurements: Insert
    keep_verdicts: Insert


@dataclass(frozen=True, slots=True)
class _Known:
    """An outcome that is stored already."""

    id: int
    plan_digest: str
    kind: str
    reason: str

    def gives_way_to(self, outcome: PackedOutcome) -> bool:
        return self.kind == "error" and (self.kind, self.reason) != (outcome.kind, outcome.reason)


_KNOWN_OBJECT: Final = select(OBJECTS.c.id, OBJECTS.c.exposure_key).where(OBJECTS.c.subject == bindparam("subject"))
_EQUIPMENT_ID: Final = select(EQUIPMENT.c.id).where(EQUIPMENT.c.identity == bindparam("identity"))
_OUTCOME_KEYS: Final = select(
    OUTCOMES.c.subject,
    OUTCOMES.c.procedure,
    OUTCOMES.c.algorithm_version,
    OUTCOMES.c.parameter_digest,
    OUTCOMES.c.id,
    OUTCOMES.c.plan_digest,
    OUTCOMES.c.kind,
    OUTCOMES.c.reason,
).where(OUTCOMES.c.subject.in_(bindparam("subjects", expanding=True)))
_OTHER_FILE: Final = (
    select(FILES.c.id)
    .where(FILES.c.subject == bindparam("subject"), FILES.c.status == "object")
    .where((FILES.c.archive_key != bindparam("archive_key")) | (FILES.c.relative_path != bindparam("relative_path")))
    .limit(1)
)
_HELD_OBJECT: Final = select(FILES.c.subject).where(
    FILES.c.archive_key == bindparam("archive_key"),
    FILES.c.relative_path == bindparam("relative_path"),
    FILES.c.status == "object",
)
_FIRST_DUPLICATE: Final = (
    select(FILES.c.id)
    .where(FILES.c.subject == bindparam("subject"), FILES.c.status == "duplicate")
    .order_by(FILES.c.id)
    .limit(1)
)


def _statements(dialect: str) -> _Statements:
    insert = postgresql.insert if dialect == "postgresql" else sqlite.insert

    def keep(table: Table) -> Insert:
        return insert(table).on_conflict_do_nothing()

    def put(table: Table, key: tuple[str, ...]) -> Insert:
        statement = insert(table)
        changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in ("id", *key)}
        return statement.on_conflict_do_update(index_elements=list(key), set_=changed)

    return _Statements(
        put_file=put(FILES, ("archive_key", "relative_path")),
        put_object=put(OBJECTS, ("subject",)).returning(OBJECTS.c.id),
        keep_equipment=keep(EQUIPMENT),
        keep_outcomes=keep(OUTCOMES),
        keep_measurements=keep(MEASUREMENTS),
        keep_verdicts=keep(VERDICTS),
    )


class Writer:
    """Puts rows into the tables of one store.

    Parameters
    ----------
    dialect : str
        Name of the database's SQL dialect.
    """

    def __init__(self, dialect: str) -> None:
        self._sql = _statements(dialect)
        self._equipment_ids: dict[str, int] = {}

    def forget(self) -> None:
        """Drop what was remembered of a transaction that was taken back."""
        self._equipment_ids.clear()

    def put_file(self, connection: Connection, *, archive_key: str, plan_digest: str, file: FileEntry) -> FileStatus:
        """Insert or update one row of the file index, and give its status: a second one of an object is a duplicate."""
        row: Row = {"archive_key": archive_key, "plan_digest": plan_digest}
        row |= {name: getattr(file, name) for name in FileEntry.__slots__}
        self._leave(connection, row)
        status = file.status
        if status == "object":
            place = {name: row[name] for name in ("subject", "archive_key", "relative_path")}
            if connection.execute(_OTHER_FILE, place).first() is not None:
                status = "duplicate"
        connection.execute(self._sql.put_file, row | {"status": status})
        return status

    def _leave(self, connection: Connection, row: Row) -> None:
        """Give an object that a file held before to the first of its duplicates, where the file holds another now."""
        held = connection.scalar(_HELD_OBJECT, {name: row[name] for name in ("archive_key", "relative_path")})
        if held is None or held == row["subject"]:
            return
        heir = connection.scalar(_FIRST_DUPLICATE, {"subject": held})
        if heir is not None:
            connection.execute(update(FILES).where(FILES.c.id == heir).values(status="object"))

    def put_object(
        self, connection: Connection, packed: PackedHeader, kind: str, *, population: Population, replace: bool
    ) -> int:
        """Insert an object, or replace its row, bring its exposure up to date, and give its id."""
        header = packed.header
        known = connection.execute(_KNOWN_OBJECT, {"subject": header.subject}).first()
        if known is not None and not replace:
            return int(known.id)
        equipment_id = self._equipment_id(connection, header.acquisition.equipment)
        before = frozenset() if known is None else exposure_of(connection, known.exposure_key)
        row = object_row(packed, kind, equipment_id, population)
        object_id: int = connection.execute(self._sql.put_object, row).scalars().one()
        settle(connection, stored_member(row), before=before)
        return object_id

    def object_id(self, connection: Connection, subject: str) -> int | None:
        """Id of an object that is known, else None."""
        return connection.execute(_KNOWN_OBJECT, {"subject": subject}).scalar()

    def add_outcomes(
        self,
        connection: Connection,
        outcomes: Sequence[PackedOutcome],
        *,
        run_id: int,
        object_id: int | None,
        plan_digest: str,
    ) -> int:
        """Insert what is new, supersede what else the subjects have under the plan, and give the number of the new.

        An error that was stored steps aside for whatever else comes in its place.
        """
        wanted: dict[_Key, PackedOutcome] = {}
        for outcome in outcomes:
            wanted.setdefault(outcome.key, outcome)
        known = self._known_outcomes(connection, wanted)
        for key in [key for key, outcome in wanted.items() if key in known and known[key].gives_way_to(outcome)]:
            aside = {"parameter_digest": f"{key[3]}~{known[key].id}~run {run_id}", "plan_digest": ""}
            connection.execute(update(OUTCOMES).where(OUTCOMES.c.id == known.pop(key).id).values(aside))
        moved = [known[key].id for key in wanted if key in known and known[key].plan_digest != plan_digest]
        superseded = [row.id for key, row in known.items() if key not in wanted and row.plan_digest == plan_digest]
        for rows, plan in ((moved, plan_digest), (superseded, "")):
            if rows:
                connection.execute(update(OUTCOMES).where(OUTCOMES.c.id.in_(rows)).values(plan_digest=plan))
        new = {key: outcome for key, outcome in wanted.items() if key not in known}
        if not new:
            return 0
        shared = {
            "run_id": run_id,
            "object_id": object_id,
            "plan_digest": plan_digest,
            "created_at": datetime.datetime.now(datetime.UTC),
        }
        connection.execute(self._sql.keep_outcomes, [outcome_row(outcome) | shared for outcome in new.values()])
        stored = self._known_outcomes(connection, new)
        measurements = [row for key, outcome in new.items() for row in measurement_rows(stored[key].id, outcome)]
        if measurements:
            connection.execute(self._sql.keep_measurements, measurements)
        verdicts = [row for key, outcome in new.items() for row in verdict_rows(stored[key].id, outcome.verdicts)]
        if verdicts:
            connection.execute(self._sql.keep_verdicts, verdicts)
        return len(new)

    def _known_outcomes(self, connection: Connection, keys: Mapping[_Key, object]) -> dict[_Key, _Known]:
        """Stored outcomes of the same subjects, by what they are unique by."""
        subjects = sorted({key[0] for key in keys})
        found = connection.execute(_OUTCOME_KEYS, {"subjects": subjects})
        return {(row[0], row[1], row[2], row[3]): _Known(*row[4:]) for row in found}

    def _equipment_id(self, connection: Connection, equipment: Equipment) -> int:
        row = equipment_row(equipment)
        identity = str(row["identity"])
        if identity not in self._equipment_ids:
            connection.execute(self._sql.keep_equipment, row)
            found = connection.execute(_EQUIPMENT_ID, {"identity": identity}).scalar_one()
            self._equipment_ids[identity] = int(found)
        return self._equipment_ids[identity]


def equipment_row(equipment: Equipment) -> Row:
    """Row of an equipment identity; software versions joined as DICOM joins them, by a backslash."""
    row: Row = {name: getattr(equipment, name) for name in Equipment.__slots__}
    row["software_versions"] = "\\".join(equipment.software_versions) or None
    canonical = json.dumps(row, sort_keys=True)
    return {"identity": hashlib.sha256(canonical.encode()).hexdigest(), **row}


def object_row(packed: PackedHeader, kind: str, equipment_id: int, population: Population) -> Row:
    """Row of an object as an exposure of its own, with its whole header as JSON."""
    header = packed.header
    acquisition = header.acquisition
    moment = acquisition.exposed_at
    offset = None if moment is None else moment.utcoffset()
    control = acquisition.quality_control_image
    row: Row = {"subject": header.subject, "kind": kind, "equipment_id": equipment_id}
    row |= {name: plain_number(getattr(header, name)) for name in _HEADER_COLUMNS}
    row |= {name: plain_number(getattr(acquisition, name)) for name in _ACQUISITION_COLUMNS}
    row["exposed_at"] = None if moment is None else moment.replace(tzinfo=None)
    row["utc_offset_min"] = None if offset is None else round(offset.total_seconds() / 60)
    row["quality_control"] = None if control is None else control.upper() == "YES"
    row["header_json"] = packed.text
    row |= {"own_population": population, "population": population, "exposure_key": header.subject}
    row["technique_key"] = technique_key(header) if population == "clinical" else None
    return row
