"""Tests of the schedule that imported results tick off."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xrayiq.audit import ScheduledTest, TestedUnit, owed_tests
from xrayiq.exchange.history_cells import HistoryCell
from xrayiq.procedures import Site, test_history
from xrayiq.procedures.whereabouts import whereabouts
from xrayiq.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class TickedTest:
    """A test of a unit that imported results tick off.

    Parameters
    ----------
    unit : str
        Unit of the register; what the table calls it as long as no image of it was seen.
    test : str
        ID of the row of the schedule; empty for results that no test takes.
    procedure : str
        Procedure that the results are of.
    days : int
        Days with such results.
    last : date
        The last of them.
    """

    unit: str
    test: str
    procedure: str
    days: int
    last: datetime.date


def ticked_tests(
    records: Records, cells: Iterable[HistoryCell], *, site: Site, settings: Site
) -> tuple[TickedTest, ...]:
    """What results tick off.

    Parameters
    ----------
    records : Records
        The store.
    cells : iterable of HistoryCell
        Cells that are taken.
    site : Site
        Settings of the site's file.
    settings : Site
        The same with what the store says.

    Returns
    -------
    tuple of TickedTest
        By unit and test. A unit of which no image was seen owes nothing yet; of its results every test that takes them
        is told.
    """
    history = test_history(records, site=site)
    units = {unit.name: unit for unit in history.units}
    found: dict[tuple[str, str, str], set[datetime.date]] = {}
    for cell in cells:
        if cell.equipment is None or cell.exposed_at is None or cell.meaning is None:
            continue
        day, procedure = cell.exposed_at.date(), cell.meaning.procedure
        name = whereabouts(cell.equipment, day, facts=settings.facts).unit
        for test in _tests(history.schedule, units.get(name), procedure) or ("",):
            found.setdefault((name, test, procedure), set()).add(day)
    return tuple(
        TickedTest(unit=unit, test=test, procedure=procedure, days=len(days), last=max(days))
        for (unit, test, procedure), days in sorted(found.items())
    )


def _tests(schedule: Sequence[ScheduledTest], unit: TestedUnit | None, procedure: str) -> list[str]:
    owed = [test for test in schedule if test.owed and not test.unit] if unit is None else owed_tests(unit, schedule)
    return [test.id for test in owed if procedure in test.procedures]
