"""What was entered into the record, as one row."""

from __future__ import annotations

from typing import TYPE_CHECKING

from xrayiq.cli.printing import Format, Row, show

if TYPE_CHECKING:
    from xrayiq.model import Event


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
