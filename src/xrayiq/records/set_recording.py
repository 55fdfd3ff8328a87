"""Acquisition sets and responses in a store: what a run needs to plan them, and what it found."""

from __future__ import annotations

import bisect
import datetime
import itertools
from collections.abc import Iterator, Sequence
from typing import Any, Final, cast

from sqlalchemy import Connection, Row, Select, insert, select

from xrayiq.model import DetectorResponse, ObjectHeader, Response
from xrayiq.model.response import ResponseModel
from xrayiq.records.packing import pack_outcome, unpack_value
from xrayiq.records.recording import Recorder
from xrayiq.records.sealed_forms import RESPONSE, SET, Sealed
from xrayiq.records.set_entries import IndexedObject, SetEntry
from xrayiq.records.tables import FILES, OBJECTS, RESPONSES, SETS

#: rows of a query that are in memory at a time
_PAGE: Final = 500
_COEFFICIENTS: Final = ("model", "a", "b", "c", "kerma_min_ugy", "kerma_max_ugy")


class SetRecorder(Recorder):
    """The part of a store that holds acquisition sets and responses."""

    def indexed_objects(self, archive_key: str, plan_digest: str, *, kinds: Sequence[str]) -> Iterator[IndexedObject]:
        """Objects of some kinds of an archive, once for each of their files, in the order of the index.

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
            .where(FILES.c.archive_key == archive_key, FILES.c.plan_digest == plan_digest)
            .where(FILES.c.status.in_(("object", "duplicate")), OBJECTS.c.kind.in_(list(kinds)))
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

    def files_without(self, archive_key: str, plan_digest: str, responses: Sequence[DetectorResponse]) -> list[str]:
        """Files of an archive that were measured with another response than the valid one, or without it.

        Parameters
        ----------
        archive_key, plan_digest : str
            As given to `begin_run`.
        responses : sequence of DetectorResponse
            Responses of all detectors with the days they are valid for; where none is, none should have been used.

        Returns
        -------
        list of str
            Their relative paths; one query, whatever the number of responses.
        """
        by_mode: dict[str, list[DetectorResponse]] = {}
        for each in sorted(responses, key=lambda response: response.valid_from):
            by_mode.setdefault(each.mode, []).append(each)
        query = (
            select(FILES.c.relative_path, FILES.c.response_mode, FILES.c.response_id, OBJECTS.c.exposed_at)
            .join(OBJECTS, OBJECTS.c.subject == FILES.c.subject)
            .where(FILES.c.archive_key == archive_key, FILES.c.plan_digest == plan_digest, FILES.c.response_mode != "")
            .where(OBJECTS.c.exposed_at.is_not(None))
            .order_by(FILES.c.id)
        )
        with self._read() as connection:
            return [
                row.relative_path
                for row in connection.execute(query)
                if row.response_id != _valid_id(by_mode.get(row.response_mode, []), row.exposed_at.date())
            ]

    def has_set(self, group_key: str, subject: str, plan_digest: str, response_id: str = "") -> bool:
        """Whether a set of a group is in force as it is, measured under this plan with this response.

        Parameters
        ----------
        group_key, subject, plan_digest, response_id : str
            The group, the set, the plan and the response.

        Returns
        -------
        bool
            True if there is nothing to measure again.
        """
        query = select(SETS).where(SETS.c.group_key == group_key).order_by(SETS.c.id)
        with self._read() as connection:
            return _holds(connection.execute(query).all(), subject, plan_digest, response_id)

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
        """Store a set with its outcomes and response.

        Measured again to the same outcomes it adds nothing. Earlier sets of its group that have a member in common
        with it are superseded, or all where none are named.

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
        of_group = select(SETS).where(SETS.c.group_key == entry.group_key).order_by(SETS.c.id)
        with self._write() as connection:
            rows = connection.execute(of_group).all()
            own = {member[0] for member in entry.members}
            earlier = {name for row in rows if _supersedes(own, _names(row)) for name in row.subjects}
            self._writer.supersede(connection, sorted(earlier - set(subjects)), plan_digest)
            object_id = self._writer.object_id(connection, entry.anchor)
            new = self._writer.add_outcomes(
                connection,
                [pack_outcome(outcome) for outcome in entry.outcomes],
                run_id=run_id,
                object_id=object_id,
                plan_digest=plan_digest,
            )
            if new or not _holds(rows, entry.subject, plan_digest, entry.response_id):
                of_run = {"plan_digest": plan_digest, "object_id": object_id, "run_id": run_id}
                key = self._insert(connection, SET, _set_row(entry, subjects, of_run))
                if mode is not None and response is not None:
                    fitted = {name: getattr(response, name) for name in _COEFFICIENTS}
                    identity = {"mode": mode, "valid_from": entry.day, "response_id": response.id}
                    where = {"set_id": key, "object_id": object_id}
                    self._insert(connection, RESPONSE, {**identity, **fitted, **where})
            self._writer.seal(connection, run_id)
            return new

    def _insert(self, connection: Connection, sealed: Sealed, row: dict[str, Any]) -> int:
        found = connection.execute(insert(sealed.table).values(row)).inserted_primary_key
        key = cast(tuple[int], found)[0]
        self._writer.to_seal(sealed, key, row)
        return key

    def responses(self) -> tuple[DetectorResponse, ...]:
        """Responses of all detectors in the order of their days, each with the days it is valid for.

        Returns
        -------
        tuple of DetectorResponse
            Of several measured on one day that of most images, whichever was stored last; superseded sets do not count.
        """
        query = select(RESPONSES).order_by(RESPONSES.c.id)
        with self._read() as connection:
            sets = {row.id: row for row in _in_force(connection.execute(select(SETS).order_by(SETS.c.id)).all())}
            rows = [row for row in connection.execute(query) if row.set_id in sets]
        rows.sort(key=lambda row: (len(sets[row.set_id].members), sets[row.set_id].subject, row.id))
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


