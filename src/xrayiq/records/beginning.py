"""The first event of a store: from then on every row is sealed; rows that are there already are sealed as they are."""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import Connection, bindparam, func, select, update

from xrayiq.errors import RecordsError
from xrayiq.model.packing import Json
from xrayiq.records.sealed_forms import SEALED, Sealed
from xrayiq.records.sealed_rows import Page, sealed_pages
from xrayiq.records.sealing import NewRow, Sealer
from xrayiq.records.tables import EVENTS
from xrayiq.records.trail import append

#: kind of the first event; its details are the number of rows before it by kind, and the last of them
SEALING_BEGAN: Final = "sealing_began"


def begin_sealing(connection: Connection) -> None:
    """Write the first event of a store, and seal the rows that are older than it, if it has none.

    Parameters
    ----------
    connection : Connection
        In the transaction that brings the tables up to date.

    Raises
    ------
    InputError
        There is no key file that can be used.
    RecordsError
        A row cannot be read.
    """
    if connection.scalar(select(EVENTS.c.number).limit(1)) is not None:
        return
    sealer = Sealer()
    append(
        connection,
        sealer,
        kind=SEALING_BEGAN,
        subject="store",
        actor="xrayiq",
        reason="the audit trail begins; rows that were there before are sealed as they were found",
        details={sealed.kind: _older(connection, sealed) for sealed in SEALED},
    )
    for sealed in SEALED:
        for page in sealed_pages(connection, sealed):
            _seal(connection, sealer, sealed, page)


def _older(connection: Connection, sealed: Sealed) -> Json:
    rows, last = connection.execute(select(func.count(), func.max(sealed.table.c.id)).select_from(sealed.table)).one()
    return {"rows": rows, "last": last or 0}


def _seal(connection: Connection, sealer: Sealer, sealed: Sealed, page: Page) -> None:
    new, states = [], []
    for row in page.rows:
        if row.content is None or any(cells is None for cells, _ in row.states.values()):
            raise RecordsError(
                f"row {row.row_id} of table {sealed.table.name} cannot be read",
                remedy="restore the store from its copy",
            )
        new.append(NewRow(kind=sealed.kind, row_id=row.row_id, content=row.content))
        seals = {column: sealer.state_seal(sealed, column, cells or []) for column, (cells, _) in row.states.items()}
        states.append({"of_id": row.row_id} | {f"new_{column}": seal for column, seal in seals.items()})
    sealer.add(connection, new, run_id=None)
    if sealed.states and states:
        changed: dict[str, Any] = {column: bindparam(f"new_{column}") for column in sealed.states}
        connection.execute(update(sealed.table).where(sealed.table.c.id == bindparam("of_id")).values(changed), states)
