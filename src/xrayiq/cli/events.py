"""What was entered into the record, as one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xrayiq.cli.printing import Format, Row, show

if TYPE_CHECKING:
    from collections.abc import Collection

    from xrayiq.model import Event


def take_back(kinds: Collection[str], event: int, *, by: str, reason: str, records: str, output: Format) -> None:
    """Take an event of some kinds back, and print the event that does it."""
    from xrayiq.procedures import withdraw
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        done = withdraw(store, event, actor=by, reason=reason, kinds=kinds)
    show_event(done, output=output)


def show_event(event: Event, *, output: Format) -> None:
    """An event as it was stored, with the head of the trail after it."""
    row: Row = {
        "event": event.number,
        "kind": event.kind,
        "subject": event.subject,
        "reason": event.reason,
        "by": event.actor,
        "at": event.at.isoformat(sep=" ", timespec="seconds"),
        "head": event.head,
    }
    show([row], output=output)
