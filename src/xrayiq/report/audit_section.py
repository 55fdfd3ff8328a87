"""Sections of audits: whether it is all right, what is not, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

import pandas as pd

from xrayiq.model import AuditFinding
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_answers import Answer
from xrayiq.report.tables import Table, table
from xrayiq.report.wording import clean, counted, grouped

MOST_FINDINGS: Final = 12
_MOST_ROWS: Final = 40
_SENTENCE: Final = 400
_ORDER: Final = ("fail", "warning", "indeterminate", "pass")


class Audited(Protocol):
    """What any audit gives."""

    @property
    def exposures(self) -> pd.DataFrame:
        """What was audited."""

    @property
    def findings(self) -> tuple[AuditFinding, ...]:
        """What to look into."""

    @property
    def left_out(self) -> dict[str, int]:
        """What does not count, by reason."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFinding:
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
class AuditSection:
    """Section of one audit.

    Parameters
    ----------
    name, title : str
        Anchor, which is the command's name too, and heading.
    status, word, headline : str
        Whether it is all right, as one.
    answers : tuple of Answer
        The same in one line for each question.
    counted, left_out : str
        What was audited, and what was not, by reason.
    findings : tuple of ShownFinding
        What is not all right.
    findings_left_out : int
        Findings that the page does not show.
    chapters : tuple of Chapter
        Why.
    """

    name: str
    title: str
    status: str
    word: str
    headline: str
    answers: tuple[Answer, ...]
    counted: str
    left_out: str
    findings: tuple[ShownFinding, ...]
    findings_left_out: int
    chapters: tuple[Chapter, ...]


def section(
    audit: Audited,
    *,
    name: str,
    title: str,
    answers: tuple[Answer, ...],
    chapters: tuple[Chapter, ...],
    finding: Callable[[AuditFinding], ShownFinding] | None = None,
    most: int = MOST_FINDINGS,
) -> AuditSection:
    """Section of an audit with its answers and chapters; chapters without rows are left out.

    `finding` shows one finding, where `shown` does not say enough; `most` are shown.
    """
    frame = audit.exposures
    units = counted(len(frame[["site", "unit"]].drop_duplicates()), "unit")
    left_out = [f"{grouped(number)} {clean(why).replace('_', ' ')}" for why, number in audit.left_out.items()]
    return AuditSection(
        name=name,
        title=title,
        **standing(answers),
        answers=answers,
        counted=f"{counted(len(frame), 'exposure')} of patients on {units}.",
        left_out="; ".join(left_out),
        findings=tuple((finding or shown)(one) for one in audit.findings[:most]),
        findings_left_out=max(0, len(audit.findings) - most),
        chapters=tuple(one for one in chapters if any(rows.rows for _, rows in one.tables)),
    )


def standing(answers: Sequence[Answer]) -> dict[str, str]:
    """Status, word and headline of a section, by its answers."""
    worst = min(answers, key=lambda one: _ORDER.index(one.status))
    told = [one.short for one in answers if one.status in ("fail", "warning")]
    return {"status": worst.status, "word": worst.word, "headline": ", ".join(told) or "nothing to look into"}


def rows_of(frame: pd.DataFrame, columns: dict[str, str]) -> Table:
    """Rows of a frame under the headings given by column, texts cleaned, numbers as they are formatted."""
    cells = [[_cell(row[name]) for name in columns] for row in frame.to_dict("records")]
    return table(list(columns.values()), cells, most=_MOST_ROWS)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.4g}".replace("-", "−")
    return clean(value) or "–"


def shown(one: AuditFinding) -> ShownFinding:
    """A finding as a page shows it, by what any finding tells."""
    return ShownFinding(
        status="fail" if one.kind.startswith("laterality") or one.kind == "table" else "warning",
        title=f"{one.kind.replace('_', ' ').capitalize()}: {clean(one.about)}",
        where=joined((clean(one.room), clean(one.unit))),
        worst="",
        evidence=clean(one.sentence, longest=_SENTENCE) + ".",
        counts=counts_text(one),
        lead="Look first",
        suggestion=clean(one.suggestion, longest=_SENTENCE),
        source=source_text("Rule", one),
        subject="",
    )


def joined(places: Iterable[str]) -> str:
    """Places that a finding names, each once."""
    return " · ".join(dict.fromkeys(part for part in places if part))


def counts_text(one: AuditFinding) -> str:
    """Exposures and days that a finding rests on."""
    return ", ".join(part for part in (counted(one.exposures, "exposure"), days_of_finding(one)) if part)


def days_of_finding(one: AuditFinding) -> str:
    """Its days."""
    return " to ".join(day.isoformat() for day in dict.fromkeys((one.first_day, one.last_day)) if day is not None)


def source_text(what: str, one: AuditFinding) -> str:
    """What its value is held against."""
    return f"{what}: " + clean(one.source, longest=_SENTENCE)
