"""A unit that owes tests, and the days on which it does."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class TestedUnit:
    """A unit that owes tests.

    Parameters
    ----------
    name : str
        As the results name it.
    modality : str
        ``"DX"``, ``"CR"``, ``"MG"``, ``"RF"`` or ``"XA"``.
    since : date or None
        First day in use: tests never done are due from it on. None where nobody knows: they are due today.
    out_of_use : tuple of (date, date or None)
        First and last day of each time out of use, in their order, None for the last day while it goes on. On these
        days the unit owes nothing; what fell due in them is due on the first day after.
    """

    __test__ = False  # not a test of pytest

    name: str
    modality: str
    since: dt.date | None = None
    out_of_use: tuple[tuple[dt.date, dt.date | None], ...] = ()

    def is_in_use(self, day: dt.date) -> bool:
        """Whether it owes tests on a day.

        Parameters
        ----------
        day : date
            The day.

        Returns
        -------
        bool
            From `since` on, but for the times out of use.
        """
        begun = self.since is None or day_of(self.since) <= day
        return begun and not any(first <= day and (last is None or day <= last) for first, last in self.out_of_use)

    def back_on(self, day: dt.date) -> dt.date | None:
        """First day in use after the last time out of use before a day.

        Parameters
        ----------
        day : date
            The day.

        Returns
        -------
        date or None
            None where there was none.
        """
        ends = [last for _, last in self.out_of_use if last is not None and last < day]
        return max(ends) + dt.timedelta(days=1) if ends else None


def day_of(date: dt.date) -> dt.date:
    """Day of a date or of a moment."""
    return date.date() if isinstance(date, dt.datetime) else date
