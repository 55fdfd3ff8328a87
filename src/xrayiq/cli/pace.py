"""How fast a long job goes, and what is said of it."""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from xrayiq.batch import Progress

#: time that a rate is taken over: long enough to be steady, short enough to follow what is worked on
_WINDOW_S: Final = 60.0
#: least time between the moments that are kept
_MOMENT_S: Final = 0.5
_MINUTE_S: Final = 60.0
_HOUR_S: Final = 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Pace:
    """How fast a job goes.

    Parameters
    ----------
    per_s : float or None
        Items a second; None before there is anything to tell it from.
    left_s : float or None
        Time, s, until all is done if it goes on like this; None where the rate or the number of items is not known.
    """

    per_s: float | None = None
    left_s: float | None = None


def estimate(moments: Sequence[tuple[float, int]], total: int | None) -> Pace:
    """Rate from the first of some moments to the last, and the time that the rest takes at this rate.

    Parameters
    ----------
    moments : sequence of (float, int)
        Times, s, each with the number of items that were finished by then.
    total : int or None
        Items in all.
    """
    if not moments:
        return Pace()
    (first_s, before), (last_s, done) = moments[0], moments[-1]
    if last_s <= first_s:
        return Pace()
    per_s = (done - before) / (last_s - first_s)
    if total is None or per_s <= 0:
        return Pace(per_s=per_s)
    return Pace(per_s=per_s, left_s=max(total - done, 0) / per_s)


class Pacer:
    """Estimates over the last minute of a job."""

    def __init__(self) -> None:
        self._moments: deque[tuple[float, int]] = deque()

    def pace(self, now_s: float, *, done: int, total: int | None) -> Pace:
        """Note how many items are finished now, and estimate.

        Parameters
        ----------
        now_s : float
            Time of a clock that only goes forward, s.
        done, total : int
            Items finished, and in all. Fewer than before are those of another job.
        """
        moments = self._moments
        if moments and done < moments[-1][1]:
            moments.clear()
        if len(moments) > 1 and now_s - moments[-2][0] < _MOMENT_S:
            moments.pop()
        moments.append((now_s, done))
        while len(moments) > 2 and moments[1][0] <= now_s - _WINDOW_S:
            moments.popleft()
        return estimate(moments, total)


def words(step: Progress, pace: Pace, counted: str) -> str:
    """Where a job stands, in one line.

    Parameters
    ----------
    step : Progress
        Counts.
    pace : Pace
        How fast it goes.
    counted : str
        What the items are.
    """
    known = f"{step.done} {counted}, walking" if step.total is None else f"{step.done} of {step.total} {counted}"
    parts = [known]
    if pace.per_s is not None:
        parts.append(f"{pace.per_s:.1f} {counted}/s")
    if pace.left_s:
        parts.append(f"{_duration(pace.left_s)} left")
    counts = {
        "measured": step.outcomes.get("measured", 0),
        "not measurable": step.outcomes.get("not_measurable", 0),
        "in error": step.outcomes.get("error", 0),
        "unchanged": step.unchanged,
    }
    told = [f"{count} {what}" for what, count in counts.items()] if any(counts.values()) else []
    told += [f"{count} {what}" for what, count in (("sets", step.sets), ("again", step.again)) if count]
    return "; ".join(filter(None, (", ".join(parts), ", ".join(told))))


def _duration(seconds: float) -> str:
    if seconds < _MINUTE_S:
        return f"{max(1, round(seconds))} s"
    if seconds < _HOUR_S:
        return f"{round(seconds / _MINUTE_S)} min"
    hours, minutes = divmod(round(seconds / _MINUTE_S), 60)
    return f"{hours} h {minutes} min"
