"""Everything that pages are made from, as plain values: one store, or what one site may see of it."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from xrayiq.audit import DueTest, KeptTest, TestedUnit, TrendEvent, UnitEvent
from xrayiq.errors import InputError
from xrayiq.model import Finding
from xrayiq.procedures.constancy import Series, SeriesKey, build_series
from xrayiq.procedures.due_tests import TESTED, TestHistory, days_out_of_use
from xrayiq.procedures.imported import measured_as
from xrayiq.procedures.out_of_use import TimeOutOfUse, UseChange, times_out_of_use, used_while_out
from xrayiq.procedures.places import Places, equipment_of
from xrayiq.procedures.present_names import present_names, present_schedule
from xrayiq.procedures.register import Register, RegisteredUnit, build_register, equipment_days
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import BACK_IN_USE, USE_KINDS, events_of_series, settings_in_force
from xrayiq.procedures.subjects import is_about_unit
from xrayiq.procedures.whereabouts import Whereabouts
from xrayiq.records import DatedValue, Records
from xrayiq.report.pages.keeping import kept_recorded
from xrayiq.report.pages.period import Period
from xrayiq.report.pages.reading import read_recorded
from xrayiq.report.pages.recorded import Recorded, Service, Trail
from xrayiq.report.pages.trend_choice import trend_quantities
from xrayiq.report.wording import clean

#: characters of a reason that stands beside a name
_REASON: Final = 120


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Dossier:
    """What pages are made from.

    Parameters
    ----------
    as_of : date
        The day that everything is looked at.
    period : Period or None
        What the reader asked for; None for all until `as_of`.
    only_site : str
        The only site in it; empty for all.
    site : Site
        Settings in force.
    register : Register
        Units and detectors.
    where : mapping of str to Whereabouts
        Of each unit's last exposure, by its name.
    values : tuple of DatedValue
        Values of the curated quantities, in the order of exposure.
    series : tuple of Series
        Their trends by unit.
    objects, outcomes, measurements, verdicts, runs : DataFrame
        As `Records.frame` gives them, placed by `Places.place`; of several outcomes of one subject and procedure the
        latest. Runs are those that measured something of it.
    recorded : Recorded
        Findings, service, sign-offs and the state of the audit trail.
    """

    as_of: datetime.date
    period: Period | None
    only_site: str
    site: Site
    register: Register
    where: Mapping[str, Whereabouts]
    values: tuple[DatedValue, ...]
    series: tuple[Series, ...]
    objects: pd.DataFrame
    outcomes: pd.DataFrame
    measurements: pd.DataFrame
    verdicts: pd.DataFrame
    runs: pd.DataFrame
    recorded: Recorded

    @property
    def trail(self) -> Trail:
        """State of the audit trail."""
        return self.recorded.trail

    def called(self, unit: object) -> str:
        """What pages call a unit: the name that the site gave it, else its room if it stands there alone, else all."""
        own = next((one for one in self.register.units if one.name == unit), None)
        if own is None:
            return clean(unit) or "No unit"
        if own.name not in own.identity:
            return clean(own.name)
        alike = [one for one in self.register.units if one.room == own.room]
        return clean(own.room) if own.room and len(alike) == 1 else clean(own.name)

    def findings_of(self, unit: str) -> tuple[Finding, ...]:
        """Findings of a unit, in the order of their opening."""
        return tuple(finding for finding in self.recorded.findings if finding.unit == unit)

    def services_of(self, unit: RegisteredUnit) -> tuple[Service, ...]:
        """What was done to a unit or to a detector while this was in it."""
        return tuple(
            service
            for service in self.recorded.services
            if is_about_unit(self.register, unit, service.subject, service.day)
        )

    def times_out_of_use(self, unit: RegisteredUnit) -> tuple[TimeOutOfUse, ...]:
        """Days on which a unit was out of use."""
        return times_out_of_use(
            UseChange(
                day=service.day,
                in_use=service.kind == BACK_IN_USE,
                number=service.number,
                reason=service.reason,
                actor=service.actor,
            )
            for service in self.services_of(unit)
            if service.kind in USE_KINDS
        )

    @property
    def problems(self) -> tuple[str, ...]:
        """What of the equipment contradicts itself."""
        used = (text for unit in self.register.units for text in used_while_out(unit, self.times_out_of_use(unit)))
        return (*self.register.problems, *used)

    def out_of_use(self, unit: RegisteredUnit) -> str:
        """Since when and why a unit is out of use on the day of the pages, in words; empty for one in use."""
        now = [time for time in self.times_out_of_use(unit) if time.holds_on(self.as_of)]
        return f"out of use since {now[-1].first_day}: {clean(now[-1].reason, longest=_REASON)}" if now else ""

    def due(self, day: datetime.date | None = None) -> tuple[DueTest, ...]:
        """Tests that units owe on a day, that of the pages without, the most overdue first."""
        return self._test_history().due(day or self.as_of)

    def kept(self, period: Period) -> tuple[KeptTest, ...]:
        """How the schedule was kept over a period."""
        return self._test_history().kept(period.first, period.last)

    def _test_history(self) -> TestHistory:
        return TestHistory(
            units=tuple(self._tested()),
            results=tuple(self._results()),
            events=tuple(self._unit_events()),
            schedule=present_schedule(self.site.schedule, self.register),
        )

    def _results(self) -> list[tuple[str, str, datetime.date]]:
        measured = self.outcomes[(self.outcomes["kind"] == "measured") & self.outcomes["day"].notna()]
        rows = measured[["unit_name", "procedure", "day"]].drop_duplicates()
        found = rows.itertuples(index=False, name=None)
        return [(str(unit), measured_as(str(procedure)), day) for unit, procedure, day in found]

    def _tested(self) -> list[TestedUnit]:
        found = []
        for unit in self.register.units:
            own = self.objects[(self.objects["unit_name"] == unit.name) & self.objects["modality"].isin(TESTED)]
            counts = own["modality"].value_counts()
            if not counts.empty:
                found.append(
                    TestedUnit(
                        name=unit.name,
                        modality=str(counts.index[0]),
                        since=own["day"].dropna().min(),
                        out_of_use=days_out_of_use(self.times_out_of_use(unit)),
                    )
                )
        return found

    def _unit_events(self) -> list[UnitEvent]:
        return [
            UnitEvent(unit=unit.name, date=service.day, kind=service.kind)  # type: ignore[arg-type]  # one of RENEWING
            for unit in self.register.units
            for service in self.services_of(unit)
            if service.renews and service.kind != "baseline"
        ]


def gather_dossier(
    records: Records,
    *,
    site: Site | None = None,
    only_site: str | None = None,
    period: Period | None = None,
    today: datetime.date | None = None,
    recorded: Recorded | None = None,
    examine: bool = True,
) -> Dossier:
    """Everything that pages need from a store.

    Parameters
    ----------
    records : Records
        An open store.
    site : Site, optional
        Settings of the site's file; what the store's events say is added.
    only_site : str, optional
        Leave out everything of other sites.
    period : Period, optional
        What the pages are about; nothing after its last day enters.
    today : date, optional
        The day that tests are due by: the last day of the period, else the current day.
    recorded : Recorded, optional
        What people and runs have entered; read from the store's events without.
    examine : bool
        Whether the audit trail is examined, which reads the whole store.

    Returns
    -------
    Dossier
        Plain values.

    Raises
    ------
    InputError
        The store has no equipment of that site.
    """
    settings = settings_in_force(records, site)
    as_of = today or (period.last if period else datetime.date.today())
    last = period.last if period else None
    places = Places(
        equipment_of(records.frame("equipment")), facts=settings.facts, only_site=only_site or "", last=last
    )
    days = equipment_days(records)
    kept = [one for one in days if places.keeps(places.at(one.equipment, one.day), one.day)]
    if only_site and not kept:
        raise InputError(
            f"no equipment of a site {only_site!r} in this store",
            needed="the name of a site as the equipment register has it",
            remedy="compare its spelling, and the last day of the period",
        )
    register = build_register(kept, facts=settings.facts)
    where = {place.unit: place for one in kept if (place := places.at(one.equipment, one.day)).unit}
    if recorded is None:
        present = present_names(lambda: build_register(days, facts=settings.facts), settings.facts)
        recorded = read_recorded(records, examine=examine, present=present)
    recorded = kept_recorded(recorded, places, days)
    values = tuple(value for value in records.dated_values(trend_quantities()) if _keeps_value(places, value))
    outcomes = places.place(_latest(records.frame("outcomes")))
    identifiers = set(outcomes["id"])
    measurements, verdicts = (
        places.place(frame[frame["outcome_id"].isin(identifiers)])
        for frame in (records.frame("measurements"), records.frame("verdicts"))
    )
    runs = records.frame("runs")
    return Dossier(
        as_of=as_of,
        period=period,
        only_site=only_site or "",
        site=settings,
        register=register,
        where=where,
        values=values,
        series=build_series(values, facts=settings.facts, events_of=trend_events_of(recorded)),
        objects=places.place(records.frame("objects")),
        outcomes=outcomes,
        measurements=measurements,
        verdicts=verdicts,
        runs=runs[runs["id"].isin(set(outcomes["run_id"]))] if only_site or period else runs,
        recorded=recorded,
    )


def _latest(outcomes: pd.DataFrame) -> pd.DataFrame:
    return outcomes.sort_values("id").drop_duplicates(["subject", "procedure"], keep="last")


def trend_events_of(recorded: Recorded) -> Callable[[SeriesKey, Collection[Whereabouts]], Sequence[TrendEvent]]:
    """What was recorded about the unit and detectors of a series, each called by its kind."""
    told = events_of_series(recorded.events)

    def of_series(key: SeriesKey, where: Collection[Whereabouts]) -> list[TrendEvent]:
        return [
            dataclasses.replace(event, label="" if event.renews else event.label.partition(":")[0])
            for event in told(key, where)
        ]

    return of_series


def _keeps_value(places: Places, value: DatedValue) -> bool:
    day = None if value.exposed_at is None else value.exposed_at.date()
    return places.keeps(places.at(value.equipment, day), day)
