"""The version of a store's tables: created, brought up to date or refused.

A new store gets the tables of ``tables.py`` as they are. A new version is a new file in ``migrations/versions`` that
changes those of an older store step by step (batch mode, so that it works on SQLite), together with the changed
``tables.py`` and `VERSION`; a test compares the tables that either way makes.
"""

from __future__ import annotations

import sqlite3
import time
from typing import TYPE_CHECKING, Final

import sqlalchemy
from sqlalchemy.engine import Connection, Engine

from xrayiq.errors import RecordsError
from xrayiq.records.beginning import begin_sealing
from xrayiq.records.connecting import BUSY_TIMEOUT_MS, WRITING, lock_for_writing
from xrayiq.records.tables import METADATA

if TYPE_CHECKING:
    from alembic.config import Config

#: newest version of the tables, the head of the migrations
VERSION: Final = "0013"
#: own name, so that a PostgreSQL database may hold another program's Alembic history
VERSION_TABLE: Final = "xrayiq_schema"


def bring_up_to_date(engine: Engine, *, source: str) -> None:
    """Create the tables of an empty database, or migrate those of an earlier version.

    Parameters
    ----------
    engine : Engine
        From `connecting.create_engine`.
    source : str
        The store's name for messages.

    Raises
    ------
    RecordsError
        The store is of a later version, or the database belongs to something else. It is left as it was.
    """
    with engine.connect() as connection:
        if stored_version(connection) == VERSION:
            return
    with engine.connect().execution_options(**{WRITING: True}) as connection:
        refuse_foreign(connection, source)
        connection.rollback()
        _before_migration(connection)
        with connection.begin():
            lock_for_writing(connection)
            refuse_foreign(connection, source)  # again: another process may have been faster
            if stored_version(connection) is None:
                create_tables(connection)
            else:
                _migrate(connection)
            begin_sealing(connection)
        connection.invalidate()  # its foreign keys are off


def create_tables(connection: Connection) -> None:
    """Create the tables of the newest version in an empty database, with its number.

    All migrations from the first on make the same tables in some twenty times the time.
    """
    METADATA.create_all(connection, checkfirst=False)
    connection.exec_driver_sql(
        f"CREATE TABLE {VERSION_TABLE} (version_num VARCHAR(32) NOT NULL, "
        f"CONSTRAINT {VERSION_TABLE}_pkc PRIMARY KEY (version_num))"
    )
    connection.exec_driver_sql(f"INSERT INTO {VERSION_TABLE} VALUES ('{VERSION}')")  # noqa: S608 - constants


def stored_version(connection: Connection) -> str | None:
    """Version of the tables in a database, None where it holds none of ours."""
    if not sqlalchemy.inspect(connection).has_table(VERSION_TABLE):
        return None
    rows = connection.exec_driver_sql(f"SELECT version_num FROM {VERSION_TABLE}")  # noqa: S608 - a constant
    return ",".join(sorted(str(row[0]) for row in rows))


def migration_config(connection: Connection) -> Config:
    """Alembic configuration of the packaged migrations, bound to a connection."""
    from alembic.config import Config  # a store that is up to date opens without loading Alembic

    config = Config()
    config.set_main_option("script_location", "xrayiq.records:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


def refuse_foreign(connection: Connection, source: str) -> None:
    """Refuse a database that holds something else, or a store of a later version; nothing is changed."""
    version = stored_version(connection)
    if version is None:
        if sqlalchemy.inspect(connection).get_table_names():
            raise RecordsError(
                "the database holds tables of something else",
                needed="a record store or an empty database",
                remedy="name another file or database",
                source=source,
            )
        return
    from alembic.script import ScriptDirectory

    scripts = ScriptDirectory.from_config(migration_config(connection))
    if version not in {script.revision for script in scripts.walk_revisions()}:
        raise RecordsError(
            f"record store of version {version or 'unknown'}",
            needed=f"version {VERSION} or earlier",
            remedy="open it with the xrayiq that wrote it, or update this one; nothing was changed",
            source=source,
        )


def _before_migration(connection: Connection) -> None:
    """Settings that SQLite only takes outside a transaction: write-ahead log on, foreign keys off while tables move."""
    if connection.dialect.name != "sqlite":
        return
    driver = connection.connection.driver_connection
    if driver is None:
        raise RecordsError("the connection was lost", remedy="start again")
    driver.execute("PRAGMA foreign_keys = OFF")
    give_up = time.monotonic() + BUSY_TIMEOUT_MS / 1000
    while True:
        try:
            driver.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > give_up:
                raise
            time.sleep(0.05)  # SQLite does not wait by itself when two processes switch at once
        else:
            return


def _migrate(connection: Connection) -> None:
    from alembic import command

    command.upgrade(migration_config(connection), "head")
    if connection.dialect.name == "sqlite":
        broken = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
        if broken is not None:
            raise RecordsError(f"orphaned row in table {broken[0]}", remedy="restore the store from its copy")
