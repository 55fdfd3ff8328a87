"""Stretch of days that pages are about."""

from __future__ import annotations

import calendar
import datetime
import re
from dataclasses import dataclass

from xrayiq.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Period:
    """First and last day, both within.

    Parameters
    ----------
    first, last : date
        The days.
    """

    first: datetime.date
    last: datetime.date

    def __post_init__(self) -> None:
        if self.last < self.first:
            raise InputError(f"period from {self.first} to {self.last}", needed="a first day before the last")

    def __contains__(self, day: object) -> bool:
        return isinstance(day, datetime.date) and self.first <= day <= self.last

    @property
    def text(self) -> str:
        """Both days in words."""
        return f"{self.first.isoformat()} to {self.last.isoformat()}"

    @property
    def name(self) -> str:
        """A whole month by its name, else both days."""
        whole = self.first.day == 1 and self == month(f"{self.first.year:04d}-{self.first.month:02d}")
        return f"{calendar.month_name[self.first.month]} {self.first.year}" if whole else self.text

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.last - self.first).days + 1


def month(text: str) -> Period:
    """Period of a calendar month.

    Parameters
    ----------
    text : str
        Year and month, as in ``"2026-03"``.

    Returns
    -------
    Period
        Its first to last day.

    Raises
    ------
    InputError
        It is no month.
    """
    found = re.fullmatch(r"(\d{4})-(\d{2})", text.strip())
    if not found or not (1 <= int(found[2]) <= 12 and int(found[1]) >= 1):
        raise InputError(f"month {text!r}", needed="a year and a month, as in 2026-03")
    year, number = int(found[1]), int(found[2])
    first = datetime.date(year, number, 1)
    return Period(first=first, last=first.replace(day=calendar.monthrange(year, number)[1]))
