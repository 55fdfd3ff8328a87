"""Values that were judged by one limit, with what they were measured on."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass

from xrayiq.model import Equipment
from xrayiq.records.all_verdicts import ALL_VERDICTS
from xrayiq.records.history import equipment_of, number_of, verdicts_in_force
from xrayiq.records.store import Records
from xrayiq.records.tables import OBJECTS, OUTCOMES


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedValue:
    """One value and what it was worth.

    Parameters
    ----------
    subject : str
        Object or acquisition set.
    direction : str
        Of the quantity.
    value : float
        In the quantity's unit; NaN where it is none.
    status : str
        As in `Verdict`.
    exposed_at : datetime or None
        Reading of the modality's clock.
    equipment : Equipment
        As the header names it.
    """

    subject: str
    direction: str
    value: float
    status: str
    exposed_at: datetime.datetime | None
    equipment: Equipment


def judged_values(
    records: Records, *, procedure: str, quantity: str, limit_id: str, subject: str | None = None
) -> Iterator[JudgedValue]:
    """Values in force that a limit was applied to, the latest exposure first; those without a date last.

    Parameters
    ----------
    records : Records
        The store.
    procedure, quantity, limit_id : str
        What was judged, and by which limit.
    subject : str, optional
        Only of this object or set.

    Yields
    ------
    JudgedValue
        Of every unit.
    """
    query = verdicts_in_force().where(
        OUTCOMES.c.procedure == procedure,
        ALL_VERDICTS.c.quantity == quantity,
        ALL_VERDICTS.c.limit_id == limit_id,
    )
    if subject is not None:
        query = query.where(OUTCOMES.c.subject == subject)
    query = query.order_by(OBJECTS.c.exposed_at.is_(None), OBJECTS.c.exposed_at.desc(), OUTCOMES.c.id.desc())
    with records._read() as connection:
        for row in connection.execute(query).mappings():
            yield JudgedValue(
                subject=row["subject"],
                direction=row["direction"],
                value=number_of(row["value"]),
                status=row["status"],
                exposed_at=row["exposed_at"],
                equipment=equipment_of(row),
            )
