"""What of a store's record one site may see, up to a day."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterable

from xrayiq.model import Finding, same_name
from xrayiq.procedures.places import Places
from xrayiq.procedures.register import EquipmentDay
from xrayiq.report.pages.recorded import Recorded


def kept_recorded(recorded: Recorded, places: Places, days: Iterable[EquipmentDay]) -> Recorded:
    """What belongs to the only site; all of it where there is none."""
    if places.keeps_all:
        return recorded
    last = places.last or datetime.date.max
    history = sorted(((one.equipment, one.day) for one in days), key=lambda pair: pair[1])
    services = tuple(
        one for one in recorded.services if one.day <= last and places.keeps_subject(one.subject, one.day, history)
    )
    numbers = {one.number for one in services}
    return Recorded(
        findings=tuple(as_it_stood(one, last) for one in recorded.findings if _keeps_finding(one, places, last)),
        services=services,
        events=tuple(event for event in recorded.events if event.number in numbers),
        sign_offs=tuple(
            one for one in recorded.sign_offs if not places.only_site or same_name(one.site, places.only_site)
        ),
        audits=tuple(
            one
            for one in recorded.audits
            if (one.first is None or one.first <= last)
            and (not places.only_site or any(same_name(name, places.only_site) for name in one.sites))
        ),
        trail=recorded.trail.without_words() if places.only_site else recorded.trail,
    )


def as_it_stood(finding: Finding, day: datetime.date) -> Finding:
    """A finding without what was done about it after a day; that it was opened stays."""
    steps = tuple(step for place, step in enumerate(finding.steps) if place == 0 or step.day <= day)
    return dataclasses.replace(finding, steps=steps)


def opened_on(finding: Finding) -> datetime.date | None:
    """Day of the first value out of limits, else that of the opening: an archive may be measured long after."""
    return finding.first_day or (finding.steps[0].day if finding.steps else None)


def _keeps_finding(finding: Finding, places: Places, last: datetime.date) -> bool:
    of_site = not places.only_site or same_name(finding.site, places.only_site)
    opened = opened_on(finding)
    return of_site and (opened is None or opened <= last)
