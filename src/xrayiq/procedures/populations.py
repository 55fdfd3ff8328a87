"""Which images count in statistics about patients: those of patients, on equipment of the site."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from importlib import resources
from typing import Any, Final

from xrayiq.errors import SiteError
from xrayiq.model import Equipment, ObjectHeader, Population

#: kinds of object that are no image
_NO_IMAGE: Final = frozenset({"dose_report", "performed_step", "reject_note", "meter", "other"})


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredEquipment:
    """One entry of a site's equipment register; what it does not state may be anything.

    Parameters
    ----------
    manufacturer, model, station_name, serial_number, detector_id, institution, department : str or None
        As headers give them, whatever the case of their letters.
    """

    manufacturer: str | None = None
    model: str | None = None
    station_name: str | None = None
    serial_number: str | None = None
    detector_id: str | None = None
    institution: str | None = None
    department: str | None = None

    def is_of(self, equipment: Equipment) -> bool:
        """Whether an object's equipment agrees with all that the entry states."""
        stated = {field.name: getattr(self, field.name) for field in fields(self)}
        return all(
            text.casefold().strip() == (getattr(equipment, name) or "").casefold().strip()
            for name, text in stated.items()
            if text is not None
        )


def population_of(header: ObjectHeader, kind: str, *, register: Sequence[RegisteredEquipment]) -> Population:
    """What an object counts as by itself, before the other images of its exposure are looked at.

    Parameters
    ----------
    header : ObjectHeader
        Its header.
    kind : str
        What it was recognised as.
    register : sequence of RegisteredEquipment
        The site's equipment; if empty, no object is of other equipment.

    Returns
    -------
    str
        ``"no_image"``, ``"imported"`` (from equipment outside the register), ``"quality_control"``,
        ``"test_patient"`` or ``"clinical"``: the first that holds.
    """
    if kind in _NO_IMAGE:
        return "no_image"
    if register and not any(entry.is_of(header.acquisition.equipment) for entry in register):
        return "imported"
    if kind != "clinical" or header.acquisition.quality_control_image == "YES":
        return "quality_control"
    return "test_patient" if header.is_test_patient else "clinical"


def registered_equipment(rows: object, source: str) -> tuple[RegisteredEquipment, ...]:
    """Register of a site file's ``[[equipment]]`` tables.

    Raises
    ------
    SiteError
        An entry is empty, has an unknown key or a value that is no text.
    """
    known = [field.name for field in fields(RegisteredEquipment)]
    if not isinstance(rows, list):
        raise SiteError("equipment is no list of tables", needed="[[equipment]]", source=source)
    entries = []
    for row in rows:
        if not isinstance(row, Mapping) or not row or not set(row) <= set(known):
            found = sorted(row) if isinstance(row, Mapping) else row
            raise SiteError(f"equipment with {found}", needed="any of " + ", ".join(known), source=source)
        if not all(isinstance(text, str) and text.strip() for text in row.values()):
            raise SiteError("equipment with a value that is no text", needed="text in quotes", source=source)
        entries.append(RegisteredEquipment(**row))
    return tuple(entries)


def words_of_test_patients(table: Any = None, source: str = "test_patients.toml") -> tuple[str, ...]:
    """Words of a site file's ``[test_patients]`` table, or the shipped ones without it.

    Raises
    ------
    SiteError
        The table holds anything but a list of regular expressions under ``words``.
    """
    if table is None:
        shipped = resources.files("xrayiq").joinpath("data", "test_patients.toml")
        table = tomllib.loads(shipped.read_text(encoding="utf-8"))
    words = table.get("words") if isinstance(table, Mapping) and set(table) == {"words"} else None
    if not isinstance(words, list) or not all(isinstance(word, str) and word for word in words):
        raise SiteError("test_patients", needed="words = [...] with a regular expression each", source=source)
    for word in words:
        try:
            re.compile(word)
        except re.error as error:
            raise SiteError(
                f"test_patients: {word!r}: {error}", needed="a regular expression", source=source
            ) from error
    return tuple(words)


def pattern_of_test_patients(words: Sequence[str]) -> str | None:
    """Regular expression that finds any of the words as a whole word, None without words."""
    return rf"(?<!\w)(?:{'|'.join(f'(?:{word})' for word in words)})(?!\w)" if words else None
