"""Doses to patients: whether they are all right, what is not, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from xrayiq.audit import DoseAudit
from xrayiq.audit.dose import STATED
from xrayiq.model import AuditFinding
from xrayiq.procedures import Site, audit_dose
from xrayiq.records import Records
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_answers import Answer, answers
from xrayiq.report.dose_chapters import chapters
from xrayiq.report.dose_wording import counted_text, left_out_text, place_text
from xrayiq.report.evidence import Evidence
from xrayiq.report.wording import clean, counted, value_text

MOST_FINDINGS: Final = 20
_SENTENCE: Final = 400
_STATED: Final = ["dap_gy_m2", "entrance_dose_mgy", "average_glandular_dose_mgy"]
_ORDER: Final = ("fail", "warning", "indeterminate", "pass")
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


@dataclass(frozen=True, slots=True, kw_only=True)
class DoseFinding:
    """A finding as the page shows it; every text is plain.

    Parameters
    ----------
    status : str
        How it looks.
    title, where : str
        What, and where.
    worst, evidence, counts : str
        How far, the evidence in a sentence, and on what it rests.
    lead, suggestion, source : str
        What is suggested: a likely cause or where to look first; it in words; and what the bound is taken from.
    subject : str
        Identifier of a single exposure.
    """

    status: str
    title: str
    where: str
    worst: str
    evidence: str
    counts: str
    lead: str
    suggestion: str
    source: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Doses:
    """Section on doses to patients.

    Parameters
    ----------
    status, word, headline : str
        Whether it is all right, as one.
    answers : tuple of Answer
        The same in one line for each question.
    counted, left_out : str
        What was audited, and what was not, by reason.
    findings : tuple of DoseFinding
        What is not all right, the gravest first.
    findings_left_out : int
        Findings that the page does not show.
    chapters : tuple of Chapter
        Why: figures and tables, folded up.
    """

    status: str
    word: str
    headline: str
    answers: tuple[Answer, ...]
    counted: str
    left_out: str
    findings: tuple[DoseFinding, ...]
    findings_left_out: int
    chapters: tuple[Chapter, ...]


def doses(evidence: Evidence, records: Records, *, site: Site | None = None, only_site: str = "") -> Doses | None:
    """Audit of the doses of a store; None where no exposure of a patient states one, and nothing is read then."""
    objects = evidence.objects
    if not (objects[_STATED].notna().any(axis=None) or (objects["kind"] == "dose_report").any()):
        return None
    audit = audit_dose(records, site=site, only_site=only_site)
    return of_audit(audit) if has_doses(audit) else None


def has_doses(audit: DoseAudit) -> bool:
    """Whether any exposure that counts has a dose."""
    return bool(audit.exposures[list(STATED)].notna().any(axis=None))


def of_audit(audit: DoseAudit) -> Doses:
    """Section of an audit."""
    found = answers(audit)
    worst = min(found, key=lambda one: _ORDER.index(one.status))
    told = [one.short for one in found if one.status == "fail" or one.status == "warning"]
    return Doses(
        status=worst.status,
        word=worst.word,
        headline=", ".join(told) or "nothing to look into",
        answers=found,
        counted=counted_text(audit),
        left_out=left_out_text(audit),
        findings=findings(audit, most=MOST_FINDINGS),
        findings_left_out=max(0, len(audit.findings) - MOST_FINDINGS),
        chapters=chapters(audit),
    )


def findings(audit: DoseAudit, *, most: int) -> tuple[DoseFinding, ...]:
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


def _finding(audit: DoseAudit, one: AuditFinding) -> DoseFinding:
    single = one.kind in _SINGLE
    what = "" if single or one.kind in _OF_UNITS else f": {clean(one.about)}"
    where = (place_text(audit, one.site, one.room), clean(one.unit))
    return DoseFinding(
        status="fail" if one.kind in ("unit_suspicion", "reference_level") else "warning",
        title=_TITLES.get(one.kind, one.kind.replace("_", " ").capitalize()) + what,
        where=" · ".join(dict.fromkeys(part for part in where if part)),
        worst=_worst(one),
        evidence=clean(one.sentence, longest=_SENTENCE) + ".",
        counts=_counts(one),
        lead="Likely" if one.kind == "excursion" else "Look first",
        suggestion=clean(one.suggestion, longest=_SENTENCE),
        source=("Level: " if one.kind in ("reference_level", "substantial_dose") else "Rule: ")
        + clean(one.source, longest=_SENTENCE),
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
    days = [day.isoformat() for day in dict.fromkeys((one.first_day, one.last_day)) if day is not None]
    number = counted(one.exposures, "exposure") if one.kind in (*_OF_UNITS, "reference_level") else ""
    return ", ".join(part for part in (number, " to ".join(days)) if part)
