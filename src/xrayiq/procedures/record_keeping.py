"""What people enter into the record: limits, baselines, equipment, findings and sign-offs, each as one event."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any, Final

from xrayiq.errors import InputError
from xrayiq.model import Event, Finding, FindingState
from xrayiq.procedures.finding_events import NewEvent, step_event
from xrayiq.procedures.findings import FINDING_KINDS, fold_findings
from xrayiq.procedures.limits import override_of_row
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import BASELINE, EQUIPMENT, LIMIT, WITHDRAWN, baseline_details
from xrayiq.procedures.whereabouts import fact_of_row
from xrayiq.records import Records

SIGNED: Final = "sign_off"
#: kinds of events that can be taken back
_REVOCABLE: Final = (LIMIT, BASELINE, EQUIPMENT)


def override_limit(records: Records, row: Mapping[str, Any], *, site: Site, actor: str, reason: str) -> Event:
    """Give a site, room or unit its own bounds from now on; what is judged already stays so.

    Parameters
    ----------
    records : Records
        The store.
    row : mapping
        As for `limits.override_of_row`, without reason and author.
    site : Site
        Whose limits can be overridden.
    actor, reason : str
        Who decides it, and why.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    SiteError
        The row cannot be used.
    """
    limit = override_of_row({**row, "reason": reason, "author": actor}, site.limits, "records limit")
    place = limit.place or "everywhere"
    return records.append_event(
        kind=LIMIT, subject=f"limit:{limit.id}, {place}", actor=actor, reason=reason, details=dict(row)
    )


def set_baseline(
    records: Records,
    *,
    unit: str,
    procedure: str,
    quantity: str,
    mean: float,
    day: datetime.date,
    actor: str,
    reason: str,
    sigma: float | None = None,
    direction: str = "",
    mode: str = "",
) -> Event:
    """Set the baseline of a unit's quantity by hand, from a day on.

    Parameters
    ----------
    records : Records
        The store.
    unit : str
        Name, serial number or station of the unit.
    procedure, quantity, direction, mode : str
        Series that it holds for; an empty mode is any.
    mean, sigma : float
        Baseline, and standard deviation of single results where it is known, in the quantity's unit.
    day : date
        First day.
    actor, reason : str
        Who sets it, and why.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    InputError
        The quantity is unknown, or a number cannot be used.
    """
    details = baseline_details(
        procedure=procedure, quantity_name=quantity, direction=direction, mode=mode, mean=mean, sigma=sigma, day=day
    )
    return records.append_event(kind=BASELINE, subject=f"unit:{unit}", actor=actor, reason=reason, details=details)


def tell_equipment(records: Records, row: Mapping[str, Any], *, actor: str, reason: str) -> Event:
    """Tell site, room, unit, detector or tube of equipment where its headers do not.

    Parameters
    ----------
    records : Records
        The store.
    row : mapping
        As for `whereabouts.fact_of_row`.
    actor, reason : str
        Who says so, and why.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    SiteError
        The row cannot be used.
    """
    fact_of_row(row, "records equipment")
    told = {name: value.isoformat() if isinstance(value, datetime.date) else value for name, value in row.items()}
    matched = ", ".join(f"{name} {value}" for name, value in told.items() if name != "from")
    return records.append_event(
        kind=EQUIPMENT, subject=f"equipment:{matched}", actor=actor, reason=reason, details=told
    )


def withdraw(records: Records, number: int, *, actor: str, reason: str) -> Event:
    """Take back a limit, baseline or word on equipment from now on; the event itself stays in the record.

    Parameters
    ----------
    records : Records
        The store.
    number : int
        Number of the event.
    actor, reason : str
        Who takes it back, and why.

    Returns
    -------
    Event
        As it was stored.

    Raises
    ------
    InputError
        There is no such event, it is of another kind, or it has been taken back.
    """
    with records.transaction():
        events = {event.number: event for event in records.events()}
        known = events.get(number)
        gone = any(event.kind == WITHDRAWN and event.subject == f"event:{number}" for event in events.values())
        if known is None or known.kind not in _REVOCABLE or gone:
            found = f"event {number} " + ("is taken back already" if gone else "is none that can be taken back")
            raise InputError(found, needed="the number of a limit, baseline or equipment event in force")
        return records.append_event(kind=WITHDRAWN, subject=f"event:{number}", actor=actor, reason=reason)


def list_findings(records: Records) -> tuple[Finding, ...]:
    """Findings of a store as they stand, in the order of their opening."""
    return fold_findings(event for event in records.events() if event.kind in FINDING_KINDS)


def take_step(
    records: Records,
    number: int,
    state: FindingState,
    *,
    actor: str,
    reason: str,
    role: str = "",
    cause: str = "",
    action: str = "",
    retest: str = "",
    day: datetime.date | None = None,
) -> Finding:
    """Take a finding to another state.

    Parameters
    ----------
    records : Records
        The store.
    number : int
        The finding.
    state : {"open", "investigating", "corrected", "verified", "closed", "accepted"}
        Where to.
    actor, reason, role : str
        Who does it, why, and in which role.
    cause, action : str
        Cause that was found, what was done.
    retest : str
        Subject of the measurement that shows that it is mended; it must have passed the finding's limit, on the day of
        the correction or later.
    day : date, optional
        When it was done; today without.

    Returns
    -------
    Finding
        As it stands then.

    Raises
    ------
    InputError
        There is no such finding, the state does not follow on its own, or the re-test does not show it.
    """
    with records.transaction():
        finding = next((one for one in list_findings(records) if one.number == number), None)
        if finding is None:
            raise InputError(
                f"finding {number}", needed="the number of a finding, as `xrayiq records finding list` gives"
            )
        event = step_event(finding, state, reason=reason, role=role, cause=cause, action=action, retest=retest, day=day)
        if retest:
            _check_retest(records, finding, retest)
        _append(records, event, actor)
        return next(one for one in list_findings(records) if one.number == number)


def _check_retest(records: Records, finding: Finding, retest: str) -> None:
    """Refuse a re-test that has no passing verdict under the finding's limit, or is older than the correction."""
    mended = [step.day for step in finding.steps if step.state == "corrected"]
    passed = records.verdicts_of(retest, limit_id=finding.limit_id, quantity=finding.quantity)
    statuses = [status for status, day in passed if not mended or day is None or day >= mended[-1]]
    if not statuses or "fail" in statuses:
        what = "is out of limits" if "fail" in statuses else "has no verdict under the finding's limit since then"
        raise InputError(
            f"measurement {retest} {what}",
            needed=f"one of {finding.quantity} on {finding.unit_name or finding.unit} within {finding.limit_id}",
            remedy="measure again and run the archive first",
        )


def _append(records: Records, event: NewEvent, actor: str) -> Event:
    return records.append_event(
        kind=event.kind, subject=event.subject, actor=actor, reason=event.reason, details=event.details
    )
