"""What PostgreSQL does in its own way: locks, lost connections, refusals. Other tests run on both databases."""

from __future__ import annotations

import multiprocessing
import re
from collections.abc import Iterator

import psycopg
import pytest
from alembic import command
from records_builders import add, begin, count, open_and_close, write_copies

from xrayiq.errors import InputError, RecordsError
from xrayiq.records import Records, connecting, open_existing, open_records, schema


@pytest.fixture
def records(postgres_store_url: str) -> Iterator[Records]:
    with open_records(postgres_store_url) as opened:
        yield opened


@pytest.fixture
def other(postgres_store_url: str) -> Iterator[psycopg.Connection]:
    """Somebody else at the same database."""
    with psycopg.connect(postgres_store_url.replace("+psycopg", ""), autocommit=True) as connection:
        yield connection


def test_whole_store_is_whole_and_an_altered_row_is_named(records: Records, other: psycopg.Connection) -> None:
    run_id = begin(records)
    for number in range(1, 4):
        add(records, run_id, number)
    records.finish_run(run_id, status="finished", counts={"files": 3})
    assert records.verify(records.head).whole
    other.execute("UPDATE verdicts SET status = 'pass' WHERE outcome_id = 4")
    other.execute("UPDATE objects SET tube_voltage_kv = 71 WHERE id = 2")
    other.execute("DELETE FROM measurements WHERE outcome_id = 7 AND ordinal = 1")
    other.execute("UPDATE events SET actor = 'somebody' WHERE number = 2")
    found = {(fault.table, fault.row, fault.damage) for fault in records.verify().faults}
    assert found == {
        ("outcomes", 4, "altered"),
        ("objects", 2, "altered"),
        ("outcomes", 7, "altered"),
        ("events", 2, "altered"),
    }


