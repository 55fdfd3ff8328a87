"""What is not all right: values outside their limits, gathered into findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.model import Limit
from xrayiq.report.evidence import Evidence, Unit
from xrayiq.report.wording import STATUS_WORDS, bounds_text, clean, day, label_of, minute, value_text

#: images named under a finding
MOST_SUBJECTS: Final = 25
_GROUP: Final = ["unit", "quantity", "direction", "limit_id", "status"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceeded:
    """One value that a finding counts."""

    value: str
    baseline: str
    when: str
    what: str
    subject: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Values of one quantity on one unit that are outside one limit.

    Parameters
    ----------
    status : {"fail", "warning"}
        How far outside.
    unit : Unit or None
        Where.
    quantity : str
        Label of the quantity.
    worst : str
        The value farthest outside, with its unit.
    worst_relative : str
        Its deviation from the baseline, for limits relative to one.
    allowed : str
        What the limit allows.
    source : str
        Document and edition, and that nobody verified it where that is so.
    note : str
        What the limits file says about it.
    count, judged : int
        Values outside, and values judged under this limit.
    last_day : str
        Day of the latest of them.
    values : tuple of Exceeded
        The ones farthest outside.
    """

    status: str
    unit: Unit | None
    quantity: str
    worst: str
    worst_relative: str
    allowed: str
    source: str
    note: str
    count: int
    judged: int
    last_day: str
    values: tuple[Exceeded, ...]

    @property
    def word(self) -> str:
        """Status in plain words."""
        return STATUS_WORDS[self.status]

    @property
    def left_out(self) -> int:
        """Values that are not named one by one."""
        return self.count - len(self.values)


def findings(evidence: Evidence) -> list[Finding]:
    """Values outside their limits, gathered by unit, quantity, direction, limit and how far outside they are.

    Parameters
    ----------
    evidence : Evidence
        Frames of the store.

    Returns
    -------
    list of Finding
        Out of limits first, then warnings; within them the most frequent first.
    """
    verdicts = evidence.verdicts
    judged = verdicts[verdicts["status"] != "indeterminate"].groupby(_GROUP[:-1]).size().to_dict()
    outside = verdicts[verdicts["status"].isin(["fail", "warning"])]
    outside = outside.assign(excess=_excess(outside))
    found = [
        _finding(evidence.unit(int(str(key[0]))), rows, int(judged[key[:-1]]))
        for key, rows in outside.groupby(_GROUP)
        if isinstance(key, tuple)
    ]
    return sorted(found, key=lambda finding: (finding.status != "fail", -finding.count, finding.quantity))


def limit_of(row: Mapping[Any, Any]) -> Limit:
    """Limit of a stored verdict, as it was when the verdict was made."""

    def bound(name: str) -> float | None:
        return None if pd.isna(row[name]) else float(row[name])

    return Limit(
        id=str(row["limit_id"]),
        quantity=str(row["quantity"]),
        procedure=str(row["limit_procedure"]),
        basis="relative_to_baseline" if row["basis"] == "relative_to_baseline" else "absolute",
        warning_low=bound("warning_low"),
        warning_high=bound("warning_high"),
        fail_low=bound("fail_low"),
        fail_high=bound("fail_high"),
        document=clean(row["document"]),
        edition=clean(row["edition"]),
        confidence="A" if row["confidence"] == "A" else "B" if row["confidence"] == "B" else "C",
        note=clean(row["note"], longest=300),
    )


def allowed_text(limit: Limit, status: str) -> str:
    """What a limit allows: the bounds that were passed over at this status, or all of them."""
    pairs = {
        "fail": (limit.fail_low, limit.fail_high),
        "warning": (limit.warning_low, limit.warning_high),
    }
    return bounds_text(limit.quantity, limit.basis, *(np.nan if bound is None else bound for bound in pairs[status]))


def _excess(verdicts: pd.DataFrame) -> pd.Series:
    """How far the compared number lies beyond the bound that it passed."""
    fails = verdicts["status"] == "fail"
    low = verdicts["fail_low"].where(fails, verdicts["warning_low"])
    high = verdicts["fail_high"].where(fails, verdicts["warning_high"])
    beyond = pd.concat([low - verdicts["compared"], verdicts["compared"] - high], axis=1)
    return beyond.max(axis=1)


def _finding(unit: Unit | None, rows: pd.DataFrame, judged: int) -> Finding:
    worst_first = rows.sort_values("excess", ascending=False, kind="stable").to_dict("records")
    worst = worst_first[0]
    limit = limit_of(worst)
    name = limit.quantity
    relative = limit.basis == "relative_to_baseline"
    return Finding(
        status=str(worst["status"]),
        unit=unit,
        quantity=label_of(name, clean(worst["direction"])),
        worst=value_text(name, worst["value"]),
        worst_relative=f"{100 * worst['compared']:+.1f} %".replace("-", "−") if relative else "",
        allowed=allowed_text(limit, str(worst["status"])),
        source=limit.source,
        note=limit.note,
        count=len(rows),
        judged=judged,
        last_day=day(rows["exposed_at"].max()),
        values=tuple(_exceeded(name, row) for row in worst_first[:MOST_SUBJECTS]),
    )


def _exceeded(name: str, row: Mapping[Any, Any]) -> Exceeded:
    return Exceeded(
        value=value_text(name, row["value"]),
        baseline="" if pd.isna(row["baseline"]) else value_text(name, row["baseline"]),
        when=minute(row["exposed_at"]),
        what=" ".join(part for part in (clean(row["body_part"]), clean(row["view_position"])) if part),
        subject=clean(row["subject"]),
    )
