"""The writing side of a run: what workers hand back goes into the store, a group of files at a time."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from xrayiq.batch.scored_file import PackedFile, UnchangedFile
from xrayiq.errors import note_later
from xrayiq.records import FileStatus, Records, StoredFile, pack_header

#: files written to the store in one transaction
_FILES_PER_COMMIT: Final = 50
#: longest time that files which come in wait for others to be written with
_SECONDS_PER_COMMIT: Final = 5.0


class FileKeeper:
    """Writes the files of one archive under one run, in the order in which they come.

    Parameters
    ----------
    records : Records
        The store.
    run_id : int
        The run.
    archive_key, plan_digest : str
        The archive, and the plan that its files are dealt with under.
    stored : callable
        Called with each scored file, and what it is to the store, once it is there.
    """

    def __init__(
        self,
        records: Records,
        *,
        run_id: int,
        archive_key: str,
        plan_digest: str,
        stored: Callable[[PackedFile, FileStatus], None],
    ) -> None:
        self._records = records
        self._run_id = run_id
        self._archive_key = archive_key
        self._plan_digest = plan_digest
        self._stored = stored
        self._waiting: list[PackedFile | UnchangedFile] = []
        self._written_s = time.monotonic()
        self._refused = False
        self.new_outcomes = 0

    def add(self, file: PackedFile | UnchangedFile) -> None:
        """Take one more file; a full group is written, and one that has waited for some seconds."""
        self._waiting.append(file)
        waited_s = time.monotonic() - self._written_s
        if len(self._waiting) >= _FILES_PER_COMMIT or waited_s >= _SECONDS_PER_COMMIT:
            self.write()

    def write(self) -> None:
        """Write what waits, all or nothing."""
        stored: list[tuple[PackedFile, StoredFile]] = []
        self._refused = True
        with self._records.transaction():
            for file in self._waiting:
                if isinstance(file, UnchangedFile):
                    place = file.file
                    self._records.touch_file(self._archive_key, place.relative_path, mtime_ns=place.mtime_ns)
                else:
                    apart = self._told_apart(file)
                    stored.append((apart, self._write(apart)))
        self._refused = False
        self._waiting.clear()
        self._written_s = time.monotonic()
        self.new_outcomes += sum(done.new_outcomes for _, done in stored)
        for file, done in stored:
            self._stored(file, done.status)

    def write_after(self, first: BaseException) -> None:
        """Write what waits though something has failed, which is what is told, unless it was the writing itself."""
        if self._refused:
            return
        try:
            self.write()
        except Exception as error:  # noqa: BLE001 - it is a note of the first
            note_later(first, error, doing="storing what was measured last")

    def _write(self, file: PackedFile) -> StoredFile:
        return self._records.add(
            self._run_id,
            archive_key=self._archive_key,
            plan_digest=self._plan_digest,
            file=file.entry,
            header=file.header,
            kind=file.kind,
            outcomes=file.outcomes,
            population=file.population,
        )

    def _told_apart(self, file: PackedFile) -> PackedFile:
        """The file as it is, or keyed by its content where another object already bears its SOP Instance UID.

        Copies of one object differ at most in who the patient is and how pixels are encoded. Where equipment, time,
        technique or indicators differ, two objects share a UID by mistake and both are kept.
        """
        entry, packed = file.entry, file.header
        if packed is None or entry.status != "object" or entry.subject == entry.digest:
            return file
        known = self._records.header(entry.subject)
        if known is None or known.acquisition == packed.header.acquisition:
            return file
        if self._records.object_path(self._archive_key, entry.subject) in (None, entry.relative_path):
            return file
        return replace(
            file,
            entry=replace(entry, subject=entry.digest),
            header=pack_header(replace(packed.header, subject=entry.digest)),
            outcomes=tuple(replace(outcome, subject=entry.digest) for outcome in file.outcomes),
        )
