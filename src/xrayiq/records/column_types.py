"""Column types that read back what was written, on SQLite and PostgreSQL alike."""

from __future__ import annotations

import datetime
import re
from typing import Final

from sqlalchemy import BigInteger, DateTime, Dialect, Integer, Text
from sqlalchemy.types import TypeDecorator, TypeEngine

from xrayiq.errors import InputError

#: key of a row: 64 bits; SQLite only numbers a plain INTEGER by itself
ROW_ID: Final[TypeEngine[int]] = BigInteger().with_variant(Integer(), "sqlite")

_UNSTORABLE: Final = re.compile("[\x00\ud800-\udfff]")
_ESCAPED_IN_PATHS: Final = re.compile("[\x00\x1b\ud800-\udfff]")
_PATH_ESCAPE: Final = re.compile("\x1b([0-9a-f]{4})")


def text_as_stored(value: str) -> str:
    """Text in which characters that a database refuses stand as U+FFFD."""
    return _UNSTORABLE.sub("\ufffd", value)


def path_as_stored(value: str) -> str:
    """Path in which such characters, and ESC, stand as ESC and four hexadecimal digits."""
    return _ESCAPED_IN_PATHS.sub(lambda found: f"\x1b{ord(found[0]):04x}", value)


class StorableText(TypeDecorator[str]):
    """Text in which characters that a database refuses (NUL, lone surrogates) stand as U+FFFD."""

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Text as it is stored."""
        return None if value is None else text_as_stored(value)


class PathText(TypeDecorator[str]):
    """File path that reads back exactly, also where the file's name is no valid Unicode.

    Names in an old encoding reach Python with lone surrogates, which no database stores. Such a character, and ESC
    itself, is stored as ESC and four hexadecimal digits.
    """

    impl = Text
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Dialect) -> str | None:
        """Path as it is stored."""
        return None if value is None else path_as_stored(value)

    def process_result_value(self, value: str | None, dialect: Dialect) -> str | None:
        """Path as the file system gave it."""
        return None if value is None else _PATH_ESCAPE.sub(lambda found: chr(int(found[1], 16)), value)


class UtcDateTime(TypeDecorator[datetime.datetime]):
    """Moment in time; UTC in the store and when it comes back."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """Moment in UTC.

        Raises
        ------
        InputError
            It names no time zone.
        """
        if value is None:
            return None
        if value.tzinfo is None:
            raise InputError("a time without zone", needed="an aware datetime", remedy="give it with tzinfo")
        return value.astimezone(datetime.UTC)

    def process_result_value(self, value: datetime.datetime | None, dialect: Dialect) -> datetime.datetime | None:
        """Moment with UTC as its zone; SQLite keeps none."""
        if value is None:
            return None
        return value.replace(tzinfo=datetime.UTC) if value.tzinfo is None else value.astimezone(datetime.UTC)
