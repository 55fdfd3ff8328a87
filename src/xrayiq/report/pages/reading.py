"""What a store's record holds for pages, read from its events."""

from __future__ import annotations

import datetime
from typing import Final

from xrayiq.errors import InputError
from xrayiq.model import Event
from xrayiq.procedures.audit_runs import AUDIT_MADE
from xrayiq.procedures.findings import Present, fold_findings
from xrayiq.procedures.service_events import downtime_ends, until_of
from xrayiq.procedures.signing import SIGNED
from xrayiq.procedures.site_events import BASELINE, RENEWING, TOLD, USE_KINDS, in_force, moment_of
from xrayiq.records import Records, details_of
from xrayiq.report.pages.recorded import AuditRun, Recorded, Service, SignOff, Trail

_SERVICES: Final = frozenset({*RENEWING, *TOLD, *USE_KINDS, BASELINE})


def read_recorded(records: Records, *, examine: bool, present: Present | None = None) -> Recorded:
    """Findings, service, sign-offs and the state of the audit trail.

    Parameters
    ----------
    records : Records
        The store.
    examine : bool
        Whether every row is examined.
    present : callable, optional
        Gives findings the present names of their units; see `present_names`.

    Returns
    -------
    Recorded
        Without what a later event has taken back.
    """
    known = in_force(records.events())
    told = tuple(event for event in known if event.kind in _SERVICES)
    ends = downtime_ends(known)
    services = [_service(event, ends.get(event.number)) for event in told]
    return Recorded(
        findings=fold_findings(known, present=present),
        services=tuple(sorted(services, key=lambda service: (service.at, service.number))),
        events=told,
        sign_offs=tuple(_sign_off(event) for event in known if event.kind == SIGNED),
        audits=tuple(_audit(event) for event in known if event.kind == AUDIT_MADE),
        trail=_trail(records, examine=examine),
    )


def _service(event: Event, end: Event | None) -> Service:
    return Service(
        kind=event.kind,
        subject=event.subject,
        at=moment_of(event),
        until=until_of(event) if end is None else moment_of(end),
        reason=event.reason,
        actor=event.actor,
        number=event.number,
    )


def _sign_off(event: Event) -> SignOff:
    with details_of(event) as details:
        first, last = (datetime.date.fromisoformat(details[name]) for name in ("from", "to"))
        return SignOff(
            at=event.at,
            actor=event.actor,
            role=str(details.get("role") or ""),
            reason=event.reason,
            subject=event.subject,
            head=str(details.get("head") or ""),
            first=first,
            last=last,
            site=str(details.get("site") or ""),
        )


def _audit(event: Event) -> AuditRun:
    with details_of(event) as details:
        first, last = (
            None if (day := details.get(name)) is None else datetime.date.fromisoformat(day)
            for name in ("first_day", "last_day")
        )
        units = details.get("units")
        return AuditRun(
            name=event.subject.partition(":")[2],
            made_on=event.at.astimezone(datetime.UTC).date(),
            first=first,
            last=last,
            sites=tuple(str(name) for name in details.get("sites") or ()),
            units=None if units is None else {str(name): int(number) for name, number in units.items()},
        )


def _trail(records: Records, *, examine: bool) -> Trail:
    """State of the audit trail; not examined where nobody asks for it or the key cannot be used here."""
    head = records.head
    if not examine:
        return Trail(head=head)
    try:
        found = records.verify()
    except InputError as error:
        return Trail(head=head, notes=(str(error),))
    return Trail(
        head=found.head or head,
        whole=found.whole,
        faults=tuple(fault.description for fault in found.faults),
        more_faults=found.more_faults,
        notes=found.notes,
    )
