from __future__ import annotations

import multiprocessing
import sqlite3
from pathlib import Path

import pandas as pd
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from records_builders import add, begin, open_and_close
from sqlalchemy import Connection, String, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateIndex, CreateTable

from xrayiq.errors import RecordsError
from xrayiq.records import Records, connecting, open_records, schema
from xrayiq.records.column_types import PathText, StorableText
from xrayiq.records.schema import VERSION, VERSION_TABLE, migration_config, stored_version
from xrayiq.records.tables import EQUIPMENT, METADATA, OBJECTS

#: every attribute of a header that may be text in the store, with what is told from it; persons are keyed hashes
CLOSED_LIST = {
    "subject", "kind", "modality", "body_part", "view_position", "laterality", "protocol_name", "intent",
    "study_uid", "series_uid", "sop_class_uid", "irradiation_event_uid", "transfer_syntax_uid",
    "patient_key", "operator_key", "header_json",
    "identity", "manufacturer", "model", "station_name", "serial_number", "detector_id", "software_versions",
    "institution", "department",
    "own_population", "population", "exposure_key", "technique_key", "seal", "role_seal",
    "patient_sex", "exposure_control_mode", "grid", "filter_material", "detector_type",
    "not_numbers", "burned_in_annotation", "header_checks",
}  # fmt: skip


def test_migrations_make_the_tables_that_a_new_store_gets(store_url: str, tmp_path: Path) -> None:
    engine = connecting.create_engine(connecting.parse_address(store_url))
    options = {"version_table": VERSION_TABLE, "compare_type": True, "compare_server_default": True}
    with engine.begin() as connection:
        command.upgrade(migration_config(connection), "head")
        assert compare_metadata(MigrationContext.configure(connection, opts=options), METADATA) == []
        migrated = reflected(connection)
        METADATA.drop_all(connection)
        connection.exec_driver_sql(f"DROP TABLE {VERSION_TABLE}")
    engine.dispose()
    with open_records(store_url) as records, records._engine.connect() as connection:
        assert stored_version(connection) == VERSION
        assert reflected(connection) == migrated
        assert set(migrated) == {*METADATA.tables, VERSION_TABLE}


def reflected(connection: Connection) -> dict[str, list[list[str]]]:
    """Columns, keys, constraints and indexes of each table as the database tells them."""
    inspector = inspect(connection)
    return {
        table: [
            sorted(map(repr, inspector.get_columns(table))),
            [repr(inspector.get_pk_constraint(table))],
            sorted(map(repr, inspector.get_foreign_keys(table))),
            sorted(map(repr, inspector.get_unique_constraints(table))),
            sorted(map(repr, inspector.get_check_constraints(table))),
            sorted(map(repr, inspector.get_indexes(table))),
        ]
        for table in inspector.get_table_names()
    }


def test_newest_migration_is_the_version_of_the_code(records: Records) -> None:
    with records._engine.connect() as connection:
        assert ScriptDirectory.from_config(migration_config(connection)).get_heads() == [VERSION]


def test_every_foreign_key_is_indexed(records: Records) -> None:
    inspector = inspect(records._engine)
    keys = 0
    for table in METADATA.tables:
        indexed = [tuple(index["column_names"]) for index in inspector.get_indexes(table)]
        indexed += [tuple(unique["column_names"]) for unique in inspector.get_unique_constraints(table)]
        indexed.append(tuple(inspector.get_pk_constraint(table)["constrained_columns"]))
        for foreign in inspector.get_foreign_keys(table):
            columns = tuple(foreign["constrained_columns"])
            assert any(index[: len(columns)] == columns for index in indexed), (table, columns)
            keys += 1
    assert keys == 13


def test_tables_are_valid_for_postgresql_too() -> None:
    dialect = postgresql.dialect()
    for table in METADATA.sorted_tables:
        assert "CREATE TABLE" in str(CreateTable(table).compile(dialect=dialect))
        for index in table.indexes:
            assert "CREATE INDEX" in str(CreateIndex(index).compile(dialect=dialect))
        names = [str(item.name) for item in (*table.constraints, *table.indexes)]
        assert max(len(name) for name in names) <= 63  # PostgreSQL cuts longer names


def test_only_attributes_of_the_closed_list_have_columns() -> None:
    text = {
        column.name
        for table in (OBJECTS, EQUIPMENT)
        for column in table.columns
        if isinstance(column.type, (StorableText, PathText, String))
    }
    assert text == CLOSED_LIST


def test_sqlite_store_writes_ahead_and_checks_its_keys(records: Records, store_path: Path) -> None:
    assert store_path.is_file()
    with records._engine.connect() as connection:
        settings = [
            connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "foreign_keys", "synchronous", "busy_timeout")
        ]
    assert settings == ["wal", 1, 1, 60_000]


@pytest.mark.parametrize("version", ["9999", "", None])
def test_store_of_a_later_version_is_refused_and_kept(
    records: Records, store_url: str, store_path: Path, version: str | None
) -> None:
    add(records, begin(records), 1)
    records.close()
    with sqlite3.connect(store_path) as connection:
        if version is None:
            connection.execute("INSERT INTO xrayiq_schema VALUES ('0001')")
        else:
            connection.execute("UPDATE xrayiq_schema SET version_num = ?", [version])
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = store_path.read_bytes()
    with pytest.raises(RecordsError, match=f"needed version {VERSION} or earlier"):
        open_records(store_url)
    assert store_path.read_bytes() == before


