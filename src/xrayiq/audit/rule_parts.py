"""Rules of an audit in parts, each with the document that its numbers are from."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from xrayiq.errors import SiteError


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleParts:
    """Rules of an audit by part.

    Parameters
    ----------
    numbers : mapping of str to mapping of str to float
        Settings by part.
    sources : mapping of str to str
        Document of each part, as printed.
    """

    numbers: Mapping[str, Mapping[str, float]]
    sources: Mapping[str, str]

    def __getitem__(self, part: str) -> Mapping[str, float]:
        """Settings of a part."""
        return self.numbers[part]


Rules = TypeVar("Rules", bound=RuleParts)


def parts_of(tables: Mapping[str, Any], parts: Iterable[str]) -> dict[str, Any]:
    """`numbers` and `sources` of `RuleParts` out of the tables of a file: plain ones, which go to other processes."""
    names = tuple(parts)
    return {
        "numbers": {part: _numbers(tables[part]) for part in names},
        "sources": {part: source_of(tables[part]) for part in names},
    }


def changed_parts(shipped: Rules, rows: object, *, name: str, source: str) -> Rules:
    """Shipped rules with a site's tables in their place.

    Parameters
    ----------
    shipped : RuleParts
        Rules that hold where the site says nothing.
    rows : dict of dict
        Settings of the shipped file by part and name.
    name : str
        Of the table in the site's file.
    source : str
        File, for messages and as the document of the parts that it changes.

    Raises
    ------
    SiteError
        It holds an unknown part or setting, or one that is no number of 0 or more.
    """
    numbers, sources = dict(shipped.numbers), dict(shipped.sources)
    for part, row in known_table(rows, name, shipped.numbers, source).items():
        known = shipped.numbers[part]
        own = known_table(row, f"{name}.{part}", known, source)
        for setting, value in own.items():
            if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0.0:
                raise SiteError(f"{name}.{part}: {setting} = {value!r}", needed="a number of 0 or more", source=source)
        numbers[part] = {**known, **{setting: float(value) for setting, value in own.items()}}
        sources[part] = f"{Path(source).name}, [{name}.{part}]"
    return dataclasses.replace(shipped, numbers=numbers, sources=sources)


def known_table(rows: object, what: str, known: Collection[str], source: str) -> Mapping[str, Any]:
    """A table of a site's file, if it is one of known names alone.

    Raises
    ------
    SiteError
        It is no table, or holds another name.
    """
    needed = "a table with any of " + ", ".join(known)
    if not isinstance(rows, Mapping):
        raise SiteError(f"{what} = {rows!r}", needed=needed, source=source)
    for name in rows:
        if name not in known:
            raise SiteError(f"{what}: unknown key {name!r}", needed=needed, source=source)
    return rows


def source_of(row: Mapping[str, Any]) -> str:
    """Document and edition of a table, as printed."""
    named = (
        ", ".join(part for part in (row["document"], row["edition"]) if part) if "edition" in row else row["document"]
    )
    return f"{named}; not verified against a document" if row["confidence"] == "C" else named


def _numbers(table: Mapping[str, Any]) -> dict[str, float]:
    return {name: float(value) for name, value in table.items() if not isinstance(value, str)}
