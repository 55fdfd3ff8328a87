"""Outcomes with their measurements and verdicts into a store, as often as one likes."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Connection, Table, bindparam, select, update
from sqlalchemy.dialects import postgresql, sqlite

from xrayiq.records.derived_rows import DERIVED
from xrayiq.records.outcome_rows import measurement_rows, outcome_row, verdict_rows
from xrayiq.records.packing import PackedOutcome
from xrayiq.records.sealed_forms import OUTCOME, outcome_content
from xrayiq.records.sealing import NewRow, Sealer
from xrayiq.records.tables import MEASUREMENTS, OUTCOMES, VERDICTS

_Key = tuple[str, str, int, str]


@dataclass(frozen=True, slots=True)
class _Known:
    """An outcome that is stored already."""

    id: int
    plan_digest: str
    kind: str
    reason: str

    def gives_way_to(self, outcome: PackedOutcome) -> bool:
        return self.kind == "error" and (self.kind, self.reason) != (outcome.kind, outcome.reason)


_KEY_COLUMNS: Final = tuple(
    OUTCOMES.c[name] for name in ("subject", "procedure", "algorithm_version", "parameter_digest")
)
_OUTCOME_KEYS: Final = select(
    *_KEY_COLUMNS, OUTCOMES.c.id, OUTCOMES.c.plan_digest, OUTCOMES.c.kind, OUTCOMES.c.reason
).where(OUTCOMES.c.subject.in_(bindparam("subjects", expanding=True)))
_STANDING: Final = (
    update(OUTCOMES)
    .where(OUTCOMES.c.id == bindparam("of_id"))
    .values(
        {name: bindparam(f"new_{name}") for name in ("parameter_digest", "plan_digest", "standing_seal")},
    )
)
_OF_PLAN: Final = select(OUTCOMES.c.id, *_KEY_COLUMNS).where(
    OUTCOMES.c.subject.in_(bindparam("subjects", expanding=True)), OUTCOMES.c.plan_digest == bindparam("plan")
)


class OutcomeWriter:
    """Puts outcomes into the tables of one store.

    Parameters
    ----------
    dialect : str
        Name of the database's SQL dialect.
    sealer : Sealer
        Seals what is written.
    """

    def __init__(self, dialect: str, sealer: Sealer) -> None:
        insert = postgresql.insert if dialect == "postgresql" else sqlite.insert
        self._sealer = sealer
        self._unsealed: list[NewRow] = []
        self._keep_outcomes = insert(OUTCOMES).on_conflict_do_nothing().returning(OUTCOMES.c.id, *_KEY_COLUMNS)
        self._keep_measurements = insert(MEASUREMENTS).on_conflict_do_nothing()
        self._keep_verdicts = insert(VERDICTS).on_conflict_do_nothing()
        self._keep_derived = {table: insert(table).on_conflict_do_nothing() for table in DERIVED}

    def forget(self) -> None:
        """Drop what was remembered of a transaction that was taken back."""
        self._unsealed.clear()

    def seal(self, connection: Connection, run_id: int) -> None:
        """Seal all rows that were written since, for a run."""
        self._sealer.add(connection, self._unsealed, run_id=run_id)
        self._unsealed.clear()

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
            self._put_aside(connection, key, known.pop(key).id, run_id)
        moved = [(known[key].id, key) for key in wanted if key in known and known[key].plan_digest != plan_digest]
        superseded = [
            (row.id, key) for key, row in known.items() if key not in wanted and row.plan_digest == plan_digest
        ]
        self._move(connection, moved, plan_digest)
        self._move(connection, superseded, "")
        new = {key: outcome for key, outcome in wanted.items() if key not in known}
        if not new:
            return 0
        shared = {
            "run_id": run_id,
            "object_id": object_id,
            "plan_digest": plan_digest,
            "created_at": datetime.datetime.now(datetime.UTC),
        }
        return self._insert(connection, new, shared)

    def supersede(self, connection: Connection, subjects: Sequence[str], plan_digest: str) -> None:
        """Take all outcomes of some subjects out of a plan."""
        if subjects:
            rows = connection.execute(_OF_PLAN, {"subjects": subjects, "plan": plan_digest})
            self._move(connection, [(row[0], (row[1], row[2], row[3], row[4])) for row in rows], "")

    def _insert(self, connection: Connection, new: Mapping[_Key, PackedOutcome], shared: dict[str, Any]) -> int:
        rows = {key: outcome_row(outcome) | shared for key, outcome in new.items()}
        for row in rows.values():
            row["standing_seal"] = self._sealer.state(OUTCOME, "standing_seal", row)
        inserted = connection.execute(self._keep_outcomes, list(rows.values())).all()
        measurements: list[dict[str, Any]] = []
        verdicts: list[dict[str, Any]] = []
        derived: dict[Table, list[dict[str, Any]]] = {table: [] for table in DERIVED}
        for outcome_id, *of_key in inserted:
            key: _Key = (of_key[0], of_key[1], of_key[2], of_key[3])
            measured = measurement_rows(outcome_id, new[key])
            judged = verdict_rows(outcome_id, new[key].verdicts)
            content = outcome_content(rows[key], measured, judged)
            self._unsealed.append(NewRow(kind=OUTCOME.kind, row_id=outcome_id, content=content))
            measurements += measured
            verdicts += judged
            for table, rows_of in DERIVED.items():
                derived[table] += rows_of(outcome_id, rows[key])
        if measurements:
            connection.execute(self._keep_measurements, measurements)
        if verdicts:
            connection.execute(self._keep_verdicts, verdicts)
        for table, told in derived.items():
            if told:
                connection.execute(self._keep_derived[table], told)
        return len(inserted)

    def _known_outcomes(self, connection: Connection, keys: Mapping[_Key, object]) -> dict[_Key, _Known]:
        """Stored outcomes of the same subjects, by what they are unique by."""
        subjects = sorted({key[0] for key in keys})
        found = connection.execute(_OUTCOME_KEYS, {"subjects": subjects})
        return {(row[0], row[1], row[2], row[3]): _Known(row[4], row[5], row[6], row[7]) for row in found}

    def _move(self, connection: Connection, rows: Iterable[tuple[int, _Key]], plan_digest: str) -> None:
        if changed := [self._standing(row_id, key, plan_digest) for row_id, key in rows]:
            connection.execute(_STANDING, changed)

    def _put_aside(self, connection: Connection, key: _Key, row_id: int, run_id: int) -> None:
        aside = (key[0], key[1], key[2], f"{key[3]}~{row_id}~run {run_id}")
        connection.execute(_STANDING, self._standing(row_id, aside, ""))

    def _standing(self, row_id: int, key: _Key, plan_digest: str) -> dict[str, Any]:
        seal = self._sealer.state_seal(OUTCOME, "standing_seal", [*key, plan_digest])
        return {
            "of_id": row_id,
            "new_parameter_digest": key[3],
            "new_plan_digest": plan_digest,
            "new_standing_seal": seal,
        }
