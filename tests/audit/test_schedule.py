"""What units owe: intervals, grace, events and a site's own rows, on days worked out by hand."""

from __future__ import annotations

import datetime as dt
import re
from pathlib import Path

import pytest

import xrayiq
from xrayiq.audit import (
    DueTest,
    ScheduledTest,
    TestedUnit,
    UnitEvent,
    owed_tests,
    schedule_kept,
    shipped_schedule,
    site_schedule,
    tests_due,
)
from xrayiq.errors import InputError, SiteError
from xrayiq.procedures.catalogue import PROCEDURES
from xrayiq.procedures.set_scoring import SET_PROCEDURES
from xrayiq.procedures.site import load_site

WEEKLY = ScheduledTest(
    id="flat",
    title="Flat field",
    procedures=("uniformity", "artefacts"),
    frequency_days=7,
    grace_days=3,
    document="d",
    edition="",
    confidence="C",
    after_events=("repair",),
)
ROOM = TestedUnit(name="room 1", modality="DX", since=dt.date(2025, 1, 1))
OWN = {"reason": "stable for years", "author": "physicist"}


def on(day: int, *done: tuple[str, int], events: tuple[int, ...] = (), unit: TestedUnit = ROOM) -> DueTest:
    """State of the weekly test on a day of January, with results and repairs on other days."""
    (found,) = tests_due(
        [(unit.name, procedure, dt.date(2025, 1, at)) for procedure, at in done],
        units=[unit],
        today=dt.date(2025, 1, day),
        schedule=[WEEKLY],
        events=[UnitEvent(unit=unit.name, date=dt.date(2025, 1, at), kind="repair") for at in events],
    )
    return found


@pytest.mark.parametrize(
    ("day", "status", "over"),
    [(6, "done", 0), (12, "done", 0), (13, "due", 0), (16, "due", 0), (17, "overdue", 1), (31, "overdue", 15)],
)
def test_a_result_of_the_sixth_is_due_on_the_thirteenth_and_overdue_after_the_sixteenth(
    day: int, status: str, over: int
) -> None:
    found = on(day, ("uniformity", 6))
    assert (found.status, found.days_overdue) == (status, over)
    assert found.last_done == dt.date(2025, 1, 6)
    assert found.due == dt.date(2025, 1, 13)
    assert found.latest == dt.date(2025, 1, 16)


def test_the_last_result_of_any_procedure_counts_and_none_of_the_future_or_another_unit() -> None:
    assert on(20, ("uniformity", 6), ("artefacts", 15), ("uniformity", 9)).last_done == dt.date(2025, 1, 15)
    assert on(20, ("uniformity", 6), ("uniformity", 25)).last_done == dt.date(2025, 1, 6)
    assert on(20, ("mtf", 15)).last_done is None
    other = tests_due(
        [("room 2", "uniformity", dt.date(2025, 1, 15))], units=[ROOM], today=dt.date(2025, 1, 20), schedule=[WEEKLY]
    )
    assert other[0].last_done is None


def test_a_test_never_done_is_due_from_the_first_day_in_use() -> None:
    assert (on(1).status, on(4).status, on(5).status) == ("due", "due", "overdue")
    unknown = TestedUnit(name="room 1", modality="DX")
    assert (on(31, unit=unknown).status, on(31, unit=unknown).due) == ("due", dt.date(2025, 1, 31))


def test_a_repair_makes_it_due_at_once_until_it_is_done_again() -> None:
    after = on(9, ("uniformity", 6), events=(8,))
    assert (after.status, after.due) == ("due", dt.date(2025, 1, 8))
    assert after.event is not None
    assert after.event.kind == "repair"
    assert on(12, ("uniformity", 6), events=(8,)).status == "overdue"
    again = on(12, ("uniformity", 6), ("uniformity", 8), events=(8,))
    assert (again.status, again.event) == ("done", None)
    # an event to come, and one later than the test is due anyway, change nothing
    assert on(7, ("uniformity", 6), events=(8,)).status == "done"
    assert on(20, ("uniformity", 6), events=(18,)).due == dt.date(2025, 1, 13)


def test_a_unit_out_of_use_owes_nothing_and_moments_count_as_their_days() -> None:
    gone = TestedUnit(name="old", modality="DX", out_of_use=((dt.date(2025, 1, 11), None),))
    new = TestedUnit(name="new", modality="DX", since=dt.date(2025, 2, 1))
    assert tests_due([], units=[gone, new], today=dt.date(2025, 1, 20), schedule=[WEEKLY]) == ()
    (found,) = tests_due(
        [("room 1", "uniformity", dt.datetime(2025, 1, 6, 23, 59))],
        units=[ROOM],
        today=dt.date(2025, 1, 6),
        schedule=[WEEKLY],
    )
    assert found.last_done == dt.date(2025, 1, 6)