@pytest.mark.parametrize(
    "change",
    [
        "UPDATE xrayiq_schema SET version_num = '0007'",  # with the tables of later versions there
        "DROP TABLE dose_events",
    ],
)
def test_store_that_a_migration_has_half_changed_is_told_and_kept(
    records: Records, store_url: str, store_path: Path, change: str
) -> None:
    add(records, begin(records), 1)
    records.close()
    with sqlite3.connect(store_path) as connection:
        connection.execute(change)
        connection.commit()
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    before = store_path.read_bytes()
    told = r"dose_events.*half a migration.*restore it from its copy"
    with pytest.raises(RecordsError, match=told), open_records(store_url) as opened:
        opened.frame("dose_events")
    assert store_path.read_bytes() == before


def test_database_of_another_program_is_refused_and_kept(store_url: str, store_path: Path) -> None:
    with sqlite3.connect(store_path) as connection:
        connection.execute("CREATE TABLE invoices (id INTEGER)")
    connection.close()
    before = store_path.read_bytes()
    with pytest.raises(RecordsError, match="something else"):
        open_records(store_url)
    assert store_path.read_bytes() == before


def test_making_of_the_tables_that_breaks_off_leaves_nothing(
    store_url: str, store_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def breaks_off(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(schema, "begin_sealing", breaks_off)  # the tables are made
    with pytest.raises(KeyboardInterrupt):
        open_records(store_url)
    with sqlite3.connect(store_path) as connection:
        assert connection.execute("SELECT name FROM sqlite_master").fetchall() == []
    connection.close()
    monkeypatch.undo()
    with open_records(store_url) as records:
        assert begin(records) == 1


def test_processes_that_open_a_new_store_at_once_agree(store_url: str) -> None:
    context = multiprocessing.get_context("spawn")
    openers = [context.Process(target=open_and_close, args=(store_url,)) for _ in range(3)]
    for opener in openers:
        opener.start()
    for opener in openers:
        opener.join(60)
    assert [opener.exitcode for opener in openers] == [0, 0, 0]
    with open_records(store_url) as records:
        assert begin(records) == 1


#: a row of each table as version 0001 had it
FIRST_ROWS = {
    "runs": "1, '2024-03-01 10:00:00', NULL, 'finished', 'archive', '0.0.1', 'k', 'plan1', 's', '{}'",
    "equipment": "1, 'identity', 'Acme', 'D1', 'Room 1', 'S1', 'D7', '1.0', NULL, NULL",
    "files": "1, 'archive', 'day/1.dcm', 100, 1700000000000000000, 'sha256:1', '1.2.1', 'object', 'plan1'",
    "outcomes": "1, '1.2.1', 'uniformity', 1, 'p1', 'measured', '', '', 'plan1', 1, 1, '2024-03-01 10:00:01', "
    "NULL, NULL, NULL",
    "measurements": "1, 0, 'snr_mean', '', 15.5, '1'",
    "verdicts": "1, 0, 'snr_mean', '', 15.5, '1', 'warning', 15.5, NULL, 'least_snr', 'uniformity', 'absolute', 20, "
    "NULL, 10, NULL, 'Document', '2024', 'C', ''",
}
FIRST_OBJECT = (
    "INSERT INTO objects (id, subject, kind, equipment_id, exposed_at, header_json) "
    "VALUES (1, '1.2.1', 'flat_field', 1, '2024-03-01 09:30:00', "
    '\'{"acquisition":{"patient_weight_kg":3.25,"grid":"NONE","patient_sex":null,"burned_in_annotation":"NO"},'
    '"detail":{"not_numbers":["KVP", "ExposureIndex"]}}\')'
)


def test_store_of_the_first_version_is_brought_up_to_date_and_sealed(store_url: str) -> None:
    engine = connecting.create_engine(connecting.parse_address(store_url))
    with engine.begin() as connection:
        command.upgrade(migration_config(connection), "0001")
        for table, values in FIRST_ROWS.items():
            if table == "files":
                connection.exec_driver_sql(FIRST_OBJECT)
            connection.exec_driver_sql(f"INSERT INTO {table} VALUES ({values})")  # noqa: S608 - ours
    engine.dispose()
    with open_records(store_url) as records:
        assert records.verify(records.head).whole
        verdicts = records.frame("verdicts")
        assert verdicts[["value", "status", "serial_number", "limit_site"]].values.tolist() == [
            [15.5, "warning", "S1", ""]
        ]
        (told,) = records.frame("exposures").to_dict("records")
        assert str(told["exposed_at"]) == "2024-03-01 09:30:00"
        assert (told["patient_weight_kg"], told["grid"]) == (3.25, "NONE")
        assert pd.isna(told["patient_sex"])
        assert told["not_numbers"] == "KVP,ExposureIndex"
        assert told["burned_in_annotation"] == "NO"
        assert pd.isna(told["header_checks"])
        (event,) = records.events()
        assert event.details["outcome"] == {"rows": 1, "last": 1}
        if store_url.startswith("sqlite"):  # a server's own numbering does not know rows that tests put in
            assert add(records, begin(records), 2) == 3
            assert records.verify(records.head).whole
