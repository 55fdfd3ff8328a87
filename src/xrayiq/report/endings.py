"""How what was seen ended: measured, not measurable or in error, so that the numbers add up."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

import pandas as pd

from xrayiq.report.wording import grouped

#: kinds of outcomes and what pages call them, in the order in which one of several counts
ENDING_WORDS: Final = MappingProxyType({"measured": "measured", "error": "error", "not_measurable": "not measurable"})


def endings(outcomes: pd.DataFrame) -> dict[str, int]:
    """How many subjects ended how; together all subjects that there are.

    Parameters
    ----------
    outcomes : DataFrame
        With `subject` and `kind`; a subject (an object, frame or acquisition set) has one row per procedure.

    Returns
    -------
    dict of str to int
        For each key of `ENDING_WORDS`: a subject is measured where any procedure measured it, else in error where one
        failed, else not measurable.
    """
    rank = {kind: place for place, kind in enumerate(ENDING_WORDS)}
    best = outcomes["kind"].astype(str).map(rank).groupby(outcomes["subject"]).min()
    return {kind: int((best == place).sum()) for kind, place in rank.items()}


def outcomes_text(outcomes: pd.DataFrame) -> str:
    """Number of outcomes and of each kind, for example ``12: 9 measured, 1 error, 2 not measurable``."""
    numbers = outcomes["kind"].value_counts()
    parts = [f"{grouped(int(numbers[kind]))} {word}" for kind, word in ENDING_WORDS.items() if numbers.get(kind)]
    return f"{grouped(len(outcomes))}: {', '.join(parts)}" if parts else "0"
