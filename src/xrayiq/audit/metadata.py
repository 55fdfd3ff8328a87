"""Audit of headers: what they lack, what contradicts itself in them, and whose clock is off."""

from __future__ import annotations

import datetime
from dataclasses import dataclass, field
from typing import Final

import pandas as pd

from xrayiq.audit.findings_table import table_of
from xrayiq.audit.metadata_clock import assess_clocks
from xrayiq.audit.metadata_counts import UNIT, count_missing, count_problems
from xrayiq.audit.metadata_findings import Days, clock_findings, missing_findings, problem_findings
from xrayiq.audit.tag_policy import TagPolicy, shipped_tag_policy
from xrayiq.audit.told_places import days_of, days_text
from xrayiq.model import AuditFinding

FRAMES: Final = ("completeness", "problems", "clocks", "unmapped", "exposures", "findings")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class MetadataAudit:
    """What headers of a period hold and lack, and what to look into.

    Parameters
    ----------
    first_day, last_day : date or None
        Of the exposures.
    exposures : DataFrame
        What was audited, one row for each exposure.
    completeness : DataFrame
        Units and attributes, from `count_missing`.
    problems : DataFrame
        Units and rules, from `count_problems`.
    clocks : DataFrame
        Units, from `assess_clocks`.
    unmapped : DataFrame
        Body parts, views and protocols that no row tells, with their number.
    policy : TagPolicy
        What was asked for.
    left_out : mapping of str to int
        Exposures that do not count, and headers that were not checked, by reason.
    findings : tuple of AuditFinding
        What to look into, mistaken sides first.
    """

    first_day: datetime.date | None
    last_day: datetime.date | None
    exposures: pd.DataFrame
    completeness: pd.DataFrame
    problems: pd.DataFrame
    clocks: pd.DataFrame
    unmapped: pd.DataFrame
    policy: TagPolicy
    left_out: dict[str, int] = field(default_factory=dict)
    findings: tuple[AuditFinding, ...] = ()

    def frame(self, name: str = "completeness") -> pd.DataFrame:
        """One table of the audit.

        Parameters
        ----------
        name : str
            ``"completeness"``, ``"problems"``, ``"clocks"``, ``"unmapped"``, ``"exposures"`` or ``"findings"``.

        Returns
        -------
        pandas.DataFrame
            Fractions, not percent; times in seconds.

        Raises
        ------
        InputError
            There is no such table.
        """
        return table_of(self, name, FRAMES)

    def __repr__(self) -> str:
        """Number of exposures and findings."""
        days = days_text(self.first_day, self.last_day)
        return f"MetadataAudit({len(self.exposures)} exposures, {days}, {len(self.findings)} findings)"


def assess_metadata(
    exposures: pd.DataFrame,
    *,
    policy: TagPolicy | None = None,
    unmapped: pd.DataFrame | None = None,
    left_out: dict[str, int] | None = None,
    today: datetime.date | None = None,
) -> MetadataAudit:
    """Audit headers of exposures.

    Parameters
    ----------
    exposures : DataFrame
        One row for each exposure: `site`, `room`, `unit`, `file_number`, `exposed_at`, `study_at`, `study_uid`,
        `modality`, `header_checks`, `examined_part`, `is_mapped`, `protocol_name` and the columns of the policy.
    policy : TagPolicy, optional
        What is asked for; the shipped one without.
    unmapped : DataFrame, optional
        What could not be told, as in `MetadataAudit`.
    left_out : mapping of str to int, optional
        Exposures that do not count, by reason.
    today : date, optional
        Exposures after it are still to come; without it that is not judged.

    Returns
    -------
    MetadataAudit
        Shares with Wilson intervals; nothing is judged of fewer exposures than the policy wants, but mistaken sides,
        impossible dates and dates still to come, of which one is a finding.
    """
    asked = policy or shipped_tag_policy()
    numbered = exposures.reset_index(drop=True)
    lost = dict(left_out or {})
    unchecked = int(numbered["header_checks"].isna().sum())
    if unchecked:
        lost["headers read by an earlier version, whose contradictions are not counted"] = unchecked
    completeness = count_missing(numbered, asked)
    problems = count_problems(numbered, asked, today=today)
    clocks = assess_clocks(numbered, asked)
    days = _days(numbered)
    return MetadataAudit(
        **days_of(numbered["exposed_at"]),
        exposures=numbered,
        completeness=completeness,
        problems=problems,
        clocks=clocks,
        unmapped=pd.DataFrame() if unmapped is None else unmapped,
        policy=asked,
        left_out=lost,
        findings=(
            *problem_findings(problems, clocks, asked),
            *clock_findings(clocks, days, asked),
            *missing_findings(completeness, days),
        ),
    )


def _days(exposures: pd.DataFrame) -> dict[tuple[str, ...], Days]:
    """First and last day of each unit."""
    found: dict[tuple[str, ...], Days] = {}
    for key, moments in exposures.groupby(list(UNIT), observed=True)["exposed_at"]:
        span = days_of(moments)
        found[str(key[0]), str(key[1]), str(key[2])] = span["first_day"], span["last_day"]
    return found
