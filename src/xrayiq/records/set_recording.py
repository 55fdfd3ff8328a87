"""Acquisition sets and responses in a store: what a run needs to plan them, and what it found."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import Select, insert, select, update

from xrayiq.model import DetectorResponse, ObjectHeader, Outcome, Response
from xrayiq.model.response import ResponseModel
from xrayiq.records.packing import pack_outcome, unpack_value
from xrayiq.records.recording import Recorder
from xrayiq.records.tables import FILES, OBJECTS, OUTCOMES, RESPONSES, SETS

#: rows of a query that are in memory at a time
_PAGE: Final = 500
_COEFFICIENTS: Final = ("model", "a", "b", "c", "kerma_min_ugy", "kerma_max_ugy")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndexedObject:
    """An object of an archive with the file that it was taken from.

    Parameters
    ----------
    header : ObjectHeader
        Its header.
    kind : str
        What it was recognised as.
    relative_path : str
        Its file below the archive's root.
    """

    header: ObjectHeader
    kind: str
    relative_path: str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SetEntry:
    """An acquisition set with its outcomes, ready for the store.

    Parameters
    ----------
    subject, group_key : str
        Identity of the set, and of all sets that supersede each other.
    day : date
        Day of the exposures.
    beam : str
        Standard beam, or empty.
    anchor : str
        Subject of the first member, whose unit and time are the set's.
    response_id : str
        Identity of the response that was given to it; empty where it tells its own.
    members : sequence of (str, float or None, str)
        Subject, kerma in µGy and source of the kerma of each member.
    outcomes : sequence of Outcome
        What was measured.
    """

    subject: str
    group_key: str
    day: datetime.date
    beam: str
    anchor: str
    response_id: str
    members: Sequence[tuple[str, float | None, str]]
    outcomes: Sequence[Outcome]


class SetRecorder(Recorder):
    """The part of a store that holds acquisition sets and responses."""

    def indexed_objects(self, archive_key: str, plan_digest: str, *, kinds: Sequence[str]) -> Iterator[IndexedObject]:
        """Objects of some kinds of an archive, in the order of the index.

        Parameters
        ----------
        archive_key, plan_digest : str
            As given to `begin_run`.
        kinds : sequence of str
            Kinds of object.

        Yields
        ------
        IndexedObject
            A page of them at a time is in memory.
        """
        query = (
            select(OBJECTS.c.header_json, OBJECTS.c.kind, FILES.c.relative_path, FILES.c.id)
            .join(FILES, FILES.c.subject == OBJECTS.c.subject)
            .where(FILES.c.archive_key == archive_key, FILES.c.plan_digest == plan_digest, FILES.c.status == "object")
            .where(OBJECTS.c.kind.in_(list(kinds)))
            .order_by(FILES.c.id)
            .limit(_PAGE)
        )
        yield from self._pages(query)

    def _pages(self, query: Select[Any]) -> Iterator[IndexedObject]:
        after = 0
        while True:
            with self._read() as connection:
                rows = connection.execute(query.where(FILES.c.id > after)).all()
            for row in rows:
                yield IndexedObject(
                    header=unpack_value(ObjectHeader, row.header_json, None, source="index"),
                    kind=row.kind,
                    relative_path=row.relative_path,
                )
            if len(rows) < _PAGE:
                return
            after = rows[-1].id

    def files_without(self, archive_key: str, plan_digest: str, valid: DetectorResponse) -> list[str]:
        """Files of an archive that a response holds for and that were not measured with it.

        Parameters
        ----------
        archive_key, plan_digest : str
            As given to `begin_run`.
        valid : DetectorResponse
            The response and the days it is valid for.

        Returns
        -------
        list of str
            Their relative paths.
        """
        query = (
            select(FILES.c.relative_path)
            .join(OBJECTS, OBJECTS.c.subject == FILES.c.subject)
            .where(FILES.c.archive_key == archive_key, FILES.c.plan_digest == plan_digest, FILES.c.status == "object")
            .where(FILES.c.response_mode == valid.mode, FILES.c.response_id != valid.response.id)
            .where(OBJECTS.c.exposed_at >= datetime.datetime.combine(valid.valid_from, datetime.time()))
        )
        if valid.valid_until is not None:
            query = query.where(OBJECTS.c.exposed_at < datetime.datetime.combine(valid.valid_until, datetime.time()))
        with self._read() as connection:
            return [str(path) for path in connection.scalars(query.order_by(FILES.c.id))]

    def has_set(self, group_key: str, subject: str, plan_digest: str, response_id: str = "") -> bool:
        """Whether the last set of a group is this one, measured under this plan with this response.

        Parameters
        ----------
        group_key, subject, plan_digest, response_id : str
            The group, the set, the plan and the response.

        Returns
        -------
        bool
            True if there is nothing to measure again.
        """
        query = select(SETS.c.subject, SETS.c.plan_digest, SETS.c.response_id).where(SETS.c.group_key == group_key)
        with self._read() as connection:
            row = connection.execute(query.order_by(SETS.c.id.desc()).limit(1)).first()
        return row is not None and tuple(row) == (subject, plan_digest, response_id)

    def newest_set(self) -> str:
        """Subject of the set that was stored last; empty where there is none."""
        with self._read() as connection:
            return connection.scalar(select(SETS.c.subject).order_by(SETS.c.id.desc()).limit(1)) or ""

    def add_set(
        self,
        run_id: int,
        entry: SetEntry,
        *,
        plan_digest: str,
        mode: str | None = None,
        response: Response | None = None,
    ) -> int:
        """Store a set with its outcomes and response; earlier sets of its group are superseded.

        Parameters
        ----------
        run_id : int
            From `begin_run`.
        entry : SetEntry
            The set.
        plan_digest : str
            As given to `begin_run`.
        mode : str, optional
            Detector and encoding that the response holds for.
        response : Response, optional
            The response measured on the set.

        Returns
        -------
        int
            New outcomes.
        """
        subjects = sorted({outcome.subject for outcome in entry.outcomes})
        with self._write() as connection:
            object_id = self._writer.object_id(connection, entry.anchor)
            earlier = connection.execute(select(SETS.c.subjects).where(SETS.c.group_key == entry.group_key)).all()
            gone = sorted({subject for row in earlier for subject in row.subjects} - set(subjects))
            if gone:
                superseded = update(OUTCOMES).where(OUTCOMES.c.subject.in_(gone), OUTCOMES.c.plan_digest == plan_digest)
                connection.execute(superseded.values(plan_digest=""))
            row = {
                **{name: getattr(entry, name) for name in ("subject", "group_key", "day", "beam", "response_id")},
                "members": [list(member) for member in entry.members],
                "subjects": subjects,
                "plan_digest": plan_digest,
                "object_id": object_id,
                "run_id": run_id,
                "created_at": datetime.datetime.now(datetime.UTC),
            }
            key = cast(tuple[int], connection.execute(insert(SETS).values(row)).inserted_primary_key)
            if mode is not None and response is not None:
                fitted = {name: value for name, value in dataclasses.asdict(response).items() if name in _COEFFICIENTS}
                identity = {"mode": mode, "valid_from": entry.day, "response_id": response.id}
                where = {"set_id": key[0], "object_id": object_id}
                connection.execute(insert(RESPONSES).values({**identity, **fitted, **where}))
            return self._writer.add_outcomes(
                connection,
                [pack_outcome(outcome) for outcome in entry.outcomes],
                run_id=run_id,
                object_id=object_id,
                plan_digest=plan_digest,
            )

    def responses(self) -> tuple[DetectorResponse, ...]:
        """Responses of all detectors in the order of their days, each with the days it is valid for.

        Returns
        -------
        tuple of DetectorResponse
            Of several measured on one day, by a later set or plan, the last; only the last set of a group counts.
        """
        last = select(SETS.c.group_key, SETS.c.id).order_by(SETS.c.id)
        query = select(RESPONSES, SETS.c.group_key).join(SETS, RESPONSES.c.set_id == SETS.c.id).order_by(RESPONSES.c.id)
        with self._read() as connection:
            newest = {row.group_key: row.id for row in connection.execute(last)}
            rows = [row for row in connection.execute(query) if newest[row.group_key] == row.set_id]
        by_day = {(row.mode, row.valid_from): row for row in rows}
        ordered = [by_day[key] for key in sorted(by_day)]
        return tuple(
            DetectorResponse(
                mode=row.mode,
                valid_from=row.valid_from,
                valid_until=later.valid_from if later is not None and later.mode == row.mode else None,
                response=Response(
                    model=cast(ResponseModel, row.model),
                    **{name: getattr(row, name) for name in _COEFFICIENTS if name != "model"},
                ),
            )
            for row, later in itertools.zip_longest(ordered, ordered[1:])
        )
