"""Connections and transactions of one open store."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from types import TracebackType
from typing import Self

from sqlalchemy import Connection, Engine
from sqlalchemy.engine import URL

from xrayiq.errors import RecordsError
from xrayiq.records.connecting import WRITING, lock_for_writing, name_for_messages, our_errors


class Session:
    """An open store: its address, its one writing transaction, and connections for reading.

    Parameters
    ----------
    engine : Engine
        Connected to tables of this version.
    address : URL
        Where it is connected to.
    """

    def __init__(self, engine: Engine, address: URL) -> None:
        self._engine = engine
        self._address = address
        self._source = name_for_messages(address)
        self._writing: Connection | None = None
        self._closed = False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __repr__(self) -> str:
        """Address without its password."""
        return f"{type(self).__name__}({self._address.render_as_string(hide_password=True)!r})"

    @property
    def url(self) -> str:
        """Address with its password and an absolute path: what another process opens the same store by."""
        return self._address.render_as_string(hide_password=False)

    def close(self) -> None:
        """Give the connections back; safe to call twice."""
        self._closed = True
        self._engine.dispose()

    @contextlib.contextmanager
    def transaction(self) -> Iterator[None]:
        """Group of writes that is kept whole or not at all.

        Yields
        ------
        None
            For the length of a ``with`` block.

        Raises
        ------
        RecordsError
            The database refuses: locked for too long, disk full, connection lost. Nothing of the group is kept.

        Notes
        -----
        It holds the only write lock of the store from its start: gather first, then write. An exception inside takes
        the whole group back. A transaction inside another one is taken back alone, and kept only with the outer one.
        """
        with self._write():
            yield

    @contextlib.contextmanager
    def _write(self) -> Iterator[Connection]:
        """Connection in a new transaction, or in a savepoint of the open one."""
        try:
            if self._writing is not None:
                with self._writing.begin_nested():
                    yield self._writing
                return
            with our_errors(self._source), self._connect().execution_options(**{WRITING: True}) as connection:
                try:
                    with connection.begin():
                        lock_for_writing(connection)
                        self._writing = connection
                        yield connection
                finally:
                    self._writing = None
        except BaseException:
            self._taken_back()
            raise

    @contextlib.contextmanager
    def _read(self) -> Iterator[Connection]:
        """Connection for reading; inside a transaction its own, so that it sees what was just written."""
        with our_errors(self._source):
            if self._writing is not None:
                yield self._writing
                return
            with self._connect() as connection:
                yield connection

    @contextlib.contextmanager
    def _snapshot(self) -> Iterator[Connection]:
        """Connection that sees the store as it stands at its first query, whatever others write meanwhile."""
        with self._read() as connection:
            if connection is not self._writing and connection.dialect.name == "postgresql":
                connection = connection.execution_options(isolation_level="REPEATABLE READ")
            yield connection

    def _taken_back(self) -> None:
        """Drop what was remembered of a transaction that was taken back."""

    def _connect(self) -> Connection:
        if self._closed:
            raise RecordsError("the record store is closed", remedy="open it again", source=self._source)
        return self._engine.connect()
