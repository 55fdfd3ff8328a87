"""Mapping files in TOML: read whole, every key known, values of their types."""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, TypeVar

from xrayiq.errors import SiteError

Kind = TypeVar("Kind")


def read_toml(path: str | Path) -> dict[str, Any]:
    """Table of a TOML file.

    Raises
    ------
    SiteError
        It cannot be read, or is no TOML.
    """
    place = Path(path)
    try:
        return tomllib.loads(place.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise SiteError(f"cannot be read ({error.strerror})", needed="a mapping file", source=place.name) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SiteError(f"no TOML ({error})", needed="a mapping file", source=place.name) from None


def check_keys(table: Mapping[str, Any], known: Collection[str], *, where: str, source: str) -> None:
    """Refuse keys that nobody reads: a misspelt one would be passed over.

    Raises
    ------
    SiteError
        A key is not known.
    """
    unknown = [key for key in table if key not in known]
    if unknown:
        raise SiteError(f"key {unknown[0]!r} in {where}", needed="one of " + ", ".join(sorted(known)), source=source)


def value_of(table: Mapping[str, Any], key: str, kind: type[Kind], default: Kind, *, where: str, source: str) -> Kind:
    """Value of a key, of its type; an integer is a float too.

    Raises
    ------
    SiteError
        It is of another type.
    """
    value = table.get(key, default)
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    if value is not default and (not isinstance(value, kind) or (kind is not bool and isinstance(value, bool))):
        raise SiteError(f"{key} = {value!r} in {where}", needed=f"a {kind.__name__}", source=source)
    return value
