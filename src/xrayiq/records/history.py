"""What a store knows of the past: values of a quantity over time, and the days on which equipment was used."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Select, exists, func, select

from xrayiq.model import Equipment
from xrayiq.records.all_verdicts import ALL_VERDICTS
from xrayiq.records.counting import in_force, with_objects
from xrayiq.records.session import Session
from xrayiq.records.tables import EQUIPMENT, FILES, MEASUREMENTS, OBJECTS, OUTCOMES

if TYPE_CHECKING:
    import pandas as pd

#: columns that `equipment_of` reads
EQUIPMENT_COLUMNS: Final = tuple(EQUIPMENT.columns[name] for name in Equipment.__slots__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DatedValue:
    """One stored number with what it was measured on.

    Parameters
    ----------
    outcome_id, run_id : int
        Its outcome and the run that measured it.
    subject, procedure : str
        Of the outcome.
    quantity, direction : str
        Of the number.
    value : float
        In the quantity's unit; NaN where it is none.
    exposed_at : datetime or None
        Reading of the modality's clock.
    equipment : Equipment
        As the header names it.
    protocol_name : str
        Name of the protocol; empty where the header has none.
    tube_voltage_kv : float or None
        Tube voltage.
    rows, columns : int or None
        Size of the image.
    """

    outcome_id: int
    run_id: int
    subject: str
    procedure: str
    quantity: str
    direction: str
    value: float
    exposed_at: datetime.datetime | None
    equipment: Equipment
    protocol_name: str
    tube_voltage_kv: float | None
    rows: int | None
    columns: int | None


class HistoryReader(Session):
    """The part of a store that is read over time."""

    def values(self, quantities: Sequence[str], *, procedures: Sequence[str]) -> pd.DataFrame:
        """Values in force of some quantities, whatever they were measured on.

        Parameters
        ----------
        quantities : sequence of str
            Names from the closed list.
        procedures : sequence of str
            Procedures that measured them; those of others are not even looked at.

        Returns
        -------
        pandas.DataFrame
            `subject`, `procedure`, `quantity`, `value` in the order of their outcomes.
        """
        from xrayiq.records.cells import frame_of  # pandas loads when a frame is asked for, not for a run

        query: Select[Any] = (
            select(OUTCOMES.c.subject, OUTCOMES.c.procedure, MEASUREMENTS.c.quantity, MEASUREMENTS.c.value)
            .select_from(MEASUREMENTS)
            .join(OUTCOMES, MEASUREMENTS.c.outcome_id == OUTCOMES.c.id)
        )
        chosen = with_objects(query).where(
            MEASUREMENTS.c.quantity.in_(quantities), OUTCOMES.c.procedure.in_(procedures), in_force()
        )
        with self._read() as connection:
            return frame_of(connection, chosen.order_by(MEASUREMENTS.c.outcome_id, MEASUREMENTS.c.ordinal))

    def subjects_not_measurable(self, procedure: str, reasons: Sequence[str]) -> frozenset[str]:
        """Subjects that a procedure could not measure for any of some reasons.

        Parameters
        ----------
        procedure : str
            Which.
        reasons : sequence of str
            Words of `NotMeasurableError`.

        Returns
        -------
        frozenset of str
            Of outcomes in force.
        """
        chosen = with_objects(select(OUTCOMES.c.subject).select_from(OUTCOMES)).where(
            OUTCOMES.c.procedure == procedure,
            OUTCOMES.c.kind == "not_measurable",
            OUTCOMES.c.reason.in_(reasons),
            in_force(),
        )
        with self._read() as connection:
            return frozenset(connection.scalars(chosen))

    def wide_values(self, quantities: Sequence[str], *, procedure: str) -> pd.DataFrame:
        """Values in force of one procedure on single objects, a column for each quantity: much faster than `values`.

        Parameters
        ----------
        quantities : sequence of str
            Names from the closed list, of no direction.
        procedure : str
            Which measured them.

        Returns
        -------
        pandas.DataFrame
            `subject` and a column of each quantity, NaN where it was not measured; of several outcomes of a subject
            the last that measured any.
        """
        from xrayiq.records.cells import frame_of  # pandas loads when a frame is asked for, not for a run

        # a look-up for each is half the time of one join whose rows are grouped: whether an outcome is in force is
        # asked once for each then, not for each of its numbers; of an object its own subject tells it
        held = exists().where(FILES.c.subject == OUTCOMES.c.subject, FILES.c.plan_digest == OUTCOMES.c.plan_digest)
        values = [
            select(MEASUREMENTS.c.value)
            .where(MEASUREMENTS.c.outcome_id == OUTCOMES.c.id, MEASUREMENTS.c.quantity == name)
            .order_by(MEASUREMENTS.c.ordinal)
            .limit(1)
            .correlate(OUTCOMES)
            .scalar_subquery()
            .label(name)
            for name in quantities
        ]
        query: Select[Any] = select(OUTCOMES.c.subject, *values).select_from(OUTCOMES)
        chosen = query.where(OUTCOMES.c.procedure == procedure, held)
        with self._read() as connection:
            frame = frame_of(connection, chosen.order_by(OUTCOMES.c.id))
        silent = frame[list(quantities)].isna().all(axis=1)
        measured = frame[~silent] if silent.any() else frame
        return measured.drop_duplicates("subject", keep="last", ignore_index=True)

    def dated_values(self, quantities: Sequence[str]) -> Iterator[DatedValue]:
        """Values in force of some quantities, in the order of exposure; those without a date last.

        Parameters
        ----------
        quantities : sequence of str
            Names from the closed list.

        Yields
        ------
        DatedValue
            Of every procedure and unit.
        """
        query: Select[Any] = select(
            OUTCOMES.c.id.label("outcome_id"),
            OUTCOMES.c.run_id,
            OUTCOMES.c.subject,
            OUTCOMES.c.procedure,
            MEASUREMENTS.c.quantity,
            MEASUREMENTS.c.direction,
            MEASUREMENTS.c.value,
            OBJECTS.c.exposed_at,
            OBJECTS.c.protocol_name,
            OBJECTS.c.tube_voltage_kv,
            OBJECTS.c.rows,
            OBJECTS.c.columns,
            *EQUIPMENT_COLUMNS,
        ).select_from(MEASUREMENTS)
        query = with_objects(query.join(OUTCOMES, MEASUREMENTS.c.outcome_id == OUTCOMES.c.id))
        query = query.join(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id)
        query = query.where(in_force(), MEASUREMENTS.c.quantity.in_(list(quantities)))
        query = query.order_by(OBJECTS.c.exposed_at.is_(None), OBJECTS.c.exposed_at, OUTCOMES.c.id)
        with self._read() as connection:
            for row in connection.execute(query).mappings():
                yield DatedValue(
                    **{name: row[name] for name in ("outcome_id", "run_id", "subject", "procedure", "quantity")},
                    **{name: row[name] for name in ("direction", "exposed_at", "tube_voltage_kv", "rows", "columns")},
                    value=number_of(row["value"]),
                    protocol_name=row["protocol_name"] or "",
                    equipment=equipment_of(row),
                )

    def known_equipment(self) -> tuple[Equipment, ...]:
        """All equipment that objects of the store name."""
        with self._read() as connection:
            return tuple(equipment_of(row) for row in connection.execute(select(*EQUIPMENT_COLUMNS)).mappings())

    def equipment_days(self) -> Iterator[tuple[Equipment, datetime.date, int]]:
        """Equipment, day of exposure and number of objects, in the order of days; objects without a date are left out.

        So are performed procedure steps: they need not name more of a unit than its station, which is no other unit.

        Yields
        ------
        tuple of (Equipment, date, int)
            One for each identity and day.
        """
        day = func.date(OBJECTS.c.exposed_at)
        query: Select[Any] = (
            select(*EQUIPMENT_COLUMNS, day.label("day"), func.count().label("objects"))
            .join(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id)
            .where(OBJECTS.c.exposed_at.is_not(None), OBJECTS.c.kind != "performed_step")
            .group_by(OBJECTS.c.equipment_id, *EQUIPMENT_COLUMNS, day)
            .order_by(day, OBJECTS.c.equipment_id)
        )
        with self._read() as connection:
            for row in connection.execute(query).mappings():
                on = row["day"]
                yield (
                    equipment_of(row),
                    on if isinstance(on, datetime.date) else datetime.date.fromisoformat(on),
                    row["objects"],
                )


def verdicts_in_force() -> Select[Any]:
    """Verdicts of outcomes in force, with subject, procedure and run of the outcome, its exposure and equipment."""
    of_verdict = [column for column in ALL_VERDICTS.c if column.name != "ordinal"]
    of_outcome = (OUTCOMES.c.run_id, OUTCOMES.c.subject, OUTCOMES.c.procedure, OBJECTS.c.exposed_at)
    query: Select[Any] = select(*of_verdict, *of_outcome, *EQUIPMENT_COLUMNS).select_from(ALL_VERDICTS)
    query = with_objects(query.join(OUTCOMES, ALL_VERDICTS.c.outcome_id == OUTCOMES.c.id))
    return query.outerjoin(EQUIPMENT, OBJECTS.c.equipment_id == EQUIPMENT.c.id).where(in_force())


def number_of(value: Any) -> float:
    """Number of a row; NaN where it is none."""
    return float("nan") if value is None else float(value)


def equipment_of(row: Any) -> Equipment:
    """Equipment of a row that has its columns."""
    told = {name: row[name] for name in Equipment.__slots__}
    versions = told.pop("software_versions")
    return Equipment(software_versions=tuple(versions.split("\\")) if versions else (), **told)
