"""The writing half of a store: runs, and what became of each file."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import cast

from sqlalchemy import Engine, insert, select, update
from sqlalchemy.engine import URL

from xrayiq.errors import InputError
from xrayiq.model import ObjectHeader, Outcome, Population
from xrayiq.records.packing import PackedHeader, PackedOutcome, pack_header, pack_outcome
from xrayiq.records.session import Session
from xrayiq.records.tables import FILES, RUNS
from xrayiq.records.writing import FileEntry, FileStatus, Writer


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


class Recorder(Session):
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
        self._writer = Writer(engine.dialect.name)

    def _taken_back(self) -> None:
        self._writer.forget()

    def begin_run(
        self,
        *,
        archive_key: str,
        plan_digest: str,
        site_digest: str = "",
        kernel_digest: str = "",
        version: str,
        process: str = "",
    ) -> int:
        """Id of a new run, with status ``"running"`` until `finish_run`.

        Parameters
        ----------
        archive_key : str
            What stands for the archive; not its path.
        plan_digest : str
            Digest of all that decides what a run does with a file.
        site_digest, kernel_digest : str
            Digests of the site's settings and of the kernels.
        version : str
            Version of xrayiq.
        process : str
            Identity of the process that runs, for `end_killed_runs`.

        Returns
        -------
        int
            Its id.
        """
        row = {
            "started_at": datetime.datetime.now(datetime.UTC),
            "status": "running",
            "archive_key": archive_key,
            "xrayiq_version": version,
            "kernel_digest": kernel_digest,
            "plan_digest": plan_digest,
            "site_digest": site_digest,
            "counts": {},
            "process": process,
        }
        with self._write() as connection:
            key = cast(tuple[int], connection.execute(insert(RUNS).values(row)).inserted_primary_key)
        return key[0]

    def end_killed_runs(self, still_lives: Callable[[str], bool]) -> None:
        """Give runs that never said how they ended the status ``"killed"``; when that was, nobody knows.

        Parameters
        ----------
        still_lives : callable
            Whether a process, as given to `begin_run`, lives.
        """
        running = select(RUNS.c.id, RUNS.c.process).where(RUNS.c.status == "running")
        with self._read() as connection:
            found = connection.execute(running).all()
        killed = [row.id for row in found if not still_lives(row.process)]
        if killed:
            with self._write() as connection:
                named = update(RUNS).where(RUNS.c.id.in_(killed), RUNS.c.status == "running")
                connection.execute(named.values(status="killed"))

    def finish_run(self, run_id: int, *, status: str, counts: Mapping[str, int]) -> None:
        """Record how a run ended.

        Parameters
        ----------
        run_id : int
            From `begin_run`.
        status : str
            For example ``"finished"`` or ``"interrupted"``.
        counts : mapping of str to int
            What it saw and stored.

        Raises
        ------
        InputError
            There is no such run.
        """
        row = {
            "status": status,
            "counts": {str(name): int(number) for name, number in counts.items()},
            "finished_at": datetime.datetime.now(datetime.UTC),
        }
        with self._write() as connection:
            changed = connection.execute(update(RUNS).where(RUNS.c.id == run_id).values(row)).rowcount
        if changed != 1:
            raise InputError(f"run {run_id}", needed="an id from begin_run")

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
        return StoredFile(status=status, new_outcomes=new)