def _set_row(entry: SetEntry, subjects: list[str], of_run: dict[str, Any]) -> dict[str, Any]:
    return {
        **{name: getattr(entry, name) for name in ("subject", "group_key", "day", "beam", "response_id")},
        "members": [list(member) for member in entry.members],
        "subjects": subjects,
        **of_run,
        "created_at": datetime.datetime.now(datetime.UTC),
    }


def _holds(rows: Sequence[Row[Any]], subject: str, plan_digest: str, response_id: str) -> bool:
    """Whether one of the rows that are in force is that of a set as it is."""
    wanted = (subject, plan_digest, response_id)
    return wanted in {(row.subject, row.plan_digest, row.response_id) for row in _in_force(rows)}


def _valid_id(of_mode: Sequence[DetectorResponse], day: datetime.date) -> str:
    """Identity of the response of a mode, given in the order of their days, that is valid on a day; or empty."""
    place = bisect.bisect_right(of_mode, day, key=lambda response: response.valid_from) - 1
    return of_mode[place].response.id if place >= 0 and of_mode[place].is_valid_on(day) else ""


def _names(row: Any) -> set[str]:
    return {str(member[0]) for member in row.members}


def _supersedes(later: set[str], earlier: set[str]) -> bool:
    """Whether a set takes the place of an earlier one of its group, by the names of their members."""
    return not (later and earlier and later.isdisjoint(earlier))


def _in_force(rows: Sequence[Row[Any]]) -> list[Row[Any]]:
    """Sets, given in the order they were stored, that no later one of their group supersedes."""
    kept: list[Row[Any]] = []
    later: dict[str, list[set[str]]] = {}
    for row in reversed(rows):
        after, own = later.setdefault(row.group_key, []), _names(row)
        if not any(_supersedes(each, own) for each in after):
            kept.append(row)
        after.append(own)
    return kept[::-1]
