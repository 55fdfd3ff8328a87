"""The part of a store that judging needs: runs not judged yet, verdicts relative to baselines, and what failed."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, cast

from sqlalchemy import func, insert, select

from xrayiq.model import Equipment, Limit, Verdict
from xrayiq.records.all_verdicts import ALL_VERDICTS
from xrayiq.records.history import equipment_of, number_of, verdicts_in_force
from xrayiq.records.outcome_rows import judged_columns
from xrayiq.records.sealed_forms import BASELINE_VERDICT
from xrayiq.records.sealing import NewRow
from xrayiq.records.tables import BASELINE_VERDICTS, OUTCOMES, RUNS
from xrayiq.records.trail import EventRecorder, details_of

#: kind of the event that says up to which outcome each run was judged, in its details under "runs"
JUDGED: Final = "judged"

_BOUNDS: Final = ("warning_low", "warning_high", "fail_low", "fail_high")
#: verdicts sealed at a time
_PAGE: Final = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedVerdict:
    """A value out of limits with what it was measured on.

    Parameters
    ----------
    outcome_id : int
        Its outcome.
    subject, procedure, quantity, direction : str
        What was measured.
    value : float
        In the quantity's unit.
    compared : float or None
        The number that was compared with the bounds.
    baseline : float or None
        The baseline that it is a deviation from.
    limit : Limit
        The limit as it was.
    exposed_at : datetime or None
        Reading of the modality's clock.
    equipment : Equipment
        As the header names it; of nothing where the subject is no object.
    """

    outcome_id: int
    subject: str
    procedure: str
    quantity: str
    direction: str
    value: float
    compared: float | None
    baseline: float | None
    limit: Limit
    exposed_at: datetime.datetime | None
    equipment: Equipment


class JudgementRecorder(EventRecorder):
    """The part of a store that takes verdicts relative to baselines, and tells what is out of limits."""

    def unjudged(self, run_id: int) -> dict[int, tuple[int, int]]:
        """Outcomes that have not been judged, by the run that measured them.

        Parameters
        ----------
        run_id : int
            The run that asks. Others that are still running are left out: they judge their own.

        Returns
        -------
        dict of int to (int, int)
            Outcomes of the run above the first number and up to the second; runs without any are left out.
        """
        last = select(OUTCOMES.c.run_id, func.max(OUTCOMES.c.id).label("last")).group_by(OUTCOMES.c.run_id).subquery()
        query = select(last.c.run_id, last.c.last).join(RUNS, RUNS.c.id == last.c.run_id)
        query = query.where((RUNS.c.status != "running") | (RUNS.c.id == run_id)).order_by(last.c.run_id)
        with self._read() as connection:
            found = {row.run_id: row.last for row in connection.execute(query)}
        done: dict[int, int] = {}
        for event in self.events(kind=JUDGED):
            with details_of(event) as details:
                for run, until in details["runs"].items():
                    done[int(run)] = max(int(until), done.get(int(run), 0))
        return {run: (done.get(run, 0), until) for run, until in found.items() if until > done.get(run, 0)}

    def add_verdicts(self, run_id: int, verdicts: Mapping[int, Sequence[Verdict]]) -> int:
        """Store verdicts that were made after their outcomes, sealed, and give their number.

        Parameters
        ----------
        run_id : int
            The run that made them.
        verdicts : mapping of int to sequence of Verdict
            By outcome; one for each number and limit.

        Returns
        -------
        int
            How many were stored.

        Raises
        ------
        RecordsError
            One is there already, or the database refuses.
        """
        shared = {"run_id": run_id, "created_at": datetime.datetime.now(datetime.UTC)}
        rows = [
            {"outcome_id": outcome_id, **shared, **judged_columns(verdict)}
            for outcome_id, of_outcome in verdicts.items()
            for verdict in of_outcome
        ]
        with self._write() as connection:
            for start in range(0, len(rows), _PAGE):
                page = rows[start : start + _PAGE]
                statement = insert(BASELINE_VERDICTS).returning(BASELINE_VERDICTS.c.id, sort_by_parameter_order=True)
                numbers = connection.scalars(statement, page).all()
                written = [
                    NewRow(kind=BASELINE_VERDICT.kind, row_id=number, content=BASELINE_VERDICT.lasting(row))
                    for number, row in zip(numbers, page, strict=True)
                ]
                self._sealer.add(connection, written, run_id=run_id)
        return len(rows)

    def failed_verdicts(self, outcomes: Mapping[int, tuple[int, int]]) -> Iterator[FailedVerdict]:
        """Values in force out of limits of some outcomes, in their order.

        Parameters
        ----------
        outcomes : mapping of int to (int, int)
            As from `unjudged`.

        Yields
        ------
        FailedVerdict
            Of every procedure and unit.
        """
        query = verdicts_in_force().where(ALL_VERDICTS.c.status == "fail", OUTCOMES.c.run_id.in_(list(outcomes)))
        query = query.order_by(ALL_VERDICTS.c.outcome_id, ALL_VERDICTS.c.ordinal)
        with self._read() as connection:
            for row in connection.execute(query).mappings():
                after, last = outcomes[row["run_id"]]
                if not after < row["outcome_id"] <= last:
                    continue
                yield FailedVerdict(
                    **{name: row[name] for name in ("outcome_id", "subject", "procedure", "quantity", "direction")},
                    value=number_of(row["value"]),
                    compared=row["compared"],
                    baseline=row["baseline"],
                    limit=_limit(dict(row)),
                    exposed_at=row["exposed_at"],
                    equipment=equipment_of(row),
                )


def _limit(row: Mapping[str, Any]) -> Limit:
    return Limit(
        id=row["limit_id"],
        quantity=row["quantity"],
        procedure=row["limit_procedure"],
        basis=cast(Any, row["basis"]),
        **{name: row[name] for name in _BOUNDS},
        document=row["document"],
        edition=row["edition"],
        confidence=cast(Any, row["confidence"]),
        note=row["note"],
        **{name: row[f"limit_{name}"] for name in ("site", "room", "unit", "reason", "author")},
    )
