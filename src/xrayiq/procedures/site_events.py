"""What a store's events say of a site: its own limits, its equipment, its baselines, and what was done to units."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, get_args

from xrayiq.audit import ScheduledTest, TrendEvent, changed_schedule
from xrayiq.model import Equipment, Event, Limit, quantity
from xrayiq.procedures.constancy import SeriesKey
from xrayiq.procedures.limits import override_of_row
from xrayiq.procedures.site import Site, load_site
from xrayiq.procedures.whereabouts import EquipmentFact, Whereabouts, fact_of_row
from xrayiq.procedures.whole_equipment import completing_facts
from xrayiq.records import Records, details_of

ServiceKind = Literal["acceptance", "calibration", "repair", "software", "detector_swap", "service", "downtime"]

SERVICE_KINDS: Final[tuple[str, ...]] = get_args(ServiceKind)
LIMIT: Final = "limit"
EQUIPMENT: Final = "equipment"
BASELINE: Final = "baseline"
SCHEDULE: Final = "schedule"
DOWNTIME: Final = "downtime"
#: says when a downtime ended that was entered without its end; its subject is ``event:NUMBER``
DOWNTIME_END: Final = "downtime_end"
#: a unit out of use, and back in it: their day is the last in use, and the first again
OUT_OF_USE: Final = "out_of_use"
BACK_IN_USE: Final = "back_in_use"
USE_KINDS: Final = (OUT_OF_USE, BACK_IN_USE)
#: takes an event of one of the kinds above back; its subject is ``event:NUMBER``
WITHDRAWN: Final = "withdrawn"
#: service events that are only told, and those that renew baselines
TOLD: Final = ("service", DOWNTIME)
RENEWING: Final = tuple(kind for kind in SERVICE_KINDS if kind not in TOLD)


def in_force(events: Iterable[Event]) -> tuple[Event, ...]:
    """Events without those that a later one has taken back."""
    known = tuple(events)
    gone = {event.subject for event in known if event.kind == WITHDRAWN}
    return tuple(event for event in known if f"event:{event.number}" not in gone)


def site_with_events(site: Site, events: Iterable[Event]) -> Site:
    """A site's settings with the limits, equipment and schedule that events of its store tell.

    Parameters
    ----------
    site : Site
        Settings of its file.
    events : iterable of Event
        All of the store.

    Returns
    -------
    Site
        With the same digest: what events say changes what later measurements are judged by, not what is measured. Of
        equipment it also has what was taken back, as that: the names that equipment once had are still known. An
        override of a limit, or a change of a test, that the site's file does not have any more is left out.
    """
    every = tuple(events)
    known = in_force(every)
    limits = [limit for limit, _ in limits_of_events(site, known)]
    there = {event.number for event in known}
    facts = [
        dataclasses.replace(fact_of_event(event), withdrawn=event.number not in there)
        for event in every
        if event.kind == EQUIPMENT
    ]
    schedule = site.schedule
    for event in known:
        if event.kind == SCHEDULE and _is_schedulable(event, schedule):
            schedule = changed_schedule(schedule, schedule_row(event), source=f"event {event.number}")
    return dataclasses.replace(site, limits=(*site.limits, *limits), facts=(*site.facts, *facts), schedule=schedule)


def settings_in_force(records: Records, site: Site | None = None, *, also: Iterable[Equipment] = ()) -> Site:
    """Settings of a site's file, or the shipped ones, with what the store's events and headers say.

    Parameters
    ----------
    records : Records
        The store.
    site : Site, optional
        Settings of its file.
    also : iterable of Equipment
        Equipment that is about to enter the store; see `completing_facts`.
    """
    settings = site_with_events(site or load_site(), records.events())
    completing = completing_facts(records, also)
    return dataclasses.replace(settings, facts=(*completing, *settings.facts)) if completing else settings


def events_of_series(
    events: Iterable[Event],
) -> Callable[[SeriesKey, Collection[Whereabouts]], Sequence[TrendEvent]]:
    """What was recorded about the unit and detectors of a series, as its trend takes it.

    Parameters
    ----------
    events : iterable of Event
        All of the store.

    Returns
    -------
    callable
        Of a series' key and whereabouts; as `build_series` takes it.
    """
    known = [event for event in in_force(events) if event.kind in (*RENEWING, *TOLD, BASELINE)]

    def of_series(key: SeriesKey, where: Collection[Whereabouts]) -> list[TrendEvent]:
        return [
            _trend_event(event)
            for event in known
            if any(one.is_called(event.subject) for one in where)
            and (event.kind != BASELINE or is_about(event.details, key))
        ]

    return of_series


def baseline_details(
    *,
    procedure: str,
    quantity_name: str,
    direction: str = "",
    mode: str = "",
    mean: float,
    sigma: float | None = None,
    day: datetime.date,
) -> dict[str, Any]:
    """Details of an event that sets a baseline by hand.

    Parameters
    ----------
    procedure, quantity_name, direction, mode : str
        Series that it holds for; an empty mode is any.
    mean, sigma : float
        Baseline and standard deviation of single results, in the quantity's unit.
    day : date
        First day.

    Raises
    ------
    InputError
        The quantity is unknown or a number cannot be used.
    """
    quantity(quantity_name)
    TrendEvent(date=day, kind="baseline", baseline_mean=mean, baseline_sigma=sigma)  # refuses what cannot be used
    return {
        "procedure": procedure,
        "quantity": quantity_name,
        "direction": direction,
        "mode": mode,
        "mean": mean,
        "sigma": sigma,
        "happened_at": day.isoformat(),
    }


def moment_of(event: Event) -> datetime.datetime:
    """When what an event tells was done, by the clock on the wall; when it was entered where it does not say."""
    with details_of(event) as details:
        told = details.get("happened_at")
        return (datetime.datetime.fromisoformat(told) if isinstance(told, str) else event.at).replace(tzinfo=None)


def limits_of_events(site: Site, events: Iterable[Event]) -> list[tuple[Limit, int]]:
    """Limits that events in force put in place of documents', each with the number of its event."""
    there = {limit.id for limit in site.limits}
    found = []
    for event in events:
        if event.kind == LIMIT and _text(event, "limit") in there:
            row = {**event.details, "reason": event.reason, "author": event.actor}
            found.append((override_of_row(row, site.limits, f"event {event.number}"), event.number))
    return found


