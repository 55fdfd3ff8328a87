"""Seals: keyed hashes by which an altered row is told."""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

from sqlalchemy import Connection, func, insert, or_, select

from xrayiq.errors import RecordsError
from xrayiq.key_file import VARIABLE, load_key
from xrayiq.records.sealed_forms import Cell, Form, Sealed
from xrayiq.records.tables import EVENTS, SEALS

#: seal before the first event
NO_SEAL: Final = "0" * 64

_EVENT: Final = Form(EVENTS, "number at actor kind subject reason details previous")
_LAST_SEAL: Final = select(func.max(SEALS.c.number))
_ENDS_OF_TRAIL: Final = (
    select(EVENTS)
    .where(or_(EVENTS.c.number == 1, EVENTS.c.number == select(func.max(EVENTS.c.number)).scalar_subquery()))
    .order_by(EVENTS.c.number)
)


@dataclass(frozen=True, slots=True, kw_only=True)
class NewRow:
    """A row that was written and not yet sealed.

    Parameters
    ----------
    kind : str
        As in `Sealed`.
    row_id : int
        Its number.
    content : list
        What its seal covers.
    """

    kind: str
    row_id: int
    content: list[Cell]


class Sealer:
    """Makes the seals of one store, with a key derived from the key file when it is first needed."""

    def __init__(self) -> None:
        self._fits = False

    @cached_property
    def _key(self) -> bytes:
        return hmac.digest(load_key(), b"xrayiq records: seals of rows and events", "sha256")

    def state(self, sealed: Sealed, column: str, row: Mapping[str, Any]) -> str:
        """Seal of what changes on purpose, for a column of the row itself."""
        return self.state_seal(sealed, column, sealed.states[column](row))

    def state_seal(self, sealed: Sealed, column: str, cells: list[Cell]) -> str:
        """The same from cells that the form has made."""
        return self._seal([f"{sealed.table.name}.{column}", *cells])

    def seal(self, number: int, *, kind: str, row_id: int, run_id: int | None, content: list[Cell]) -> str:
        """Seal of what never changes of a row, for its row in ``seals``."""
        return self._seal(["seals", number, kind, row_id, run_id, *content])

    def event(self, row: Mapping[str, Any]) -> str:
        """Seal of an event."""
        return self._seal(["events", *_EVENT(row)])

    def add(self, connection: Connection, rows: Sequence[NewRow], *, run_id: int | None) -> None:
        """Seal rows in the transaction that wrote them.

        Raises
        ------
        RecordsError
            The store is sealed with another key.
        """
        if not rows:
            return
        self.require_fitting_key(connection)
        first = (connection.scalar(_LAST_SEAL) or 0) + 1
        shared = {"run_id": run_id}
        sealed = [
            {"number": number, "kind": row.kind, "row_id": row.row_id}
            | shared
            | {"mac": self.seal(number, kind=row.kind, row_id=row.row_id, run_id=run_id, content=row.content)}
            for number, row in enumerate(rows, first)
        ]
        connection.execute(insert(SEALS), sealed)

    def require_fitting_key(self, connection: Connection) -> None:
        """Refuse to add to a store that is sealed with another key; asked once.

        Raises
        ------
        RecordsError
            Neither the first nor the last event is sealed with this key, or there is none.
        """
        if self._fits:
            return
        ends = connection.execute(_ENDS_OF_TRAIL).mappings().all()
        if not ends:
            raise RecordsError("the record store has lost its audit trail", remedy="restore it from its copy")
        if not any(hmac.compare_digest(self.event(dict(row)), str(row["mac"])) for row in ends):
            raise RecordsError(
                "the record store is sealed with another key",
                needed="the key file that it was begun with",
                remedy=f"set {VARIABLE} to it; nothing was written",
            )
        self._fits = True

    def _seal(self, cells: list[Cell]) -> str:
        text = json.dumps(cells, sort_keys=True, separators=(",", ":"))
        return hmac.digest(self._key, text.encode(), "sha256").hex()
