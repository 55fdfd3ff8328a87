"""What `verify` finds: each column altered by hand, rows removed, inserted and swapped, the end cut off."""

# ruff: noqa: S608 - statements are put together from names of ours

from __future__ import annotations

import dataclasses
import datetime
import re
import shutil
import sqlite3
from pathlib import Path

import pytest
from records_builders import add, add_set, begin, dose_report, file_entry, header, outcomes, reject_note

from xrayiq.errors import InputError, RecordsError
from xrayiq.model import Limit, Measurement, Outcome, Verification, judge
from xrayiq.records import open_records, trail
from xrayiq.records.tables import METADATA

#: the time of a file's last change only decides whether the file is read again
NOT_SEALED = {("files", "mtime_ns")}
COLUMNS = [
    (table.name, column.name)
    for table in METADATA.sorted_tables
    for column in table.columns
    if (table.name, column.name) not in NOT_SEALED
]
OF_OUTCOMES = ("measurements", "verdicts", "dose_events", "rejects")
KEYS = {"events": "number", "seals": "number"} | dict.fromkeys(OF_OUTCOMES, "outcome_id")
RELATIVE = Limit(
    id="constancy",
    quantity="snr_mean",
    basis="relative_to_baseline",
    warning_low=-0.1,
    warning_high=0.1,
    fail_low=-0.2,
    fail_high=0.2,
    document="d",
    edition="e",
    confidence="A",
    note="n",
)


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with some of everything, whole."""
    path = tmp_path_factory.mktemp("whole") / "qa.db"
    with open_records(f"sqlite:///{path}") as records:
        run_id = begin(records)
        failed = Outcome(subject="1.2.9", procedure="read", kind="error", reason="truncated", message="ends early")
        add(records, run_id, 9, outcomes=[failed])
        for number in range(1, 4):
            add(records, run_id, number)
        add(records, run_id, 3, file=file_entry(3, relative_path="copy/3.dcm"))
        add_set(records, run_id, 1, 2)
        records.finish_run(run_id, status="finished", counts={"files": 4})
        records.append_event(
            kind="calibration",
            subject="detector:D7",
            actor="physicist",
            reason="yearly",
            details={"gain": [1.5, "µGy"]},
        )
        second = begin(records, "plan2")
        again = Outcome(subject="1.2.9", procedure="read", kind="error", reason="header", message="absurd")
        add(records, second, 9, outcomes=[again], plan_digest="plan2")
        add(records, second, 1, plan_digest="plan2", outcomes=outcomes(1, value=5.0, parameter_digest="p2"))
        add(records, second, 5, header=header(5, software_versions=("3.0",), quality_control_image="YES"))
        report = dose_report(8)
        assert report.result is not None
        alone = dataclasses.replace(report.result, events=report.result.events[:1])
        add(records, second, 8, kind="dose_report", outcomes=[dataclasses.replace(report, result=alone)])
        add(records, second, 10, kind="reject_note", outcomes=[reject_note(10)])
        for number in (6, 7):  # one exposure, two images
            one = dataclasses.replace(header(number, exposure_mas=2.0), irradiation_event_uid="1.9")
            add(records, second, number, header=one, kind="clinical", population="clinical")
        relative = judge(Measurement(quantity="snr_mean", value=15.0), RELATIVE, 20.0)
        other = judge(Measurement(quantity="snr_mean", value=5.0), RELATIVE, 20.0)
        measured = records.frame("measurements", superseded=True)["outcome_id"]
        assert records.add_verdicts(second, {int(measured.min()): [relative], int(measured.max()): [other]}) == 2
        records.finish_run(second, status="finished", counts={"files": 5})
        assert sorted(records.frame("objects")["population"])[:2] == ["clinical", "copy"]
        assert records.verify(records.head).whole
    with sqlite3.connect(path) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path


@pytest.fixture
def store(written: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(written, tmp_path / "qa.db"))


def by_hand(path: Path, *statements: str) -> None:
    """What somebody does who has the file and knows SQL."""
    with sqlite3.connect(path) as connection:
        for statement in statements:
            assert connection.execute(statement).rowcount > 0, statement
    connection.close()


def verified(path: Path, head: str | None = None) -> Verification:
    with open_records(f"sqlite:///{path}", create=False) as records:
        return records.verify(head)


def head_of(path: Path) -> str:
    with open_records(f"sqlite:///{path}") as records:
        return records.head


def other_value(value: object) -> object:
    """A value of the same kind that is another one."""
    if value is None:
        return 1
    if isinstance(value, (int, float)):
        return value + 50
    if isinstance(value, bytes):
        return value + b"x"
    text = str(value)
    if re.match(r"\d{4}-\d\d-\d\d", text):
        return text.replace(text[:4], "1999", 1)
    return text[:-1] + "7}" if text.startswith("{") and text[-2:-1].isdigit() else text + "x"


def test_whole_store_is_whole(store: Path) -> None:
    found = verified(store, head_of(store))
    assert (found.faults, found.more_faults, found.notes) == ((), 0, ())
    rows = {"runs": 2, "equipment": 2, "objects": 9, "files": 10, "sets": 1, "responses": 1, "outcomes": 26}
    rows["baseline_verdicts"] = 2
    assert found.counts == {"events": 4, "seals": sum(rows.values())} | rows


@pytest.mark.parametrize(("table", "column"), COLUMNS)
def test_each_altered_column_is_found_and_named(store: Path, table: str, column: str) -> None:
    key = KEYS.get(table, "id")
    with sqlite3.connect(store) as connection:
        # a row that holds something, where one does
        query = f'SELECT {key}, "{column}" FROM {table} ORDER BY "{column}" IS NULL, {key} DESC'
        row_id, value = connection.execute(query).fetchone()
        changed = 0 if column in ("quality_control", "is_rejected") else other_value(value)
        connection.execute(f'UPDATE {table} SET "{column}" = ? WHERE {key} = ?', [changed, row_id])
    connection.close()
    found = verified(store)
    owner = "outcomes" if table in OF_OUTCOMES else table
    assert not found.whole
    if table == "seals":  # it is told as what it was the seal of
        assert any(re.search(r"\d", fault.description) for fault in found.faults)
    elif column in ("id", "number", "outcome_id"):
        named = {(fault.table, fault.row) for fault in found.faults}
        assert (owner, row_id) in named
    else:
        assert {(fault.table, fault.row) for fault in found.faults} == {(owner, row_id)}, found.faults


@pytest.mark.parametrize(
    ("table", "column", "value"),
    [
        ("outcomes", "created_at", "soon"),
        ("objects", "exposed_at", "soon"),
        ("runs", "counts", "{"),
        ("events", "at", "soon"),
        ("events", "details", b"\xff\x00"),
        ("measurements", "value", "much"),
        ("verdicts", "status", b"\xff"),
        ("outcomes", "result_json", b"{}"),
        ("outcomes", "message", b"\xff"),
        ("seals", "mac", b"\xff"),
        ("seals", "row_id", "one"),
        ("files", "size", "much"),
    ],
)
def test_what_no_column_should_hold_is_found(store: Path, table: str, column: str, value: object) -> None:
    key = KEYS.get(table, "id")
    cast = "CAST(? AS TEXT)" if isinstance(value, bytes) and column != "result_json" else "?"
    with sqlite3.connect(store) as connection:
        changed = connection.execute(f"UPDATE {table} SET {column} = {cast} WHERE {key} = 2", [value]).rowcount
    connection.close()
    assert changed >= 1
    assert not verified(store).whole


def test_fault_says_unit_and_date(store: Path) -> None:
    by_hand(store, "UPDATE verdicts SET status = 'pass' WHERE outcome_id = 2")
    (fault,) = verified(store).faults
    assert (fault.table, fault.row, fault.damage) == ("outcomes", 2, "altered")
    assert (
        fault.description
        == (
            "outcome 2 (uniformity, Acme, serial S1, exposed 2024-03-01 09:30, measured "
            f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
        )
        + fault.description[fault.description.index(" measured 20") + len(" measured 2026-01-01") :]
    )
    assert fault.description.endswith("or its measurements or verdicts: altered")


@pytest.mark.parametrize("table", ["runs", "equipment", "objects", "files", "sets", "responses", "outcomes", "seals"])
def test_removed_row_is_found_and_named(store: Path, table: str) -> None:
    key = KEYS.get(table, "id")
    by_hand(store, f"DELETE FROM {table} WHERE {key} = 1")
    assert (table, 1, "removed") in {(fault.table, fault.row, fault.damage) for fault in verified(store).faults}


@pytest.mark.parametrize("table", OF_OUTCOMES)
def test_removed_number_is_found_at_its_outcome(store: Path, table: str) -> None:
    with sqlite3.connect(store) as connection:
        (row_id,) = connection.execute(f"SELECT min(outcome_id) FROM {table}").fetchone()
    connection.close()
    by_hand(store, f"DELETE FROM {table} WHERE outcome_id = {row_id} AND ordinal = 0")
    assert [(fault.table, fault.row) for fault in verified(store).faults] == [("outcomes", row_id)]


def test_outcome_removed_with_all_that_belongs_to_it_is_found(store: Path) -> None:
    with sqlite3.connect(store) as connection:
        number = connection.execute("SELECT number FROM seals WHERE kind = 'outcome' AND row_id = 5").fetchone()[0]
    connection.close()
    by_hand(
        store,
        "DELETE FROM measurements WHERE outcome_id = 5",
        "DELETE FROM verdicts WHERE outcome_id = 5",
        "DELETE FROM outcomes WHERE id = 5",
        "DELETE FROM seals WHERE kind = 'outcome' AND row_id = 5",
    )
    faults = verified(store).faults
    assert (faults[0].table, faults[0].row, faults[0].damage) == ("seals", number, "removed")
    assert "1 of them are missing" in faults[1].description
    by_hand(store, f"UPDATE seals SET number = number - 1 WHERE number > {number}")  # close the gap
    assert not verified(store).whole


def test_last_row_of_an_ended_run_removed_with_its_seal_is_found(store: Path) -> None:
    by_hand(
        store,
        "DELETE FROM outcomes WHERE id = (SELECT max(id) FROM outcomes)",
        "DELETE FROM seals WHERE kind = 'outcome' AND row_id = (SELECT max(row_id) FROM seals WHERE kind = 'outcome')",
        "DELETE FROM seals WHERE number = (SELECT max(number) FROM seals)",
    )
    assert any("ended with" in fault.description for fault in verified(store).faults)


def test_inserted_rows_are_found(store: Path) -> None:
    by_hand(
        store,
        "INSERT INTO outcomes SELECT 99, '1.2.99', procedure, algorithm_version, parameter_digest, kind, reason, "
        "message, plan_digest, object_id, run_id, created_at, result_type, result_json, result_npz, standing_seal "
        "FROM outcomes WHERE id = 2",
        "INSERT INTO measurements SELECT 100, ordinal, quantity, direction, value, unit FROM measurements "
        "WHERE outcome_id = 2",
    )
    named = {(fault.table, fault.row, fault.damage) for fault in verified(store).faults}
    assert ("outcomes", 99, "inserted") in named
    assert ("measurements", 100, "inserted") in named


def test_inserted_event_is_found(store: Path) -> None:
    by_hand(
        store,
        "INSERT INTO events SELECT 5, at, actor, kind, subject, 'forged', details, mac, previous FROM events "
        "WHERE number = 4",
    )
    assert [(fault.table, fault.row) for fault in verified(store).faults] == [("events", 5)]


def test_swapped_outcomes_are_told_as_swapped(store: Path) -> None:
    swap = "id = CASE id WHEN -4 THEN 3 ELSE 4 END"
    by_hand(
        store,
        "UPDATE outcomes SET id = -id WHERE id IN (3, 4)",
        f"UPDATE outcomes SET {swap} WHERE id < 0",
        "UPDATE measurements SET outcome_id = -outcome_id WHERE outcome_id IN (3, 4)",
        "UPDATE measurements SET outcome_id = CASE outcome_id WHEN -4 THEN 3 ELSE 4 END WHERE outcome_id < 0",
    )
    faults = verified(store).faults
    assert {(fault.row, fault.damage) for fault in faults} == {(3, "reordered"), (4, "reordered")}


def test_swapped_events_are_told_as_swapped(store: Path) -> None:
    by_hand(
        store,
        "UPDATE events SET number = -number WHERE number IN (2, 3)",
        "UPDATE events SET number = CASE number WHEN -2 THEN 3 ELSE 2 END WHERE number < 0",
    )
    faults = [fault for fault in verified(store).faults if fault.table == "events"]
    assert [(fault.row, fault.damage) for fault in faults] == [(2, "reordered"), (3, "reordered")]


def test_removed_event_is_found(store: Path) -> None:
    by_hand(store, "DELETE FROM events WHERE number = 3")
    assert ("events", 3, "removed") in {(fault.table, fault.row, fault.damage) for fault in verified(store).faults}


def test_all_events_removed_is_found_and_nothing_can_be_added(store: Path) -> None:
    by_hand(store, "DELETE FROM events")
    assert any("whole audit trail" in fault.description for fault in verified(store).faults)
    with (
        open_records(f"sqlite:///{store}") as records,
        pytest.raises(RecordsError, match="lost its audit trail"),
    ):
        begin(records)


def test_cut_end_is_found_by_the_head_alone(store: Path) -> None:
    with open_records(f"sqlite:///{store}") as records:
        before = records.head
        records.append_event(kind="repair", subject="detector:D7", actor="physicist", reason="dead line")
        after = records.head
    by_hand(store, "DELETE FROM events WHERE number = 5")
    assert verified(store).whole  # nothing in the store can tell
    assert verified(store, before).whole
    (fault,) = verified(store, after).faults
    assert (fault.row, fault.damage) == (5, "cut")
    assert "1 event is missing" in fault.description
    with open_records(f"sqlite:///{store}") as records:  # the trail goes on in another way
        records.append_event(kind="software", subject="detector:D7", actor="physicist", reason="update")
    (fault,) = verified(store, after).faults
    assert "cut off before it and went on" in fault.description


def test_cut_end_of_a_run_is_found_without_head(store: Path) -> None:
    by_hand(store, "DELETE FROM events WHERE number = 4")
    assert [(fault.table, fault.damage) for fault in verified(store).faults] == [("events", "cut")]


@pytest.mark.parametrize("head", ["", "5", "5:12", "x:0123456789abcdef", "0:0123456789abcdef"])
def test_head_that_is_none_is_refused(store: Path, head: str) -> None:
    with pytest.raises(InputError, match="needed the number of an event"):
        verified(store, head)


def test_another_key_is_told_as_such_and_writes_nothing(
    store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = head_of(store)
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(tmp_path / "other.key"))
    found = verified(store)
    assert [(fault.table, fault.damage) for fault in found.faults] == [("events", "key")]
    assert "another key file" in found.faults[0].description
    with open_records(f"sqlite:///{store}") as records:
        with pytest.raises(RecordsError, match="sealed with another key"):
            begin(records)
        with pytest.raises(RecordsError, match="sealed with another key"):
            records.append_event(kind="repair", subject="x", actor="me", reason="y")
    assert head_of(store) == before


def test_replayed_older_state_of_a_run_is_found(store: Path, written: Path) -> None:
    # a seal of the row alone would fit: the row was once so
    with open_records(f"sqlite:///{store}") as records:
        third = begin(records)
        records.close()
    with sqlite3.connect(store) as connection:
        old = connection.execute("SELECT status, finished_at, counts, seal FROM runs WHERE id = ?", [third]).fetchone()
    connection.close()
    with open_records(f"sqlite:///{store}") as records:
        records.finish_run(third, status="failed", counts={})
    with sqlite3.connect(store) as connection:
        changed = "UPDATE runs SET status = ?, finished_at = ?, counts = ?, seal = ? WHERE id = ?"
        connection.execute(changed, [*old, third])
    connection.close()
    assert [(fault.table, fault.row) for fault in verified(store).faults] == [("runs", third)]


def test_clock_that_was_set_back_is_a_note_and_the_event_is_kept(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    class Earlier(datetime.datetime):
        @classmethod
        def now(cls, tz: datetime.tzinfo | None = None) -> Earlier:
            return cls(2020, 1, 1, tzinfo=tz)

    monkeypatch.setattr(trail.datetime, "datetime", Earlier)
    with open_records(f"sqlite:///{store}") as records:
        records.append_event(kind="repair", subject="x", actor="me", reason="y")
    monkeypatch.undo()
    found = verified(store)
    assert found.whole
    assert "event 5 is dated 2020-01-01" in found.notes[0]


def test_many_faults_are_counted(tmp_path: Path) -> None:
    path = tmp_path / "qa.db"
    with open_records(f"sqlite:///{path}") as records:
        run_id = begin(records)
        with records.transaction():
            for number in range(170):
                add(records, run_id, number)
    by_hand(path, "UPDATE outcomes SET plan_digest = 'other', message = 'other'")
    found = verified(path)
    assert len(found.faults) == 1000
    assert found.more_faults == 2 * 510 - 1000


def test_progress_is_told(store: Path) -> None:
    told: list[tuple[int, int]] = []
    with open_records(f"sqlite:///{store}") as records:
        records.verify(progress=lambda done, total: told.append((done, total)))
    assert told[-1] == (53, 53)
