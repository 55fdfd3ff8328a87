"""Engines for a store's address, and the database's refusals in our words."""

from __future__ import annotations

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import sqlalchemy
from sqlalchemy.engine import URL, Connection, Engine
from sqlalchemy.exc import ArgumentError, DBAPIError

from xrayiq.errors import InputError, RecordsError

#: how long a writer waits for another one before it gives up
BUSY_TIMEOUT_MS: Final = 60_000
#: execution option of connections that will write: SQLite then takes the write lock at once, where waiting works
WRITING: Final = "xrayiq_writing"

_ADVISORY_LOCK: Final = 0x78726179  # "xray"
_ADDRESS_HELP: Final = "sqlite:///qa.db or postgresql+psycopg://user@host/name"
_DRIVERS: Final = {
    "sqlite": "sqlite",
    "sqlite+pysqlite": "sqlite",
    "postgresql": "postgresql+psycopg",
    "postgresql+psycopg": "postgresql+psycopg",
}
_LOST: Final = ("the connection to the database was lost; the unfinished transaction was taken back", "start again")
#: part of the database's message: (what we call it, what to do)
_REFUSALS: Final = (
    ("unable to open database file", "the file cannot be opened", "create its folder, or check the rights on both"),
    ("not a database", "the file is no SQLite database", "name another file; this one was not touched"),
    ("malformed", "the database is damaged", "restore it from its copy"),
    ("lock timeout", "another program keeps the record store locked", "wait for it or stop it, then start again"),
    ("locked", "another program keeps the record store locked", "wait for it or stop it, then start again"),
    ("readonly", "the record store is read-only", "check the rights on the file and its folder"),
    ("read-only", "the record store is read-only", "check the rights on the file and its folder"),
    ("No space left", "the disk is full; the unfinished transaction was taken back", "make room, then start again"),
    ("full", "the disk is full; the unfinished transaction was taken back", "make room, then start again"),
    ("disk I/O", "the disk does not answer; the unfinished transaction was taken back", "check it, then start again"),
    *((said, *_LOST) for said in ("terminating connection", "server closed", "connection is closed", "is lost")),
    ("does not exist", "there is no such database, user or table", "create it, or name another one"),
    ("authentication failed", "the database server refuses the user", "check name and password"),
    ("permission denied", "the database refuses access", "grant the user its rights"),
    ("connection to server", "the database server does not answer", "check its address and that it runs"),
)
#: first line of what the database says where its tables are not those of the version that they state
_OTHER_TABLES: Final = re.compile(
    r"(table|index|relation|column) .+ already exists|no such (table|column)|duplicate column|"
    r"(relation|column) .+ does not exist"
)


def parse_address(url: str) -> URL:
    """Address of a store with its driver named and, for a file, its path absolute.

    Parameters
    ----------
    url : str
        ``sqlite:///file.db`` or ``postgresql+psycopg://…``.

    Returns
    -------
    URL
        For `create_engine`.

    Raises
    ------
    InputError
        Anything else.
    """
    try:
        address = sqlalchemy.make_url(url)
    except ArgumentError:
        raise InputError("a record store's address that is no URL", needed=_ADDRESS_HELP) from None
    if address.drivername not in _DRIVERS:
        raise InputError(f"record store of kind {address.drivername!r}", needed=_ADDRESS_HELP)
    if address.get_backend_name() == "sqlite":
        if not address.database or address.database == ":memory:" or address.host:
            raise InputError("SQLite address without a file", needed="sqlite:///qa.db (three slashes, then the path)")
        address = address.set(database=str(Path(address.database).absolute()))
    elif not address.database:
        raise InputError("PostgreSQL address without a database", needed=_ADDRESS_HELP)
    return address.set(drivername=_DRIVERS[address.drivername])


def store_file(url: str) -> Path | None:
    """File of the store at an address, with its whole path; None where a server keeps it.

    Parameters
    ----------
    url : str
        As given to `open_records`.

    Raises
    ------
    InputError
        The address is none.
    """
    address = parse_address(url)
    return Path(str(address.database)) if address.get_backend_name() == "sqlite" else None


