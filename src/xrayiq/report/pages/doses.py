"""Doses on the pages of units and sites: how a unit stands, and its typical doses beside reference levels."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from xrayiq.audit import DoseAudit
from xrayiq.audit.typical_doses import TOO_FEW
from xrayiq.procedures import audit_dose
from xrayiq.procedures.register import RegisteredUnit
from xrayiq.procedures.site import Site
from xrayiq.records import Records
from xrayiq.report.audit_section import ShownFinding
from xrayiq.report.dose_answers import WORDS
from xrayiq.report.dose_audit import findings, has_doses
from xrayiq.report.dose_tables import typical_table
from xrayiq.report.pages.dossier import Dossier
from xrayiq.report.pages.overview import unit_page_name
from xrayiq.report.tables import Table
from xrayiq.report.wording import counted, grouped

_MOST_FINDINGS: Final = 10
_STATED: Final = ["dap_gy_m2", "entrance_dose_mgy", "average_glandular_dose_mgy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitDoses:
    """Doses of a unit.

    Parameters
    ----------
    name, href : str
        The unit, and the section of its page.
    status, word, text : str
        How it stands.
    findings : tuple of ShownFinding
        What the audit finds of it, the gravest first.
    findings_left_out : int
        Findings that are not shown.
    typical : Table
        Typical doses of its room beside levels.
    documents : tuple of str
        The levels' documents.
    """

    name: str
    href: str
    status: str
    word: str
    text: str
    findings: tuple[ShownFinding, ...]
    findings_left_out: int
    typical: Table
    documents: tuple[str, ...]


def audit_of_pages(dossier: Dossier, records: Records, site: Site | None) -> DoseAudit | None:
    """Audit of the doses that pages show, nothing after their period; None where no object states a dose."""
    objects = dossier.objects
    if not (objects[_STATED].notna().any(axis=None) or (objects["kind"] == "dose_report").any()):
        return None
    last = dossier.period.last if dossier.period else None
    audit = audit_dose(records, site=site, last=last, only_site=dossier.only_site)
    return audit if has_doses(audit) else None


def unit_doses(dossier: Dossier, audit: DoseAudit | None, unit: RegisteredUnit) -> UnitDoses | None:
    """Doses of a unit; None where no exposure of it has one."""
    if audit is None:
        return None
    own = audit.of_place(site=unit.site, room=unit.room, unit=unit.name)
    if not has_doses(own):
        return None
    compared = own.compared[own.compared["verdict"] != TOO_FEW]
    status = "warning" if own.findings else "pass" if len(compared) else "indeterminate"
    if any(one.kind in ("unit_suspicion", "reference_level") for one in own.findings):
        status = "fail"
    found = counted(len(own.findings), "finding") if own.findings else "nothing to look into"
    levels = f"{grouped(len(compared))} held against reference levels" if len(compared) else "no level to hold against"
    typical, documents = typical_table(own)
    return UnitDoses(
        name=dossier.called(unit.name),
        href=f"{unit_page_name(unit.name)}#dose",
        status=status,
        word=WORDS[status],
        text=(
            f"{found} in {counted(len(own.exposures), 'exposure')}, {own.first_day} to {own.last_day}; "
            f"{counted(len(own.typical), 'typical value')}, {levels}"
        ),
        findings=findings(own, most=_MOST_FINDINGS),
        findings_left_out=max(0, len(own.findings) - _MOST_FINDINGS),
        typical=typical,
        documents=documents,
    )


def worst_first(doses: Iterable[UnitDoses | None]) -> tuple[UnitDoses, ...]:
    """Units that have doses, those that need attention first."""
    return tuple(sorted((one for one in doses if one), key=lambda one: list(WORDS).index(one.status)))