def test_store_can_be_verified_while_it_is_written(records: Records, postgres_store_url: str) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    seen = []

    def write_more(done: int, total: int) -> None:
        if not seen:
            with open_records(postgres_store_url) as writer:
                add(writer, run_id, 2)
        seen.append((done, total))

    assert records.verify(progress=write_more).whole
    assert seen[-1] == (7, 7)  # run, equipment, object, file, three outcomes: as it stood at the beginning


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_two_writers_of_the_same_exposures_agree(
    kind: str, postgres_store_url: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("stores")
    url = postgres_store_url if kind == "postgresql" else f"sqlite:///{folder / 'both.db'}"
    open_records(url).close()
    context = multiprocessing.get_context("spawn")
    writers = [context.Process(target=write_copies, args=(url, start, step)) for start, step in ((0, 1), (11, -1))]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join(60)
    assert [writer.exitcode for writer in writers] == [0, 0]
    one_after_the_other = f"sqlite:///{folder / 'one.db'}"
    write_copies(one_after_the_other, 0, 1)
    with open_records(url) as records, open_records(one_after_the_other) as expected:
        assert records.verify(records.head).whole
        columns = ["subject", "population"]
        exposures = [
            store.frame("objects")[[*columns, "exposure_key"]].sort_values("subject") for store in (records, expected)
        ]
        assert exposures[0].values.tolist() == exposures[1].values.tolist()
        assert sorted(exposures[0]["population"]) == ["clinical"] * 4 + ["copy"] * 8
        files = records.frame("files")
        assert files.groupby("subject")["status"].agg(sorted).tolist() == [["duplicate"] * 3 + ["object"]] * 12


def test_locked_store_says_so(records: Records, other: psycopg.Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connecting, "BUSY_TIMEOUT_MS", 50)
    other.execute("SELECT pg_advisory_lock(%s)", [connecting._ADVISORY_LOCK])
    with pytest.raises(RecordsError, match="another program keeps the record store locked"):
        begin(records)
    other.execute("SELECT pg_advisory_unlock(%s)", [connecting._ADVISORY_LOCK])
    assert begin(records) == 1


@pytest.mark.parametrize("in_mid_write", [True, False])
def test_lost_connection_loses_only_the_open_group(
    records: Records, other: psycopg.Connection, postgres_store_url: str, in_mid_write: bool
) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    end_others = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() "
    if in_mid_write:
        with pytest.raises(RecordsError, match="connection to the database was lost"), records.transaction():
            add(records, run_id, 2)
            other.execute(end_others + "AND pid <> pg_backend_pid()")
            add(records, run_id, 3)
    else:
        other.execute(end_others + "AND pid <> pg_backend_pid()")
    assert count(postgres_store_url, "files") == 1
    assert add(records, run_id, 2) == 3  # the same store goes on with a new connection
    records.finish_run(run_id, status="finished", counts={})
    assert records.verify(records.head).whole


def test_full_disk_keeps_what_was_stored_before(
    records: Records, other: psycopg.Connection, postgres_store_url: str
) -> None:
    # as the server says it, with its code; the disk itself cannot be filled here
    run_id = begin(records)
    add(records, run_id, 1)
    other.execute(
        "CREATE FUNCTION full_disk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF NEW.subject = '1.2.9' THEN "
        "RAISE EXCEPTION 'could not extend file \"base/1\": No space left on device' USING ERRCODE = '53100'; "
        "END IF; RETURN NEW; END $$"
    )
    other.execute("CREATE TRIGGER full_disk BEFORE INSERT ON outcomes FOR EACH ROW EXECUTE FUNCTION full_disk()")
    with pytest.raises(RecordsError, match="disk is full"), records.transaction():
        for number in (2, 9):
            add(records, run_id, number)
    assert count(postgres_store_url, "files") == 1
    assert add(records, run_id, 2) == 3
    assert records.verify(records.head).whole


@pytest.mark.parametrize("version", ["9999", None])
def test_store_of_a_later_version_is_refused_and_kept(
    records: Records, other: psycopg.Connection, postgres_store_url: str, version: str | None
) -> None:
    add(records, begin(records), 1)
    if version is None:
        other.execute("INSERT INTO xrayiq_schema VALUES ('0001')")
    else:
        other.execute("UPDATE xrayiq_schema SET version_num = %s", [version])
    with pytest.raises(RecordsError, match="needed version"):
        open_records(postgres_store_url)
    assert count(postgres_store_url, "outcomes") == 3


def test_database_of_another_program_is_refused_and_kept(postgres_url: str) -> None:
    with psycopg.connect(postgres_url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    with pytest.raises(RecordsError, match="something else"):
        open_records(postgres_url)
    with pytest.raises(RecordsError):
        open_existing(postgres_url)
    assert count(postgres_url, "information_schema.tables WHERE table_schema = 'public'") == 1


def test_migration_that_breaks_off_leaves_the_store_as_it_was(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    engine = connecting.create_engine(connecting.parse_address(postgres_url))
    with engine.begin() as connection:
        command.upgrade(schema.migration_config(connection), "0004")
    engine.dispose()
    tables = "information_schema.columns WHERE table_schema = 'public'"
    before = count(postgres_url, tables)

    def breaks_off(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(schema, "begin_sealing", breaks_off)
        with pytest.raises(KeyboardInterrupt):
            open_records(postgres_url)
    assert count(postgres_url, tables) == before
    with open_records(postgres_url) as records:
        assert begin(records) == 1
        assert records.verify().whole


def test_opening_waits_for_one_migration(postgres_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    openers = [context.Process(target=open_and_close, args=(postgres_url,)) for _ in range(2)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(60)
    assert [opener.exitcode for opener in openers] == [0, 0]
    assert count(postgres_url, "events") == 1


def test_server_or_database_that_is_not_there_is_named(postgres_url: str) -> None:
    missing = re.sub(r"/xrayiq_[0-9a-f]+\?", "/none?", postgres_url)
    with pytest.raises(RecordsError, match="no such database, user or table"):
        open_records(missing)
    with pytest.raises(RecordsError, match="does not answer"):
        open_records("postgresql+psycopg://qa:secret@127.0.0.1:1/xrayiq")
    with pytest.raises(InputError):
        open_records("postgresql+psycopg://host")
