"""Files and objects into a store, as often as one likes."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.dml import ReturningInsert

from xrayiq.model import Equipment, Population
from xrayiq.records.exposures import exposure_of, settle, stored_member
from xrayiq.records.file_entries import FileEntry, FileStatus
from xrayiq.records.object_rows import equipment_row, object_row
from xrayiq.records.outcome_rows import Row
from xrayiq.records.outcome_writing import OutcomeWriter
from xrayiq.records.packing import PackedHeader
from xrayiq.records.sealed_forms import FILE, OBJECT, UNIT, Sealed
from xrayiq.records.sealing import NewRow, Sealer
from xrayiq.records.tables import EQUIPMENT, FILES, OBJECTS

_KNOWN_OBJECT: Final = select(OBJECTS.c.id, OBJECTS.c.exposure_key).where(OBJECTS.c.subject == bindparam("subject"))
_EQUIPMENT_ID: Final = select(EQUIPMENT.c.id).where(EQUIPMENT.c.identity == bindparam("identity"))
_OTHER_FILE: Final = (
    select(FILES.c.id)
    .where(FILES.c.subject == bindparam("subject"), FILES.c.status == "object")
    .where((FILES.c.archive_key != bindparam("archive_key")) | (FILES.c.relative_path != bindparam("relative_path")))
    .limit(1)
)
_AT_PLACE: Final = select(FILES.c.subject, FILES.c.status).where(
    FILES.c.archive_key == bindparam("archive_key"), FILES.c.relative_path == bindparam("relative_path")
)
_FIRST_DUPLICATE: Final = (
    select(FILES)
    .where(FILES.c.subject == bindparam("subject"), FILES.c.status == "duplicate")
    .order_by(FILES.c.id)
    .limit(1)
)


class Writer(OutcomeWriter):
    """Puts rows into the tables of one store.

    Parameters
    ----------
    dialect : str
        Name of the database's SQL dialect.
    sealer : Sealer
        Seals what is written.
    """

    def __init__(self, dialect: str, sealer: Sealer) -> None:
        super().__init__(dialect, sealer)
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert

        def put(table: Table, *key: str) -> ReturningInsert[Any]:
            statement = insert(table)
            changed = {c.name: statement.excluded[c.name] for c in table.columns if c.name not in ("id", *key)}
            return statement.on_conflict_do_update(index_elements=list(key), set_=changed).returning(table.c.id)

        self._put_file = put(FILES, "archive_key", "relative_path")
        self._put_object = put(OBJECTS, "subject")
        self._keep_equipment = insert(EQUIPMENT).on_conflict_do_nothing().returning(EQUIPMENT.c.id)
        self._equipment_ids: dict[str, int] = {}

    def forget(self) -> None:
        """Drop what was remembered of a transaction that was taken back."""
        super().forget()
        self._equipment_ids.clear()

    def put_file(self, connection: Connection, *, archive_key: str, plan_digest: str, file: FileEntry) -> FileStatus:
        """Insert or update one row of the file index, and give its status: a second one of an object is a duplicate."""
        row: Row = {"archive_key": archive_key, "plan_digest": plan_digest}
        row |= {name: getattr(file, name) for name in FileEntry.__slots__}
        place = {name: row[name] for name in ("archive_key", "relative_path")}
        before = connection.execute(_AT_PLACE, place).first()
        if before is not None and before.status == "object" and before.subject != row["subject"]:
            self._bequeath(connection, before.subject)
        status = file.status
        others = place | {"subject": row["subject"]}
        if status == "object" and connection.execute(_OTHER_FILE, others).first() is not None:
            status = "duplicate"
        row["status"] = status
        row["seal"] = self._sealer.state(FILE, "seal", row)
        file_id: int = connection.execute(self._put_file, row).scalars().one()
        if before is None:
            self.to_seal(FILE, file_id, row)
        return status

    def _bequeath(self, connection: Connection, subject: str) -> None:
        """Give an object that a file held before, which holds another now, to the first of its duplicates."""
        heir = connection.execute(_FIRST_DUPLICATE, {"subject": subject}).mappings().first()
        if heir is not None:
            seal = self._sealer.state(FILE, "seal", {**heir, "status": "object"})
            connection.execute(update(FILES).where(FILES.c.id == heir["id"]).values(status="object", seal=seal))

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
        row |= {column: self._sealer.state(OBJECT, column, row) for column in OBJECT.states}
        object_id: int = connection.execute(self._put_object, row).scalars().one()
        if known is None:
            self.to_seal(OBJECT, object_id, row)
        settle(connection, stored_member(row), self._sealer, before=before)
        return object_id

    def object_id(self, connection: Connection, subject: str) -> int | None:
        """Id of an object that is known, else None."""
        return connection.execute(_KNOWN_OBJECT, {"subject": subject}).scalar()

    def _equipment_id(self, connection: Connection, equipment: Equipment) -> int:
        row = equipment_row(equipment)
        identity = str(row["identity"])
        if identity not in self._equipment_ids:
            new = connection.scalar(self._keep_equipment, row)
            if new is not None:
                self.to_seal(UNIT, new, row)
            found = new or connection.execute(_EQUIPMENT_ID, {"identity": identity}).scalar_one()
            self._equipment_ids[identity] = int(found)
        return self._equipment_ids[identity]

    def to_seal(self, sealed: Sealed, row_id: int, row: Row) -> None:
        """Remember a new row for `seal`."""
        self._unsealed.append(NewRow(kind=sealed.kind, row_id=row_id, content=sealed.lasting(row)))
