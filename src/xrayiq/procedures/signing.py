"""Sign-off of a period: who answers for what was found in it, sealed into the audit trail."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Final

from xrayiq.errors import InputError, RecordsError
from xrayiq.model import Event, Finding, Verification, same_name
from xrayiq.procedures.finding_steps import list_findings
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.names import known_name, sites_of
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import settings_in_force
from xrayiq.procedures.whereabouts import EquipmentFact, whereabouts
from xrayiq.records import Records, outcome_days, verdict_days
from xrayiq.records.days_of_work import Counted

SIGNED: Final = "sign_off"


def sign_period(
    records: Records,
    *,
    site: Site,
    first: datetime.date,
    last: datetime.date,
    actor: str,
    role: str,
    statement: str,
    site_name: str = "",
    progress: Callable[[int, int], None] | None = None,
) -> Event:
    """Sign off what was measured and found in a period.

    Parameters
    ----------
    records : Records
        The store; every row of it is examined first.
    site : Site
        Settings of the site's file, without what events say.
    first, last : date
        First and last day of exposure.
    actor, role, statement : str
        Who signs, in which role, and what they state.
    site_name : str
        The only site that it is about; all where empty.
    progress : callable, optional
        As for `Records.verify`.

    Returns
    -------
    Event
        Its details hold the period, the role, the head that was signed, and counts of outcomes, verdicts and findings.

    Raises
    ------
    InputError
        The period is not over or ends before it begins, a text is missing, there is no such site, or somebody wrote
        to the store meanwhile.
    RecordsError
        The store is not as it was written, or the clock stands before its last event.
    """
    today = datetime.date.today()
    if last < first or last >= today:
        over = "" if last < today else ", which is not over"
        raise InputError(
            f"a period from {first} to {last}{over}", needed="a last day not before the first, and before today"
        )
    for name, text in (("role", role), ("statement", statement)):
        if not text.strip():
            raise InputError(f"a sign-off without {name}", needed=f"its {name}")
    if site_name:
        site_name = known_name(sites_of(register_of(records, site)), site_name, "site")
    found = require_whole(records, progress=progress)
    with records.transaction():
        events = records.events()
        if records.head != found.head:
            raise InputError("somebody wrote to the store while it was examined", needed="a quiet moment to sign")
        if events[-1].at > datetime.datetime.now(datetime.UTC):
            raise RecordsError(
                f"the clock stands before the last event, of {events[-1].at:%Y-%m-%d %H:%M:%S} UTC",
                needed="a clock that is right",
                remedy="set it; nothing was signed",
            )
        facts = settings_in_force(records, site).facts
        period = (first, last)
        details: dict[str, Any] = {
            "from": first.isoformat(),
            "to": last.isoformat(),
            "site": site_name,
            "role": role,
            "head": found.head,
            "outcomes": _counts(outcome_days(records), period, site_name, facts, place=1),
            "verdicts": _counts(verdict_days(records), period, site_name, facts, place=0),
            "findings": _finding_counts(list_findings(records, site=site), period, site_name),
        }
        where = f", site {site_name}" if site_name else ""
        subject = f"period:{first.isoformat()} to {last.isoformat()}{where}"
        return records.append_event(kind=SIGNED, subject=subject, actor=actor, reason=statement, details=details)


def require_whole(records: Records, *, progress: Callable[[int, int], None] | None = None) -> Verification:
    """Examine a store before something is made of it that others will rely on.

    Raises
    ------
    RecordsError
        A row is not as it was written.
    """
    found = records.verify(progress=progress)
    if not found.whole:
        number = len(found.faults) + found.more_faults
        raise RecordsError(
            f"the store is not whole: {number} row{'s are' if number > 1 else ' is'} not as written, the first: "
            f"{found.faults[0].description}",
            needed="a store that nobody has altered",
            remedy="see `xrayiq records verify`; nothing was written",
        )
    return found


def _counts(
    rows: Iterable[Counted],
    period: tuple[datetime.date, datetime.date],
    site_name: str,
    facts: Sequence[EquipmentFact],
    *,
    place: int,
) -> dict[str, int]:
    """Rows of the period and site by one of their names."""
    counts: Counter[str] = Counter()
    for equipment, day, names, number in rows:
        if period[0] <= day <= period[1] and (
            not site_name or same_name(whereabouts(equipment, day, facts=facts).site, site_name)
        ):
            counts[names[place]] += number
    return dict(sorted(counts.items()))


def _finding_counts(
    findings: Iterable[Finding], period: tuple[datetime.date, datetime.date], site_name: str
) -> dict[str, int]:
    """Findings with a value out of limits in the period, by the state that they are in."""
    counts = Counter(
        finding.state
        for finding in findings
        if (finding.first_day is None or finding.first_day <= period[1])
        and (finding.last_day is None or finding.last_day >= period[0])
        and (not site_name or same_name(finding.site, site_name))
    )
    return dict(sorted(counts.items()))
