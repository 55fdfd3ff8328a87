"""Tests that units owe: what is done, due and overdue, from the results that were found."""

from __future__ import annotations

import bisect
import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from xrayiq.audit.schedule_rows import ScheduledTest, shipped_schedule
from xrayiq.audit.tested_unit import TestedUnit, day_of
from xrayiq.audit.trend_events import EventKind
from xrayiq.errors import InputError

DueStatus = Literal["done", "due", "overdue"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitEvent:
    """Something recorded about a unit after which tests are owed.

    Parameters
    ----------
    unit : str
        Name of the unit.
    date : date
        When.
    kind : str
        As in `TrendEvent`.
    """

    unit: str
    date: dt.date
    kind: EventKind


@dataclass(frozen=True, slots=True, kw_only=True)
class DueTest:
    """One test of one unit on a day.

    Parameters
    ----------
    unit : str
        The unit.
    test : ScheduledTest
        The row of the schedule in force for it.
    status : {"done", "due", "overdue"}
        ``done``: not yet due again; ``due`` from the day on that it is due; ``overdue`` once the grace is over.
    last_done : date or None
        Day of the last result; None where there is none.
    due : date
        Day that it is due.
    latest : date
        Last day before it is overdue.
    days_overdue : int
        Days since then; 0 unless overdue.
    event : UnitEvent or None
        The event that it is owed after; None where it is the interval.
    """

    unit: str
    test: ScheduledTest
    status: DueStatus
    last_done: dt.date | None
    due: dt.date
    latest: dt.date
    days_overdue: int
    event: UnitEvent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTest:
    """How one test of one unit was kept in a period.

    Parameters
    ----------
    unit : str
        The unit.
    test : ScheduledTest
        The row of the schedule in force for it.
    days_in_use : int
        Days of the period that the unit was in use.
    days_done : int
        Days with a result among these.
    days_overdue : int
        Days that ended with the test overdue.
    """

    unit: str
    test: ScheduledTest
    days_in_use: int
    days_done: int
    days_overdue: int


def tests_due(
    results: Iterable[tuple[str, str, dt.date]],
    *,
    units: Sequence[TestedUnit],
    today: dt.date,
    schedule: Sequence[ScheduledTest] | None = None,
    events: Iterable[UnitEvent] = (),
) -> tuple[DueTest, ...]:
    """Tests that units owe on a day, each done, due or overdue.

    Parameters
    ----------
    results : iterable of (unit, procedure, date)
        Measurements found, in any order; those of other units and of days after `today` do not count.
    units : sequence of TestedUnit
        The units that owe tests.
    today : date
        The day that it is looked at.
    schedule : sequence of ScheduledTest, optional
        What is owed and how often: the shipped rows without, a site's from `site_schedule`. A row for one unit stands
        in place of the general row of the same ID.
    events : iterable of UnitEvent, optional
        Repairs, calibrations and the like: a test whose row names that kind is due on the event's day, unless it was
        done on that day or later.

    Returns
    -------
    tuple of DueTest
        One for each test and unit in use, the most overdue first, then by the day that they are due.

    Raises
    ------
    InputError
        Two units have one name.
    """
    _check_names(units)
    days = _days_of(results)
    recorded = list(events)
    rows = shipped_schedule() if schedule is None else schedule
    found = [
        _due(unit, test, _days_done(days, unit, test), [event for event in recorded if event.unit == unit.name], today)
        for unit in units
        if unit.is_in_use(today)
        for test in owed_tests(unit, rows)
    ]
    return tuple(sorted(found, key=lambda due: (-due.days_overdue, due.due, due.unit, due.test.id)))


tests_due.__test__ = False  # type: ignore[attr-defined]  # not a test of pytest, whose prefix its name has


def owed_tests(unit: TestedUnit, schedule: Sequence[ScheduledTest]) -> tuple[ScheduledTest, ...]:
    """Rows that hold for a unit: its own before the general ones, those of its modality, without those not owed."""
    rows = {test.id: test for test in schedule if not test.unit}
    rows |= {test.id: test for test in schedule if test.unit == unit.name}
    return tuple(
        test for test in rows.values() if test.owed and (not test.modalities or unit.modality in test.modalities)
    )


def schedule_kept(
    results: Iterable[tuple[str, str, dt.date]],
    *,
    units: Sequence[TestedUnit],
    first: dt.date,
    last: dt.date,
    schedule: Sequence[ScheduledTest] | None = None,
    events: Iterable[UnitEvent] = (),
) -> tuple[KeptTest, ...]:
    """How well units kept their schedule in a period.

    Parameters
    ----------
    results, units, schedule, events
        As for `tests_due`.
    first, last : date
        First and last day of the period.

    Returns
    -------
    tuple of KeptTest
        One for each test and unit that was in use on a day of the period, each day judged by what was known on it.

    Raises
    ------
    InputError
        Two units have one name, or the period ends before it begins.
    """
    _check_names(units)
    if day_of(last) < day_of(first):
        raise InputError(f"period from {first} to {last}", needed="a first day before the last")
    days, recorded = _days_of(results), list(events)
    rows = shipped_schedule() if schedule is None else schedule
    period = [day_of(first) + dt.timedelta(days=number) for number in range((day_of(last) - day_of(first)).days + 1)]
    found = []
    for unit in units:
        in_use = [day for day in period if unit.is_in_use(day)]
        own = [event for event in recorded if event.unit == unit.name]
        for test in owed_tests(unit, rows) if in_use else ():
            done = _days_done(days, unit, test)
            states = [_due(unit, test, done, own, day).status for day in in_use]
            found.append(
                KeptTest(
                    unit=unit.name,
                    test=test,
                    days_in_use=len(in_use),
                    days_done=sum(in_use[0] <= day <= in_use[-1] for day in done),
                    days_overdue=states.count("overdue"),
                )
            )
    return tuple(found)


def _due(
    unit: TestedUnit,
    test: ScheduledTest,
    days_done: Sequence[dt.date],
    events: Sequence[UnitEvent],
    today: dt.date,
) -> DueTest:
    """State of a test on a day, from what had been done and recorded by then."""
    place = bisect.bisect_right(days_done, today)
    done = days_done[place - 1] if place else None
    if done is not None:
        due = done + dt.timedelta(days=test.frequency_days)
    else:
        due = today if unit.since is None else day_of(unit.since)
    open_events = [
        event
        for event in events
        if event.kind in test.after_events and (done or dt.date.min) < day_of(event.date) <= today
    ]
    event = min(open_events, key=lambda each: each.date, default=None)
    if event is not None and day_of(event.date) < due:
        due = day_of(event.date)
    else:
        event = None
    due = max(due, unit.back_on(today) or due)
    latest = due + dt.timedelta(days=test.grace_days)
    status: DueStatus = "done" if today < due else "due" if today <= latest else "overdue"
    return DueTest(
        unit=unit.name,
        test=test,
        status=status,
        last_done=done,
        due=due,
        latest=latest,
        days_overdue=max((today - latest).days, 0),
        event=event,
    )


def _check_names(units: Sequence[TestedUnit]) -> None:
    names = [unit.name for unit in units]
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise InputError(f"two units named {twice[0]!r}", needed="a name for each unit", remedy="merge or rename them")


def _days_of(results: Iterable[tuple[str, str, dt.date]]) -> dict[tuple[str, str], set[dt.date]]:
    """Days with a result, by unit and procedure."""
    days: dict[tuple[str, str], set[dt.date]] = {}
    for name, procedure, date in results:
        days.setdefault((name, procedure), set()).add(day_of(date))
    return days


def _days_done(days: dict[tuple[str, str], set[dt.date]], unit: TestedUnit, test: ScheduledTest) -> list[dt.date]:
    """Days that a test was done on, in order."""
    return sorted(set().union(*(days.get((unit.name, procedure), set()) for procedure in test.procedures)))
