"""Findings in the order in which they are worth looking into."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import pandas as pd

from xrayiq.model import AuditFinding

INVESTIGATE_COLUMNS: Final = (
    *("rank", "kind", "site", "room", "unit", "about", "exposures", "weight", "why", "look_first"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ranked:
    """A finding and how much it weighs: the exposures that it concerns times how far off they are."""

    finding: AuditFinding
    weight: float


def in_order(ranked: Iterable[Ranked]) -> tuple[Ranked, ...]:
    """The weightiest first."""
    return tuple(sorted(ranked, key=lambda one: -one.weight))


def investigate_table(ranked: Iterable[Ranked]) -> pd.DataFrame:
    """One row for each finding: what to look into first, and why.

    Parameters
    ----------
    ranked : iterable of Ranked
        In their order.

    Returns
    -------
    DataFrame
        `INVESTIGATE_COLUMNS`.
    """
    rows = [
        {"rank": place, "kind": one.finding.kind, "site": one.finding.site, "room": one.finding.room}
        | {"unit": one.finding.unit, "about": one.finding.about, "exposures": one.finding.exposures}
        | {"weight": one.weight, "why": one.finding.sentence, "look_first": one.finding.suggestion}
        for place, one in enumerate(ranked, start=1)
    ]
    return pd.DataFrame(rows, columns=list(INVESTIGATE_COLUMNS))
