"""Sections of audits other than that of doses: whether it is all right, what is not, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Protocol

import pandas as pd

from xrayiq.model import AuditFinding
from xrayiq.report.chapter import Chapter
from xrayiq.report.dose_answers import Answer
from xrayiq.report.dose_audit import DoseFinding
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
    findings : tuple of DoseFinding
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
    findings: tuple[DoseFinding, ...]
    findings_left_out: int
    chapters: tuple[Chapter, ...]


def section(
    audit: Audited, *, name: str, title: str, answers: tuple[Answer, ...], chapters: tuple[Chapter, ...]
) -> AuditSection:
    """Section of an audit with its answers and chapters; chapters without rows are left out."""
    worst = min(answers, key=lambda one: _ORDER.index(one.status))
    told = [one.short for one in answers if one.status in ("fail", "warning")]
    frame = audit.exposures
    units = counted(len(frame[["site", "unit"]].drop_duplicates()), "unit")
    left_out = [f"{grouped(number)} {clean(why).replace('_', ' ')}" for why, number in audit.left_out.items()]
    return AuditSection(
        name=name,
        title=title,
        status=worst.status,
        word=worst.word,
        headline=", ".join(told) or "nothing to look into",
        answers=answers,
        counted=f"{counted(len(frame), 'exposure')} of patients on {units}.",
        left_out="; ".join(left_out),
        findings=tuple(_finding(one) for one in audit.findings[:MOST_FINDINGS]),
        findings_left_out=max(0, len(audit.findings) - MOST_FINDINGS),
        chapters=tuple(one for one in chapters if any(rows.rows for _, rows in one.tables)),
    )


def rows_of(frame: pd.DataFrame, columns: dict[str, str]) -> Table:
    """Rows of a frame under the headings given by column, texts cleaned, numbers as they are formatted."""
    cells = [[_cell(row[name]) for name in columns] for row in frame.to_dict("records")]
    return table(list(columns.values()), cells, most=_MOST_ROWS)


def _cell(value: object) -> str:
    if isinstance(value, float):
        return "–" if value != value else f"{value:.4g}".replace("-", "−")
    return clean(value) or "–"


def _finding(one: AuditFinding) -> DoseFinding:
    days = [day.isoformat() for day in dict.fromkeys((one.first_day, one.last_day)) if day is not None]
    parts = (counted(one.exposures, "exposure"), " to ".join(days))
    where = (clean(one.room), clean(one.unit))
    return DoseFinding(
        status="fail" if one.kind.startswith("laterality") or one.kind == "table" else "warning",
        title=f"{one.kind.replace('_', ' ').capitalize()}: {clean(one.about)}",
        where=" · ".join(dict.fromkeys(part for part in where if part)),
        worst="",
        evidence=clean(one.sentence, longest=_SENTENCE) + ".",
        counts=", ".join(part for part in parts if part),
        lead="Look first",
        suggestion=clean(one.suggestion, longest=_SENTENCE),
        source="Rule: " + clean(one.source, longest=_SENTENCE),
        subject="",
    )
