"""What was done to a unit or its detector: service and downtime, as events of the audit trail."""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Final, Literal, get_args

from xrayiq.errors import InputError
from xrayiq.model import Event
from xrayiq.records.store import Records

ServiceKind = Literal["acceptance", "calibration", "repair", "software", "detector_swap", "service", "downtime"]

SERVICE_KINDS: Final[tuple[str, ...]] = get_args(ServiceKind)
#: how far the clock of a site may be ahead of this one, zones included
_CLOCKS_APART: Final = datetime.timedelta(days=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceEvent:
    """Something that was done to a unit or its detector.

    Parameters
    ----------
    number : int
        Event of the audit trail that says so.
    kind : str
        One of `SERVICE_KINDS`.
    unit : str
        Serial number of the unit; empty where a detector is named.
    detector : str
        Detector ID; empty where a unit is named.
    happened_at : datetime
        When it was done, by the clock on the wall, as `exposed_at` of images.
    until : datetime or None
        When a downtime ended.
    reason : str
        What was done and why.
    actor : str
        Account name of who entered it.
    entered_at : datetime
        When it was entered (UTC).
    """

    number: int
    kind: str
    unit: str
    detector: str
    happened_at: datetime.datetime
    until: datetime.datetime | None
    reason: str
    actor: str
    entered_at: datetime.datetime


def add_service_event(
    records: Records,
    *,
    kind: str,
    unit: str = "",
    detector: str = "",
    happened_at: datetime.datetime,
    until: datetime.datetime | None = None,
    reason: str,
    actor: str,
) -> ServiceEvent:
    """Enter what was done to a unit or its detector.

    Parameters
    ----------
    records : Records
        The store.
    kind : {"acceptance", "calibration", "repair", "software", "detector_swap", "service", "downtime"}
        What was done.
    unit, detector : str
        Serial number of the unit, or detector ID: one of them, and one that the store knows.
    happened_at : datetime
        When it was done, by the clock on the wall.
    until : datetime, optional
        When a downtime ended.
    reason : str
        What was done and why.
    actor : str
        Account name of who enters it.

    Returns
    -------
    ServiceEvent
        As it was stored.

    Raises
    ------
    InputError
        Another kind, a time to come, no or both names, a unit that the store does not know, an end before the
        beginning or of something else than a downtime, or no reason or actor.
    RecordsError
        The database refuses.
    """
    if kind not in SERVICE_KINDS:
        raise InputError(f"service event of kind {kind!r}", needed="one of " + ", ".join(SERVICE_KINDS))
    if until is not None and (kind != "downtime" or until < happened_at):
        raise InputError("an end that no downtime has", needed="the end of a downtime, after its beginning")
    if happened_at.replace(tzinfo=None) > datetime.datetime.now() + _CLOCKS_APART:
        raise InputError(f"a time to come ({happened_at:%Y-%m-%d %H:%M})", needed="when it was done")
    subject = _subject(unit, detector)
    if not records.has_equipment(serial_number=unit or None, detector_id=detector or None):
        raise InputError(
            f"the store knows no {subject.replace(':', ' ')}",
            needed="a serial number or detector ID as image headers give it",
            remedy='see the frame "equipment"',
        )
    details = {"happened_at": happened_at.isoformat(), "until": None if until is None else until.isoformat()}
    return _service_event(
        records.append_event(kind=kind, subject=subject, actor=actor, reason=reason, details={**details})
    )


def service_events(records: Records, *, unit: str = "", detector: str = "") -> tuple[ServiceEvent, ...]:
    """Service and downtime, in the order in which it was done.

    Parameters
    ----------
    records : Records
        The store.
    unit, detector : str
        Only of this serial number or detector ID; of all without either.

    Returns
    -------
    tuple of ServiceEvent
        Those of the same time in the order of their entry.
    """
    subject = _subject(unit, detector) if unit or detector else None
    found = [_service_event(event) for event in records.events(subject=subject) if event.kind in SERVICE_KINDS]
    return tuple(sorted(found, key=lambda event: (event.happened_at.replace(tzinfo=None), event.number)))


def _subject(unit: str, detector: str) -> str:
    if bool(unit) == bool(detector):
        raise InputError("no unit, or two names of one", needed="a unit's serial number or a detector ID")
    return f"unit:{unit}" if unit else f"detector:{detector}"


def _service_event(event: Event) -> ServiceEvent:
    what, _, name = event.subject.partition(":")
    until = event.details["until"]
    return ServiceEvent(
        number=event.number,
        kind=event.kind,
        unit=name if what == "unit" else "",
        detector=name if what == "detector" else "",
        happened_at=datetime.datetime.fromisoformat(str(event.details["happened_at"])),
        until=None if until is None else datetime.datetime.fromisoformat(str(until)),
        reason=event.reason,
        actor=event.actor,
        entered_at=event.at,
    )
