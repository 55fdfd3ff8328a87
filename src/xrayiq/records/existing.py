"""A record store as it stands, opened without a change to it."""

from __future__ import annotations

from pathlib import Path

import sqlalchemy

from xrayiq.errors import RecordsError
from xrayiq.records.connecting import create_engine, is_writable, name_for_messages, our_errors, parse_address
from xrayiq.records.schema import VERSION, refuse_foreign, stored_version
from xrayiq.records.store import Records


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
