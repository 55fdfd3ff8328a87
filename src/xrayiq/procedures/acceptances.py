"""Findings that somebody accepted as they are: how far that goes, and which later values it does not cover."""

from __future__ import annotations

import datetime
import math
from typing import Final

from xrayiq.errors import InputError
from xrayiq.model import Finding

#: how much worse than the worst value accepted a later one may be, as a share of what the limit allows: repeats of
#: what was accepted scatter about it
MARGIN: Final = 0.1


def excess_of(compared: float | None, low: float | None, high: float | None) -> float:
    """How far a number lies beyond the bound it passed, as a share of what the bounds allow.

    Parameters
    ----------
    compared : float or None
        What was compared with the bounds.
    low, high : float or None
        Bounds; the half distance of both is what they allow, the distance from zero where there is one.

    Returns
    -------
    float
        Negative within the bounds; 0 where nothing was compared or there is no bound.
    """
    bounds = [bound for bound in (low, high) if bound is not None]
    if compared is None or not bounds:
        return 0.0
    allowed = (high - low) / 2.0 if low is not None and high is not None else abs(bounds[0])
    beyond = max(sign * (compared - bound) for sign, bound in ((-1, low), (1, high)) if bound is not None)
    return beyond / (allowed or 1.0)


def accepted_excess(finding: Finding, worst: float | None) -> float:
    """Excess up to which values are covered: that of the worst value accepted, else a margin above what is there."""
    if worst is None:
        return finding.excess + MARGIN
    return excess_of(worst, finding.fail_low, finding.fail_high)


def is_covered(finding: Finding, *, excess: float, compared: float | None, day: datetime.date | None) -> bool:
    """Whether a value out of limits is covered by the acceptance of a finding.

    Parameters
    ----------
    finding : Finding
        It is accepted.
    excess, compared : float
        How far the value lies beyond its bound, and what was compared with it.
    day : date or None
        Day of exposure.
    """
    step = finding.steps[-1]
    if step.until is not None and day is not None and day > step.until:
        return False
    sides = {_side(finding, compared), _side(finding, finding.worst_compared)} - {0}
    return len(sides) < 2 and (step.excess is None or excess <= step.excess)


def check_acceptance(finding: Finding, *, day: datetime.date, until: datetime.date | None, worst: float | None) -> None:
    """Refuse an acceptance that does not cover what is there.

    Raises
    ------
    InputError
        It ends before it begins, or its worst value is passed already or lies beyond the other bound.
    """
    if until is not None and until < day:
        raise InputError(f"an acceptance until {until.isoformat()}", needed=f"a last day from {day.isoformat()} on")
    if worst is None:
        return
    sides = {_side(finding, worst), _side(finding, finding.worst_compared) or _side(finding, worst)}
    if not math.isfinite(worst) or 0 in sides or len(sides) > 1 or accepted_excess(finding, worst) < finding.excess:
        there = finding.worst_compared
        told = "" if there is None else f": the worst value is at {there:.6g} already"
        raise InputError(
            f"an acceptance up to {worst:.6g}{told}",
            needed="a worst value as the limit's bounds are, beyond the one that was passed, that covers what is there",
        )


def _side(finding: Finding, compared: float | None) -> int:
    """Bound that a number passed: −1 the lower, 1 the upper, 0 none."""
    if compared is None or math.isnan(compared):
        return 0
    if finding.fail_low is not None and compared < finding.fail_low:
        return -1
    return int(finding.fail_high is not None and compared > finding.fail_high)
