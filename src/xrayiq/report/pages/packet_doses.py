"""Doses in the inspection packet: what was audited, against which levels, what was found and done, and the dose log."""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from xrayiq.audit import DoseAudit, dose_log_digest, tabulate_exposures
from xrayiq.audit.typical_doses import BELOW, EXCEEDS, POSSIBLE, TOO_FEW
from xrayiq.model import Finding
from xrayiq.procedures import audit_dose
from xrayiq.procedures.audit_findings import AUDITOR
from xrayiq.procedures.audit_runs import audits_made
from xrayiq.procedures.site import Site
from xrayiq.records import Records
from xrayiq.report.dose_answers import Answer, answers
from xrayiq.report.dose_audit import has_doses
from xrayiq.report.dose_wording import counted_text, dose_text, left_out_text, quantity_text
from xrayiq.report.pages.dossier import Dossier
from xrayiq.report.pages.parts import finding_view
from xrayiq.report.pages.period import Period
from xrayiq.report.tables import Marked, Table, table
from xrayiq.report.wording import clean, counted, grouped

#: procedure of the findings that an audit of doses opens
PROCEDURE: Final = "audit_dose"
_MOST_ROWS: Final = 400
_LONG: Final = 300
_STATED: Final = ["dap_gy_m2", "entrance_dose_mgy", "average_glandular_dose_mgy"]
_CONFIDENCE: Final = {"A": "seen in its source", "B": "known with confidence", "C": "not verified"}
_VERDICTS: Final = (EXCEEDS, POSSIBLE, BELOW, TOO_FEW)
_WORDS: Final = {EXCEEDS: "over it", POSSIBLE: "over, not beyond doubt", BELOW: "not over", TOO_FEW: "too few"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PacketDoses:
    """Section on doses.

    Parameters
    ----------
    answers : tuple of Answer
        Whether doses of the period are all right, a line for each question.
    counted : str
        What was audited and what was left out.
    audits : str
        When earlier audits were made, of how many exposures and with how many findings.
    levels : Table
        Levels that typical values were held against, with document, edition and confidence.
    findings : Table
        What audits opened in the record, how it stands, and what was done about it.
    log, command : str
        What the dose log of the period is known by, and what writes it again.
    """

    answers: tuple[Answer, ...]
    counted: str
    audits: str
    levels: Table
    findings: Table
    log: str
    command: str


def packet_doses(
    dossier: Dossier, records: Records, site: Site | None, period: Period, findings: Sequence[Finding]
) -> PacketDoses | None:
    """Doses of a period; None where no object of it states one."""
    objects = dossier.objects
    if not (objects[_STATED].notna().any(axis=None) or (objects["kind"] == "dose_report").any()):
        return None
    audit = audit_dose(records, site=site, first=period.first, last=period.last, only_site=dossier.only_site)
    if not has_doses(audit):
        return None
    log = tabulate_exposures(audit)
    left_out = left_out_text(audit)
    only = f' --only-site "{clean(dossier.only_site)}"' if dossier.only_site else ""
    return PacketDoses(
        answers=answers(audit),
        counted=counted_text(audit) + (f" Left out: {left_out}." if left_out else ""),
        audits=_audits(records, findings, period, dossier.only_site),
        levels=levels_table(audit),
        findings=findings_table(findings),
        log=f"{counted(len(log), 'exposure')}, SHA-256 of the table {dose_log_digest(log)}",
        command=f"xrayiq audit dose --from {period.first} --to {period.last}{only} --dry-run --log dose-log.csv",
    )


def _audits(records: Records, findings: Sequence[Finding], period: Period, only_site: str) -> str:
    """Days of the period on which audits of doses were made, and what they covered; older stores tell of findings."""
    made = audits_made(records, "dose", first=period.first, last=period.last, only_site=only_site)
    days = {step.at.date() for one in findings for step in one.steps if step.actor == AUDITOR}
    recorded = {event.at.astimezone(datetime.UTC).date() for event in made}
    told = [
        f"{event.at.astimezone(datetime.UTC).date().isoformat()} ({clean(event.reason, longest=_LONG)})"
        for event in made
    ]
    told += [
        f"{day.isoformat()} (opened findings or added to them)" for day in sorted(days - recorded) if day in period
    ]
    anew = "The period was audited anew for this packet"
    if not told:
        return f"{anew}; no earlier audit was made on a day of the period."
    return f"{anew}. {counted(len(told), 'earlier audit')} on days of the period: {'; '.join(sorted(told))}."


def levels_table(audit: DoseAudit) -> Table:
    """Levels that typical values met, with their document, and how these lay to them."""
    compared = audit.compared
    keys = ["level_id", "body_part", "view", "band", "quantity", "level", "source"]
    rows: list[tuple[str | Marked, ...]] = []
    for key, own in compared.groupby(keys, observed=True, sort=True, dropna=False):
        level: dict[str, Any] = dict(zip(keys, key, strict=True))
        counts = own["verdict"].value_counts()
        judged = ", ".join(f"{grouped(int(counts[one]))} {_WORDS[one]}" for one in _VERDICTS if counts.get(one, 0))
        worst: str | Marked = judged
        if counts.get(EXCEEDS, 0):
            worst = Marked(text=judged, status="fail", why="")
        confidence = str(own["confidence"].iloc[0]) if "confidence" in own else ""
        rows.append(
            (
                f"{clean(level['body_part'])} {clean(level['view'])}, {clean(level['band'])}",
                quantity_text(level["quantity"]),
                dose_text(level["quantity"], level["level"]),
                clean(level["source"], longest=_LONG),
                f"{confidence}: {_CONFIDENCE[confidence]}" if confidence in _CONFIDENCE else "–",
                worst,
            )
        )
    columns = ("Examination", "Quantity", "#Level", "Document, edition", "Confidence", "Rooms")
    rows.sort(key=lambda row: not isinstance(row[-1], Marked))  # what a room exceeds comes first
    return table(columns, rows, most=_MOST_ROWS)


def findings_table(findings: Sequence[Finding]) -> Table:
    """What audits of doses opened, how it stands and what was done."""
    rows = []
    for one in findings:
        view = finding_view(one)
        rows.append(
            (
                str(view.number),
                _about(one),
                view.unit or view.place,
                view.days,
                view.state,
                view.cause or "–",
                view.action or "–",
            )
        )
    columns = ("=Number", "What of", "=Unit", "=Exposures", "=State", "Cause", "Corrective action")
    return table(columns, rows, most=_MOST_ROWS)


def _about(finding: Finding) -> str:
    """Kind and examination; of a single exposure no more than that, its identifier stands with the evidence."""
    kind, _, about = clean(finding.limit_id, longest=_LONG).partition(": ")
    return kind.replace("_", " ") + (f": {about.replace('_', ' ')}" if re.search("[A-Za-z]", about) else "")


def of_doses(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Findings that audits of doses opened."""
    return tuple(one for one in findings if one.procedure == PROCEDURE)
