"""The audit trail: what goes in comes out, in one order, by one writer at a time."""

from __future__ import annotations

import datetime
import hashlib
import hmac
import json
import math
import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest
from alembic import command
from records_builders import add, add_set, append_events, begin, count, outcomes

from xrayiq.errors import InputError
from xrayiq.key_file import load_key
from xrayiq.records import Records, connecting, open_records, schema

TABLES = ("equipment", "runs", "objects", "files", "outcomes", "measurements", "verdicts", "sets", "responses")


def repaired(records: Records, **changes: object) -> str:
    known: dict[str, object] = {
        "kind": "repair",
        "subject": "detector:D7",
        "actor": "physicist",
        "reason": "dead line 1203",
        "details": {"line": 1203, "cost": 0.5, "where": ["row", None, True]},
    }
    return records.append_event(**(known | changes)).head  # type: ignore[arg-type]  # keywords of one test each


def test_event_comes_back_as_it_was_appended(records: Records) -> None:
    before = datetime.datetime.now(datetime.UTC)
    head = repaired(records, reason="Ära\x00 \udc80 = µGy")
    (event,) = records.events("repair")
    assert (event.number, event.kind, event.subject, event.actor) == (2, "repair", "detector:D7", "physicist")
    assert event.reason == "Ära� � = µGy"  # what no database takes
    assert event.details == {"line": 1203, "cost": 0.5, "where": ["row", None, True]}
    assert before <= event.at <= datetime.datetime.now(datetime.UTC)
    assert head == event.head == records.head == f"2:{event.mac[:16]}"
    assert event.previous == records.events()[0].mac


def test_events_are_chosen_by_kind_and_subject(records: Records) -> None:
    for kind, subject in (("repair", "detector:A"), ("calibration", "detector:A"), ("repair", "detector:B")):
        repaired(records, kind=kind, subject=subject)
    assert [event.number for event in records.events("repair")] == [2, 4]
    assert [event.number for event in records.events(subject="detector:A")] == [2, 3]
    assert [event.number for event in records.events("repair", "detector:A")] == [2]
    assert records.events("nothing") == ()


def test_seal_is_hmac_sha256_of_all_other_columns(records: Records, store_path: Path) -> None:
    # the definition, written out: key and form are part of every store that exists
    repaired(records)
    with sqlite3.connect(store_path) as connection:
        columns = "number, at, actor, kind, subject, reason, details, previous, mac"
        number, at, *texts, details, previous, mac = connection.execute(
            f"SELECT {columns} FROM events WHERE number = 2"  # noqa: S608 - ours
        ).fetchone()
    connection.close()
    key = hmac.digest(load_key(), b"xrayiq records: seals of rows and events", "sha256")
    moment = datetime.datetime.fromisoformat(at).replace(tzinfo=datetime.UTC).isoformat()
    digest = hashlib.sha256(details.encode()).hexdigest()
    cells = ["events", number, moment, *texts, digest, hashlib.sha256(previous.encode()).hexdigest()]
    text = json.dumps(cells, separators=(",", ":"))
    assert mac == hmac.digest(key, text.encode(), "sha256").hex()


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({"kind": "Two words"}, "word of small letters"),
        ({"kind": ""}, "word of small letters"),
        ({"actor": " "}, "its actor"),
        ({"reason": ""}, "its reason"),
        ({"subject": ""}, "its subject"),
        ({"details": {"value": math.nan}}, "finite numbers"),
        ({"details": {"value": b"bytes"}}, "finite numbers"),
    ],
)
def test_event_that_does_not_say_enough_is_refused(records: Records, changes: dict[str, object], needed: str) -> None:
    with pytest.raises(InputError, match=needed):
        repaired(records, **changes)
    assert len(records.events()) == 1


def test_event_is_kept_only_with_the_group_that_it_belongs_to(records: Records) -> None:
    run_id = begin(records)
    with pytest.raises(KeyboardInterrupt), records.transaction():
        add(records, run_id, 1)
        repaired(records)
        raise KeyboardInterrupt
    assert len(records.events()) == 1
    with records.transaction():
        with pytest.raises(InputError), records.transaction():
            repaired(records)
            raise InputError("taken back alone")
        add(records, run_id, 1)
        repaired(records)
    assert [event.number for event in records.events()] == [1, 2]
    assert records.verify(records.head).whole