def test_the_most_overdue_come_first() -> None:
    units = [TestedUnit(name=name, modality="DX", since=dt.date(2025, 1, 1)) for name in ("a", "b", "c")]
    done = [("a", "uniformity", dt.date(2025, 1, 20)), ("b", "uniformity", dt.date(2025, 1, 2))]
    found = tests_due(done, units=units, today=dt.date(2025, 1, 21), schedule=[WEEKLY])
    assert [(each.unit, each.status) for each in found] == [("c", "overdue"), ("b", "overdue"), ("a", "done")]


def test_two_units_of_one_name_are_an_input_error() -> None:
    with pytest.raises(InputError, match="room 1"):
        tests_due([], units=[ROOM, ROOM], today=dt.date(2025, 1, 1))


def test_a_year_of_weekly_archives_is_ticked_off_and_the_missed_weeks_are_not() -> None:
    mondays = [dt.date(2025, 1, 6) + dt.timedelta(days=7 * week) for week in range(52)]
    missed = set(range(20, 23))
    found = [("room 1", "uniformity", day) for week, day in enumerate(mondays) if week not in missed]
    states = [
        tests_due(found, units=[ROOM], today=day + dt.timedelta(days=4), schedule=[WEEKLY])[0].status for day in mondays
    ]
    # on the Friday of the first missed week the test is four days over its day: one over its grace
    assert [week for week, status in enumerate(states) if status == "overdue"] == sorted(missed)
    assert all(states[week] == "done" for week in range(52) if week not in missed)


def kept(*done: int, unit: TestedUnit = ROOM, repaired: int | None = None) -> tuple[int, int, int]:
    """Days in use, done and overdue of the weekly test in January, done on some of its days."""
    (found,) = schedule_kept(
        [("room 1", "uniformity", dt.date(2025, 1, day)) for day in done],
        units=[unit],
        first=dt.date(2025, 1, 1),
        last=dt.date(2025, 1, 31),
        schedule=[WEEKLY],
        events=[UnitEvent(unit="room 1", date=dt.date(2025, 1, repaired), kind="repair")] if repaired else [],
    )
    return found.days_in_use, found.days_done, found.days_overdue


def test_a_month_is_judged_day_by_day_by_what_was_known() -> None:
    # due on the 1st, overdue on the 5th; done on the 6th, overdue from the 17th; done on the 20th, overdue on the 31st
    assert kept(6, 20) == (31, 2, 1 + 3 + 1)
    assert kept(1, 8, 15, 22, 29) == (31, 5, 0)
    assert kept() == (31, 0, 27)
    # the repair of the 10th owes it at once: overdue from the 14th, four days before the interval would say so
    assert kept(1, 8, 20, 27, repaired=10) == (31, 4, 6)
    gone = ((dt.date(2025, 1, 21), None),)
    until = TestedUnit(name="room 1", modality="DX", since=dt.date(2025, 1, 11), out_of_use=gone)
    assert kept(unit=until) == (10, 0, 6)


def test_what_falls_due_while_a_unit_is_out_of_use_is_due_on_the_day_that_it_is_back() -> None:
    away = ((dt.date(2025, 1, 11), dt.date(2025, 1, 20)),)
    unit = TestedUnit(name="room 1", modality="DX", since=dt.date(2025, 1, 1), out_of_use=away)
    assert on(10, ("uniformity", 2), unit=unit).due == dt.date(2025, 1, 9)
    assert tests_due([], units=[unit], today=dt.date(2025, 1, 20), schedule=[WEEKLY]) == ()
    back = on(21, ("uniformity", 6), unit=unit)
    assert (back.status, back.due, back.latest) == ("due", dt.date(2025, 1, 21), dt.date(2025, 1, 24))
    assert on(21, ("uniformity", 6), events=(15,), unit=unit).due == dt.date(2025, 1, 21)
    assert on(29, ("uniformity", 22), unit=unit).due == dt.date(2025, 1, 29)
    # in use on the 1st to 10th and 21st to 31st; overdue on the 5th, and after the 24th on the 25th to 31st
    assert kept(6, unit=unit) == (10 + 11, 1, 1 + 7)


def test_a_period_that_ends_before_it_begins_is_an_input_error() -> None:
    with pytest.raises(InputError, match="period"):
        schedule_kept([], units=[ROOM], first=dt.date(2025, 2, 1), last=dt.date(2025, 1, 1))
    gone = TestedUnit(name="old", modality="DX", out_of_use=((dt.date(2025, 1, 1), None),))
    assert schedule_kept([], units=[gone], first=dt.date(2025, 1, 1), last=dt.date(2025, 1, 31)) == ()


