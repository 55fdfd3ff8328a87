"""Baselines that results are compared with: of which series, from what, and who set them."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.audit import Baseline, TrendEvent, TrendSegment
from xrayiq.errors import InputError
from xrayiq.model import Event, quantity
from xrayiq.procedures.constancy import Series, SeriesKey, build_series
from xrayiq.procedures.imported import is_imported
from xrayiq.procedures.places import places_of
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import (
    BASELINE,
    events_of_series,
    in_force,
    is_about,
    moment_of,
    settings_in_force,
)
from xrayiq.procedures.site_trail import events_of_places
from xrayiq.procedures.whereabouts import whereabouts
from xrayiq.records import DatedValue, Records, details_of

BaselineState = Literal["none", "provisional", "settled", "by_hand"]

#: who sets a baseline that is made of results
RESULTS: Final = "results"


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineInForce:
    """What results of one series are compared with.

    Parameters
    ----------
    key : SeriesKey
        Unit, procedure, quantity, direction and mode.
    state : {"none", "provisional", "settled", "by_hand"}
        ``none`` while there are too few results; ``provisional`` while further results will still enter it.
    mean, sigma : float or None
        In the quantity's unit; `sigma` of single results.
    count : int
        Results that it is the mean of; 0 where it was set by hand.
    available : int
        Results of the series since it began.
    since : date or None
        Day of its first result, or from which it was set.
    began_with : str
        Event that began it, in words; empty where it is the first of its series.
    set_by : str
        Account that set it, or ``"results"``.
    event : int or None
        Event that set it by hand.
    """

    key: SeriesKey
    state: BaselineState
    mean: float | None
    sigma: float | None
    count: int
    available: int
    since: datetime.date | None
    began_with: str
    set_by: str
    event: int | None


def baselines_in_force(
    records: Records,
    *,
    site: Site,
    day: datetime.date,
    units: Sequence[str] | None = None,
    quantities: Sequence[str] | None = None,
    only_site: str = "",
) -> tuple[BaselineInForce, ...]:
    """Baselines that results of a day are compared with.

    Parameters
    ----------
    records : Records
        The store.
    site : Site
        Settings of the site's file, without what events say.
    day : date
        The day; its own results do not enter.
    units : sequence of str, optional
        Only of these units of the register.
    quantities : sequence of str, optional
        By default those that a limit relative to the baseline is for, or that somebody has set one for.

    only_site : str
        Only from what was exposed at this site.

    Returns
    -------
    tuple of BaselineInForce
        One for each series of at least one result, by unit, procedure, quantity and mode.
    """
    events = records.events()
    settings = settings_in_force(records, site)
    by_hand = [event for event in in_force(events) if event.kind == BASELINE]
    wanted = _quantities(settings, by_hand) if quantities is None else quantities
    values: Iterable[DatedValue] = records.dated_values(wanted)
    if only_site:
        places = places_of(records, site=site, only_site=only_site)
        values = [value for value in values if places.keeps_exposure(value.equipment, value.exposed_at)]
        events = events_of_places(records, places, runs=())
        by_hand = [event for event in by_hand if event in events]
    series = build_series(values, facts=settings.facts, events_of=events_of_series(events))
    return tuple(_in_force(one, day, by_hand, settings) for one in series if units is None or one.key.unit in units)


def series_of_unit(records: Records, *, site: Site, unit: str, quantity: str) -> tuple[SeriesKey, ...]:
    """Series that a unit of the register has of a quantity."""
    facts = settings_in_force(records, site).facts
    series = build_series(records.dated_values([quantity]), facts=facts)
    return tuple(one.key for one in series if one.key.unit == unit)


def procedure_of(keys: Iterable[SeriesKey], quantity: str) -> str:
    """The only procedure that gives a quantity; what was imported counts only where nothing was measured.

    Raises
    ------
    InputError
        None does, or several.
    """
    every = {key.procedure for key in keys}
    procedures = sorted({name for name in every if not is_imported(name)} or every)
    if len(procedures) == 1:
        return procedures[0]
    found = f"{quantity} by {', '.join(procedures)}" if procedures else f"no result of {quantity} on this unit"
    raise InputError(found, needed="the procedure that the baseline is for", remedy="name it with --procedure")


def _quantities(site: Site, by_hand: Iterable[Event]) -> list[str]:
    relative = {limit.quantity for limit in site.limits if limit.basis == "relative_to_baseline"}
    for event in by_hand:
        with details_of(event) as details:
            relative.add(quantity(details["quantity"]).name)
    return sorted(relative)


def _in_force(series: Series, day: datetime.date, by_hand: Sequence[Event], site: Site) -> BaselineInForce:
    trend = series.trend
    found = series.baseline_at(day)
    begun = [event for event in trend.events if event.renews and _day(event) <= day]
    last = begun[-1] if begun else None
    start = None if last is None else _day(last)
    available = sum((start is None or moment.date() >= start) and moment.date() < day for moment in trend.dates)
    setter = _setter(series, last, by_hand, site) if found is not None and found.set_by == "hand" else None
    return BaselineInForce(
        key=series.key,
        state=_state(found),
        mean=None if found is None else found.mean,
        sigma=None if found is None else _sigma(trend.segments, last),
        count=0 if found is None else found.count,
        available=available,
        since=None if found is None else found.start.date(),
        began_with="" if last is None else _words(last),
        set_by="" if found is None else RESULTS if setter is None else setter.actor,
        event=None if setter is None else setter.number,
    )


def _state(found: Baseline | None) -> BaselineState:
    if found is None:
        return "none"
    if found.set_by == "hand":
        return "by_hand"
    return "provisional" if found.provisional else "settled"


def _sigma(segments: Sequence[TrendSegment], last: TrendEvent | None) -> float | None:
    """Standard deviation of single results as the trend of the same segment has it."""
    return next((one.sigma for one in reversed(segments) if one.event == last), None)


def _setter(series: Series, last: TrendEvent | None, by_hand: Sequence[Event], site: Site) -> Event | None:
    """The event behind a baseline set by hand: the last entered of those about the series at that moment."""
    where = {
        whereabouts(value.equipment, None if value.exposed_at is None else value.exposed_at.date(), facts=site.facts)
        for value in series.values
    }
    found = [
        event
        for event in by_hand
        if is_about(event.details, series.key)
        and last is not None
        and moment_of(event) == last.date
        and any(one.is_called(event.subject) for one in where)
    ]
    return found[-1] if found else None


def _day(event: TrendEvent) -> datetime.date:
    return event.date.date() if isinstance(event.date, datetime.datetime) else event.date


def _words(event: TrendEvent) -> str:
    kind = event.kind.replace("_", " ")
    return f"{kind} of {_day(event).isoformat()}" + (f": {event.label}" if event.label else "")