def name_for_messages(address: URL) -> str:
    """File name, or host and database: never a folder, user or password."""
    if address.get_backend_name() == "sqlite":
        return Path(str(address.database)).name
    return f"{address.host or 'local'}/{address.database}"


def require_file(address: URL) -> None:
    """Refuse a SQLite address without its file.

    Raises
    ------
    InputError
        There is no such file.
    """
    if address.get_backend_name() == "sqlite" and not Path(str(address.database)).is_file():
        raise InputError(
            "there is no such record store",
            needed="the store that `xrayiq run` wrote",
            remedy="run an archive first, or name its store",
            source=name_for_messages(address),
        )


def is_writable(address: URL) -> bool:
    """Whether the file of a SQLite address and its folder can be written; True for a server."""
    if address.get_backend_name() != "sqlite":
        return True
    path = Path(str(address.database))
    return os.access(path, os.W_OK) and os.access(path.parent, os.W_OK)


def create_engine(address: URL, *, frozen: bool = False) -> Engine:
    """Engine whose transactions mean what they say on SQLite too.

    Parameters
    ----------
    address : URL
        From `parse_address`.
    frozen : bool
        Whether a SQLite file is opened as one that nobody can change, which needs no file beside it.

    Returns
    -------
    Engine
        Not yet connected.

    Raises
    ------
    InputError
        The driver of the address is not installed.
    """
    if frozen:
        query = {"mode": "ro", "immutable": "1", "uri": "true"}
        address = address.set(database=f"file:{quote(str(address.database))}", query=query)
    try:
        engine = sqlalchemy.create_engine(address, hide_parameters=True, pool_pre_ping=True)
    except ModuleNotFoundError as error:
        raise InputError(
            f"PostgreSQL address, but {error.name} is not installed",
            needed="its driver",
            remedy="pip install 'xrayiq[postgres]'",
        ) from error
    if engine.dialect.name == "sqlite":
        sqlalchemy.event.listen(engine, "connect", _prepare_sqlite)
        sqlalchemy.event.listen(engine, "begin", _begin_sqlite)
    return engine


def lock_for_writing(connection: Connection) -> None:
    """Let one transaction write at a time on PostgreSQL, as SQLite does by itself: until it ends the others wait.

    What a writer looks up (files of an object, images of an exposure, the last event) then still holds when it writes.
    """
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(f"SET LOCAL lock_timeout = {BUSY_TIMEOUT_MS}")
        connection.execute(sqlalchemy.select(sqlalchemy.func.pg_advisory_xact_lock(_ADVISORY_LOCK)))


def _prepare_sqlite(connection: Any, _record: object) -> None:
    connection.isolation_level = None  # the driver must not open transactions on its own
    connection.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT_MS}")
    connection.execute("PRAGMA foreign_keys = ON")
    connection.execute("PRAGMA synchronous = NORMAL")


def _begin_sqlite(connection: Connection) -> None:
    writing = connection.get_execution_options().get(WRITING, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writing else "BEGIN")


@contextlib.contextmanager
def our_errors(source: str) -> Iterator[None]:
    """Turn what the database or its driver raises into a `RecordsError` with a remedy."""
    try:
        yield
    except (DBAPIError, sqlite3.Error) as error:
        first = _first_of(error)
        said = str(first.orig if isinstance(first, DBAPIError) else first).strip()
        # what PostgreSQL says after its first line repeats the row, with the path of a file
        cause = None if isinstance(error, DBAPIError) and hasattr(error.orig, "diag") else error
        first_line = said.splitlines()[0] if said else type(first).__name__
        if _OTHER_TABLES.match(first_line):
            raise RecordsError(
                f"the tables are not of the version that the store states ({first_line}), as after half a migration",
                needed="a store as xrayiq leaves it",
                remedy="restore it from its copy; the unfinished transaction was taken back",
                source=source,
            ) from cause
        for part, found, remedy in _REFUSALS:
            if part in said:
                raise RecordsError(found, remedy=remedy, source=source) from cause
        raise RecordsError(f"the database refuses: {first_line}", source=source) from cause


def _first_of(error: BaseException) -> BaseException:
    """What the database refused first: a full disk ends a transaction, and with it the savepoint to go back to."""
    while isinstance(error.__context__, (DBAPIError, sqlite3.Error)):
        error = error.__context__
    return error
