"""What could not be measured, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from xrayiq.report.checks import unmeasured
from xrayiq.report.evidence import Evidence
from xrayiq.report.wording import PROCEDURE_WORDS, clean, day, words

MOST_REASONS: Final = 60
MOST_SUBJECTS: Final = 25
_SENTENCE: Final = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class Unmeasured:
    """One object that was not measured."""

    subject: str
    unit: str
    when: str
    sentence: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Outcomes of one procedure that failed for one reason.

    Parameters
    ----------
    procedure : str
        What was tried, in plain words.
    reason : str
        The reason in plain words.
    failed : bool
        True where something went wrong with the file or with xrayiq, False where the measurement has no meaning.
    sentence : str
        What was found, needed and to do: the most frequent wording.
    count : int
        Outcomes.
    subjects : tuple of Unmeasured
        Some of them; `Unmeasured.sentence` only where it differs.
    """

    procedure: str
    reason: str
    failed: bool
    sentence: str
    count: int
    subjects: tuple[Unmeasured, ...]

    @property
    def left_out(self) -> int:
        """Outcomes that are not named one by one."""
        return self.count - len(self.subjects)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reasons:
    """Everything without a number.

    Parameters
    ----------
    unexpected : tuple of Reason
        X-ray images that should be measurable, and files that could not be read.
    expected : tuple of Reason
        What was never meant to be measured so.
    unexpected_count, expected_count : int
        Outcomes in either list.
    left_out : int
        Reasons that the page does not show.
    """

    unexpected: tuple[Reason, ...]
    expected: tuple[Reason, ...]
    unexpected_count: int
    expected_count: int
    left_out: int


def reasons(evidence: Evidence) -> Reasons:
    """Outcomes without a number, by procedure and reason, the most frequent first."""
    without = evidence.outcomes[evidence.outcomes["kind"] != "measured"]
    should = unmeasured(without)
    lists = [_reasons(evidence, without[chosen]) for chosen in (should, ~should)]
    return Reasons(
        unexpected=lists[0][:MOST_REASONS],
        expected=lists[1][:MOST_REASONS],
        unexpected_count=int(should.sum()),
        expected_count=int((~should).sum()),
        left_out=sum(max(0, len(found) - MOST_REASONS) for found in lists),
    )


def _reasons(evidence: Evidence, outcomes: pd.DataFrame) -> tuple[Reason, ...]:
    found = [_reason(evidence, rows) for _, rows in outcomes.groupby(["procedure", "reason", "kind"])]
    return tuple(sorted(found, key=lambda reason: (-reason.count, reason.procedure, reason.reason)))


def _reason(evidence: Evidence, rows: pd.DataFrame) -> Reason:
    first = rows.iloc[0]
    messages = rows["message"].map(lambda message: clean(message, longest=_SENTENCE))
    usual = str(messages.value_counts().index[0])
    named = rows.head(MOST_SUBJECTS).to_dict("records")
    return Reason(
        procedure=words(str(first["procedure"]), PROCEDURE_WORDS),
        reason=clean(first["reason"]).replace("_", " ") or "no reason given",
        failed=first["kind"] == "error",
        sentence=usual,
        count=len(rows),
        subjects=tuple(
            Unmeasured(
                subject=clean(row["subject"]),
                unit=evidence.unit_name(int(row["unit"])),
                when=day(row["exposed_at"]),
                sentence="" if message == usual else message,
            )
            for row, message in zip(named, messages, strict=False)
        ),
    )
