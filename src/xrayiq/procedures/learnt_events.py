"""Changes of detectors and software that headers tell, as events for the record."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Sequence
from typing import Final

from xrayiq.model import Event
from xrayiq.procedures.finding_events import NewEvent
from xrayiq.procedures.names import subject_of_unit
from xrayiq.procedures.register import Register, Span
from xrayiq.procedures.site_events import moment_of
from xrayiq.procedures.subjects import is_about_unit

_WORDS: Final = {"detector_swap": "detector", "software": "software"}


def learnt_events(register: Register, events: Iterable[Event]) -> list[NewEvent]:
    """Detector swaps and software updates that headers tell and nobody has recorded.

    Parameters
    ----------
    register : Register
        Units with their detectors and software over time.
    events : iterable of Event
        What is recorded.

    Returns
    -------
    list of NewEvent
        On the first day of the new one. A change is recorded already where an event of its kind lies between the last
        exposure before and the first one after it. What comes back later is no change: a unit with two detectors uses
        them in turn.
    """
    known = list(events)
    found = []
    for unit in register.units:
        for kind, spans in (("detector_swap", unit.detectors), ("software", unit.software)):
            recorded = [
                moment_of(event).date()
                for event in known
                if event.kind == kind and is_about_unit(register, unit, event.subject)
            ]
            for before, after in lasting_changes(spans):
                if not any(before.last_day <= day <= after.first_day for day in recorded):
                    found.append(_event(subject_of_unit(register, unit), kind, before, after))
    return found


def lasting_changes(spans: Sequence[Span]) -> list[tuple[Span, Span]]:
    """Pairs of neighbours of which the earlier is never seen again and the later never before."""
    return [
        (before, after)
        for place, (before, after) in enumerate(itertools.pairwise(spans))
        if before.value not in {span.value for span in spans[place + 1 :]}
        and after.value not in {span.value for span in spans[: place + 1]}
    ]


def _event(subject: str, kind: str, before: Span, after: Span) -> NewEvent:
    told = f"{_WORDS[kind]} {_plain(before.value)} replaced by {_plain(after.value)}, as headers tell"
    moment = datetime.datetime.combine(after.first_day, datetime.time())
    details = {"happened_at": moment.isoformat(), "until": None, "before": before.value, "after": after.value}
    return NewEvent(kind=kind, subject=subject, reason=told, details=details)


def _plain(value: str) -> str:
    return value.replace("\\", ", ")
