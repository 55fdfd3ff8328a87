"""Units that are taken out of use on a day, and back into it: events of the audit trail."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass

from xrayiq.errors import InputError
from xrayiq.model import Event
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.names import find_unit, subject_of_unit
from xrayiq.procedures.register import Register, RegisteredUnit
from xrayiq.procedures.site import Site, load_site
from xrayiq.procedures.site_events import BACK_IN_USE, OUT_OF_USE, USE_KINDS, in_force, moment_of
from xrayiq.procedures.subjects import is_about_unit
from xrayiq.records import Records

_ONE_DAY = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class UseChange:
    """A unit taken out of use, or back into it.

    Parameters
    ----------
    day : date
        Last day in use, or first day in use again.
    in_use : bool
        Whether it is back.
    number : int
        Event that says so.
    reason, actor : str
        Why, and account name of who entered it.
    """

    day: datetime.date
    in_use: bool
    number: int = 0
    reason: str = ""
    actor: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TimeOutOfUse:
    """Days on which a unit is not used and owes no tests.

    Parameters
    ----------
    first_day : date
        The day after the last one in use.
    last_day : date or None
        The day before the first one in use again; None while it goes on.
    reason, actor : str
        Why it was taken out of use, and account name of who entered it.
    number : int
        Event that says so.
    """

    first_day: datetime.date
    last_day: datetime.date | None
    reason: str
    actor: str
    number: int

    def holds_on(self, day: datetime.date) -> bool:
        """Whether a day is one of them."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)

    @property
    def text(self) -> str:
        """The days and the reason, in words."""
        days = f"since {self.first_day}" if self.last_day is None else f"{self.first_day} to {self.last_day}"
        return f"{days}: {self.reason}"


def change_use(
    records: Records,
    *,
    unit: str,
    in_use: bool,
    day: datetime.date,
    actor: str,
    reason: str,
    site: Site | None = None,
) -> Event:
    """Take a unit out of use, so that it owes no tests after a day, or back into use from a day on.

    Parameters
    ----------
    records : Records
        The store.
    unit : str
        Name, serial number or station of the unit.
    in_use : bool
        Whether it comes back.
    day : date
        Last day in use, or first day in use again.
    actor, reason : str
        Who says so, and why.
    site : Site, optional
        Settings that name its equipment.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    InputError
        There is no such unit, the day is to come, or the unit is out of use, or in use, already.
    """
    if day > datetime.date.today():
        raise InputError(f"a day to come ({day.isoformat()})", needed="the day on which it was done")
    with records.transaction():
        register = register_of(records, site or load_site())
        found = find_unit(register, unit)
        known = changes_of_use(records.events(), register, found)
        before = [change for change in known if change.day <= day]
        after = [change for change in known if change.day > day]
        if (before[-1].in_use if before else True) == in_use:
            raise _contradicts(found, before[-1] if before else None, in_use=in_use)
        if after and after[0].in_use == in_use:
            raise _contradicts(found, after[0], in_use=in_use)
        return records.append_event(
            kind=BACK_IN_USE if in_use else OUT_OF_USE,
            subject=subject_of_unit(register, found),
            actor=actor,
            reason=reason,
            details={"happened_at": day.isoformat()},
        )


def changes_of_use(events: Iterable[Event], register: Register, unit: RegisteredUnit) -> tuple[UseChange, ...]:
    """What was said of a unit's use and nobody took back, in the order of days."""
    found = (
        UseChange(
            day=moment_of(event).date(),
            in_use=event.kind == BACK_IN_USE,
            number=event.number,
            reason=event.reason,
            actor=event.actor,
        )
        for event in in_force(events)
        if event.kind in USE_KINDS and is_about_unit(register, unit, event.subject)
    )
    return tuple(sorted(found, key=lambda change: (change.day, change.number)))


def times_out_of_use(changes: Iterable[UseChange]) -> tuple[TimeOutOfUse, ...]:
    """Days out of use by what was said, in the order of days; what says the same again counts for nothing."""
    found: list[TimeOutOfUse] = []
    left: UseChange | None = None
    for change in changes:
        if not change.in_use:
            left = left or change
        elif left is not None:
            found.append(_time(left, change.day - _ONE_DAY))
            left = None
    if left is not None:
        found.append(_time(left, None))
    return tuple(time for time in found if time.last_day is None or time.first_day <= time.last_day)


def times_of_units(events: Iterable[Event], register: Register) -> dict[str, tuple[TimeOutOfUse, ...]]:
    """Days out of use of every unit, by its name."""
    known = tuple(events)
    return {unit.name: times_out_of_use(changes_of_use(known, register, unit)) for unit in register.units}


def used_while_out(unit: RegisteredUnit, times: Iterable[TimeOutOfUse]) -> tuple[str, ...]:
    """What contradicts itself: a unit that is out of use and has made images since."""
    return tuple(
        f"{unit.name}: out of use since {time.first_day} and seen on {unit.last_day}; if it is used again, say so with "
        "`xrayiq records equipment use back --unit … --day …`"
        for time in times
        if time.last_day is None and time.holds_on(unit.last_day)
    )


def _time(left: UseChange, last: datetime.date | None) -> TimeOutOfUse:
    return TimeOutOfUse(
        first_day=left.day + _ONE_DAY, last_day=last, reason=left.reason, actor=left.actor, number=left.number
    )


def _contradicts(unit: RegisteredUnit, known: UseChange | None, *, in_use: bool) -> InputError:
    state = "in use" if in_use else "out of use"
    since = "" if known is None else f" by event {known.number} of {known.day}"
    return InputError(
        f"{unit.name} is {state} already{since}",
        needed=f"a unit that is {'out of use' if in_use else 'in use'} on that day",
        remedy="" if known is None else f"withdraw event {known.number} if it is wrong",
    )
