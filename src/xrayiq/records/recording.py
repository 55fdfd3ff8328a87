"""The writing half of a store: what became of each file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Engine, select, update
from sqlalchemy.engine import URL

from xrayiq.model import ObjectHeader, Outcome, Population
from xrayiq.records.file_entries import FileEntry, FileStatus
from xrayiq.records.packing import PackedHeader, PackedOutcome, pack_header, pack_outcome
from xrayiq.records.run_recording import RunRecorder
from xrayiq.records.tables import FILES
from xrayiq.records.writing import Writer


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """What the store made of a file.

    Parameters
    ----------
    status : {"object", "duplicate", "not_dicom", "unreadable"}
        As in the index; an object that another file holds already is a ``"duplicate"``.
    new_outcomes : int
        Outcomes that were not there before.
    """

    status: FileStatus
    new_outcomes: int


class Recorder(RunRecorder):
    """An open store that runs write to; every method is kept whole or not at all.

    Parameters
    ----------
    engine : Engine
        Connected to tables of this version.
    address : URL
        Where it is connected to.
    """

    def __init__(self, engine: Engine, address: URL) -> None:
        super().__init__(engine, address)
        self._writer = Writer(engine.dialect.name, self._sealer)

    def _taken_back(self) -> None:
        self._writer.forget()

    def file_number(self, archive_key: str, relative_path: str) -> int | None:
        """Row of a file in the index.

        Parameters
        ----------
        archive_key, relative_path : str
            The file.

        Returns
        -------
        int or None
            Its id, as in the frame ``"files"``; None where the index does not know it.
        """
        place = (FILES.c.archive_key == archive_key) & (FILES.c.relative_path == relative_path)
        with self._read() as connection:
            return connection.scalar(select(FILES.c.id).where(place))

    def touch_file(self, archive_key: str, relative_path: str, *, mtime_ns: int) -> None:
        """Note a new time of change of a file whose content is what it was.

        Parameters
        ----------
        archive_key, relative_path : str
            The file.
        mtime_ns : int
            Time of its last change, ns.
        """
        place = (FILES.c.archive_key == archive_key) & (FILES.c.relative_path == relative_path)
        with self._write() as connection:
            connection.execute(update(FILES).where(place).values(mtime_ns=mtime_ns))

    def add(
        self,
        run_id: int,
        *,
        archive_key: str,
        plan_digest: str,
        file: FileEntry,
        header: ObjectHeader | PackedHeader | None,
        kind: str,
        outcomes: Sequence[Outcome | PackedOutcome],
        population: Population = "not_classed",
    ) -> StoredFile:
        """Store what became of one file, and tell what it is to the store.

        Doing it again changes nothing: the rows of the file and object are replaced by the same, and an outcome whose
        subject, procedure, algorithm version and parameter digest are stored already stays as it was.

        Parameters
        ----------
        run_id : int
            From `begin_run`.
        archive_key, plan_digest : str
            As given to `begin_run`.
        file : FileEntry
            The file.
        header : ObjectHeader, PackedHeader or None
            None for what is no object. That of a duplicate is kept only if the object is new.
        kind : str
            What the object was recognised as.
        outcomes : sequence of Outcome or PackedOutcome
            `pack_outcome`, and `pack_header` for the header, in a worker spares the writing process the packing.
        population : str
            What the object counts as by itself. Of ``"clinical"`` objects of one exposure (`exposure_roles`) one stays
            so, the others become its ``"twin"`` or ``"copy"``.

        Returns
        -------
        StoredFile
            Its status, and how many of its outcomes are new.

        Raises
        ------
        InputError
            A measurement is not on the closed list of quantities; nothing was written.
        RecordsError
            The database refuses.
        """
        packed = [outcome if isinstance(outcome, PackedOutcome) else pack_outcome(outcome) for outcome in outcomes]
        with self._write() as connection:
            writer = self._writer
            status = writer.put_file(connection, archive_key=archive_key, plan_digest=plan_digest, file=file)
            object_id: int | None
            if header is not None:
                again = file.status != "duplicate"
                packed_header = header if isinstance(header, PackedHeader) else pack_header(header)
                object_id = writer.put_object(connection, packed_header, kind, population=population, replace=again)
            else:
                object_id = writer.object_id(connection, file.subject)
            new = writer.add_outcomes(connection, packed, run_id=run_id, object_id=object_id, plan_digest=plan_digest)
            writer.seal(connection, run_id)
        return StoredFile(status=status, new_outcomes=new)
