"""The record store: written by runs, read as frames and results."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from xrayiq.model import ObjectHeader, Result, Verification
from xrayiq.records import counting, reading
from xrayiq.records.counting import ArchiveStatus
from xrayiq.records.failures import FailureReader
from xrayiq.records.history import HistoryReader
from xrayiq.records.judgements import JudgementRecorder
from xrayiq.records.reading import KnownFile, StoredResult
from xrayiq.records.set_recording import SetRecorder
from xrayiq.records.tables import FILES, OBJECTS

if TYPE_CHECKING:
    import pandas as pd


class Records(SetRecorder, JudgementRecorder, FailureReader, HistoryReader):
    """A record store; `open_records` opens one.

    Every writing method is one transaction, or part of the open one of `transaction`. One thread uses one `Records`.

    Parameters
    ----------
    engine : Engine
        Connected to tables of this version.
    address : URL
        Where it is connected to.
    """

    def verify(self, head: str | None = None, *, progress: Callable[[int, int], None] | None = None) -> Verification:
        """Examine every row: what was altered, removed, inserted or moved since xrayiq wrote it.

        Parameters
        ----------
        head : str, optional
            As an earlier report or sign-off printed it: tells whether the end of the audit trail was cut off.
        progress : callable, optional
            Called with the number of rows done and of all.

        Returns
        -------
        Verification
            What was found. A page of rows at a time is in memory.

        Raises
        ------
        InputError
            `head` is none, or the key file cannot be used.
        """
        from xrayiq.records.verifying import verify  # not for a run

        with self._snapshot() as connection:
            return verify(connection, self._sealer, head=head, progress=progress)

    def known_files(self, archive_key: str, plan_digest: str, relative_paths: Sequence[str]) -> dict[str, KnownFile]:
        """Which of some files this plan has dealt with, and as what.

        Parameters
        ----------
        archive_key, plan_digest : str
            As given to `begin_run`.
        relative_paths : sequence of str
            Some hundred files of the archive.

        Returns
        -------
        dict of str to KnownFile
            By relative path; one query.
        """
        query = select(FILES.c.relative_path, FILES.c.size, FILES.c.mtime_ns, FILES.c.digest).where(
            FILES.c.archive_key == archive_key,
            FILES.c.plan_digest == plan_digest,
            FILES.c.relative_path.in_(list(relative_paths)),
        )
        with self._read() as connection:
            return {
                row.relative_path: KnownFile(size=row.size, mtime_ns=row.mtime_ns, digest=row.digest)
                for row in connection.execute(query)
            }

    def subject_of_digest(self, digest: str) -> str | None:
        """Subject of a file with this content.

        Parameters
        ----------
        digest : str
            Content digest, ``sha256:…``.

        Returns
        -------
        str or None
            None where there is no such file.
        """
        with self._read() as connection:
            return connection.scalar(select(FILES.c.subject).where(FILES.c.digest == digest).limit(1))

    def object_path(self, archive_key: str, subject: str) -> str | None:
        """Relative path of the file that an object of the archive was taken from.

        Parameters
        ----------
        archive_key, subject : str
            The archive and the object.

        Returns
        -------
        str or None
            None where the archive has no such object.
        """
        query = select(FILES.c.relative_path).where(
            FILES.c.archive_key == archive_key, FILES.c.subject == subject, FILES.c.status == "object"
        )
        with self._read() as connection:
            return connection.scalar(query.order_by(FILES.c.id).limit(1))

    def has_subject(self, subject: str) -> bool:
        """Whether an object is known.

        Parameters
        ----------
        subject : str
            Its SOP Instance UID, or the digest that stands for it.

        Returns
        -------
        bool
            True if it has a row.
        """
        with self._read() as connection:
            return connection.scalar(select(OBJECTS.c.id).where(OBJECTS.c.subject == subject)) is not None

    def header(self, subject: str) -> ObjectHeader | None:
        """Whole header of an object.

        Parameters
        ----------
        subject : str
            Its SOP Instance UID, or the digest that stands for it.

        Returns
        -------
        ObjectHeader or None
            None where it is not known.
        """
        with self._read() as connection:
            return reading.load_header(connection, subject)

    def told_by_headers(self, subjects: Sequence[str], names: Sequence[str]) -> dict[str, dict[str, Any]]:
        """Some attributes of the acquisitions of some objects.

        Parameters
        ----------
        subjects : sequence of str
            Objects.
        names : sequence of str
            Fields of `Acquisition`.

        Returns
        -------
        dict of str to dict
            By subject, the fields as the header's JSON has them; None where it is silent.
        """
        with self._read() as connection:
            return reading.told_by_headers(connection, subjects, names)

    def outcome_counts(self) -> dict[tuple[str, str], int]:
        """Number of outcomes in force by (procedure, kind)."""
        with self._read() as connection:
            return counting.count_outcomes(connection)

    def verdict_counts(self) -> dict[str, int]:
        """Number of verdicts in force by status."""
        with self._read() as connection:
            return counting.count_verdicts(connection)

    def archive_status(
        self, archive_keys: Sequence[str], *, plan_digest: str, expected: Collection[tuple[str, str]] = ()
    ) -> ArchiveStatus:
        """Counts of archives as they stand under a plan, whichever run scored what.

        Parameters
        ----------
        archive_keys : sequence of str
            The archives.
        plan_digest : str
            Only what belongs to this plan counts.
        expected : collection of (str, str)
            Procedure (empty for any) and reason for not measuring, where that says nothing against an object.

        Returns
        -------
        ArchiveStatus
            Files by status, outcomes by kind, verdicts by status, and how many should be measurable and are not.
        """
        with self._read() as connection:
            return counting.archive_status(connection, archive_keys, plan_digest=plan_digest, expected=expected)

    def unmeasured_subjects(
        self, procedures: Collection[str] = (), *, expected: Collection[tuple[str, str]] = ()
    ) -> set[str]:
        """Objects that should have been measured by one of some procedures and were not, as the store stands now.

        Parameters
        ----------
        procedures : collection of str
            Their names; empty for any.
        expected : collection of (str, str)
            As in `archive_status`.

        Returns
        -------
        set of str
            Their subjects.
        """
        with self._read() as connection:
            return counting.unmeasured_subjects(connection, procedures, expected=expected)

    def frame(self, name: str, *, superseded: bool = False, columns: Sequence[str] = ()) -> pd.DataFrame:
        """One table as a frame; measurements and verdicts with their outcome, object and equipment beside them.

        Parameters
        ----------
        name : str
            ``"runs"``, ``"equipment"``, ``"objects"``, ``"exposures"``, ``"files"``, ``"outcomes"``,
            ``"dose_events"``, ``"rejects"``, ``"measurements"``, ``"verdicts"``, ``"sets"`` or ``"responses"``.
            ``"exposures"`` are the images among the objects with what audits group and weigh by; those whose
            `population` is ``"clinical"`` count. ``"dose_events"`` are the irradiation events of dose reports and, with
            `source` ``"mpps"``, the exposures of performed procedure steps; ``"rejects"`` the exposures that key
            objects and makers' logs tell of.
        superseded : bool
            Also outcomes, measurements and verdicts of earlier settings or versions, where the same file has since
            been scored under others.
        columns : sequence of str
            Only these; all without.

        Returns
        -------
        pandas.DataFrame
            The same columns and dtypes however many rows there are. `exposed_at` is the reading of the modality's
            clock, every other time is UTC. Only ``"files"`` holds paths: do not pass it on.

        Raises
        ------
        InputError
            There is no such frame or column.
        """
        from xrayiq.records.frames import read_frame  # pandas loads when a frame is asked for, not for a run

        with self._read() as connection:
            return read_frame(connection, name, superseded=superseded, columns=columns)

    def results(
        self,
        types: Mapping[str, type[Result]],
        *,
        procedure: str | None = None,
        superseded: bool = False,
        subjects: Sequence[str] | None = None,
    ) -> Iterator[StoredResult]:
        """Stored results, one by one in the order of their writing.

        Parameters
        ----------
        types : mapping of str to type
            Result class by its name.
        procedure : str, optional
            Only those of one procedure.
        superseded : bool
            Also those of earlier settings or versions; see `frame`.
        subjects : sequence of str, optional
            Only those of these, some hundreds at most.

        Yields
        ------
        StoredResult
            Result with subject, equipment and times. A few at a time are in memory.

        Raises
        ------
        RecordsError
            A result's class is not in `types`, or the stored form does not fit it.
        """
        query = reading.results_query(procedure=procedure, superseded=superseded, subjects=subjects)
        after: int | None = 0
        while after is not None:
            with self._read() as connection:  # not open while the caller works: a page is a whole read
                page, after = reading.read_page(connection, query, after)
            for row in page:
                yield reading.stored_result(row, types)

    def load_result(self, outcome_id: int, types: Mapping[str, type[Result]]) -> StoredResult:
        """One stored result.

        Parameters
        ----------
        outcome_id : int
            Row of the outcome, as in the frames.
        types : mapping of str to type
            Result class by its name.

        Returns
        -------
        StoredResult
            Equal to what was stored, arrays bit for bit.

        Raises
        ------
        InputError
            There is no such outcome, or it has no result.
        RecordsError
            Its class is not in `types`, or the stored form does not fit it.
        """
        with self._read() as connection:
            return reading.load_result(connection, outcome_id, types)
