"""Exposure against targets: whether it is all right, what is not, and why."""

from __future__ import annotations

import dataclasses
from functools import partial
from typing import Final

from xrayiq.audit import ExposureAudit
from xrayiq.model import AuditFinding
from xrayiq.procedures import Site, audit_exposure
from xrayiq.records import Records
from xrayiq.report.audit_section import AuditSection, ShownFinding, joined, section, shown
from xrayiq.report.evidence import Evidence
from xrayiq.report.exposure_answers import answers
from xrayiq.report.exposure_chapters import chapters
from xrayiq.report.wording import clean, value_text

MOST_FINDINGS: Final = 20
_TITLES: Final = {
    "index_calibration": "Exposure index that is probably wrong",
    "unit_off_target": "Unit off target",
    "off_target": "Off target",
    "drift": "Drift",
    "step": "Step",
    "shift_apart": "Shift apart",
    "spread": "Wide spread",
    "index_against_pixels": "Index unlike the pixels",
    "di_disagrees": "Stated deviation index",
}


def exposure_audit(
    evidence: Evidence, records: Records, *, site: Site | None = None, only_site: str = ""
) -> AuditSection | None:
    """Audit of the exposure indices of a store; None where no object states one, and nothing is read then."""
    if not evidence.objects["exposure_index"].notna().any():
        return None
    audit = audit_exposure(records, site=site, only_site=only_site)
    return of_audit(audit) if audit.exposures["exposure_index"].notna().any() else None


def of_audit(audit: ExposureAudit) -> AuditSection:
    """Section of an audit."""
    return section(
        audit,
        name="exposure",
        title="Exposure against targets",
        answers=answers(audit),
        chapters=chapters(audit),
        finding=partial(_finding, audit),
        most=MOST_FINDINGS,
    )


def _finding(audit: ExposureAudit, one: AuditFinding) -> ShownFinding:
    several = audit.exposures["site"].nunique() > 1
    where = (clean(one.site) if several else "", clean(one.room), clean(one.unit))
    title = _TITLES.get(one.kind, "Exposure index")
    return dataclasses.replace(
        shown(one),
        status="fail" if one.kind in ("index_calibration", "unit_off_target") else "warning",
        title=f"{title}: {clean(one.about)}" if one.about else title,
        where=joined(where),
        worst=_worst(one),
    )


def _worst(one: AuditFinding) -> str:
    if one.quantity == "exposure_fault_fraction":
        return f"{value_text(one.quantity, one.value)} of the unit's exposures"
    if one.quantity != "deviation_index":
        return value_text(one.quantity, one.value)
    of = {"drift": "change", "step": "change", "shift_apart": "difference"}.get(one.kind, "mean")
    return f"DI {one.value:+.1f} ({of})".replace("-", "−")
