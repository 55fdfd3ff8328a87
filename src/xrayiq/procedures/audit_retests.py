"""Later audits as re-tests of what earlier ones found."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from typing import Final

from xrayiq.errors import InputError
from xrayiq.model import AuditCheck, Event, Finding
from xrayiq.procedures.finding_events import NewEvent
from xrayiq.procedures.findings import WITHIN, finding_number

#: what the procedure of an audit's finding begins with
AUDITED: Final = "audit_"
#: in place of a re-test: the newest that shows it
LATEST: Final = "latest"


def mended_since(finding: Finding) -> datetime.date | None:
    """Day of the last correction or of the last value out of limits, whichever is later."""
    corrected = [step.day for step in finding.steps if step.state == "corrected"]
    return max((day for day in (*corrected[-1:], finding.last_day) if day is not None), default=None)


def retests_of_audit(
    findings: Iterable[Finding], checks: Iterable[AuditCheck], events: Iterable[Event]
) -> list[NewEvent]:
    """Events that tell that an audit found the group of a corrected finding within its limit.

    Parameters
    ----------
    findings : iterable of Finding
        As they stand.
    checks : iterable of AuditCheck
        Of the audit.
    events : iterable of Event
        Of the store: the same exposures are told once.

    Returns
    -------
    list of NewEvent
        One for each corrected finding that a check speaks for.
    """
    corrected = [one for one in findings if one.state == "corrected" and one.procedure.startswith(AUDITED)]
    if not corrected:
        return []
    told = {(event.subject, event.details.get("last_day")) for event in events if event.kind == WITHIN}
    found = []
    for check in checks:
        last_day = check.last_day.isoformat()
        for finding in corrected:
            subject = f"finding:{finding.number}"
            if not _speaks_for(check, finding) or (subject, last_day) in told:
                continue
            told.add((subject, last_day))
            days = {"first_day": check.first_day.isoformat(), "last_day": last_day}
            details = {"values": check.exposures, "value": check.value, **days}
            found.append(NewEvent(kind=WITHIN, subject=subject, reason=check.sentence, details=details))
    return found


def retest_of_audit(
    events: Iterable[Event], finding: Finding, retest: str, *, until: datetime.date | None = None
) -> str:
    """Audit that shows that a finding of an audit is mended.

    Parameters
    ----------
    events : iterable of Event
        Of the store.
    finding : Finding
        As it stands.
    retest : str
        ``"event:N"``, or ``"latest"``.
    until : date, optional
        Last day of its exposures: that of the verification.

    Returns
    -------
    str
        ``"event:N"`` of the audit.

    Raises
    ------
    InputError
        No such audit has found the finding's group within its limit after the correction.
    """
    own = [one for one in events if one.kind == WITHIN and finding_number(one.subject) == finding.number]
    named = [one for one in own if retest in (LATEST, f"event:{one.number}")]
    shown = [one for one in named if _is_after(_day(one, "first_day"), finding)]
    shown = [one for one in shown if until is None or _day(one, "last_day") <= until]
    if not shown:
        what = "no audit" if retest == LATEST else f"re-test {retest!r}, which is no audit"
        raise InputError(
            f"{what} that found {finding.limit_id} within its limit after {mended_since(finding)}",
            needed=f"an audit of enough exposures of {finding.unit_name or finding.unit} from after the correction",
            remedy="`xrayiq audit dose --from DAY` with the first day after it, then `--retest latest`",
        )
    return f"event:{shown[-1].number}"


def _speaks_for(check: AuditCheck, finding: Finding) -> bool:
    kind, _, about = finding.limit_id.partition(": ")
    same_place = finding.unit in (check.unit, check.room) and check.room in ("", finding.room)
    same_group = (check.kind, check.quantity) == (kind, finding.quantity) and check.about in ("", about)
    same_audit = finding.procedure == f"{AUDITED}{check.audit}"
    within = check.is_within
    if within is None:
        within = finding.fail_high is not None and check.value <= finding.fail_high
    return same_audit and same_place and same_group and within and _is_after(check.first_day, finding)


def _is_after(first_day: datetime.date, finding: Finding) -> bool:
    """Whether exposures from a day on are all from after the last one out of limits, and not before the correction."""
    since = mended_since(finding)
    return since is None or (first_day >= since and (finding.last_day is None or first_day > finding.last_day))


def _day(event: Event, name: str) -> datetime.date:
    return datetime.date.fromisoformat(str(event.details[name]))
