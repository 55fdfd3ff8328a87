"""Events that renew a baseline, and the baseline in force at a moment."""

from __future__ import annotations

import bisect
import datetime as dt
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError

EventKind = Literal["acceptance", "calibration", "repair", "software", "detector_swap", "baseline", "note"]
SetBy = Literal["results", "hand"]

#: a year, in which slopes are told
YEAR_S: Final = 365.25 * 86400.0

#: how a figure calls an event that has no label of its own
EVENT_NAMES: Final[dict[EventKind, str]] = {
    "acceptance": "acceptance",
    "calibration": "calibration",
    "repair": "repair",
    "software": "software",
    "detector_swap": "detector swap",
    "baseline": "baseline set",
    "note": "note",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrendEvent:
    """Something recorded about a detector that a series of its results must be read with.

    Parameters
    ----------
    date : datetime or date
        When; a date alone is its first moment, so that all results of the day come after.
    kind : {"acceptance", "calibration", "repair", "software", "detector_swap", "baseline", "note"}
        All but ``note`` end the baseline before and begin a new one.
    label : str
        What a figure writes beside its line; the kind without.
    baseline_mean : float or None
        Baseline set by hand, in the quantity's unit; taken from the results after the event without.
    baseline_sigma : float or None
        Standard deviation of single results that goes with it; estimated from the results without.
    """

    date: dt.datetime | dt.date
    kind: EventKind
    label: str = ""
    baseline_mean: float | None = None
    baseline_sigma: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "date", as_moment(self.date))
        if self.kind not in EVENT_NAMES:
            raise InputError(f"event of kind {self.kind!r}", needed="one of " + ", ".join(EVENT_NAMES))
        if self.baseline_mean is not None and not math.isfinite(self.baseline_mean):
            raise InputError(f"baseline_mean of {self.baseline_mean}", needed="a finite number")
        if self.baseline_sigma is not None and not (math.isfinite(self.baseline_sigma) and self.baseline_sigma > 0):
            raise InputError(f"baseline_sigma of {self.baseline_sigma}", needed="a finite number above 0")
        if self.baseline_mean is None and self.baseline_sigma is not None:
            raise InputError("baseline_sigma without baseline_mean", needed="both, or the mean alone")
        if self.kind == "note" and self.baseline_mean is not None:
            raise InputError("a note with a baseline", needed="an event that renews it, for example kind 'baseline'")

    @property
    def renews(self) -> bool:
        """Whether a new baseline begins."""
        return self.kind != "note"

    @property
    def name(self) -> str:
        """Its label, or what its kind is called."""
        return self.label or EVENT_NAMES[self.kind]


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """What a relative limit is judged against at a moment.

    Parameters
    ----------
    mean : float
        In the quantity's unit.
    count : int
        Results it is the mean of; 0 where it was set by hand.
    start : datetime
        First result in it, or the moment of the event that set it.
    set_by : {"results", "hand"}
        Where it comes from.
    provisional : bool
        True while further results will still enter it.
    """

    mean: float
    count: int
    start: dt.datetime
    set_by: SetBy
    provisional: bool


def as_moment(date: dt.datetime | dt.date) -> dt.datetime:
    """A date as its first moment; a datetime as it is."""
    if isinstance(date, dt.datetime):
        return date
    if isinstance(date, dt.date):
        return dt.datetime(date.year, date.month, date.day)
    raise InputError(f"date of type {type(date).__name__}", needed="a datetime.datetime or datetime.date")


def in_order(
    dates: Sequence[dt.datetime | dt.date], events: Sequence[TrendEvent]
) -> tuple[list[dt.datetime], list[int], tuple[TrendEvent, ...]]:
    """Moments of the results, the order that sorts them, and the events by date."""
    moments = [as_moment(date) for date in dates]
    zoned = {moment.tzinfo is not None for moment in [*moments, *(as_moment(event.date) for event in events)]}
    if len(zoned) > 1:
        raise InputError("dates with and without a time zone", needed="all of one sort")
    order = sorted(range(len(moments)), key=moments.__getitem__)
    return moments, order, tuple(sorted(events, key=lambda event: as_moment(event.date)))


def cuts(moments: Sequence[dt.datetime], events: Sequence[TrendEvent]) -> list[tuple[int, TrendEvent | None]]:
    """First result of each segment, with the event that began it, in order.

    An event before which, or since the last of which, there is no result begins no segment of its own, unless it is the
    last: then its segment is empty.
    """
    found: list[tuple[int, TrendEvent | None]] = [(0, None)]
    for event in events:
        if event.renews:
            at = bisect.bisect_left(moments, as_moment(event.date))
            if at == found[-1][0]:
                found.pop()
            found.append((at, event))
    return found


def baseline_before(
    date: dt.datetime | dt.date,
    *,
    moments: Sequence[dt.datetime],
    values: NDArray[np.float64],
    events: Sequence[TrendEvent],
    baseline_count: int,
    baseline_minimum: int,
) -> Baseline | None:
    """Baseline in force just before a moment, from sorted results and events."""
    at = as_moment(date)
    past = [event for event in events if event.renews and as_moment(event.date) <= at]
    event = past[-1] if past else None
    begin = as_moment(event.date) if event is not None else None
    if event is not None and begin is not None and event.baseline_mean is not None:
        return Baseline(mean=event.baseline_mean, count=0, start=begin, set_by="hand", provisional=False)
    first = 0 if begin is None else bisect.bisect_left(moments, begin)
    count = min(bisect.bisect_left(moments, at) - first, baseline_count)
    if count < baseline_minimum:
        return None
    return Baseline(
        mean=float(np.mean(values[first : first + count])),
        count=count,
        start=moments[first],
        set_by="results",
        provisional=count < baseline_count,
    )