def test_end_of_a_run_covers_what_it_wrote(records: Records) -> None:
    first, second = begin(records), begin(records)
    add(records, first, 1)
    add(records, second, 2)
    add(records, first, 3)
    records.finish_run(first, status="finished", counts={"files": 2})
    (event,) = records.events("run_ended")
    assert (event.subject, event.actor, event.details["status"]) == ("run:1", "xrayiq run", "finished")
    assert event.details["counts"] == {"files": 2}
    assert event.details["of"] == {
        "run": {"rows": 1, "first": 1, "last": 1},
        "equipment": {"rows": 1, "first": 1, "last": 1},
        "object": {"rows": 2, "first": 1, "last": 3},
        "file": {"rows": 2, "first": 1, "last": 3},
        "outcome": {"rows": 6, "first": 1, "last": 9},
    }
    assert event.details["seals"] == 1 + 1 + 2 + 2 + 6
    assert records.verify().whole


def test_run_that_was_killed_ends_with_an_event_too(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    records.end_killed_runs(lambda _: False)
    records.end_killed_runs(lambda _: False)
    (event,) = records.events("run_ended")
    assert (event.details["status"], event.reason) == ("killed", "its process was found dead")
    found = records.verify()
    assert (found.faults, found.notes) == ((), ())
    add(records, run_id, 2)  # it lived after all
    assert records.verify().whole
    records.finish_run(run_id, status="finished", counts={})
    assert records.verify().whole


def test_two_processes_append_to_one_trail_at_once(store_url: str) -> None:
    open_records(store_url).close()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=append_events, args=(store_url, 100)) for _ in range(2)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    with open_records(store_url) as records:
        assert [event.number for event in records.events()] == list(range(1, 202))
        assert sorted(event.reason for event in records.events("service")) == sorted(
            f"visit {number}" for number in [*range(100)] * 2
        )
        assert records.verify(records.head).whole


def test_kill_in_mid_append_leaves_a_whole_trail(store_url: str) -> None:
    open_records(store_url).close()
    code = f"from records_builders import append_events; append_events({store_url!r}, 100_000)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    for kill in range(3):
        with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as writer:
            assert writer.stdout is not None
            seen = [writer.stdout.readline() for _ in range(5 + 7 * kill)]
            writer.send_signal(signal.SIGKILL)
        assert int(seen[-1]) == len(seen) - 1
        with open_records(store_url) as records:
            assert records.verify(records.head).whole
            assert len(records.events("service")) >= len(seen)


def old_store(url: str, source: Path) -> None:
    """A store of version 0004 with the rows of one of today."""
    engine = connecting.create_engine(connecting.parse_address(url))
    with engine.begin() as connection:
        command.upgrade(schema.migration_config(connection), "0004")
    with engine.connect() as connection:
        connection.exec_driver_sql(f"ATTACH '{source}' AS today")
        connection.rollback()
        for table in TABLES:
            names = ", ".join(f'"{row[1]}"' for row in connection.exec_driver_sql(f"PRAGMA main.table_info({table})"))
            connection.exec_driver_sql(f"INSERT INTO main.{table} ({names}) SELECT {names} FROM today.{table}")  # noqa: S608 - ours
        connection.commit()
    engine.dispose()


def test_store_of_before_the_trail_is_sealed_as_it_is_found(records: Records, store_path: Path, tmp_path: Path) -> None:
    run_id = begin(records)
    for number in range(1, 4):
        add(records, run_id, number)
    add(records, run_id, 1, plan_digest="plan2", outcomes=outcomes(1, value=5.0, parameter_digest="p2"))
    add_set(records, run_id, 1, 2)
    records.finish_run(run_id, status="finished", counts={"files": 3})
    records.close()
    path = tmp_path / "old.db"
    old_store(f"sqlite:///{path}", store_path)
    with open_records(f"sqlite:///{path}") as old:
        (event,) = old.events()
        assert (event.kind, event.actor) == ("sealing_began", "xrayiq")
        assert event.details["outcome"] == {"rows": 13, "last": 13}
        found = old.verify()
        assert found.whole
        assert "13 outcomes" in found.notes[0]
        assert "whether that had been altered before cannot be told" in found.notes[0]
        second = begin(old)
        assert add(old, second, 1) == 0
        assert add(old, second, 4) == 3
        old.finish_run(second, status="finished", counts={})
        assert old.verify(old.head).whole
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE measurements SET value = 99 WHERE outcome_id = 1 AND ordinal = 0")
    connection.close()
    with open_records(f"sqlite:///{path}") as old:
        assert [(fault.table, fault.row) for fault in old.verify().faults] == [("outcomes", 1)]


def test_new_store_begins_with_its_first_event(records: Records, store_url: str) -> None:
    (event,) = records.events()
    assert (event.number, event.kind, event.previous) == (1, "sealing_began", "0" * 64)
    assert count(store_url, "seals") == 0
