"""What the columns of a meter's table are: by their names, and by the units that stand behind these in brackets."""

from __future__ import annotations

import functools
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

from xrayiq.units import UnknownUnitError, to_inside_unit, units_of

_BRACKETED: Final = re.compile(r"^(?P<name>[^\[(]*)[\[(](?P<unit>[^\])]*)[\])]\s*$")
_DIVIDED: Final = re.compile(r"^(?P<name>[^/]*)/(?P<unit>.*)$")
#: dimensions whose cells have no unit
_UNITLESS: Final = frozenset({"text", "number"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """What one column of a table holds.

    Parameters
    ----------
    field : str
        Field of a reading that it fills.
    dimension : str
        Dimension of its numbers in the table of units, ``"number"`` or ``"text"``.
    unit : str
        Unit of its cells, as the table of units spells it; empty for numbers and text.
    """

    field: str
    dimension: str
    unit: str = ""

    @property
    def is_text(self) -> bool:
        """Whether its cells are words."""
        return self.dimension == "text"

    def to_inside(self, number: float) -> float:
        """Number of a cell in the unit of the field that it fills."""
        if not self.unit:
            return number
        inside = to_inside_unit(number, self.unit, self.dimension)
        return 1000.0 * inside if self.field.endswith("_ugy") else inside


def column_of(heading: str) -> Column | None:
    """What a column holds by its heading.

    Parameters
    ----------
    heading : str
        A name, with its unit in brackets, behind a slash, or as its last word.

    Returns
    -------
    Column or None
        None where no such name is known.

    Raises
    ------
    UnknownUnitError
        The name is known, but its unit is not, or is missing where the name does not imply it.
    """
    found = _name_and_unit(heading)
    return None if found is None else _with_unit(*found)


def field_of(heading: str) -> str:
    """Field of a reading that a heading stands for, whatever its unit; empty where no such name is known."""
    found = _name_and_unit(heading)
    return "" if found is None else _known_columns()[found[0]]["field"]


def named_test(name: str) -> str | None:
    """Stable name of a test by what a table calls it; None where it is not known."""
    return _known_tests().get(_words(name))


def is_foreign(heading: str) -> bool:
    """Whether a heading belongs to a table about images and not about a meter's readings."""
    return _words(heading) in _table()["foreign"]["names"]


def names_of_tests() -> tuple[str, ...]:
    """Stable names of all tests."""
    return tuple(_table()["tests"])


def _name_and_unit(heading: str) -> tuple[str, str] | None:
    """Known name in a heading and the unit that stands with it; None without a known name."""
    known = _known_columns()
    plain = _words(heading)
    if plain in known:
        return plain, ""
    for parted in (_BRACKETED.match(heading), _DIVIDED.match(heading)):
        if parted is not None and _words(parted["name"]) in known:
            return _words(parted["name"]), parted["unit"]
    words = plain.split(" ")
    for count in (1, 2):
        name = " ".join(words[:-count])
        if name in known:
            return name, " ".join(words[-count:])
    return None


def _with_unit(name: str, unit: str) -> Column:
    row = _known_columns()[name]
    field, dimension = row["field"], row["dimension"]
    if dimension in _UNITLESS:
        return Column(field=field, dimension=dimension)
    spelled = {_unit_key(known): known for known in units_of(dimension)}
    wanted = _unit_key(unit) if unit.strip() else _unit_key(row.get("unit", ""))
    if wanted not in spelled:
        found = f"unit {unit.strip()!r}" if unit.strip() else "no unit"
        raise UnknownUnitError(f"{found} for {name!r}; needed one of {', '.join(spelled.values())} in brackets")
    return Column(field=field, dimension=dimension, unit=spelled[wanted])


def _unit_key(unit: str) -> str:
    """Unit without regard to case, to the letter of micro, to signs of multiplication, and to what it is a unit of."""
    key = unit.casefold().replace("µ", "u").replace("μ", "u").replace("²", "2").replace("^", "")
    key = re.sub(r"[\s·*×.]", "", key)
    return {"kvp": "kv", "mmal": "mm", "cmal": "cm", "sec": "s", "msec": "ms"}.get(key, key)


def _words(text: str) -> str:
    """Name without regard to case, hyphens, underscores and what encloses it."""
    return " ".join(re.sub(r"[\s_\-()\[\]:]+", " ", text.casefold()).split())


@functools.cache
def _table() -> Mapping[str, Any]:
    text = resources.files("xrayiq").joinpath("data/meter_columns.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))


@functools.cache
def _known_columns() -> Mapping[str, Mapping[str, str]]:
    return MappingProxyType(
        {
            name: {"field": key, **{part: value for part, value in row.items() if part != "names"}}
            for key, row in _table()["columns"].items()
            for name in row["names"]
        }
    )


@functools.cache
def _known_tests() -> Mapping[str, str]:
    names = {name: test for test, aliases in _table()["tests"].items() for name in aliases}
    return MappingProxyType(names | {_words(test): test for test in _table()["tests"]})
