"""`xrayiq records schedule|sign`: tests owed by unit, and sign-offs that hold what was there."""

import datetime
import json
import sqlite3

import pytest
from command_line import xrayiq
from keeping_store import FIRST, ROOM1, ROOM2, day

WHO = ("--by", "jdoe", "--reason", "agreed")
SIGN = ("--by", "jdoe", "--role", "medical physicist", "--statement", "reviewed")


def records(folder, *arguments):
    done = xrayiq("records", *arguments, "--format", "json", folder=folder)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def flat_field(folder, unit, today, *more):
    rows = records(folder, "schedule", "list", "--all", "--unit", unit, "--today", str(day(today)), *more)
    return next((row for row in rows if row["test"] == "flat_field"), None)


def test_flat_fields_tick_the_weekly_test_off_until_it_is_due_again(folder):
    # the shipped row: 7 days, 3 of grace; room 2 was last measured on day 2
    last = max(ROOM2)
    row = flat_field(folder, "S2", last + 6)
    assert (row["status"], row["last_done"], row["due"]) == ("done", str(day(last)), str(day(last + 7)))
    assert flat_field(folder, "S2", last + 10)["status"] == "due"
    late = flat_field(folder, "S2", last + 15)
    assert (late["status"], late["days_overdue"]) == ("overdue", 5)
    due = records(folder, "schedule", "list", "--today", str(day(last + 6)))
    assert not any(row["unit"].endswith("S2") and row["test"] == "flat_field" for row in due)
    assert all(row["status"] != "done" for row in due)


def test_a_repair_makes_the_test_due_at_once(folder):
    at = ("--at", str(day(4)), "--unit", "S2")
    assert xrayiq("records", "event", "add", "repair", *at, *WHO, folder=folder).returncode == 0
    row = flat_field(folder, "S2", 4)
    assert (row["status"], row["due"], row["after"]) == ("due", str(day(4)), f"repair of {day(4)}")
    assert flat_field(folder, "S1", 4)["status"] == "done"


def test_one_unit_owes_a_test_less_often_until_that_is_withdrawn(folder):
    (event,) = records(folder, "schedule", "set", "flat_field", "--unit", "room2", "--frequency-days", "30", *WHO)
    row = flat_field(folder, "S2", 12)
    assert (row["status"], row["frequency_days"], row["grace_days"], row["by"]) == ("done", 30, 3, "jdoe")
    assert flat_field(folder, "S1", 12)["frequency_days"] == 7
    records(folder, "schedule", "set", "flat_field", "--unit", "S2", "--grace-days", "9", *WHO)
    row = flat_field(folder, "S2", 12)
    assert (row["frequency_days"], row["grace_days"]) == (30, 9)
    records(folder, "schedule", "withdraw", str(event["event"]), *WHO)
    assert flat_field(folder, "S2", 12)["frequency_days"] == 7
    records(folder, "schedule", "set", "flat_field", "--not-owed", *WHO)
    assert flat_field(folder, "S1", 12) is None


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("set", "flat_field", *WHO), "say what changes"),
        (("set", "new_test", "--frequency-days", "5", *WHO), "without title, procedures, grace_days"),
        (("set", "flat_field", "--frequency-days", "5", "--unit", "S7", *WHO), "knows no unit 'S7'"),
        (("list", "--unit", "S7"), "knows no unit 'S7'"),
        (("list", "--only-site", "South"), "knows no site 'South'"),
    ],
)
def test_schedule_that_cannot_be_is_a_usage_error(folder, arguments, said):
    done = xrayiq("records", "schedule", *arguments, folder=folder)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())


def signed(folder, *more, first=FIRST, last=None):
    period = ("--from", str(first), "--to", str(last or day(20)))
    return xrayiq("records", "sign", *period, *(more or SIGN), "--format", "json", folder=folder)


def test_sign_off_holds_counts_and_head_and_is_listed(folder):
    before = records(folder, "verify")["head"]
    done = signed(folder)
    assert done.returncode == 0, done.stderr
    (row,) = json.loads(done.stdout)
    assert row["outcomes"] == f"{len(ROOM1) + len(ROOM2)} measured"
    # relative to a baseline: ten days of room 1 and three of room 2 have too few results before them or none
    assert row["verdicts"].startswith("1 fail, ")
    assert row["findings"] == "1 open"
    assert (row["head_signed"], row["role"], row["statement"]) == (before, "medical physicist", "reviewed")
    after = records(folder, "verify")
    assert (after["whole"], after["head"]) == (True, row["head"])
    assert records(folder, "sign", "list") == [row]
    assert xrayiq("records", "verify", "--head", row["head_signed"], folder=folder).returncode == 0


def test_period_bounds_what_is_counted(folder):
    (row,) = json.loads(signed(folder, *SIGN, "--only-site", "north", first=day(1), last=day(2)).stdout)
    assert (row["outcomes"], row["findings"], row["site"]) == ("4 measured", "none", "North")


def test_store_that_was_altered_is_not_signed(folder):
    with sqlite3.connect(folder / "xrayiq.db") as connection:
        connection.execute("UPDATE measurements SET value = 100 WHERE value = 75")
    connection.close()
    done = signed(folder)
    assert done.returncode == 4
    assert "not whole: 1 row is not as written" in done.stderr
    assert records(folder, "sign", "list") == []


def test_clock_that_was_set_back_signs_nothing(folder, monkeypatch):
    from xrayiq.procedures import signing

    class Earlier(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) - datetime.timedelta(days=2)

    monkeypatch.setattr(signing.datetime, "datetime", Earlier)
    done = signed(folder)
    monkeypatch.undo()
    assert done.returncode == 4
    assert "clock stands before the last event" in done.stderr
    assert records(folder, "sign", "list") == []


@pytest.mark.parametrize(
    ("more", "period", "said"),
    [
        (("--by", "jdoe"), {}, "without role"),
        (("--role", "x", "--statement", "y"), {}, "needs --from, --to, --by"),
        ((*SIGN, "--only-site", "South"), {}, "knows no site 'South'"),
        (SIGN, {"first": day(5), "last": day(4)}, "not before the first"),
        (SIGN, {"last": datetime.date(2999, 1, 1)}, "which is not over"),
        (SIGN, {"last": datetime.date.today()}, "which is not over"),
    ],
)
def test_sign_off_that_cannot_be_is_a_usage_error(folder, more, period, said):
    done = signed(folder, *more, **period)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
