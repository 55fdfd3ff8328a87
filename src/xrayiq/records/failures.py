"""What ended in an error and may be tried again."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import exists, select

from xrayiq.records.session import Session
from xrayiq.records.tables import FILES, OUTCOMES, SETS


class FailureReader(Session):
    """The part of a store that tells which files and sets have an error among their outcomes."""

    def failed_files(self, archive_key: str, plan_digest: str, relative_paths: Sequence[str]) -> set[str]:
        """Which of some files have an error among their outcomes in force.

        Parameters
        ----------
        archive_key, plan_digest : str
            As given to `begin_run`.
        relative_paths : sequence of str
            Some hundred files of the archive.

        Returns
        -------
        set of str
            Their relative paths, without those of duplicates; one query.
        """
        failed = exists().where(
            OUTCOMES.c.subject == FILES.c.subject,
            OUTCOMES.c.plan_digest == FILES.c.plan_digest,
            OUTCOMES.c.kind == "error",
        )
        query = select(FILES.c.relative_path).where(
            FILES.c.archive_key == archive_key,
            FILES.c.plan_digest == plan_digest,
            FILES.c.relative_path.in_(list(relative_paths)),
            FILES.c.status != "duplicate",
            failed,
        )
        with self._read() as connection:
            return set(connection.scalars(query))

    def has_failed_set(self, subject: str, plan_digest: str) -> bool:
        """Whether an outcome of a set, in force under a plan, is an error.

        Parameters
        ----------
        subject, plan_digest : str
            The set and the plan.

        Returns
        -------
        bool
            True if measuring it again may give more.
        """
        sets = select(SETS.c.subjects).where(SETS.c.subject == subject, SETS.c.plan_digest == plan_digest)
        with self._read() as connection:
            subjects = sorted({name for row in connection.execute(sets) for name in row.subjects})
            failed = (OUTCOMES.c.kind == "error") & (OUTCOMES.c.plan_digest == plan_digest)
            found = select(OUTCOMES.c.id).where(OUTCOMES.c.subject.in_(subjects), failed).limit(1)
            return connection.scalar(found) is not None
