"""What was done to a unit or its detector: service and downtime, as events of the audit trail."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from xrayiq.errors import InputError
from xrayiq.model import Event
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.names import find_unit
from xrayiq.procedures.places import places_of
from xrayiq.procedures.site import Site, load_site
from xrayiq.procedures.site_events import DOWNTIME, DOWNTIME_END, SERVICE_KINDS, in_force, moment_of
from xrayiq.procedures.subjects import find_detector, find_subject, is_about_detector, is_about_unit
from xrayiq.records import Records, details_of

#: how far the clock of a site may be ahead of this one, zones included
_CLOCKS_APART: Final = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """Something that was done to a unit or its detector.

    Parameters
    ----------
    number : int
        Event of the audit trail that says so.
    kind : str
        One of `SERVICE_KINDS`.
    unit : str
        Serial number of the unit, its name where another has that too; empty where a detector is named.
    detector : str
        Detector ID, its name where another has that too; empty where a unit is named.
    happened_at : datetime
        When it was done, by the clock on the wall, as `exposed_at` of images.
    until : datetime or None
        When a downtime ended; None where it goes on.
    end_event : int or None
        Event that tells the end where it was told later.
    reason : str
        What was done and why.
    actor : str
        Account name of who entered it.
    entered_at : datetime
        When it was entered (UTC).
    """

    number: int
    kind: str
    unit: str
    detector: str
    happened_at: datetime.datetime
    until: datetime.datetime | None
    end_event: int | None
    reason: str
    actor: str
    entered_at: datetime.datetime


def add_service_event(
    records: Records,
    *,
    kind: str,
    unit: str = "",
    detector: str = "",
    happened_at: datetime.datetime,
    until: datetime.datetime | None = None,
    reason: str,
    actor: str,
    site: Site | None = None,
) -> ServiceEvent:
    """Enter what was done to a unit or its detector.

    Parameters
    ----------
    records : Records
        The store.
    kind : {"acceptance", "calibration", "repair", "software", "detector_swap", "service", "downtime"}
        What was done.
    unit, detector : str
        One of them: name in the register, serial number or station of the unit, or name or ID of the detector.
    happened_at : datetime
        When it was done, by the clock on the wall.
    until : datetime, optional
        When a downtime ended; `end_downtime` tells it later.
    reason : str
        What was done and why.
    actor : str
        Account name of who enters it.
    site : Site, optional
        Settings that name its equipment.

    Returns
    -------
    ServiceEvent
        As it was stored.

    Raises
    ------
    InputError
        Another kind, a time to come, no or both names, a unit that the store does not know, an end before the
        beginning or of something else than a downtime, or no reason or actor.
    RecordsError
        The database refuses.
    """
    if kind not in SERVICE_KINDS:
        raise InputError(f"service event of kind {kind!r}", needed="one of " + ", ".join(SERVICE_KINDS))
    if until is not None and (kind != DOWNTIME or until < happened_at):
        raise InputError("an end that no downtime has", needed="the end of a downtime, after its beginning")
    _require_past(until or happened_at)
    subject = find_subject(register_of(records, site or load_site()), unit=unit, detector=detector)
    details = {"happened_at": happened_at.isoformat(), "until": None if until is None else until.isoformat()}
    event = records.append_event(kind=kind, subject=subject, actor=actor, reason=reason, details={**details})
    return _service_event(event, None)


def end_downtime(
    records: Records, number: int, *, ended_at: datetime.datetime, reason: str, actor: str
) -> ServiceEvent:
    """Tell when a downtime ended that was entered without its end.

    Parameters
    ----------
    records : Records
        The store.
    number : int
        Event of the downtime.
    ended_at : datetime
        When the unit could be used again, by the clock on the wall.
    reason, actor : str
        What ended it, and the account name of who enters it.

    Returns
    -------
    ServiceEvent
        The downtime with its end.

    Raises
    ------
    InputError
        No downtime in force has this number, its end is told already, or it lies before the beginning or is to come.
    """
    _require_past(ended_at)
    with records.transaction():
        known = {one.number: one for one in service_events(records) if one.kind == DOWNTIME}
        downtime = known.get(number)
        if downtime is None or downtime.until is not None:
            still = [str(one.number) for one in known.values() if one.until is None]
            told = "has ended already" if downtime else "is no downtime in force"
            raise InputError(
                f"event {number} {told}",
                needed="the number of a downtime that goes on: " + (", ".join(still) or "there is none"),
                remedy="withdraw an end that is wrong" if downtime else "",
            )
        if ended_at.replace(tzinfo=None) < downtime.happened_at:
            began = f"{downtime.happened_at:%Y-%m-%d %H:%M}"
            raise InputError("an end before the beginning", needed=f"a time after {began}, when it began")
        records.append_event(
            kind=DOWNTIME_END,
            subject=f"event:{number}",
            actor=actor,
            reason=reason,
            details={"happened_at": ended_at.isoformat()},
        )
        return next(one for one in service_events(records) if one.number == number)


def service_events(
    records: Records, *, site: Site | None = None, unit: str = "", detector: str = "", only_site: str = ""
) -> tuple[ServiceEvent, ...]:
    """Service and downtime in force, in the order in which it was done.

    Parameters
    ----------
    records : Records
        The store.
    site : Site, optional
        Settings that name its equipment.
    unit, detector : str
        Only what was done to this unit, or to detectors while they were in it; or only to this detector.
    only_site : str
        Only what was done to equipment while it stood at this site.

    Returns
    -------
    tuple of ServiceEvent
        Those of the same time in the order of their entry; without what was withdrawn.

    Raises
    ------
    InputError
        There is no such unit, detector or site.
    """
    known = in_force(records.events())
    ends = downtime_ends(known)
    found = [event for event in known if event.kind in SERVICE_KINDS]
    if unit or detector:
        register = register_of(records, site or load_site())
        if unit:
            one = find_unit(register, unit)
            found = [each for each in found if is_about_unit(register, one, each.subject, moment_of(each).date())]
        if detector:
            name = find_detector(register, detector).name
            found = [each for each in found if is_about_detector(register, name, each.subject)]
    if only_site:
        places = places_of(records, site=site, only_site=only_site)
        history = [(equipment, day) for equipment, day, _ in records.equipment_days()]
        found = [each for each in found if places.keeps_subject(each.subject, moment_of(each).date(), history)]
    told = (_service_event(event, ends.get(event.number)) for event in found)
    return tuple(sorted(told, key=lambda event: (event.happened_at, event.number)))


def downtime_ends(events: Iterable[Event]) -> dict[int, Event]:
    """Events in force that tell the end of a downtime, by the number of its own event."""
    told = [event for event in events if event.kind == DOWNTIME_END]
    found = {}
    for event in told:
        with details_of(event):
            found[int(event.subject.removeprefix("event:"))] = event
    return found


def until_of(event: Event) -> datetime.datetime | None:
    """End of a downtime that was entered with it, by the clock on the wall."""
    with details_of(event) as details:
        told = details.get("until")
        return None if told is None else datetime.datetime.fromisoformat(told).replace(tzinfo=None)


def _require_past(moment: datetime.datetime) -> None:
    if moment.replace(tzinfo=None) > datetime.datetime.now() + _CLOCKS_APART:
        raise InputError(f"a time to come ({moment:%Y-%m-%d %H:%M})", needed="when it was done")


def _service_event(event: Event, end: Event | None) -> ServiceEvent:
    what, _, name = event.subject.partition(":")
    return ServiceEvent(
        number=event.number,
        kind=event.kind,
        unit=name if what == "unit" else "",
        detector=name if what == "detector" else "",
        happened_at=moment_of(event),
        until=until_of(event) if end is None else moment_of(end),
        end_event=None if end is None else end.number,
        reason=event.reason,
        actor=event.actor,
        entered_at=event.at,
    )
