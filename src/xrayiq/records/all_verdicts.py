"""Verdicts of both tables as one."""

from __future__ import annotations

from typing import Final

from sqlalchemy import literal, select, union_all

from xrayiq.records.tables import BASELINE_VERDICTS, VERDICTS

#: ordinal of verdicts relative to baselines: after those that were made with their outcome
_LATER: Final = 1_000_000
_NAMES: Final = tuple(column.name for column in VERDICTS.columns if column.name not in ("outcome_id", "ordinal"))

ALL_VERDICTS: Final = union_all(
    select(VERDICTS.c.outcome_id, VERDICTS.c.ordinal, *(VERDICTS.c[name] for name in _NAMES)),
    select(
        BASELINE_VERDICTS.c.outcome_id,
        (literal(_LATER) + BASELINE_VERDICTS.c.id).label("ordinal"),
        *(BASELINE_VERDICTS.c[name] for name in _NAMES),
    ),
).subquery("all_verdicts")
