"""Events that findings are made of: what values out of limits lead to, and the steps that people take."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from xrayiq.errors import InputError
from xrayiq.model import NEXT_STATES, Equipment, Event, Finding, FindingState
from xrayiq.procedures.acceptances import check_acceptance, is_covered
from xrayiq.procedures.findings import AGAIN, BOUNDS, IDENTITY, MOST_SUBJECTS, OPENED, STEPPED, TEXTS, rank
from xrayiq.procedures.whereabouts import header_details
from xrayiq.records import Records

#: who opens findings
RUN: Final = "xrayiq run"

#: fields of `OutOfLimits` that have an entry for each value
_BY_VALUE: Final = ("days", "values", "excess", "compared", "baselines", "subjects")

#: states that somebody answers for: the record says in which role
_ANSWERED_FOR: Final = frozenset({"corrected", "verified"})

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
    compared, baselines : tuple of float or None
        What of each was compared with the bounds, and the baseline that a deviation is from; empty where not known.
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
    compared: tuple[float | None, ...] = ()
    baselines: tuple[float | None, ...] = ()
    subjects: tuple[str, ...] = ()

    def of(self, places: Sequence[int]) -> OutOfLimits:
        """Some of its values."""
        chosen: Details = {
            name: tuple(each[place] for place in places) for name in _BY_VALUE if (each := getattr(self, name))
        }
        return dataclasses.replace(self, **chosen)

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
            "compared": _finite(self.compared[worst]) if self.compared else None,
            "baseline": _finite(self.baselines[worst]) if self.baselines else None,
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
        verification open it again. Values that an acceptance does not cover open a finding that names the accepted one.
    """
    current: dict[tuple[str, ...], Finding] = {}
    for finding in findings:
        if finding.state != "closed":
            current[finding.identity] = finding
    events = []
    for group in failed:
        known = current.get(group.identity)
        if known is None:
            events.append(_opening(group, f"{group.quantity} out of limits ({group.source})"))
            continue
        if known.state == "accepted":
            covered = [place for place in range(len(group.values)) if _is_covered(known, group, place)]
            beyond = [place for place in range(len(group.values)) if place not in covered]
            if beyond:
                reason = f"{group.quantity} beyond what was accepted as finding {known.number} ({group.source})"
                events.append(_opening(group.of(beyond), reason, follows=known.number))
            if not covered:
                continue
            group = group.of(covered)
        evidence = group.evidence
        reason = "out of limits again"
        if known.state in ("corrected", "verified") and _since(known, group.days):
            evidence["state"] = "open"
            reason = f"out of limits after it was {known.state}"
        events.append(NewEvent(kind=AGAIN, subject=f"finding:{known.number}", reason=reason, details=evidence))
    return events


def _opening(group: OutOfLimits, reason: str, *, follows: int = 0) -> NewEvent:
    told: Details = {name: getattr(group, name) for name in (*IDENTITY, *TEXTS, *BOUNDS)}
    told |= header_details(group.equipment) | group.evidence | ({"follows": follows} if follows else {})
    subject = f"unit:{group.unit}" if group.unit else "unit:not stated"
    return NewEvent(kind=OPENED, subject=subject, reason=reason, details=told)


def _is_covered(finding: Finding, group: OutOfLimits, place: int) -> bool:
    compared = group.compared[place] if group.compared else None
    return is_covered(finding, excess=rank(group.excess[place]), compared=compared, day=group.days[place])


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
    until: datetime.date | None = None,
    worst: float | None = None,
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
        Role of the person who does it, for example ``"medical physicist"``; a correction and a verification need one.
    cause, action : str
        Cause that was found, and what was done; a correction needs an action.
    retest : str
        Subject of the measurement that shows that it is mended; a verification needs one.
    day : date, optional
        When it was done; the day of the event without.
    until, worst : date and float, optional
        Last day of an acceptance, and the worst value that it is for, as the limit's bounds are: a later value beyond
        either opens a new finding. Without a worst value it is for what is there, and a tenth of what the limit allows.

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
    if state in _ANSWERED_FOR and not role.strip():
        needed = "the role of the person who answers for it (--role), for example medical physicist"
        raise InputError(f"the state {state} without a role", needed=needed)
    if state == "accepted":
        check_acceptance(finding, day=day or datetime.date.today(), until=until, worst=worst)
    elif until is not None or worst is not None:
        raise InputError(f"an end or a worst value with {state}", needed="both with an acceptance alone")
    told = {"role": role, "cause": cause, "action": action, "retest": retest}
    details: Details = {"state": state} | {name: text for name, text in told.items() if text}
    if day is not None:
        details["day"] = day.isoformat()
    if until is not None:
        details["until"] = until.isoformat()
    if worst is not None:
        details["worst"] = worst
    return NewEvent(kind=STEPPED, subject=f"finding:{finding.number}", reason=reason, details=details)


def _since(finding: Finding, days: Iterable[datetime.date | None]) -> bool:
    """Whether a value is of the day of the last correction or later."""
    mended = [step.day for step in finding.steps if step.state == "corrected"]
    return any(day is not None and (not mended or day >= mended[-1]) for day in days)


def _finite(value: float | None) -> float | None:
    return float(value) if value is not None and math.isfinite(value) else None
