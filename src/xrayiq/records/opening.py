"""Record stores opened by their address."""

from __future__ import annotations

import contextlib
from pathlib import Path

import sqlalchemy

from xrayiq.errors import RecordsError
from xrayiq.records.connecting import (
    create_engine,
    is_writable,
    name_for_messages,
    our_errors,
    parse_address,
    require_file,
)
from xrayiq.records.schema import VERSION, bring_up_to_date, refuse_foreign, stored_version
from xrayiq.records.store import Records


def open_records(url: str, *, create: bool = True) -> Records:
    """Record store at an address, created or brought up to date where needed.

    Parameters
    ----------
    url : str
        ``sqlite:///qa.db`` (a path, relative to the working folder) or ``postgresql+psycopg://user@host/name``.
    create : bool
        Whether a file that is not there is made. Without it the store is only read: a file that cannot be written,
        as on a read-only disk, opens too.

    Returns
    -------
    Records
        To be closed, or used in a ``with`` statement. Several processes may have the same store open.

    Raises
    ------
    InputError
        The address is no SQLite or PostgreSQL URL, or PostgreSQL's driver is not installed; or `create` is False and
        there is no such file.
    RecordsError
        The folder is missing, the file is no database or damaged, the database belongs to something else, or the
        store was written by a later xrayiq. Nothing is changed then.
    """
    address = parse_address(url)
    source = name_for_messages(address)
    if not create:
        require_file(address)
    engine = create_engine(address, frozen=not create and not is_writable(address))
    try:
        with our_errors(source):
            bring_up_to_date(engine, source=source)
    except BaseException:
        engine.dispose()
        raise
    return Records(engine, address)


def open_or_given(records: Records | str) -> contextlib.AbstractContextManager[Records]:
    """Store of whoever gives one, left open at the end, or that at an address, closed then.

    Parameters
    ----------
    records : Records or str
        Store, or its URL as for `open_records`.

    Returns
    -------
    context manager
        Of the store.

    Raises
    ------
    InputError, RecordsError
        As `open_records`.
    """
    return contextlib.nullcontext(records) if isinstance(records, Records) else open_records(records)


def open_existing(url: str) -> Records | None:
    """Record store at an address if there is one, to be read: nothing is created and nothing brought up to date.

    Parameters
    ----------
    url : str
        As for `open_records`.

    Returns
    -------
    Records or None
        None where there is no such file, or an empty database.

    Raises
    ------
    InputError
        The address is no SQLite or PostgreSQL URL, or PostgreSQL's driver is not installed.
    RecordsError
        The file is no database or damaged, the database belongs to something else, or the store is of another version.
    """
    address = parse_address(url)
    source = name_for_messages(address)
    if address.get_backend_name() == "sqlite" and not Path(str(address.database)).is_file():
        return None
    engine = create_engine(address, frozen=not is_writable(address))
    try:
        with our_errors(source), engine.connect() as connection:
            version = stored_version(connection)
            if version is None and not sqlalchemy.inspect(connection).get_table_names():
                engine.dispose()
                return None
            if version != VERSION:
                refuse_foreign(connection, source)
                raise RecordsError(
                    f"record store of version {version}",
                    needed=f"version {VERSION}",
                    remedy="`xrayiq run` brings it up to date",
                    source=source,
                )
    except BaseException:
        engine.dispose()
        raise
    return Records(engine, address)
