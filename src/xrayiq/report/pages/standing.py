"""How each unit stands: findings, tests owed, and what the last results say."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import pandas as pd

from xrayiq.audit import DueTest
from xrayiq.model import Finding
from xrayiq.procedures.constancy import Series
from xrayiq.procedures.imported import is_imported, measured_as
from xrayiq.procedures.register import RegisteredUnit
from xrayiq.report.evidence import DETECTOR_PROCEDURES
from xrayiq.report.pages.dossier import Dossier
from xrayiq.report.wording import clean, counted, label_of

Status = Literal["fail", "warning", "pass", "indeterminate", "none"]
#: worst first
ORDER: Final[tuple[Status, ...]] = ("fail", "warning", "indeterminate", "none", "pass")
#: states of findings that something must still be done about by hand
OPEN: Final = ("open", "investigating")
#: procedures of clinical images, which are no test
CLINICAL: Final = frozenset(
    {"read", "collimation", "exposure_index", "clinical_noise", "clipping", "dose_report", "reject_note"}
)
_MOST_NAMED: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Standing:
    """How one unit stands on the day of the pages.

    Parameters
    ----------
    unit : RegisteredUnit
        The unit.
    status : {"fail", "warning", "pass", "indeterminate", "none"}
        ``fail`` with a finding that nobody has mended or a last result out of limits that no finding holds; ``warning``
        with what is mended but not verified, a last result beyond a warning limit, a trend that warns, or an overdue
        test; ``none`` where nothing was judged.
    reasons : tuple of str
        Why, worst first, in words.
    findings : tuple of Finding
        Those that are not settled.
    due : tuple of DueTest
        All tests that it owes.
    last_test : date or None
        Day of its last test.
    outside : DataFrame
        Verdicts of the last results that are not ``pass``.
    warning_series : tuple of Series
        Trends that warn at their end.
    objects : int
        Objects that it made.
    """

    unit: RegisteredUnit
    status: Status
    reasons: tuple[str, ...]
    findings: tuple[Finding, ...]
    due: tuple[DueTest, ...]
    last_test: datetime.date | None
    outside: pd.DataFrame
    warning_series: tuple[Series, ...]
    objects: int

    @property
    def overdue(self) -> tuple[DueTest, ...]:
        """Tests that are overdue."""
        return tuple(test for test in self.due if test.status == "overdue")

    @property
    def rank(self) -> tuple[int, int, int, int, str, str, str]:
        """Order of units: worst first, those without problems last."""
        worse = (-len(self.findings), -len(self.outside) - len(self.warning_series), -len(self.overdue))
        return (ORDER.index(self.status), *worse, self.unit.site, self.unit.room, self.unit.name)


def standings(dossier: Dossier) -> tuple[Standing, ...]:
    """Standing of every unit, worst first.

    Parameters
    ----------
    dossier : Dossier
        Everything.

    Returns
    -------
    tuple of Standing
        One for each unit of the register.
    """
    due = dossier.due()
    found = [
        _standing(dossier, unit, tuple(test for test in due if test.unit == unit.name))
        for unit in dossier.register.units
    ]
    return tuple(sorted(found, key=lambda standing: standing.rank))


def last_verdicts(dossier: Dossier, unit: str) -> pd.DataFrame:
    """Verdicts of the last results of a unit: of each procedure of tests those of its last day."""
    verdicts = dossier.verdicts
    own = verdicts[(verdicts["unit_name"] == unit) & ~verdicts["procedure"].isin(CLINICAL) & verdicts["day"].notna()]
    if own.empty:
        return own
    return own[own["day"] == own.groupby("procedure")["day"].transform("max")]


def test_outcomes(dossier: Dossier, unit: str) -> pd.DataFrame:
    """Measured outcomes of tests of a unit, in the order of exposure."""
    outcomes = dossier.outcomes
    own = outcomes[(outcomes["unit_name"] == unit) & (outcomes["kind"] == "measured") & outcomes["day"].notna()]
    tests = own["procedure"].isin(DETECTOR_PROCEDURES) | ~own["procedure"].isin(CLINICAL)
    return own[tests].sort_values(["exposed_at", "id"])


def _standing(dossier: Dossier, unit: RegisteredUnit, due: tuple[DueTest, ...]) -> Standing:
    every = dossier.findings_of(unit.name)
    unsettled = tuple(finding for finding in every if not finding.is_settled)
    verdicts = last_verdicts(dossier, unit.name)
    outside = verdicts[verdicts["status"].isin(["fail", "warning"])]
    own = [one for one in dossier.series if one.key.unit == unit.name]
    series = tuple(one for one in own if not _is_continued(one, own) and one.trend.status == "warning")
    tests = test_outcomes(dossier, unit.name)
    parts = [
        *_of_findings(unsettled),
        *_of_verdicts(outside, unsettled, every),
        *_of_trends(series),
        *_of_due(due),
    ]
    parts.sort(key=lambda part: ORDER.index(part[0]))
    if parts:
        status = parts[0][0]
    elif verdicts.empty:
        status = "none"
    else:
        status = "pass" if (verdicts["status"] == "pass").any() else "indeterminate"
    return Standing(
        unit=unit,
        status=status,
        reasons=tuple(text for _, text in parts),
        findings=unsettled,
        due=due,
        last_test=None if tests.empty else tests["day"].iloc[-1],
        outside=outside,
        warning_series=series,
        objects=unit.objects,
    )


def _is_continued(series: Series, others: Sequence[Series]) -> bool:
    """Whether values that were imported are followed by measured ones of the same."""
    key = series.key
    return is_imported(key.procedure) and any(
        other.key.procedure == measured_as(key.procedure)
        and (other.key.quantity, other.key.direction) == (key.quantity, key.direction)
        and max(other.medians, default=datetime.date.min) >= max(series.medians, default=datetime.date.min)
        for other in others
    )


def _of_findings(findings: Sequence[Finding]) -> list[tuple[Status, str]]:
    found: list[tuple[Status, str]] = []
    open_ones = [finding for finding in findings if finding.state in OPEN]
    mended = [finding for finding in findings if finding.state not in OPEN]
    if open_ones:
        found.append(("fail", f"{counted(len(open_ones), 'open finding')}: {_named(open_ones)}"))
    if mended:
        found.append(("warning", f"{counted(len(mended), 'finding')} not closed yet: {_named(mended)}"))
    return found


def _named(findings: Sequence[Finding]) -> str:
    names = list(dict.fromkeys(label_of(finding.quantity, clean(finding.direction)) for finding in findings))
    return _listed(names)


def _of_verdicts(
    outside: pd.DataFrame, unsettled: Sequence[Finding], every: Sequence[Finding]
) -> list[tuple[Status, str]]:
    """Last results beyond a limit that no finding holds: those of accepted findings warn."""
    held = {(one.quantity, one.direction, one.limit_id) for one in unsettled}
    accepted = {(one.quantity, one.direction, one.limit_id) for one in every if one.state == "accepted"}
    names: dict[Status, list[str]] = {"fail": [], "warning": []}
    for row in outside.to_dict("records"):
        key = (row["quantity"], row["direction"], row["limit_id"])
        failed = row["status"] == "fail"
        if failed and key in held:
            continue
        names["fail" if failed and key not in accepted else "warning"].append(
            label_of(str(row["quantity"]), clean(row["direction"]))
        )
    words: dict[Status, str] = {"fail": "out of limits", "warning": "beyond a warning limit"}
    return [
        (status, f"last result {words[status]}: {_listed(dict.fromkeys(names[status]))}")
        for status in words
        if names[status]
    ]


def _of_trends(series: Sequence[Series]) -> list[tuple[Status, str]]:
    names = dict.fromkeys(label_of(one.key.quantity, clean(one.key.direction)) for one in series)
    return [("warning", f"trend warns: {_listed(names)}")] if names else []


def _of_due(due: Sequence[DueTest]) -> list[tuple[Status, str]]:
    names = [clean(test.test.title) for test in due if test.status == "overdue"]
    return [("warning", f"{counted(len(names), 'test')} overdue: {_listed(names)}")] if names else []


def _listed(names: Sequence[str] | dict[str, None]) -> str:
    known = list(names)
    more = len(known) - _MOST_NAMED
    return ", ".join(known[:_MOST_NAMED]) + (f" and {more} more" if more > 0 else "")
