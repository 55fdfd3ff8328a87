"""Events of the audit trail that belong to one site or unit."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from xrayiq.model import Equipment, Event, same_name
from xrayiq.procedures.audit_runs import AUDIT_MADE, holds_site
from xrayiq.procedures.findings import AGAIN, OPENED, STEPPED, WITHIN, finding_number
from xrayiq.procedures.places import Places
from xrayiq.procedures.site_events import EQUIPMENT, LIMIT, SCHEDULE, fact_of_event, moment_of
from xrayiq.procedures.whereabouts import Whereabouts
from xrayiq.records import Records, details_of


def events_of_places(records: Records, places: Places, *, runs: Collection[int]) -> tuple[Event, ...]:
    """Events that may be shown where only one site or unit may be.

    Parameters
    ----------
    records : Records
        The store.
    places : Places
        What belongs to it.
    runs : collection of int
        Runs that measured something of it.

    Returns
    -------
    tuple of Event
        All of them where nothing is left out. Else findings, service, limits, baselines, schedule and what was said of
        equipment there, with what takes them back; its runs and sign-offs. What cannot be told is left out.
    """
    events = records.events()
    if places.keeps_all:
        return events
    history = [(equipment, day) for equipment, day, _ in records.equipment_days()]
    chosen = _Chosen(places, history, runs)
    return tuple(event for event in events if chosen.takes(event))


class _Chosen:
    """Which of a store's events, given in their order, belong."""

    def __init__(self, places: Places, history: list[tuple[Equipment, Any]], runs: Collection[int]) -> None:
        self._places = places
        self._history = history
        self._runs = {str(run) for run in runs}
        self._numbers: set[int] = set()
        self._stood = places.stood(history)

    def takes(self, event: Event) -> bool:
        """Whether an event belongs; those before it were asked about."""
        with details_of(event) as details:
            taken = self._belongs(event, details)
        if taken:
            self._numbers.add(event.number)
        return taken

    def _belongs(self, event: Event, details: Any) -> bool:
        what, _, name = event.subject.partition(":")
        if event.kind == OPENED:
            told = {"site": details.get("site"), "unit": details.get("unit")}
            return any(_holds(told, where) for where in self._stood)
        if event.kind in (AGAIN, STEPPED, WITHIN):
            return finding_number(event.subject) in self._numbers
        if event.kind == EQUIPMENT:
            return self._places.keeps_fact(fact_of_event(event), self._history)
        if event.kind in (LIMIT, SCHEDULE):
            return any(_holds(details, where) for where in self._stood)
        if what == "period":  # signed or archived
            return bool(self._places.only_site) and same_name(str(details.get("site")), self._places.only_site)
        if what == "event":
            return int(name) in self._numbers
        if what == "run":
            return name in self._runs
        if event.kind == AUDIT_MADE:
            return bool(self._places.only_site) and holds_site(event, self._places.only_site)
        return what in ("unit", "detector") and self._places.keeps_subject(
            event.subject, moment_of(event).date(), self._history
        )


def _holds(details: Any, where: Whereabouts) -> bool:
    """Whether what is said of a site, room or unit, or of all, holds at a place."""
    site, room, unit = (str(details.get(name) or "") for name in ("site", "room", "unit"))
    named = (not site or same_name(site, where.site)) and (not room or same_name(room, where.room))
    return named and (not unit or where.is_called(f"unit:{unit}"))
