"""Events that findings are made of: what values out of limits lead to, and the steps that people take."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from xrayiq.errors import InputError
from xrayiq.model import NEXT_STATES, Equipment, Event, Finding, FindingState
from xrayiq.procedures.findings import AGAIN, BOUNDS, IDENTITY, MOST_SUBJECTS, OPENED, STEPPED, TEXTS, rank
from xrayiq.procedures.whereabouts import header_details
from xrayiq.records import Records

#: who opens findings
RUN: Final = "xrayiq run"

Details = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class OutOfLimits:
    """Values of one run out of one limit, of one quantity of one unit and detector.

    Parameters
    ----------
    unit, detector, procedure, quantity, direction, limit_id : str
        What a finding is told from others by.
    source, basis, unit_name, site, room : str
        For people.
    equipment : Equipment
        Header of the first value: what the unit is known by whatever it is called later.
    fail_low, fail_high : float or None
        Bounds of the limit.
    days : tuple of date or None
        Day of each value, None where not known.
    values, excess : tuple of float
        Each value, and how far it lies beyond the bound as a share of what is allowed.
    subjects : tuple of str
        Subject of each.
    """

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
    equipment: Equipment = field(default_factory=Equipment)
    days: tuple[datetime.date | None, ...] = ()
    values: tuple[float, ...] = ()
    excess: tuple[float, ...] = ()
    subjects: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, ...]:
        """As `Finding.identity`."""
        return tuple(getattr(self, name) for name in IDENTITY)

    @property
    def evidence(self) -> Details:
        """What is stored of the values: how many, the worst, when, and whose."""
        worst = max(range(len(self.values)), key=lambda place: (rank(self.excess[place]), -place))
        known = sorted(day for day in self.days if day is not None)
        named = dict.fromkeys((self.subjects[worst], *self.subjects))
        return {
            "values": len(self.values),
            "worst": _finite(self.values[worst]),
            "excess": _finite(self.excess[worst]),
            "first_day": known[0].isoformat() if known else None,
            "last_day": known[-1].isoformat() if known else None,
            "subjects": list(named)[:MOST_SUBJECTS],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to be appended."""

    kind: str
    subject: str
    reason: str
    details: Details = field(default_factory=dict)


def append(records: Records, event: NewEvent, *, actor: str) -> Event:
    """Append an event to a store's audit trail."""
    return records.append_event(
        kind=event.kind, subject=event.subject, actor=actor, reason=event.reason, details=event.details
    )


def events_of_run(findings: Sequence[Finding], failed: Iterable[OutOfLimits]) -> list[NewEvent]:
    """Events that values out of limits lead to.

    Parameters
    ----------
    findings : sequence of Finding
        As they stand.
    failed : iterable of OutOfLimits
        What a run found.

    Returns
    -------
    list of NewEvent
        A finding is opened where none of the same unit, detector, procedure, quantity and limit is there, or where it
        is closed. To one that is there the values are added; values exposed on or after the day of its correction or
        verification open it again.
    """
    current: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        if finding.state != "closed":
            current[finding.identity] = finding
    events = []
    for group in failed:
        evidence = group.evidence
        known = current.get(group.identity)
        if known is None:
            told = {name: getattr(group, name) for name in (*IDENTITY, *TEXTS, *BOUNDS)}
            told |= header_details(group.equipment)
            reason = f"{group.quantity} out of limits ({group.source})"
            subject = f"unit:{group.unit}" if group.unit else "unit:not stated"
            events.append(NewEvent(kind=OPENED, subject=subject, reason=reason, details=told | evidence))
            continue
        reason = "out of limits again"
        if known.state in ("corrected", "verified") and _since(known, group.days):
            evidence["state"] = "open"
            reason = f"out of limits after it was {known.state}"
        events.append(NewEvent(kind=AGAIN, subject=f"finding:{known.number}", reason=reason, details=evidence))
    return events


def step_event(
    finding: Finding,
    state: FindingState,
    *,
    reason: str,
    role: str = "",
    cause: str = "",
    action: str = "",
    retest: str = "",
    day: datetime.date | None = None,
) -> NewEvent:
    """Event that takes a finding to another state.

    Parameters
    ----------
    finding : Finding
        As it stands.
    state : str
        Where to.
    reason : str
        Why.
    role : str
        Role of the person who does it, for example ``"medical physicist"``.
    cause, action : str
        Cause that was found, and what was done; a correction needs an action.
    retest : str
        Subject of the measurement that shows that it is mended; a verification needs one.
    day : date, optional
        When it was done; the day of the event without.

    Raises
    ------
    InputError
        The state does not follow on the finding's, or what it needs is missing.
    """
    if state not in NEXT_STATES[finding.state]:
        allowed = ", ".join(NEXT_STATES[finding.state]) or "nothing: it is settled, a later value opens a new one"
        raise InputError(
            f"finding {finding.number} is {finding.state} and cannot become {state}", needed=f"one of: {allowed}"
        )
    if state == "corrected" and not (action or finding.action):
        raise InputError("a correction without an action", needed="what was done")
    if state == "verified" and not retest:
        raise InputError("a verification without a re-test", needed="the measurement that shows that it is mended")
    told = {"role": role, "cause": cause, "action": action, "retest": retest}
    details: Details = {"state": state} | {name: text for name, text in told.items() if text}
    if day is not None:
        details["day"] = day.isoformat()
    return NewEvent(kind=STEPPED, subject=f"finding:{finding.number}", reason=reason, details=details)


def _since(finding: Finding, days: Iterable[datetime.date | None]) -> bool:
    """Whether a value is of the day of the last correction or later."""
    mended = [step.day for step in finding.steps if step.state == "corrected"]
    return any(day is not None and (not mended or day >= mended[-1]) for day in days)


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None
