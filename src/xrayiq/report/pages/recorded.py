"""What people and runs have entered into a store's record, as pages show it."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from xrayiq.model import Event, Finding
from xrayiq.procedures import site_events
from xrayiq.procedures.whereabouts import Whereabouts

#: kinds of service after which a new baseline begins
RENEWING: Final = (*site_events.RENEWING, site_events.BASELINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """Something that was done to a unit or its detector, or a time that it could not be used.

    Parameters
    ----------
    kind : str
        ``"calibration"``, ``"repair"``, ``"software"``, ``"detector_swap"``, ``"service"``, ``"downtime"`` and so on.
    subject : str
        ``unit:NAME`` or ``detector:NAME``.
    at : datetime
        When, by the clock on the wall.
    until : datetime or None
        When a downtime ended.
    reason, actor : str
        What was done and why, and who entered it.
    number : int
        Its event.
    """

    kind: str
    subject: str
    at: datetime.datetime
    until: datetime.datetime | None = None
    reason: str = ""
    actor: str = ""
    number: int = 0

    @property
    def day(self) -> datetime.date:
        """Day on which it was done or began."""
        return self.at.date()

    @property
    def renews(self) -> bool:
        """Whether a new baseline begins with it."""
        return self.kind in RENEWING

    def is_of(self, where: Whereabouts) -> bool:
        """Whether it was done to this unit or detector."""
        return where.is_called(self.subject)


@dataclass(frozen=True, slots=True, kw_only=True)
class SignOff:
    """A period that somebody signed.

    Parameters
    ----------
    at : datetime
        When (UTC).
    actor, role, reason : str
        Who, in which role, and what they said.
    subject : str
        What was signed.
    head : str
        Head of the audit trail that they signed.
    first, last : date or None
        The period; None where it was not named.
    site : str
        Whose; empty for the whole store.
    """

    at: datetime.datetime
    actor: str
    role: str = ""
    reason: str = ""
    subject: str = ""
    head: str = ""
    first: datetime.date | None = None
    last: datetime.date | None = None
    site: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trail:
    """State of the store's audit trail.

    Parameters
    ----------
    head : str
        Number and first digits of the seal of the last event; empty where the store has none.
    whole : bool or None
        Whether every row is as it was written; None where that was not examined.
    faults : tuple of str
        What is not, in words.
    more_faults : int
        Faults beyond these.
    notes : tuple of str
        What cannot be told.
    """

    head: str = ""
    whole: bool | None = None
    faults: tuple[str, ...] = ()
    more_faults: int = 0
    notes: tuple[str, ...] = ()

    @property
    def fault_count(self) -> int:
        """How many rows are not as they were written."""
        return len(self.faults) + self.more_faults

    def without_words(self) -> Trail:
        """The same without descriptions, which may name equipment of another site."""
        return Trail(head=self.head, whole=self.whole, more_faults=self.fault_count)

    @property
    def text(self) -> str:
        """Result of the examination in one sentence."""
        if self.whole is None:
            return "not examined"
        if self.whole:
            return "examined: every row is as it was written"
        number = self.fault_count
        return f"examined: {number} row{'s are' if number != 1 else ' is'} not as written"


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditRun:
    """An audit that was made.

    Parameters
    ----------
    name : str
        ``"dose"``, ``"exposure"``, and so on.
    made_on : date
        Day on which it was made (UTC).
    first, last : date or None
        Days of the exposures that it was of.
    sites : tuple of str
        Their sites.
    units : mapping of str to int or None
        Number of them by `unit_digest`; None where the event is of a version that did not keep it.
    """

    name: str
    made_on: datetime.date
    first: datetime.date | None = None
    last: datetime.date | None = None
    sites: tuple[str, ...] = ()
    units: Mapping[str, int] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """All of it.

    Parameters
    ----------
    findings : tuple of Finding
        In the order of their opening.
    services : tuple of Service
        In the order in which it was done.
    events : tuple of Event
        Those of the services, as trends take them.
    sign_offs : tuple of SignOff
        In order.
    audits : tuple of AuditRun
        Audits in the order in which they were made.
    trail : Trail
        State of the audit trail.
    """

    findings: tuple[Finding, ...] = ()
    services: tuple[Service, ...] = ()
    events: tuple[Event, ...] = ()
    sign_offs: tuple[SignOff, ...] = ()
    audits: tuple[AuditRun, ...] = ()
    trail: Trail = Trail()
