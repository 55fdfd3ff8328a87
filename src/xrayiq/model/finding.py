"""Findings: what was out of limits, and what was done about it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final, Literal

FindingState = Literal["open", "investigating", "corrected", "verified", "closed", "accepted"]

#: states that each state may be followed by; a later value out of limits opens what was corrected or verified again,
#: and a new finding where it goes beyond what was accepted
NEXT_STATES: Final[Mapping[FindingState, tuple[FindingState, ...]]] = MappingProxyType(
    {
        "open": ("investigating", "corrected", "accepted"),
        "investigating": ("corrected", "accepted", "open"),
        "corrected": ("verified", "investigating", "open"),
        "verified": ("closed", "open"),
        "closed": (),
        "accepted": ("open",),
    }
)
#: states in which nothing remains to be done
SETTLED: Final = frozenset({"closed", "accepted"})


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingStep:
    """One change of a finding.

    Parameters
    ----------
    at : datetime
        When it was recorded, UTC.
    day : date
        When it was done; of values out of limits, when they were exposed.
    state : str
        State from then on.
    actor, role : str
        Account and role of who did it; ``xrayiq run`` for a run.
    reason : str
        Why.
    cause, action : str
        What was found to be the cause and what was done; empty where this step does not say.
    retest : str
        Subject of the measurement that shows it is mended; empty without one.
    event : int
        Number of its event.
    until : date or None
        Last day of an acceptance; None where it has none.
    worst : float or None
        Worst value that an acceptance is for, as the limit's bounds are; None where it is for what was there.
    excess : float or None
        How far beyond its bound a value is still covered by an acceptance, as a share of what the limit allows.
    """

    at: datetime.datetime
    day: datetime.date
    state: FindingState
    actor: str
    role: str = ""
    reason: str = ""
    cause: str = ""
    action: str = ""
    retest: str = ""
    event: int = 0
    until: datetime.date | None = None
    worst: float | None = None
    excess: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Values of one quantity of one unit out of one limit, from the first one until it is settled.

    Parameters
    ----------
    number : int
        Its number in the store; 0 where it is in none.
    unit, detector : str
        Keys of the register.
    procedure, quantity, direction : str
        What was measured.
    limit_id, source, basis : str
        The limit, where it stands, and what its bounds are relative to.
    fail_low, fail_high : float or None
        Bounds that were passed over.
    unit_name, site, room : str
        How the unit was called, and where it stood.
    first_day, last_day : date or None
        Exposures of the first and the last value out of limits; None where not known.
    values : int
        Values out of limits.
    worst : float
        The one farthest outside, in the quantity's unit.
    worst_compared, worst_baseline : float or None
        What of it was compared with the bounds, and the baseline that the deviation is from; None where not known.
    excess : float
        How far it lies beyond its bound, as a share of what the limit allows; infinite where it is no number.
    follows : int
        Accepted finding that its values go beyond, or whose acceptance has ended; 0 where there is none.
    subjects : tuple of str
        The first and the worst.
    steps : tuple of FindingStep
        What was done, in order.
    """

    number: int
    unit: str
    procedure: str
    quantity: str
    limit_id: str
    detector: str = ""
    direction: str = ""
    source: str = ""
    basis: str = "absolute"
    fail_low: float | None = None
    fail_high: float | None = None
    unit_name: str = ""
    site: str = ""
    room: str = ""
    first_day: datetime.date | None = None
    last_day: datetime.date | None = None
    values: int = 1
    worst: float = float("nan")
    worst_compared: float | None = None
    worst_baseline: float | None = None
    excess: float = 0.0
    follows: int = 0
    subjects: tuple[str, ...] = ()
    steps: tuple[FindingStep, ...] = ()

    @property
    def state(self) -> FindingState:
        """State that it is in."""
        return self.steps[-1].state if self.steps else "open"

    @property
    def is_settled(self) -> bool:
        """Whether nothing remains to be done."""
        return self.state in SETTLED

    @property
    def cause(self) -> str:
        """Last cause that was told."""
        return next((step.cause for step in reversed(self.steps) if step.cause), "")

    @property
    def action(self) -> str:
        """Last action that was told."""
        return next((step.action for step in reversed(self.steps) if step.action), "")

    @property
    def retest(self) -> str:
        """Subject of the last measurement that was named as a re-test."""
        return next((step.retest for step in reversed(self.steps) if step.retest), "")

    @property
    def identity(self) -> tuple[str, str, str, str, str, str]:
        """What later values must agree in to belong to it."""
        return (self.unit, self.detector, self.procedure, self.quantity, self.direction, self.limit_id)
