"""Findings folded from a store's events, and the events that values out of limits lead to."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, cast

from xrayiq.errors import InputError
from xrayiq.model import NEXT_STATES, SETTLED, Event, Finding, FindingState, FindingStep

#: kinds of the events that findings are folded from
OPENED: Final = "finding_opened"
AGAIN: Final = "finding_again"
STEPPED: Final = "finding_step"
FINDING_KINDS: Final = (OPENED, AGAIN, STEPPED)
#: who opens findings
RUN: Final = "xrayiq run"
#: subjects that a finding names
_MOST_SUBJECTS: Final = 10
_IDENTITY: Final = ("unit", "detector", "procedure", "quantity", "direction", "limit_id")
_TEXTS: Final = ("source", "basis", "unit_name", "site", "room")
_BOUNDS: Final = ("fail_low", "fail_high")

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
    days: tuple[datetime.date | None, ...] = ()
    values: tuple[float, ...] = ()
    excess: tuple[float, ...] = ()
    subjects: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, ...]:
        """As `Finding.identity`."""
        return tuple(getattr(self, name) for name in _IDENTITY)

    @property
    def evidence(self) -> Details:
        """What is stored of the values: how many, the worst, when, and whose."""
        worst = max(range(len(self.values)), key=lambda place: (_rank(self.excess[place]), -place))
        known = sorted(day for day in self.days if day is not None)
        named = dict.fromkeys((self.subjects[worst], *self.subjects))
        return {
            "values": len(self.values),
            "worst": _finite(self.values[worst]),
            "excess": _finite(self.excess[worst]),
            "first_day": known[0].isoformat() if known else None,
            "last_day": known[-1].isoformat() if known else None,
            "subjects": list(named)[:_MOST_SUBJECTS],
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class NewEvent:
    """An event to be appended."""

    kind: str
    subject: str
    reason: str
    details: Details = field(default_factory=dict)


def fold_findings(events: Iterable[Event]) -> tuple[Finding, ...]:
    """Findings as they stand after a store's events.

    Parameters
    ----------
    events : iterable of Event
        Of any kinds, in their order.

    Returns
    -------
    tuple of Finding
        In the order of their opening; the number of a finding is that of the event that opened it.
    """
    found: dict[int, Finding] = {}
    excess: dict[int, float] = {}
    for event in events:
        if event.kind == OPENED:
            found[event.number] = _opened(event)
            excess[event.number] = _rank(event.details.get("excess"))
        elif event.kind in (AGAIN, STEPPED):
            number = finding_number(event.subject)
            if number not in found:
                continue
            if event.kind == AGAIN:
                found[number] = _seen_again(found[number], event, excess[number])
                excess[number] = max(excess[number], _rank(event.details.get("excess")))
            if "state" in event.details:
                found[number] = dataclasses.replace(found[number], steps=(*found[number].steps, _step(event)))
    return tuple(found.values())


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
            told = {name: getattr(group, name) for name in (*_IDENTITY, *_TEXTS, *_BOUNDS)}
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


def finding_number(subject: str) -> int:
    """Number of the finding that an event is about; 0 where it is about none."""
    kind, _, number = subject.partition(":")
    return int(number) if kind == "finding" and number.isdigit() else 0


def _opened(event: Event) -> Finding:
    details = event.details
    named: Details = {name: str(details.get(name) or "") for name in (*_IDENTITY, *_TEXTS)}
    first = FindingStep(
        at=event.at, day=event.at.date(), state="open", actor=event.actor, reason=event.reason, event=event.number
    )
    bounds: Details = {name: None if details.get(name) is None else _number(details.get(name)) for name in _BOUNDS}
    return Finding(number=event.number, **named, **bounds, **_values(details), steps=(first,))


def _values(details: Mapping[str, Any]) -> Details:
    return {
        "values": int(details.get("values") or 0),
        "worst": _number(details.get("worst")),
        "first_day": _day(details.get("first_day")),
        "last_day": _day(details.get("last_day")),
        "subjects": tuple(str(subject) for subject in details.get("subjects") or ()),
    }


def _seen_again(finding: Finding, event: Event, excess: float) -> Finding:
    new = _values(event.details)
    worse = _rank(event.details.get("excess")) > excess
    first = [day for day in (finding.first_day, new["first_day"]) if day is not None]
    last = [day for day in (finding.last_day, new["last_day"]) if day is not None]
    subjects = dict.fromkeys((*new["subjects"], *finding.subjects) if worse else (*finding.subjects, *new["subjects"]))
    return dataclasses.replace(
        finding,
        values=finding.values + new["values"],
        worst=new["worst"] if worse else finding.worst,
        first_day=min(first, default=None),
        last_day=max(last, default=None),
        subjects=tuple(subjects)[:_MOST_SUBJECTS],
    )


def _step(event: Event) -> FindingStep:
    texts: Details = {name: str(event.details.get(name) or "") for name in ("role", "cause", "action", "retest")}
    state = cast(FindingState, event.details["state"])
    return FindingStep(
        at=event.at,
        day=_day(event.details.get("day")) or event.at.date(),
        state=state,
        actor=event.actor,
        reason=event.reason,
        event=event.number,
        **texts,
    )


def _since(finding: Finding, days: Iterable[datetime.date | None]) -> bool:
    """Whether a value is of the day of the last correction or later."""
    mended = [step.day for step in finding.steps if step.state == "corrected"]
    return any(day is not None and (not mended or day >= mended[-1]) for day in days)


def _day(text: object) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if isinstance(text, str) else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def _finite(value: float) -> float | None:
    return float(value) if math.isfinite(value) else None


def _rank(excess: object) -> float:
    number = _number(excess)
    return number if number == number else math.inf


def unsettled(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings that something remains to be done about."""
    return tuple(finding for finding in findings if finding.state not in SETTLED)
