"""What one side of a comparison is made of."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from xrayiq.errors import InputError
from xrayiq.model import same_name
from xrayiq.procedures.whereabouts import Whereabouts
from xrayiq.report.wording import clean

#: a comma before another part: names of units hold commas too
_BETWEEN: Final = re.compile(r",(?=\s*(?:unit|detector|software|from|to)\s*=)")
_NEEDED: Final = "unit=, detector=, software=, from= or to="


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """One side of a comparison.

    Parameters
    ----------
    unit, detector, software : str
        Name, serial number or station of the unit; name or ID of the detector; version of the software. Empty for any.
    first, last : date or None
        Days, both within; None for no bound.
    """

    unit: str = ""
    detector: str = ""
    software: str = ""
    first: datetime.date | None = None
    last: datetime.date | None = None

    @property
    def text(self) -> str:
        """The same in words."""
        parts = [f"{name} {clean(told)}" for name in ("unit", "detector", "software") if (told := getattr(self, name))]
        parts += [f"{word} {day.isoformat()}" for word, day in (("from", self.first), ("to", self.last)) if day]
        return ", ".join(parts) or "everything"

    def holds(self, where: Whereabouts, software: Sequence[str], day: datetime.date) -> bool:
        """Whether an exposure belongs to this side."""
        return (
            (self.first is None or day >= self.first)
            and (self.last is None or day <= self.last)
            and (not self.unit or where.is_called(f"unit:{self.unit}"))
            and (not self.detector or where.is_called(f"detector:{self.detector}"))
            and (not self.software or any(same_name(self.software, version) for version in software))
        )


def parse_selection(text: str) -> Selection:
    """Selection of its text.

    Parameters
    ----------
    text : str
        Parts with commas between: ``unit=…``, ``detector=…``, ``software=…``, ``from=2026-01-01``, ``to=2026-01-31``.

    Returns
    -------
    Selection
        One side of a comparison.

    Raises
    ------
    InputError
        A part has another name, no value, or is no date, or the days are not in order.
    """
    names = {"from": "first", "to": "last"} | {field.name: field.name for field in fields(Selection)}
    told: dict[str, Any] = {}
    for part in filter(None, (piece.strip() for piece in _BETWEEN.split(text))):
        name, _, value = (piece.strip() for piece in part.partition("="))
        if name not in ("unit", "detector", "software", "from", "to") or not value:
            raise InputError(
                f"{part!r} in a comparison", needed="unit=, detector=, software=, from= or to= with a value"
            )
        told[names[name]] = _day(value) if name in ("from", "to") else value
    if not told:
        raise InputError(
            "a side of a comparison that selects nothing", needed="unit=, detector=, software=, from= or to="
        )
    found = Selection(**told)
    if found.first and found.last and found.last < found.first:
        raise InputError(f"days from {found.first} to {found.last}", needed="a first day before the last")
    return found


def _day(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError:
        raise InputError(f"date {text!r}", needed="a date like 2026-01-31") from None
