"""What is not all right: values outside their limits, gathered into findings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

import numpy as np
import pandas as pd

from xrayiq.model import Limit
from xrayiq.records import Records
from xrayiq.report.evidence import DETECTOR_PROCEDURES, Evidence, Unit
from xrayiq.report.maps import uniformity_map
from xrayiq.report.tables import Picture
from xrayiq.report.wording import STATUS_WORDS, bounds_text, clean, day, label_of, minute, value_text

#: images named under a finding
MOST_SUBJECTS: Final = 25
#: uniformity maps under findings
MOST_MAPS: Final = 30
_GROUP: Final = ["unit", "quantity"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exceeded:
    """One value that a finding counts."""

    status: str
    value: str
    across: str
    baseline: str
    allowed: str
    when: str
    what: str
    subject: str

    @property
    def word(self) -> str:
        """Status in plain words."""
        return STATUS_WORDS[self.status]


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """Values of one quantity on one unit that are outside their limits.

    Parameters
    ----------
    status : {"fail", "warning"}
        The worst of them.
    unit : Unit or None
        Where.
    quantity : str
        Label of the quantity.
    worst : str
        The value farthest outside, with its unit.
    worst_relative : str
        Its deviation from the baseline, for limits relative to one.
    allowed : str
        What the limit allows that it passed.
    sources : tuple of str
        Document and edition of the limits, and that nobody verified one where that is so.
    notes : tuple of str
        What the limits file says about them.
    count, fails, judged : int
        Checks outside, those of them out of limits, and all checks of the quantity that were judged.
    last_day : str
        Day of the latest of them.
    values : tuple of Exceeded
        The ones farthest outside.
    flat : Picture or None
        Uniformity map of the worst value's flat field.
    """

    status: str
    unit: Unit | None
    quantity: str
    worst: str
    worst_relative: str
    allowed: str
    sources: tuple[str, ...]
    notes: tuple[str, ...]
    count: int
    fails: int
    judged: int
    last_day: str
    values: tuple[Exceeded, ...]
    flat: Picture | None

    @property
    def word(self) -> str:
        """Status in plain words."""
        return STATUS_WORDS[self.status]

    @property
    def left_out(self) -> int:
        """Values that are not named one by one."""
        return self.count - len(self.values)

    @property
    def counts(self) -> str:
        """How many checks are outside, by how far."""
        if self.count == 1:
            return f"1 of {self.judged} checked"
        warnings = self.count - self.fails
        split = f" ({self.fails} out of limits, {warnings} with a warning)" if self.fails and warnings else ""
        return f"worst of {self.count} outside{split}, {self.judged} checked"


def findings(evidence: Evidence, records: Records, *, most: int) -> tuple[tuple[Finding, ...], int]:
    """Values outside their limits, gathered by unit and quantity, and the number of findings left out.

    Parameters
    ----------
    evidence : Evidence
        Frames of the store.
    records : Records
        The store, for the uniformity maps of flat fields.
    most : int
        Findings to give.

    Returns
    -------
    tuple of (findings, int)
        Out of limits first, then warnings; in both, tests of detectors first, then by how far the worst value lies
        beyond its limit.
    """
    verdicts = evidence.verdicts
    judged = verdicts[verdicts["status"] != "indeterminate"].groupby(_GROUP).size().to_dict()
    outside = verdicts[verdicts["status"].isin(["fail", "warning"])]
    outside = outside.assign(
        rank=(outside["status"] != "fail").astype(int),
        clinical=(~outside["procedure"].isin(DETECTOR_PROCEDURES)).astype(int),
        excess=_excess(outside),
    ).sort_values(["rank", "clinical", "excess"], ascending=[True, True, False], kind="stable")
    groups = [(key, rows) for key, rows in outside.groupby(_GROUP, sort=False) if isinstance(key, tuple)]
    maps = _maps(evidence, records, [rows.iloc[0].to_dict() for _, rows in groups[:most]])
    found = tuple(
        _finding(evidence.unit(int(str(key[0]))), rows, int(judged[key]), flat)
        for (key, rows), flat in zip(groups, maps, strict=False)
    )
    return found, len(groups) - len(found)


def _maps(evidence: Evidence, records: Records, worst: Sequence[Mapping[Any, Any]]) -> list[Picture | None]:
    """Uniformity map of each worst value's flat field, None where it is of another kind or none was measured."""
    measured = evidence.outcomes[
        (evidence.outcomes["procedure"] == "uniformity") & (evidence.outcomes["kind"] == "measured")
    ]
    outcome_of = dict(zip(measured["subject"], measured["id"], strict=True))
    maps: list[Picture | None] = []
    for number, row in enumerate(worst):
        outcome = outcome_of.get(row["subject"]) if row["procedure"] in DETECTOR_PROCEDURES else None
        if outcome is None or sum(drawn is not None for drawn in maps) == MOST_MAPS:
            maps.append(None)
            continue
        when = minute(row["exposed_at"])
        drawn = uniformity_map(
            records,
            int(outcome),
            f"finding {number} uniformity {outcome}",
            f"The worst flat field{when and f', {when}'}",
        )
        maps.append(replace(drawn, subject=clean(row["subject"])))
    return maps


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
    """How far the compared number lies beyond the bound that it passed, as a share of what the limit allows.

    What it allows is half the width between two bounds, or the size of a single one; a limit that allows nothing counts
    as 1.
    """
    fails = verdicts["status"] == "fail"
    low = verdicts["fail_low"].where(fails, verdicts["warning_low"])
    high = verdicts["fail_high"].where(fails, verdicts["warning_high"])
    beyond = pd.concat([low - verdicts["compared"], verdicts["compared"] - high], axis=1).max(axis=1)
    allowed = ((high - low) / 2).fillna(low.abs()).fillna(high.abs())
    return beyond / allowed.where(allowed > 0, 1.0)


def _finding(unit: Unit | None, rows: pd.DataFrame, judged: int, flat: Picture | None) -> Finding:
    worst = rows.iloc[0].to_dict()
    limit = limit_of(worst)
    name = limit.quantity
    relative = limit.basis == "relative_to_baseline"
    limits = [limit_of(row) for row in rows.drop_duplicates("limit_id").to_dict("records")]
    return Finding(
        status=str(worst["status"]),
        unit=unit,
        quantity=label_of(name, clean(worst["direction"]) if rows["direction"].nunique() == 1 else ""),
        worst=value_text(name, worst["value"]),
        worst_relative=f"{100 * worst['compared']:+.1f} %".replace("-", "−") if relative else "",
        allowed=allowed_text(limit, str(worst["status"])),
        sources=tuple(dict.fromkeys(one.source for one in limits)),
        notes=tuple(dict.fromkeys(one.note for one in limits if one.note)),
        count=len(rows),
        fails=int((rows["status"] == "fail").sum()),
        judged=judged,
        last_day=day(rows["exposed_at"].max()),
        values=tuple(_exceeded(row) for row in rows.head(MOST_SUBJECTS).to_dict("records")),
        flat=flat,
    )


def _exceeded(row: Mapping[Any, Any]) -> Exceeded:
    name = str(row["quantity"])
    return Exceeded(
        status=str(row["status"]),
        value=value_text(name, row["value"]),
        across=clean(row["direction"]),
        baseline="" if pd.isna(row["baseline"]) else value_text(name, row["baseline"]),
        allowed=allowed_text(limit_of(row), str(row["status"])),
        when=minute(row["exposed_at"]),
        what=" ".join(part for part in (clean(row["body_part"]), clean(row["view_position"])) if part),
        subject=clean(row["subject"]),
    )