def fact_of_event(event: Event) -> EquipmentFact:
    """What an event tells of equipment."""
    with details_of(event) as details:
        return fact_of_row(details, f"event {event.number}")


def schedule_row(event: Event) -> dict[str, Any]:
    """Row of the schedule that an event changes, as a site's file has them."""
    return {**event.details, "reason": event.reason, "author": event.actor}


def _is_schedulable(event: Event, schedule: Iterable[ScheduledTest]) -> bool:
    return "title" in event.details or _text(event, "test") in {test.id for test in schedule}


def _text(event: Event, name: str) -> str:
    with details_of(event) as details:
        if not isinstance(details[name], str):
            raise TypeError(f"{name} {details[name]!r}")
        return str(details[name])


def is_about(details: Mapping[str, Any], key: SeriesKey) -> bool:
    """Whether a baseline set by hand is one of a series."""
    return (
        details.get("procedure") == key.procedure
        and details.get("quantity") == key.quantity
        and details.get("direction", "") == key.direction
        and details.get("mode", "") in ("", key.mode)
    )


def _trend_event(event: Event) -> TrendEvent:
    moment = moment_of(event)
    day = moment.date() if moment.time() == datetime.time() else moment
    if event.kind == BASELINE:
        with details_of(event) as details:
            mean, sigma = details["mean"], details.get("sigma")
            return TrendEvent(
                date=day,
                kind="baseline",
                label=event.reason,
                baseline_mean=float(mean),
                baseline_sigma=None if sigma is None else float(sigma),
            )
    if event.kind in TOLD:
        return TrendEvent(date=day, kind="note", label=f"{event.kind}: {event.reason}")
    return TrendEvent(date=day, kind=event.kind, label=event.reason)  # type: ignore[arg-type]  # one of RENEWING
