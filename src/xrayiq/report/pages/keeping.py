"""What of a store's record one site may see, up to a day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence

from xrayiq.model import Finding
from xrayiq.procedures.register import EquipmentDay
from xrayiq.report.pages.placing import Places, same_name
from xrayiq.report.pages.recorded import Recorded, Service


def kept_recorded(recorded: Recorded, places: Places, days: Iterable[EquipmentDay]) -> Recorded:
    """What belongs to the only site; all of it where there is none."""
    if not places.only_site and places.last is None:
        return recorded
    last = places.last or datetime.date.max
    history = sorted(days, key=lambda one: one.day)
    return Recorded(
        findings=tuple(one for one in recorded.findings if _keeps_finding(one, places, last)),
        services=tuple(one for one in recorded.services if one.day <= last and _stood_at_site(one, places, history)),
        sign_offs=tuple(
            one for one in recorded.sign_offs if not places.only_site or same_name(one.site, places.only_site)
        ),
        trail=recorded.trail.without_words() if places.only_site else recorded.trail,
    )


def _keeps_finding(finding: Finding, places: Places, last: datetime.date) -> bool:
    of_site = not places.only_site or same_name(finding.site, places.only_site)
    return of_site and (finding.first_day is None or finding.first_day <= last)


def _stood_at_site(service: Service, places: Places, history: Sequence[EquipmentDay]) -> bool:
    """Whether what was served stood at the only site: where its last exposure before was made, else its first."""
    if not places.only_site:
        return True
    stood = [(one.day, where) for one in history if service.is_of(where := places.at(one.equipment, one.day))]
    before = [where for day, where in stood if day <= service.day]
    known = before[-1:] or [where for _, where in stood[:1]]
    return any(same_name(where.site, places.only_site) for where in known)
