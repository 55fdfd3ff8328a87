from __future__ import annotations

import dataclasses
import math
import multiprocessing
import os
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import sqlalchemy
from records_builders import add, begin, count, file_entry, header, outcomes, rows, write_objects

from xrayiq.errors import InputError, RecordsError
from xrayiq.model import Measurement, Outcome
from xrayiq.records import KnownFile, Records, connecting, open_records

TABLES = ("equipment", "objects", "files", "outcomes", "measurements", "verdicts")


def test_identical_run_adds_only_its_run_row(records: Records, store_url: str) -> None:
    first = begin(records)
    assert [add(records, first, number) for number in range(3)] == [3, 3, 3]
    records.finish_run(first, status="finished", counts={"files": 3})
    before = {table: rows(store_url, table) for table in TABLES}
    second = begin(records)
    assert [add(records, second, number) for number in range(3)] == [0, 0, 0]
    records.finish_run(second, status="finished", counts={"files": 3})
    assert {table: rows(store_url, table) for table in TABLES} == before
    assert {table: len(content) for table, content in before.items()} == {
        "equipment": 1,
        "objects": 3,
        "files": 3,
        "outcomes": 9,
        "measurements": 9,
        "verdicts": 3,
    }
    assert count(store_url, "runs") == 2


def test_run_row_tells_how_the_run_ended(records: Records) -> None:
    run_id = records.begin_run(archive_key="a", plan_digest="p", site_digest="s", kernel_digest="k", version="0.1.0")
    assert records.frame("runs").loc[0, "status"] == "running"
    records.finish_run(run_id, status="interrupted", counts={"files": 7})
    row = records.frame("runs").loc[0]
    assert (row["status"], row["counts"], row["site_digest"]) == ("interrupted", {"files": 7}, "s")
    assert row["finished_at"] >= row["started_at"]
    with pytest.raises(InputError, match="run 99"):
        records.finish_run(99, status="finished", counts={})


