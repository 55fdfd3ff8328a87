"""What an audit found, handed back to its store as findings."""

from __future__ import annotations

from typing import Final, Protocol

import pandas as pd

from xrayiq.audit import DoseAudit
from xrayiq.model import AuditFinding
from xrayiq.procedures.audit_findings import AUDITOR, RecordedFindings, record_findings
from xrayiq.procedures.audit_runs import record_audit_made
from xrayiq.procedures.exposure_places import equipment_of
from xrayiq.procedures.site import Site
from xrayiq.records import Records

#: what each audit is called in the trail
AUDIT_NAMES: Final = {
    "DoseAudit": "dose",
    "ExposureAudit": "exposure",
    "ProtocolAudit": "protocol",
    "RepeatAudit": "repeats",
    "MetadataAudit": "metadata",
    "ImageQualityAudit": "quality",
    "CollimationAudit": "collimation",
}


class Audit(Protocol):
    """What any audit gives."""

    @property
    def exposures(self) -> pd.DataFrame:
        """What was audited, with `unit` and `equipment_id`."""

    @property
    def findings(self) -> tuple[AuditFinding, ...]:
        """What to look into."""


def record_audit_findings(records: Records, audit: Audit, *, site: Site | None = None) -> RecordedFindings:
    """Open the findings of an audit in its store, or add to those that are there, and record that it was made.

    See `record_findings` and `record_audit_made`.
    """
    equipment = records.frame("equipment").set_index("id")
    named = audit.exposures[audit.exposures["unit"] != ""].dropna(subset="equipment_id").drop_duplicates("unit")
    headers = {
        str(unit): equipment_of(equipment.loc[int(number)].to_dict())
        for unit, number in zip(named["unit"], named["equipment_id"], strict=True)
    }
    checks = audit.checks if isinstance(audit, DoseAudit) else ()
    told = record_findings(records, audit.findings, checks=checks, site=site, equipment=headers)
    kind = type(audit).__name__
    record_audit_made(records, AUDIT_NAMES.get(kind, kind), audit.exposures, audit.findings, actor=AUDITOR)
    return told
