"""The audit trail of a store: appended events, each sealed together with the one before it."""

from __future__ import annotations

import contextlib
import datetime
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, Final

from sqlalchemy import Connection, Engine, insert, select
from sqlalchemy.engine import URL

from xrayiq.errors import InputError, RecordsError, SiteError
from xrayiq.model import Event
from xrayiq.model.packing import Json
from xrayiq.records.column_types import text_as_stored
from xrayiq.records.sealing import NO_SEAL, Sealer
from xrayiq.records.session import Session
from xrayiq.records.tables import EVENTS

_KIND: Final = re.compile("[a-z][a-z0-9_]*")
_LAST: Final = select(EVENTS).order_by(EVENTS.c.number.desc()).limit(1)


def event_of(row: Mapping[str, Any]) -> Event:
    """Event of a row of ``events``.

    Raises
    ------
    RecordsError
        Its details are none that xrayiq wrote.
    """
    try:
        details = json.loads(row["details"])
    except (TypeError, ValueError):
        details = None
    if not isinstance(details, dict):
        raise _unreadable(row["number"], row["kind"], "no details in JSON")
    return Event(**{**row, "details": details})


@contextlib.contextmanager
def details_of(event: Event) -> Iterator[Mapping[str, Any]]:
    """Details of an event, to be read within a ``with`` block.

    Yields
    ------
    mapping of str to JSON value
        As they stand.

    Raises
    ------
    RecordsError
        What is read there is missing or of another kind than xrayiq wrote.
    """
    try:
        yield event.details
    except (ArithmeticError, AttributeError, LookupError, SiteError, TypeError, ValueError) as error:
        raise _unreadable(event.number, event.kind, f"details that make no sense ({error})") from error


def _unreadable(number: object, kind: object, found: str) -> RecordsError:
    return RecordsError(
        f"event {number} ({kind}) has {found}",
        needed="events as xrayiq wrote them",
        remedy="`xrayiq records verify` tells whether somebody altered it",
    )


def append(
    connection: Connection,
    sealer: Sealer,
    *,
    kind: str,
    subject: str,
    actor: str,
    reason: str,
    details: Mapping[str, Json],
) -> Event:
    """Append an event in the transaction of what belongs to it; see `EventRecorder.append_event`."""
    last = connection.execute(_LAST).mappings().first()
    row: dict[str, Any] = {
        "number": 1 if last is None else last["number"] + 1,
        "at": datetime.datetime.now(datetime.UTC),
        "actor": text_as_stored(actor),
        "kind": kind,
        "subject": text_as_stored(subject),
        "reason": text_as_stored(reason),
        "details": json.dumps(details, sort_keys=True, separators=(",", ":"), allow_nan=False),
        "previous": NO_SEAL if last is None else last["mac"],
    }
    row["mac"] = sealer.event(row)
    connection.execute(insert(EVENTS).values(row))
    return event_of(row)


class EventRecorder(Session):
    """The part of a store that holds the audit trail.

    Parameters
    ----------
    engine : Engine
        Connected to tables of this version.
    address : URL
        Where it is connected to.
    """

    def __init__(self, engine: Engine, address: URL) -> None:
        super().__init__(engine, address)
        self._sealer = Sealer()

    def append_event(
        self, *, kind: str, subject: str, actor: str, reason: str, details: Mapping[str, Json] | None = None
    ) -> Event:
        """Append an event to the audit trail; it can neither be changed nor taken away later.

        Parameters
        ----------
        kind : str
            What was done, one word of small letters, digits and underscores.
        subject : str
            What it was done to, for example ``"detector:D7"``, ``"finding:12"``.
        actor : str
            Account name of the person who did it.
        reason : str
            Why.
        details : mapping of str to JSON value, optional
            All else that belongs to it; no patient's name or number, and no path.

        Returns
        -------
        Event
            As it was stored. Inside a `transaction` it is kept only with the whole group.

        Raises
        ------
        InputError
            One of them is empty, or no word; or a number in the details is not finite.
        RecordsError
            The database refuses, or the store is sealed with another key.
        """
        _require_told(kind=kind, subject=subject, actor=actor, reason=reason)
        told = {} if details is None else details
        try:
            json.dumps(told, allow_nan=False)
        except (TypeError, ValueError) as error:
            raise InputError(
                f"details of an event that JSON does not hold ({error})", needed="text, finite numbers, lists, mappings"
            ) from None
        with self._write() as connection:
            self._sealer.require_fitting_key(connection)
            return append(
                connection, self._sealer, kind=kind, subject=subject, actor=actor, reason=reason, details=told
            )

    def events(self, kind: str | None = None, subject: str | None = None) -> tuple[Event, ...]:
        """Events of the audit trail in their order.

        Parameters
        ----------
        kind, subject : str, optional
            Only those of one kind, or about one subject.

        Returns
        -------
        tuple of Event
            As they stand; `verify` tells whether somebody altered them.
        """
        query = select(EVENTS).order_by(EVENTS.c.number)
        if kind is not None:
            query = query.where(EVENTS.c.kind == kind)
        if subject is not None:
            query = query.where(EVENTS.c.subject == subject)
        with self._read() as connection:
            return tuple(event_of(dict(row)) for row in connection.execute(query).mappings())

    @property
    def head(self) -> str:
        """Number and first digits of the seal of the last event: printed and kept elsewhere, it proves what was there.

        Returns
        -------
        str
            ``"number:digits"``, as `verify` takes it.
        """
        with self._read() as connection:
            row = connection.execute(_LAST).mappings().first()
        return "" if row is None else Event(**{**row, "details": {}}).head  # of an event that was altered too


def _require_told(*, kind: str, **texts: str) -> None:
    if not _KIND.fullmatch(kind):
        raise InputError(f"event of kind {kind!r}", needed="a word of small letters, digits and underscores")
    for name, text in texts.items():
        if not text.strip():
            raise InputError(f"event without {name}", needed=f"its {name}", remedy="say it: it stands in the record")
