"""Units taken out of use and back into it: what they owe, what is refused, and where it stands."""

import datetime
import json

import pytest
from command_line import xrayiq
from keeping_store import day

from xrayiq.errors import InputError
from xrayiq.procedures import change_use, load_site, tell_equipment, test_history, withdraw
from xrayiq.report.pages.dossier import gather_dossier
from xrayiq.report.pages.period import Period

WHO = {"actor": "jdoe", "reason": "sold"}
UNIT = "ACME DX1, serial S1"
SITE = load_site()
OUT, BACK = day(14), day(25)


def use(store, *, in_use, on, unit="S1"):
    return change_use(store, unit=unit, in_use=in_use, day=on, **WHO)


def owed(store, on):
    """Tests that the unit owes on a day, with their state."""
    due = test_history(store, site=SITE).due(on)
    return {one.test.id: (one.status, one.due) for one in due if one.unit == UNIT}


def test_unit_owes_nothing_after_its_last_day_in_use_and_the_past_stays(store):
    days = [day(number) for number in (3, 12, 14)]
    before = [owed(store, on) for on in days]
    kept = test_history(store, site=SITE).kept(day(0), OUT)
    use(store, in_use=False, on=OUT)
    assert owed(store, day(15)) == owed(store, day(25)) == {}
    assert [owed(store, on) for on in days] == before
    assert all(before)
    assert test_history(store, site=SITE).kept(day(0), OUT) == kept
    assert any(one.unit != UNIT for one in test_history(store, site=SITE).due(day(25)))
    assert store.verify().whole


def test_unit_that_is_back_owes_what_fell_due_from_that_day_on(store):
    use(store, in_use=False, on=OUT)
    use(store, in_use=True, on=BACK)
    assert owed(store, BACK - datetime.timedelta(days=1)) == {}
    assert owed(store, BACK)["flat_field"] == ("due", BACK)
    # renamed meanwhile, it is the same unit
    tell_equipment(store, {"serial_number": "S1", "unit": "Ward"}, **WHO)
    assert {one.due for one in test_history(store, site=SITE, units=["Ward"]).due(BACK)} >= {BACK}
    assert test_history(store, site=SITE, units=["Ward"]).due(day(20)) == ()


def test_what_was_said_of_use_can_be_taken_back(store):
    before = owed(store, day(20))
    event = use(store, in_use=False, on=OUT)
    withdraw(store, event.number, **WHO)
    assert owed(store, day(20)) == before != {}


def test_change_of_use_that_contradicts_another_is_refused(store):
    with pytest.raises(InputError, match="in use already; needed a unit that is out of use"):
        use(store, in_use=True, on=BACK)
    use(store, in_use=False, on=OUT)
    with pytest.raises(InputError, match=f"out of use already by event .* of {OUT}"):
        use(store, in_use=False, on=day(20))
    with pytest.raises(InputError, match=f"out of use already by event .* of {OUT}"):
        use(store, in_use=False, on=day(3))
    with pytest.raises(InputError, match="a day to come"):
        use(store, in_use=True, on=datetime.date.today() + datetime.timedelta(days=1))
    with pytest.raises(InputError, match="knows no unit"):
        use(store, in_use=False, on=OUT, unit="S9")
    assert len(store.events(kind="out_of_use")) == 1


def test_pages_of_a_period_know_what_was_said_of_its_days_alone(store):
    use(store, in_use=False, on=OUT)
    dossier = gather_dossier(store, site=SITE, today=day(20), examine=False)
    assert {one.unit for one in dossier.due()} == {"ACME DX1, serial S2"}
    earlier = gather_dossier(store, site=SITE, period=Period(first=day(0), last=day(13)), examine=False)
    (unit,) = (one for one in earlier.register.units if one.name == UNIT)
    assert earlier.out_of_use(unit) == ""
    assert earlier.times_out_of_use(unit) == ()


def test_command_takes_a_unit_out_of_use_and_the_list_shows_it(folder):
    told = ("--unit", "ROOM1", "--day", str(day(5)), "--by", "jdoe", "--reason", "sold", "--format", "json")
    done = xrayiq("records", "equipment", "use", "out", *told, folder=folder)
    assert done.returncode == 0, done.stderr
    (event,) = json.loads(done.stdout)
    assert (event["kind"], event["subject"]) == ("out_of_use", "unit:S1")
    listed = json.loads(xrayiq("records", "equipment", "list", "--format", "json", folder=folder).stdout)
    (first, second) = listed["units"]
    assert first["out_of_use"] == [
        {"first_day": str(day(6)), "last_day": None, "reason": "sold", "by": "jdoe", "event": event["event"]}
    ]
    assert second["out_of_use"] == []
    (problem,) = listed["problems"]
    assert f"out of use since {day(6)} and seen on {day(11)}" in problem
    taken = ("equipment", "withdraw", str(event["event"]), "--by", "jdoe", "--reason", "typing error")
    assert xrayiq("records", *taken, folder=folder).returncode == 0
