"""What audits find, as findings of a store: opened once, and told again only where there is something new."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from xrayiq.model import AuditCheck, AuditFinding, Equipment, Finding
from xrayiq.procedures.audit_retests import AUDITED, retests_of_audit
from xrayiq.procedures.finding_events import NewEvent, OutOfLimits, append, events_of_run
from xrayiq.procedures.finding_steps import list_findings
from xrayiq.procedures.findings import MOST_SUBJECTS, OPENED
from xrayiq.procedures.site import Site
from xrayiq.records import Records

#: who opens findings of audits
AUDITOR = "xrayiq audit"


@dataclass(frozen=True, slots=True, kw_only=True)
class RecordedFindings:
    """What an audit added to a store.

    Parameters
    ----------
    opened, again, known : int
        Findings opened, told again with new exposures, and known already.
    within : int
        Corrected findings whose group was found within its limit.
    """

    opened: int
    again: int
    known: int
    within: int = 0


def record_findings(
    records: Records,
    findings: Iterable[AuditFinding],
    *,
    checks: Iterable[AuditCheck] = (),
    site: Site | None = None,
    equipment: Mapping[str, Equipment] | None = None,
    actor: str = AUDITOR,
) -> RecordedFindings:
    """Open findings of an audit in the store, or add to those that are there.

    Parameters
    ----------
    records : Records
        Store; everything is kept whole or not at all.
    findings : iterable of AuditFinding
        Of one audit.
    checks : iterable of AuditCheck
        What the same audit found to be all right. One that speaks for a corrected finding, all of its exposures from
        after the last one out of limits and from the day of the correction on, is kept as an event that a verification
        may name as its re-test.
    site : Site, optional
        Settings of a site's file.
    equipment : mapping of str to Equipment, optional
        Header of each unit, by its name: what it is known by whatever it is called later.
    actor : str
        Who audits.

    Returns
    -------
    RecordedFindings
        A finding whose last exposure a finding of the same kind, place and quantity holds already adds nothing, in
        whatever state that is: the same audit may be made again as often as one likes.
    """
    headers = equipment or {}
    with records.transaction():
        standing = list_findings(records, site=site)
        new, known = [], 0
        for finding in findings:
            group = _group(finding, headers)
            own = [one for one in standing if _about(one) == _about(group)]
            if any(_holds(one, finding) for one in own):
                known += 1
                continue
            if own:  # audits are of units: whatever detector its header told, the finding is the same
                group = dataclasses.replace(group, detector=own[-1].detector)
            new += [_told(event, finding) for event in events_of_run(standing, [group])]
        for event in new:
            append(records, event, actor=actor)
        mended = retests_of_audit(list_findings(records, site=site), checks, records.events())
        for event in mended:
            append(records, event, actor=actor)
    opened = sum(event.kind == OPENED for event in new)
    return RecordedFindings(opened=opened, again=len(new) - opened, known=known, within=len(mended))


def _group(finding: AuditFinding, headers: Mapping[str, Equipment]) -> OutOfLimits:
    is_low = finding.bound is not None and finding.value < finding.bound
    return OutOfLimits(
        unit=finding.unit or finding.room,
        procedure=f"{AUDITED}{finding.audit}",
        quantity=finding.quantity,
        limit_id=f"{finding.kind}: {finding.about}",
        source=finding.source,
        fail_low=finding.bound if is_low else None,
        fail_high=None if is_low else finding.bound,
        unit_name=finding.room,
        site=finding.site,
        room=finding.room,
        equipment=headers.get(finding.unit, Equipment()),
        days=(finding.last_day,),
        values=(finding.value,),
        excess=(finding.ratio - 1.0,),
        subjects=(finding.subjects[0] if finding.subjects else "",),
    )


def _about(one: Finding | OutOfLimits) -> tuple[str, ...]:
    return (one.unit, one.procedure, one.quantity, one.limit_id)


def _holds(standing: Finding, finding: AuditFinding) -> bool:
    """Whether a finding of the store rests on the same exposures or later ones."""
    if finding.last_day is None or standing.last_day is None:
        return standing.last_day == finding.last_day
    return standing.last_day >= finding.last_day


def _told(event: NewEvent, finding: AuditFinding) -> NewEvent:
    """The event with the evidence in words, and the number of exposures that it rests on."""
    reason = f"{finding.sentence}; look first: {finding.suggestion}" if finding.suggestion else finding.sentence
    evidence = {
        "values": finding.exposures,
        "first_day": None if finding.first_day is None else finding.first_day.isoformat(),
        "subjects": list(finding.subjects[:MOST_SUBJECTS]),
    }
    return dataclasses.replace(event, reason=reason, details={**event.details, **evidence})
