"""Findings folded from a store's events."""

from __future__ import annotations

import dataclasses
import datetime
import math
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final, cast

from xrayiq.model import NEXT_STATES, SETTLED, Event, Finding, FindingState, FindingStep
from xrayiq.procedures.acceptances import accepted_excess
from xrayiq.records import details_of

#: kinds of the events that findings are folded from
OPENED: Final = "finding_opened"
AGAIN: Final = "finding_again"
STEPPED: Final = "finding_step"
FINDING_KINDS: Final = (OPENED, AGAIN, STEPPED)
#: kind of the events by which later audits find a corrected finding's group within its limit
WITHIN: Final = "finding_within"
#: subjects that a finding names
MOST_SUBJECTS: Final = 10
IDENTITY: Final = ("unit", "detector", "procedure", "quantity", "direction", "limit_id")
TEXTS: Final = ("source", "basis", "unit_name", "site", "room")
BOUNDS: Final = ("fail_low", "fail_high")

_OF_WORST: Final = ("worst", "worst_compared", "worst_baseline", "excess")

Details = dict[str, Any]
#: gives a finding the present names of its unit, detector and place, from the details of the event that opened it
Present = Callable[[Finding, Mapping[str, Any]], Finding]


def fold_findings(events: Iterable[Event], *, present: Present | None = None) -> tuple[Finding, ...]:
    """Findings as they stand after a store's events.

    Parameters
    ----------
    events : iterable of Event
        Of any kinds, in their order.
    present : callable, optional
        See `present_names`; without it units have the names that they had when it was opened.

    Returns
    -------
    tuple of Finding
        In the order of their opening; the number of a finding is that of the event that opened it.

    Raises
    ------
    RecordsError
        An event has details that xrayiq did not write.
    """
    found: dict[int, Finding] = {}
    for event in events:
        if event.kind in FINDING_KINDS:
            with details_of(event) as details:
                _fold(event, details, found, present)
    return tuple(found.values())


def _fold(event: Event, details: Mapping[str, Any], found: dict[int, Finding], present: Present | None) -> None:
    """Take one event to the findings."""
    number = event.number if event.kind == OPENED else finding_number(event.subject)
    if event.kind == OPENED:
        opened = _opened(event)
        found[number] = opened if present is None else present(opened, details)
    if number not in found:
        return
    if event.kind == AGAIN:
        found[number] = _seen_again(found[number], event)
    if event.kind != OPENED and "state" in details:
        found[number] = dataclasses.replace(found[number], steps=(*found[number].steps, _step(event, found[number])))


def finding_number(subject: str) -> int:
    """Number of the finding that an event is about; 0 where it is about none."""
    kind, _, number = subject.partition(":")
    return int(number) if kind == "finding" and number.isdecimal() else 0


def _opened(event: Event) -> Finding:
    details = event.details
    named: Details = {name: str(details.get(name) or "") for name in (*IDENTITY, *TEXTS)}
    first = FindingStep(
        at=event.at,
        day=_day(details.get("first_day")) or event.at.date(),
        state="open",
        actor=event.actor,
        reason=event.reason,
        event=event.number,
    )
    bounds: Details = {name: None if details.get(name) is None else _number(details.get(name)) for name in BOUNDS}
    follows = int(cast(int, details.get("follows") or 0))
    return Finding(number=event.number, follows=follows, **named, **bounds, **_values(details), steps=(first,))


def _values(details: Mapping[str, Any]) -> Details:
    return {
        "values": int(details.get("values") or 0),
        "worst": _number(details.get("worst")),
        "worst_compared": _known(details.get("compared")),
        "worst_baseline": _known(details.get("baseline")),
        "excess": rank(details.get("excess")),
        "first_day": _day(details.get("first_day")),
        "last_day": _day(details.get("last_day")),
        "subjects": tuple(str(subject) for subject in details.get("subjects") or ()),
    }


def _seen_again(finding: Finding, event: Event) -> Finding:
    new = _values(event.details)
    worse = new["excess"] > finding.excess
    first = [day for day in (finding.first_day, new["first_day"]) if day is not None]
    last = [day for day in (finding.last_day, new["last_day"]) if day is not None]
    subjects = dict.fromkeys((*new["subjects"], *finding.subjects) if worse else (*finding.subjects, *new["subjects"]))
    return dataclasses.replace(
        finding,
        values=finding.values + new["values"],
        **({name: new[name] for name in _OF_WORST} if worse else {}),
        first_day=min(first, default=None),
        last_day=max(last, default=None),
        subjects=tuple(subjects)[:MOST_SUBJECTS],
    )


def _step(event: Event, finding: Finding) -> FindingStep:
    texts: Details = {name: str(event.details.get(name) or "") for name in ("role", "cause", "action", "retest")}
    state = cast(FindingState, event.details["state"])
    if state not in NEXT_STATES:
        raise ValueError(f"state {state!r}")
    worst = _known(event.details.get("worst")) if event.kind == STEPPED else None
    # of values that open it again only the last is certain to be of after the correction
    done = event.details.get("day" if event.kind == STEPPED else "last_day")
    return FindingStep(
        at=event.at,
        day=_day(done) or event.at.date(),
        state=state,
        actor=event.actor,
        reason=event.reason,
        event=event.number,
        until=_day(event.details.get("until")),
        worst=worst,
        excess=accepted_excess(finding, worst) if state == "accepted" else None,
        **texts,
    )


def _day(text: object) -> datetime.date | None:
    return datetime.date.fromisoformat(text) if isinstance(text, str) else None


def _number(value: object) -> float:
    return float(value) if isinstance(value, (int, float)) else math.nan


def _known(value: object) -> float | None:
    return None if value is None else _number(value)


def rank(excess: object) -> float:
    """Excess as a number to compare with; what is no number goes before all others."""
    number = _number(excess)
    return number if number == number else math.inf


def unsettled(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings that something remains to be done about."""
    return tuple(finding for finding in findings if finding.state not in SETTLED)