def test_outcome_of_new_parameters_stands_beside_the_old_one_and_supersedes_it(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    assert add(records, run_id, 1, plan_digest="plan2", outcomes=outcomes(1, value=5.0, parameter_digest="p2")) == 3
    assert records.frame("verdicts")["value"].tolist() == [5.0]
    assert records.frame("verdicts", superseded=True)["value"].tolist() == [15.0, 5.0]
    assert records.verdict_counts() == {"fail": 1}
    assert sum(records.outcome_counts().values()) == 3


def test_going_back_to_earlier_settings_puts_their_outcomes_in_force_again(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    add(records, run_id, 1, plan_digest="plan2", outcomes=outcomes(1, value=5.0, parameter_digest="p2"))
    assert add(records, run_id, 1) == 0
    assert records.frame("verdicts")["value"].tolist() == [15.0]


def test_outcome_that_a_new_plan_shares_with_the_old_one_stays_in_force(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    assert add(records, run_id, 1, plan_digest="plan2") == 0
    assert len(records.frame("outcomes")) == 3
    assert records.archive_status(["archive"], plan_digest="plan2").verdicts == {"warning": 1}


def test_first_of_two_outcomes_with_one_identity_is_kept(records: Records) -> None:
    assert add(records, begin(records), 1, outcomes=[*outcomes(1), *outcomes(1, value=5.0)]) == 3
    assert records.frame("measurements")["value"].tolist() == [15.0, 7.5, 2.5]


def test_second_file_of_one_object_is_its_duplicate_and_counts_once(records: Records, store_url: str) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    assert add(records, run_id, 1, file=file_entry(1, relative_path="copy/1.dcm")) == 0
    assert add(records, run_id, 1) == 0
    assert records.frame("files")["status"].tolist() == ["object", "duplicate"]
    assert count(store_url, "objects") == 1
    assert records.archive_status(["archive"], plan_digest="plan1").outcomes == {"measured": 2, "not_measurable": 1}


def test_header_of_a_declared_duplicate_does_not_replace_the_object(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    copy = file_entry(1, relative_path="copy/1.dcm", status="duplicate")
    add(records, run_id, 1, file=copy, header=header(1, modality="CR"))
    assert records.frame("objects")["modality"].tolist() == ["DX"]


def test_object_recognised_anew_takes_its_new_kind(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    add(records, run_id, 1, kind="clinical", plan_digest="plan2")
    assert records.frame("objects")["kind"].tolist() == ["clinical"]


def test_file_that_is_no_object_keeps_its_outcome(records: Records, store_url: str) -> None:
    subject = "sha256:00"
    outcome = Outcome(subject=subject, procedure="read", kind="error", reason="truncated", message="ends early")
    file = file_entry(1, subject=subject, status="unreadable")
    assert add(records, begin(records), 1, file=file, header=None, kind="other", outcomes=[outcome]) == 1
    assert count(store_url, "objects") == 0
    assert records.frame("outcomes")["subject"].tolist() == [subject]
    status = records.archive_status(["archive"], plan_digest="plan1")
    assert (status.files, status.outcomes, status.unmeasured) == ({"unreadable": 1}, {"error": 1}, 1)
    expected = records.archive_status(["archive"], plan_digest="plan1", expected=[("", "truncated")])
    assert expected.unmeasured == 0


def test_archive_status_leaves_out_other_archives_and_plans(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    add(records, run_id, 2, archive_key="other")
    add(records, run_id, 3, plan_digest="plan2")
    status = records.archive_status(["archive"], plan_digest="plan1")
    assert (status.files, status.verdicts) == ({"object": 1}, {"warning": 1})
    assert records.archive_status(["archive", "other"], plan_digest="plan1").files == {"object": 2}


def test_known_files_are_those_of_the_archive_and_plan(records: Records) -> None:
    run_id = begin(records)
    odd = "caf\udce9/\x1b\x00name.dcm"  # a Latin-1 file name as Python reads it
    add(records, run_id, 1, file=file_entry(1, relative_path=odd))
    add(records, run_id, 2, archive_key="other")
    add(records, run_id, 3, plan_digest="plan2")
    entry = file_entry(1)
    known = KnownFile(size=entry.size, mtime_ns=entry.mtime_ns, digest=entry.digest)
    paths = [odd, *(file_entry(number).relative_path for number in (2, 3))]
    assert records.known_files("archive", "plan1", paths) == {odd: known}
    assert records.known_files("archive", "plan1", paths[1:]) == {}
    records.touch_file("archive", odd, mtime_ns=7)
    assert records.known_files("archive", "plan1", paths)[odd].mtime_ns == 7


def test_known_objects_are_found_by_subject_and_content(records: Records) -> None:
    add(records, begin(records), 1)
    assert records.has_subject("1.2.1")
    assert not records.has_subject("1.2.2")
    assert records.subject_of_digest("sha256:1") == "1.2.1"
    assert records.subject_of_digest("sha256:2") is None


def test_error_takes_the_whole_group_back(records: Records, store_url: str) -> None:
    run_id = begin(records)
    with pytest.raises(KeyboardInterrupt), records.transaction():
        add(records, run_id, 1)
        raise KeyboardInterrupt
    assert [count(store_url, table) for table in TABLES] == [0] * 6
    add(records, run_id, 1)  # nothing of the lost group is remembered: its equipment is written again
    assert count(store_url, "equipment") == 1


def test_object_that_cannot_be_stored_costs_only_itself(records: Records, store_url: str) -> None:
    run_id = begin(records)
    unknown = Outcome(
        subject="1.2.2", procedure="x", kind="measured", measurements=(Measurement(quantity="nonsense", value=1.0),)
    )
    unpackable = header(3, collimator_shape=object())
    with records.transaction():
        add(records, run_id, 1)
        with pytest.raises(InputError, match="nonsense"):
            add(records, run_id, 2, outcomes=[unknown])
        with pytest.raises(TypeError):
            add(records, run_id, 3, header=unpackable)
        add(records, run_id, 4)
    assert records.frame("files")["subject"].tolist() == ["1.2.1", "1.2.4"]
    assert count(store_url, "outcomes") == 6


def test_rows_of_an_open_group_are_seen_by_its_own_store_only(records: Records, store_url: str) -> None:
    run_id = begin(records)
    with open_records(store_url) as other, records.transaction():
        add(records, run_id, 1)
        assert records.has_subject("1.2.1")
        assert not other.has_subject("1.2.1")


def test_two_processes_write_one_store_at_once(records: Records, store_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_objects, args=(store_url, first, first + 200)) for first in (0, 100)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    # objects 100 to 199 were written by both
    assert [count(store_url, table) for table in TABLES] == [1, 300, 300, 900, 900, 300]
    assert records.archive_status(["archive"], plan_digest="plan1").files == {"object": 300}


def test_kill_between_two_groups_loses_only_the_open_one(store_url: str, store_path: Path) -> None:
    open_records(store_url).close()
    code = f"from records_builders import write_objects; write_objects({store_url!r}, 0, 100_000)"
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(Path(__file__).parent), *sys.path])}
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, env=environment) as writer:
        assert writer.stdout is not None
        seen = [writer.stdout.readline() for _ in range(3)]
        writer.kill()
    assert seen[-1].strip() == b"40"
    with sqlite3.connect(store_path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
    connection.close()
    files = count(store_url, "files")
    assert files >= 60
    assert files % 20 == 0
    assert [count(store_url, table) for table in ("outcomes", "measurements")] == [3 * files, 3 * files]


def test_store_takes_5000_measurements_a_second(records: Records, store_path: Path) -> None:
    assert store_path.is_file()  # SQLite: it is the one that a batch writes to on one machine
    # the batch must not wait for its store; processor time, so that a busy machine does not decide
    run_id = begin(records)
    rates = []
    for attempt in range(3):
        started = time.process_time()
        with records.transaction():
            for number in range(100 * attempt, 100 * attempt + 100):
                many = tuple(Measurement(quantity="snr_mean", value=float(n)) for n in range(10))
                add(
                    records,
                    run_id,
                    number,
                    outcomes=[
                        Outcome(subject=f"1.2.{number}", procedure=name, kind="measured", measurements=many)
                        for name in ("uniformity", "nps", "mtf")
                    ],
                )
        rates.append(3000 / (time.process_time() - started))
    assert max(rates) > 5000


@pytest.mark.parametrize(
    "url",
    [
        "qa.db",
        "",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite://host/x",
        "mysql://h/x",
        "sqlite+aiosqlite:///x",
        "postgresql://host",
    ],
)
def test_address_that_is_no_store_is_refused(url: str) -> None:
    with pytest.raises(InputError, match="needed"):
        open_records(url)


def test_relative_address_stays_where_it_was_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path)
    with open_records("sqlite:///qa.db") as records:
        monkeypatch.chdir(tmp_path / "elsewhere")
        begin(records)
        assert records.url == f"sqlite:///{tmp_path / 'qa.db'}"
    assert count(f"sqlite:///{tmp_path / 'qa.db'}", "runs") == 1


def test_password_never_shows(records: Records) -> None:
    address = connecting.parse_address("postgresql://qa:secret@host:5432/xrayiq")
    assert address.drivername == "postgresql+psycopg"
    assert connecting.name_for_messages(address) == "host/xrayiq"
    assert "secret" not in repr(Records(records._engine, address))


def test_missing_folder_is_named_as_such(tmp_path: Path) -> None:
    with pytest.raises(RecordsError, match="create its folder") as caught:
        open_records(f"sqlite:///{tmp_path}/missing/qa.db")
    assert str(tmp_path) not in str(caught.value)


def test_file_that_is_no_database_is_left_alone(store_url: str, store_path: Path) -> None:
    content = b"not a database at all, but longer than a header " * 100
    store_path.write_bytes(content)
    with pytest.raises(RecordsError, match="no SQLite database"):
        open_records(store_url)
    assert store_path.read_bytes() == content


def test_damaged_store_is_refused(records: Records, store_url: str, store_path: Path) -> None:
    add(records, begin(records), 1)
    records.close()
    content = bytearray(store_path.read_bytes())
    content[100:8192] = b"\xff" * (8192 - 100)
    store_path.write_bytes(content)
    with pytest.raises(RecordsError):
        open_records(store_url)


def test_locked_store_says_so(records: Records, store_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "BUSY_TIMEOUT_MS", 50)
    other = sqlite3.connect(store_path, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with open_records(f"sqlite:///{store_path}") as waiting, pytest.raises(RecordsError, match="locked"):
        begin(waiting)
    other.close()
    assert begin(records) == 1


def test_full_disk_keeps_what_was_stored_before(records: Records, store_path: Path, store_url: str) -> None:
    run_id = begin(records)
    add(records, run_id, 1)

    def no_more_pages(connection: sqlite3.Connection, *_: object) -> None:
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size: no page more

    records._engine.dispose()
    sqlalchemy.event.listen(records._engine, "connect", no_more_pages)
    with pytest.raises(RecordsError, match="full"), records.transaction():
        for number in range(2, 500):
            add(records, run_id, number)
    sqlalchemy.event.remove(records._engine, "connect", no_more_pages)
    records._engine.dispose()
    assert count(store_url, "objects") == 1
    assert add(records, run_id, 2) == 3


def test_refusal_names_no_path(records: Records, store_url: str) -> None:
    with pytest.raises(RecordsError, match=r"(?i)foreign key"):
        add(records, 99, 1)
    with pytest.raises(RecordsError, match=r"(?i)not.null") as caught:
        add(records, 1, 1, file=file_entry(1, relative_path="Simulated^Patient/1.dcm", mtime_ns=None))
    shown = f"{caught.value} {caught.value.__cause__}"
    assert "Simulated" not in shown
    assert count(store_url, "files") == 0


def test_closed_store_refuses(records: Records) -> None:
    records.close()
    records.close()
    with pytest.raises(RecordsError, match="closed"):
        begin(records)
    with pytest.raises(RecordsError, match="closed"):
        records.frame("runs")


def test_file_of_unknown_status_is_refused() -> None:
    with pytest.raises(InputError, match="status"):
        file_entry(1, status="lost")


def test_numbers_of_numpy_are_stored_as_numbers(records: Records, store_path: Path) -> None:
    odd = header(1, exposure_mas=np.float32(0.5), tube_voltage_kv=math.nan)
    add(records, begin(records), 1, header=dataclasses.replace(odd, rows=np.int64(7), frames=10**30))
    row = records.frame("objects").loc[0]
    assert row["exposure_mas"] == 0.5
    assert math.isnan(row["tube_voltage_kv"])
    assert row["rows"] == 7
    stored = records.header("1.2.1")
    assert stored is not None
    assert (row["frames"], stored.frames) == (pd.NA, 10**30)  # no column holds it; the whole header does
    with sqlite3.connect(store_path) as connection:
        assert connection.execute("SELECT typeof(exposure_mas), typeof(rows) FROM objects").fetchone() == (
            "real",
            "integer",
        )
    connection.close()
