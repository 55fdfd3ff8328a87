"""Doses to patients: whether they are all right, what is not, and why."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Final

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose import STATED
from xrayiq.model import AuditFinding
from xrayiq.procedures import Site, audit_dose
from xrayiq.records import Records
from xrayiq.report.audit_section import (
    AuditSection,
    ShownFinding,
    counts_text,
    days_of_finding,
    joined,
    shown,
    source_text,
    standing,
)
from xrayiq.report.dose_answers import answers
from xrayiq.report.dose_chapters import chapters
from xrayiq.report.dose_wording import counted_text, left_out_text, place_text
from xrayiq.report.evidence import Evidence
from xrayiq.report.wording import clean, value_text

MOST_FINDINGS: Final = 20
_STATED: Final = ["dap_gy_m2", "entrance_dose_mgy", "average_glandular_dose_mgy"]
#: kinds of finding about one exposure or examination, whose identifier stands below, and about a whole unit
_SINGLE: Final = ("excursion", "substantial_dose")
_OF_UNITS: Final = ("unit_suspicion", "glandular_dose")
#: what a kind's ratio is to
_AGAINST: Final = {
    "reference_level": "times the reference level",
    "excursion": "times the median of its like",
    "substantial_dose": "times the level",
    "glandular_dose": "times the estimate",
}
_TITLES: Final = {
    "unit_suspicion": "Unit of dose",
    "reference_level": "Over a reference level",
    "excursion": "Excursion",
    "creep": "Dose creep",
    "substantial_dose": "Substantial dose of an examination",
    "glandular_dose": "Glandular dose",
}


def doses(
    evidence: Evidence, records: Records, *, site: Site | None = None, only_site: str = ""
) -> AuditSection | None:
    """Audit of the doses of a store; None where no exposure of a patient states one, and nothing is read then."""
    objects = evidence.objects
    if not (objects[_STATED].notna().any(axis=None) or (objects["kind"] == "dose_report").any()):
        return None
    audit = audit_dose(records, site=site, only_site=only_site)
    return of_audit(audit) if has_doses(audit) else None


def has_doses(audit: DoseAudit) -> bool:
    """Whether any exposure that counts has a dose."""
    return bool(audit.exposures[list(STATED)].notna().any(axis=None))


def of_audit(audit: DoseAudit) -> AuditSection:
    """Section of an audit."""
    found = answers(audit)
    return AuditSection(
        name="dose",
        title="Doses to patients",
        **standing(found),
        answers=found,
        counted=counted_text(audit),
        left_out=left_out_text(audit),
        findings=findings(audit, most=MOST_FINDINGS),
        findings_left_out=max(0, len(audit.findings) - MOST_FINDINGS),
        chapters=chapters(audit),
    )


def findings(audit: DoseAudit, *, most: int) -> tuple[ShownFinding, ...]:
    """The first findings as a page shows them; of each kind at least some where there are too many."""
    return tuple(_finding(audit, one) for one in _spread(audit.findings, most))


def _spread(every: Sequence[AuditFinding], most: int) -> list[AuditFinding]:
    """The first of every kind in turn until there are enough, in their order."""
    place: dict[str, int] = {}
    ranked = []
    for number, one in enumerate(every):
        place[one.kind] = place.get(one.kind, -1) + 1
        ranked.append((place[one.kind], number))
    return [every[number] for number in sorted(number for _, number in sorted(ranked)[:most])]


def _finding(audit: DoseAudit, one: AuditFinding) -> ShownFinding:
    single = one.kind in _SINGLE
    what = "" if single or one.kind in _OF_UNITS else f": {clean(one.about)}"
    where = (place_text(audit, one.site, one.room), clean(one.unit))
    return dataclasses.replace(
        shown(one),
        status="fail" if one.kind in ("unit_suspicion", "reference_level") else "warning",
        title=_TITLES.get(one.kind, one.kind.replace("_", " ").capitalize()) + what,
        where=joined(where),
        worst=_worst(one),
        counts=_counts(one),
        lead="Likely" if one.kind == "excursion" else "Look first",
        source=source_text("Level" if one.kind in ("reference_level", "substantial_dose") else "Rule", one),
        subject=clean(one.about) if single else "",
    )


def _worst(one: AuditFinding) -> str:
    if one.kind == "unit_suspicion":
        return f"{value_text(one.quantity, one.value)} times what technique gives"
    if one.kind in _AGAINST:
        ratio = f"{one.ratio:.2g}" if one.ratio >= 10.0 else f"{one.ratio:.2f}"
        return f"{ratio} {_AGAINST[one.kind]}"
    return f"{100.0 * (one.ratio - 1.0):+.0f} % over the first weeks".replace("-", "−")


def _counts(one: AuditFinding) -> str:
    return counts_text(one) if one.kind in (*_OF_UNITS, "reference_level") else days_of_finding(one)
