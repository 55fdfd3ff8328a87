"""First pages: all sites, and one site."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from xrayiq.report.pages.audit_states import audit_states, unplaced_findings
from xrayiq.report.pages.dossier import Dossier
from xrayiq.report.pages.naming import page_name
from xrayiq.report.pages.parts import FindingView, due_table, finding_view, service_table
from xrayiq.report.pages.standing import ORDER, Standing
from xrayiq.report.wording import STATUS_WORDS, clean, counted

NO_SITE: Final = "Site not named"
_HEADLINES: Final = {
    "fail": "Not all right",
    "warning": "Usable, with points to see to",
    "pass": "All right",
    "indeterminate": "Nothing is judged yet",
    "none": "Nothing is judged yet",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitRow:
    """Row of a unit at a glance.

    Parameters
    ----------
    href : str
        Its page.
    name, room, detail : str
        What it is called, where it stands, and the rest of its identity.
    status, word : str
        How it stands.
    reasons : tuple of str
        Why.
    open_findings, overdue : int
        How many.
    last_test : str
        Day of its last test.
    """

    href: str
    name: str
    room: str
    detail: str
    status: str
    word: str
    reasons: tuple[str, ...]
    open_findings: int
    overdue: int
    last_test: str


@dataclass(frozen=True, slots=True, kw_only=True)
class SiteRow:
    """One site with its units, the worst first.

    Parameters
    ----------
    href, name, status, word : str
        Its page, its name, and how its worst unit stands.
    units : tuple of UnitRow
        Its units.
    """

    href: str
    name: str
    status: str
    word: str
    units: tuple[UnitRow, ...]


def unit_page_name(name: str) -> str:
    """File of a unit's page."""
    return page_name("unit", name)


def detector_page_name(name: str) -> str:
    """File of a detector's page."""
    return page_name("detector", name)


def site_page_name(name: str) -> str:
    """File of a site's page."""
    return page_name("site", name)


def unit_row(dossier: Dossier, standing: Standing) -> UnitRow:
    """A unit at a glance."""
    unit = standing.unit
    maker = " ".join(part for part in (clean(unit.manufacturer), clean(unit.model)) if part)
    serial = f"serial {clean(unit.serial_number)}" if unit.serial_number else ""
    called = dossier.called(unit.name)
    room = clean(unit.room) if called == clean(unit.name) else ""
    detail = " · ".join(part for part in (room, maker, serial, dossier.out_of_use(unit)) if part)
    return UnitRow(
        href=unit_page_name(unit.name),
        name=called,
        room=clean(unit.room),
        detail=detail if detail else (clean(unit.name) if called != clean(unit.name) else ""),
        status=standing.status,
        word=STATUS_WORDS[standing.status],
        reasons=standing.reasons,
        open_findings=len(standing.findings),
        overdue=len(standing.overdue),
        last_test=standing.last_test.isoformat() if standing.last_test else "never",
    )


def site_rows(dossier: Dossier, found: Sequence[Standing]) -> tuple[SiteRow, ...]:
    """Sites, that with the worst unit first."""
    by_site: dict[str, list[Standing]] = {}
    for standing in sorted(found, key=lambda one: one.rank):
        by_site.setdefault(standing.unit.site, []).append(standing)
    return tuple(
        SiteRow(
            href=site_page_name(name),
            name=clean(name) or NO_SITE,
            status=own[0].status,
            word=STATUS_WORDS[own[0].status],
            units=tuple(unit_row(dossier, one) for one in own),
        )
        for name, own in by_site.items()
    )


def overview(dossier: Dossier, found: Sequence[Standing]) -> Mapping[str, Any]:
    """What the first page shows."""
    return {
        **answer(found),
        "sites": site_rows(dossier, found),
        "problems": tuple(clean(problem, longest=400) for problem in dossier.problems),
        "findings": open_findings(found),
    }


def site_page(dossier: Dossier, found: Sequence[Standing], site: str) -> Mapping[str, Any]:
    """What the page of a site shows."""
    own = [standing for standing in found if standing.unit.site == site]
    names = {standing.unit.name for standing in own}
    settled = [one for one in dossier.recorded.findings if one.unit in names and one.is_settled]
    services = [service for standing in own for service in dossier.services_of(standing.unit)]
    late = [one for standing in own for one in standing.due if one.status != "done"]
    unplaced = unplaced_findings(dossier, site)
    return {
        **answer(own),
        "name": clean(site) or NO_SITE,
        "rows": tuple(unit_row(dossier, one) for one in sorted(own, key=lambda one: one.rank)),
        "findings": (*open_findings(own), *(finding_view(one) for one in unplaced)),
        "settled": tuple(finding_view(one) for one in settled),
        "audits": audit_states(dossier, [standing.unit for standing in own], also=unplaced),
        "due": due_table(sorted(late, key=lambda one: (-one.days_overdue, one.due)), called=dossier.called),
        "services": service_table(sorted(services, key=lambda one: (one.at, one.number))),
    }


def answer(found: Sequence[Standing]) -> dict[str, str]:
    """Is it all right: the worst status, and how many units stand how."""
    if not found:
        return {"status": "none", "headline": "No equipment", "summary": "No object in the store names its equipment."}
    status = min((one.status for one in found), key=ORDER.index)
    bad = sum(one.status in ("fail", "warning") for one in found)
    findings, overdue = sum(len(one.findings) for one in found), sum(len(one.overdue) for one in found)
    parts = [
        f"{bad} of {counted(len(found), 'unit')} need{'s' if bad == 1 else ''} attention"
        if bad
        else f"{counted(len(found), 'unit')} without a problem",
        f"{counted(findings, 'finding')} not settled" if findings else "no open finding",
        f"{counted(overdue, 'test')} overdue" if overdue else "no test overdue",
    ]
    return {"status": status, "headline": _HEADLINES[status], "summary": ", ".join(parts) + "."}


def open_findings(found: Sequence[Standing]) -> tuple[FindingView, ...]:
    """Findings that are not settled, the ones that nobody has mended first."""
    every = [finding for standing in found for finding in standing.findings]
    order = {"open": 0, "investigating": 1, "corrected": 2, "verified": 3}
    return tuple(finding_view(one) for one in sorted(every, key=lambda one: (order.get(one.state, 9), one.number)))
