"""How many files, outcomes and verdicts there are, as the store stands now."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, exists, func, select, tuple_

from xrayiq.records.all_verdicts import ALL_VERDICTS
from xrayiq.records.tables import FILES, OBJECTS, OUTCOMES


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveStatus:
    """An archive as it stands under one plan.

    Parameters
    ----------
    files : mapping of str to int
        Files by status.
    outcomes : mapping of str to int
        Outcomes of their subjects by kind.
    verdicts : mapping of str to int
        Verdicts by status.
    populations : mapping of str to int
        Objects by what they count as; one of each exposure of a patient is ``"clinical"``.
    unmeasured : int
        Outcomes that are not measured for another reason than the expected ones.
    """

    files: Mapping[str, int]
    outcomes: Mapping[str, int]
    verdicts: Mapping[str, int]
    populations: Mapping[str, int]
    unmeasured: int


def in_force() -> ColumnElement[bool]:
    """Whether an outcome belongs to the plan that its subject's file was last dealt with; `OBJECTS` must be joined."""
    subject = func.coalesce(OBJECTS.c.subject, OUTCOMES.c.subject)
    return exists().where(FILES.c.subject == subject, FILES.c.plan_digest == OUTCOMES.c.plan_digest)


def with_objects(query: Select[Any]) -> Select[Any]:
    """Outcomes with the object that they belong to, if there is one."""
    return query.outerjoin(OBJECTS, OUTCOMES.c.object_id == OBJECTS.c.id)


def count_outcomes(connection: Connection) -> dict[tuple[str, str], int]:
    """Outcomes in force by (procedure, kind)."""
    query = with_objects(select(OUTCOMES.c.procedure, OUTCOMES.c.kind, func.count()).select_from(OUTCOMES))
    query = query.where(in_force()).group_by(OUTCOMES.c.procedure, OUTCOMES.c.kind)
    rows = connection.execute(query.order_by(OUTCOMES.c.procedure, OUTCOMES.c.kind))
    return {(procedure, kind): number for procedure, kind, number in rows}


def count_verdicts(connection: Connection) -> dict[str, int]:
    """Verdicts of outcomes in force by status."""
    query = select(ALL_VERDICTS.c.status, func.count()).select_from(ALL_VERDICTS)
    query = with_objects(query.join(OUTCOMES, ALL_VERDICTS.c.outcome_id == OUTCOMES.c.id)).where(in_force())
    return _counts(connection, query.group_by(ALL_VERDICTS.c.status).order_by(ALL_VERDICTS.c.status))


def archive_status(
    connection: Connection, archive_keys: Sequence[str], *, plan_digest: str, expected: Collection[tuple[str, str]]
) -> ArchiveStatus:
    """Counts of archives; see `Records.archive_status`."""
    of_archive = FILES.c.archive_key.in_(archive_keys) & (FILES.c.plan_digest == plan_digest)
    subjects = select(FILES.c.subject).where(of_archive)
    of_objects = select(OBJECTS.c.id).where(OBJECTS.c.subject.in_(subjects))
    counted = OUTCOMES.c.subject.in_(subjects) | OUTCOMES.c.object_id.in_(of_objects)
    counted &= OUTCOMES.c.plan_digest == plan_digest
    files = select(FILES.c.status, func.count()).where(of_archive)
    populations = select(OBJECTS.c.population, func.count()).where(OBJECTS.c.subject.in_(subjects))
    outcomes = select(OUTCOMES.c.kind, func.count()).where(counted)
    verdicts = select(ALL_VERDICTS.c.status, func.count()).join(OUTCOMES, ALL_VERDICTS.c.outcome_id == OUTCOMES.c.id)
    unmeasured = select(func.count()).where(counted, _should_be_measured(expected))
    return ArchiveStatus(
        files=_counts(connection, files.group_by(FILES.c.status).order_by(FILES.c.status)),
        outcomes=_counts(connection, outcomes.group_by(OUTCOMES.c.kind).order_by(OUTCOMES.c.kind)),
        verdicts=_counts(
            connection, verdicts.where(counted).group_by(ALL_VERDICTS.c.status).order_by(ALL_VERDICTS.c.status)
        ),
        populations=_counts(connection, populations.group_by(OBJECTS.c.population).order_by(OBJECTS.c.population)),
        unmeasured=int(connection.execute(unmeasured).scalar_one()),
    )


def unmeasured_subjects(
    connection: Connection, procedures: Collection[str], *, expected: Collection[tuple[str, str]]
) -> set[str]:
    """Objects that should be measurable and are not; see `Records.unmeasured_subjects`."""
    query = select(OBJECTS.c.subject).join(OUTCOMES, OUTCOMES.c.object_id == OBJECTS.c.id).distinct()
    query = query.where(_should_be_measured(expected), in_force())
    if procedures:
        query = query.where(OUTCOMES.c.procedure.in_(sorted(procedures)))
    return set(connection.execute(query).scalars())


def _should_be_measured(expected: Collection[tuple[str, str]]) -> ColumnElement[bool]:
    """Whether an outcome is not measured for another reason than the expected ones."""
    return and_(
        OUTCOMES.c.kind != "measured",
        OUTCOMES.c.reason.not_in(sorted(reason for procedure, reason in expected if not procedure)),
        tuple_(OUTCOMES.c.procedure, OUTCOMES.c.reason).not_in(sorted(pair for pair in expected if pair[0])),
    )


def _counts(connection: Connection, query: Select[Any]) -> dict[str, int]:
    return {str(name): int(number) for name, number in connection.execute(query)}