def test_shipped_rows_name_known_procedures_and_say_that_nobody_verified_them() -> None:
    root = Path(xrayiq.__file__).parent
    sources = "".join(path.read_text(encoding="utf-8") for path in (root / "metrics").glob("*.py"))
    known = {procedure.name for procedure in PROCEDURES} | set(SET_PROCEDURES)
    known |= set(re.findall(r'algorithm="(\w+)"', sources))
    known |= {"audit_exposure", "audit_repeats", "audit_dose"}
    for row in shipped_schedule():
        assert set(row.procedures) <= known, row.id
        assert "not verified" in row.source
    assert {"flat_field", "sharpness", "generator"} <= {row.id for row in shipped_schedule()}


def test_shipped_rows_hold_for_the_modalities_they_name() -> None:
    owed = {test.id for test in owed_tests(TestedUnit(name="x", modality="XA"), shipped_schedule())}
    assert "dap_meter" in owed
    assert "flat_field" not in owed


def test_a_site_changes_a_row_for_all_units_or_for_one() -> None:
    rows = site_schedule(
        [
            {"test": "flat_field", "frequency_days": 1, "grace_days": 0, **OWN},
            {"test": "flat_field", "unit": "room 2", "frequency_days": 30, **OWN},
            {"test": "dose_review", "owed": False, **OWN},
            {"test": "light_field", "title": "Light field", "procedures": ["collimation"], "frequency_days": 30,
             "grace_days": 5, **OWN},
        ]
    )  # fmt: skip
    first = {test.id: test for test in owed_tests(ROOM, rows)}
    second = {test.id: test for test in owed_tests(TestedUnit(name="room 2", modality="DX"), rows)}
    assert (first["flat_field"].frequency_days, first["flat_field"].grace_days) == (1, 0)
    assert second["flat_field"].frequency_days == 30
    assert first["flat_field"].source == "site"
    assert first["flat_field"].author == "physicist"
    assert "dose_review" not in first
    assert first["light_field"].procedures == ("collimation",)
    # what the site does not change stays as it is shipped
    shipped = {test.id: test for test in shipped_schedule()}
    assert first["generator"] == shipped["generator"]
    assert first["flat_field"].procedures == shipped["flat_field"].procedures


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"frequency_days": 7}, "without test"),
        ({"test": "flat_field", "author": "x"}, "without reason"),
        ({"test": "flat_field", "frequency": 7, **OWN}, "'frequency'"),
        ({"test": "flat_field", "frequency_days": "7", **OWN}, "whole days"),
        ({"test": "flat_field", "frequency_days": True, **OWN}, "whole days"),
        ({"test": "flat_field", "frequency_days": 0, **OWN}, "frequency of 0"),
        ({"test": "flat_field", "grace_days": -1, **OWN}, "grace of -1"),
        ({"test": "flat_field", "procedures": [], **OWN}, "without a procedure"),
        ({"test": "flat_field", "procedures": "mtf", **OWN}, "list of texts"),
        ({"test": "flat_field", "after_events": ["earthquake"], **OWN}, "earthquake"),
        ({"test": "flat_field", "owed": 0, **OWN}, "true or false"),
        ({"test": "flat_field", "confidence": "D", **OWN}, "A, B or C"),
        ({"test": "new", "title": "New", **OWN}, "without procedures"),
    ],
)
def test_a_row_that_cannot_be_used_is_a_site_error(row: dict[str, object], said: str) -> None:
    with pytest.raises(SiteError, match=re.escape(said)):
        site_schedule([row])


@pytest.mark.parametrize("rows", [{"test": "flat_field"}, ["flat_field"], "flat_field"])
def test_rows_that_are_no_tables_are_a_site_error(rows: object) -> None:
    with pytest.raises(SiteError, match="no list of tables"):
        site_schedule(rows)  # type: ignore[arg-type]  # what a file may hold


def test_a_site_file_holds_rows_of_the_schedule(tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text('[[schedule]]\ntest = "sharpness"\nowed = false\nreason = "yearly by the maker"\nauthor = "mp"\n')
    rows = {test.id: test for test in load_site(file).schedule}
    assert not rows["sharpness"].owed
    assert rows["flat_field"] in load_site().schedule


def test_two_rows_for_one_test_of_one_unit_are_a_site_error() -> None:
    row = {"test": "flat_field", "frequency_days": 1, **OWN}
    with pytest.raises(SiteError, match="second"):
        site_schedule([row, row])
