"""Tests that the units of a store owe, and how their schedule was kept."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from xrayiq.audit import DueTest, KeptTest, ScheduledTest, TestedUnit, UnitEvent, schedule_kept, tests_due
from xrayiq.model import Event, same_name
from xrayiq.procedures.imported import measured_as
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.out_of_use import TimeOutOfUse, times_of_units
from xrayiq.procedures.present_names import present_schedule
from xrayiq.procedures.register import Register, RegisteredUnit
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import RENEWING, in_force, moment_of, settings_in_force
from xrayiq.procedures.subjects import is_about_unit
from xrayiq.procedures.whereabouts import whereabouts
from xrayiq.records import Records, modality_days, outcome_days

#: modalities of units that owe tests
TESTED: Final = ("DX", "CR", "MG", "RF", "XA")


@dataclass(frozen=True, slots=True, kw_only=True)
class TestHistory:
    """What tells which tests are due.

    Parameters
    ----------
    units : tuple of TestedUnit
        Units that owe tests, by the names of the register.
    results : tuple of (str, str, date)
        Unit, procedure and day of what was measured.
    events : tuple of UnitEvent
        What was done to units.
    schedule : tuple of ScheduledTest
        What they owe.
    """

    __test__ = False  # not a test of pytest

    units: tuple[TestedUnit, ...]
    results: tuple[tuple[str, str, datetime.date], ...]
    events: tuple[UnitEvent, ...]
    schedule: tuple[ScheduledTest, ...]

    def due(self, today: datetime.date) -> tuple[DueTest, ...]:
        """Tests owed on a day, the most overdue first."""
        return tests_due(self.results, units=self.units, today=today, schedule=self.schedule, events=self.events)

    def kept(self, first: datetime.date, last: datetime.date) -> tuple[KeptTest, ...]:
        """How the schedule was kept over a period."""
        return schedule_kept(
            self.results, units=self.units, first=first, last=last, schedule=self.schedule, events=self.events
        )


def test_history(
    records: Records, *, site: Site, only_site: str = "", units: Sequence[str] | None = None
) -> TestHistory:
    """Tests of a store's units, and what was done to them.

    Parameters
    ----------
    records : Records
        The store.
    site : Site
        Settings of the site's file, without what events say.
    only_site : str
        Only units that stand at this site now; all where empty.
    units : sequence of str, optional
        Only these units of the register.

    Returns
    -------
    TestHistory
        Ready to be asked about a day or a period.
    """
    events = records.events()
    settings = settings_in_force(records, site)
    register = register_of(records, site)
    chosen = {
        unit.name: unit
        for unit in register.units
        if (not only_site or same_name(unit.site, only_site)) and (units is None or unit.name in units)
    }
    out_of_use = times_of_units(events, register)
    counts: dict[str, Counter[str]] = {name: Counter() for name in chosen}
    begun: dict[str, datetime.date] = {}
    for equipment, day, (modality,), number in modality_days(records):
        name = whereabouts(equipment, day, facts=settings.facts).unit
        if name in chosen and modality in TESTED:
            counts[name][modality] += number
            begun.setdefault(name, day)
    results = {
        (name, measured_as(procedure), day)
        for equipment, day, (procedure, kind), _ in outcome_days(records)
        if kind == "measured" and (name := whereabouts(equipment, day, facts=settings.facts).unit) in chosen
    }
    return TestHistory(
        units=tuple(
            TestedUnit(
                name=name,
                modality=counts[name].most_common(1)[0][0],
                since=begun[name],
                out_of_use=days_out_of_use(out_of_use[name]),
            )
            for name in chosen
            if counts[name]
        ),
        results=tuple(sorted(results)),
        events=tuple(_unit_events(chosen.values(), register, events)),
        schedule=present_schedule(settings.schedule, register),
    )


test_history.__test__ = False  # type: ignore[attr-defined]  # not a test of pytest, whose prefix its name has


def days_out_of_use(
    times: Iterable[TimeOutOfUse],
) -> tuple[tuple[datetime.date, datetime.date | None], ...]:
    """Times out of use as `TestedUnit` takes them."""
    return tuple((time.first_day, time.last_day) for time in times)


def _unit_events(units: Iterable[RegisteredUnit], register: Register, events: Iterable[Event]) -> list[UnitEvent]:
    """What was done to units, or to detectors while these had them."""
    told = [event for event in in_force(events) if event.kind in RENEWING]
    return [
        UnitEvent(unit=unit.name, date=moment_of(event).date(), kind=event.kind)  # type: ignore[arg-type]  # of RENEWING
        for unit in units
        for event in told
        if is_about_unit(register, unit, event.subject, moment_of(event).date())
    ]
