"""Is it all right: verdicts counted by unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import pandas as pd

from xrayiq.procedures import is_expected
from xrayiq.records import Records
from xrayiq.report.evidence import NO_UNIT, Evidence, Unit
from xrayiq.report.findings import Finding, findings
from xrayiq.report.wording import STATUS_WORDS, counted, day

#: units and findings on the page
MOST_UNITS: Final = 40
MOST_FINDINGS: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class UnitStatus:
    """Row of the first screen: how one unit stands.

    Parameters
    ----------
    unit : Unit or None
        None for what belongs to no unit.
    status : str
        The worst verdict: ``fail``, ``warning``, ``pass``, ``indeterminate``, or ``none`` without any.
    objects : int
        Its objects.
    last_day : str
        Day of its last exposure.
    within, warnings, out_of_limits, not_judged : int
        Checks by verdict; a check is one measured number against one limit.
    unmeasured : int
        Measurements that should have been possible and were not.
    """

    unit: Unit | None
    status: str
    objects: int
    last_day: str
    within: int
    warnings: int
    out_of_limits: int
    not_judged: int
    unmeasured: int

    @property
    def name(self) -> str:
        """What the row is about."""
        return "No unit" if self.unit is None else self.unit.name

    @property
    def detail(self) -> str:
        """The rest of its identity."""
        return "files that do not name one" if self.unit is None else self.unit.detail

    @property
    def word(self) -> str:
        """Status in plain words."""
        return "Nothing judged" if self.status == "none" else STATUS_WORDS[self.status]


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """All verdicts of the store.

    Parameters
    ----------
    headline : str
        The answer to "is it all right?".
    status : str
        The worst verdict.
    total : UnitStatus
        Sums over all units.
    units : tuple of UnitStatus
        One for each unit with X-ray images or dose reports, worst first; then one for files that name no unit.
    units_left_out : int
        Units that sent nothing else than objects of other kinds, and owe no measurement.
    findings : tuple of Finding
        Out of limits first, then warnings; tests of detectors first in both.
    findings_left_out : int
        Findings that the page does not show.
    """

    headline: str
    status: str
    total: UnitStatus
    units: tuple[UnitStatus, ...]
    units_left_out: int
    findings: tuple[Finding, ...]
    findings_left_out: int

    @property
    def shown(self) -> tuple[UnitStatus, ...]:
        """Rows on the page: the worst units, and always the one that is no unit, so that the sums agree."""
        return tuple(row for place, row in enumerate(self.units) if place < MOST_UNITS or row.unit is None)


#: from worst to best
STATUS_ORDER: Final = ("fail", "warning", "pass", "indeterminate", "none")


def check(evidence: Evidence, records: Records) -> Checks:
    """Verdicts by unit, and findings.

    Parameters
    ----------
    evidence : Evidence
        Frames of the store.
    records : Records
        The store, for the uniformity maps under findings.

    Returns
    -------
    Checks
        For the first two screens.
    """
    numbers = [unit.number for unit in evidence.units]
    owing = evidence.outcomes.loc[unmeasured(evidence.outcomes), "unit"]
    measured = {*evidence.objects.loc[evidence.objects["kind"] != "other", "unit"], *owing}
    rows = [_unit_status(evidence, evidence.unit(number), number) for number in numbers if number in measured]
    rows.sort(key=lambda row: (STATUS_ORDER.index(row.status), -row.out_of_limits, -row.warnings))
    if NO_UNIT in measured:
        rows.append(_unit_status(evidence, None, NO_UNIT))
    total = _unit_status(evidence, None, None)
    found, left_out = findings(evidence, records, most=MOST_FINDINGS)
    return Checks(
        headline=_headline(evidence, total, rows),
        status=total.status,
        total=total,
        units=tuple(rows),
        units_left_out=len(numbers) - sum(row.unit is not None for row in rows),
        findings=found,
        findings_left_out=left_out,
    )


def unmeasured(outcomes: pd.DataFrame) -> pd.Series:
    """True for outcomes of what should have been measurable and was not."""
    expected = [is_expected(*pair) for pair in zip(outcomes["procedure"], outcomes["reason"], strict=True)]
    return (outcomes["kind"] != "measured") & ~pd.Series(expected, index=outcomes.index, dtype=bool)


def _unit_status(evidence: Evidence, unit: Unit | None, number: int | None) -> UnitStatus:
    """Sums of one unit, or of everything for the number None."""
    objects, verdicts, outcomes = (
        frame if number is None else frame[frame["unit"] == number]
        for frame in (evidence.objects, evidence.verdicts, evidence.outcomes)
    )
    counts = verdicts["status"].value_counts()
    status = next((name for name in STATUS_ORDER if counts.get(name, 0)), "none")
    return UnitStatus(
        unit=unit,
        status=status,
        objects=len(objects),
        last_day=day(objects["exposed_at"].max()),
        within=int(counts.get("pass", 0)),
        warnings=int(counts.get("warning", 0)),
        out_of_limits=int(counts.get("fail", 0)),
        not_judged=int(counts.get("indeterminate", 0)),
        unmeasured=int(unmeasured(outcomes).sum()),
    )


def _headline(evidence: Evidence, total: UnitStatus, rows: list[UnitStatus]) -> str:
    if not total.objects:
        return "Nothing has been recorded yet." if evidence.outcomes.empty else "No DICOM object was found."
    failing = sum(row.status == "fail" for row in rows)
    warned = sum(row.status == "warning" for row in rows)
    if failing:
        return f"{counted(failing, 'unit')} out of limits."
    if warned:
        return f"Nothing out of limits; {counted(warned, 'unit')} with warnings."
    if total.within:
        return "Everything that was judged is within limits."
    return "Nothing could be judged."
