"""That an audit was made, as an event of the trail: also where it found nothing."""

from __future__ import annotations

import datetime
import hashlib
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from xrayiq.model import AuditFinding, Event, same_name
from xrayiq.records import Records

if TYPE_CHECKING:
    import pandas as pd  # a run does without

#: kind of the event; its subject is ``audit:NAME``
AUDIT_MADE: Final = "audit_made"


def record_audit_made(
    records: Records, name: str, exposures: pd.DataFrame, findings: Iterable[AuditFinding], *, actor: str
) -> Event | None:
    """Append to the audit trail that an audit was made.

    Parameters
    ----------
    records : Records
        Store that was audited.
    name : str
        Of the audit, such as ``"dose"``.
    exposures : DataFrame
        What was audited: `subject`, `exposed_at`, `site` and `unit`, as far as it has them.
    findings : iterable of AuditFinding
        What was found.
    actor : str
        Who audits.

    Returns
    -------
    Event or None
        With the number and days of the exposures, their sites, their number by unit (under `unit_digest`: an event of
        several sites may go out with the trail of one), the number of findings and a digest of exposures and findings.
        None, and nothing is added, where the same audit with the same digest was recorded on the same day
        (UTC): made again over the same data it adds one event a day at most.
    """
    found = list(findings)
    subjects = sorted(exposures["subject"].dropna().astype(str)) if "subject" in exposures else []
    told = "\n".join((*subjects, *sorted(f"{one.kind}|{one.about}|{one.unit}|{one.value!r}" for one in found)))
    digest = hashlib.sha256(told.encode()).hexdigest()
    today = datetime.datetime.now(datetime.UTC).date()
    for event in records.events(kind=AUDIT_MADE, subject=f"audit:{name}"):
        if event.at.astimezone(datetime.UTC).date() == today and event.details.get("digest") == digest:
            return None
    days = exposures.reindex(columns=["exposed_at"])["exposed_at"].dropna()
    first, last = (None, None) if days.empty else (days.min().date().isoformat(), days.max().date().isoformat())
    sites = sorted(set(exposures["site"].dropna().astype(str)) - {""}) if "site" in exposures else []
    period = f" of {first} to {last}" if first else ""
    return records.append_event(
        kind=AUDIT_MADE,
        subject=f"audit:{name}",
        actor=actor,
        reason=f"{len(exposures)} exposures{period}, {len(found)} findings",
        details={
            "exposures": len(exposures),
            "findings": len(found),
            "first_day": first,
            "last_day": last,
            "sites": list(sites),
            "units": {**_by_unit(exposures)},
            "digest": digest,
        },
    )


def unit_digest(name: str) -> str:
    """What stands for a unit's name in the events of audits: the same whatever its case and the blanks around it."""
    return hashlib.sha256(name.strip().casefold().encode()).hexdigest()[:16]


def _by_unit(exposures: pd.DataFrame) -> dict[str, int]:
    """Number of exposures of each unit, by the digest of its name."""
    if "unit" not in exposures:
        return {}
    counts = exposures["unit"].dropna().astype(str).value_counts()
    return {unit_digest(str(name)): int(number) for name, number in sorted(counts.items()) if name}


def audits_made(
    records: Records, name: str, *, first: datetime.date, last: datetime.date, only_site: str = ""
) -> tuple[Event, ...]:
    """Audits that were made on days of a period.

    Parameters
    ----------
    records : Records
        Store.
    name : str
        Of the audit.
    first, last : date
        Days (UTC) of the audits, not of what they audited.
    only_site : str
        Only those that held exposures of this site.

    Returns
    -------
    tuple of Event
        In their order.
    """
    return tuple(
        event
        for event in records.events(kind=AUDIT_MADE, subject=f"audit:{name}")
        if first <= event.at.astimezone(datetime.UTC).date() <= last and (not only_site or holds_site(event, only_site))
    )


def holds_site(event: Event, name: str) -> bool:
    """Whether an audit that an event tells of held exposures of a site."""
    sites = event.details.get("sites")
    return isinstance(sites, list) and any(same_name(str(one), name) for one in sites)
