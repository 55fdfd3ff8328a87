"""Rows of outcomes, their measurements and verdicts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from xrayiq.model import Verdict
from xrayiq.records.packing import PackedOutcome

Row = dict[str, Any]

#: where a site's own limit holds, why, and who decided it
_OF_PLACE: Final = ("site", "room", "unit", "reason", "author")


def outcome_row(outcome: PackedOutcome) -> Row:
    """Row of an outcome without its run, object and time."""
    left_out = ("measurements", "verdicts")
    return {name: getattr(outcome, name) for name in PackedOutcome.__slots__ if name not in left_out}


def measurement_rows(outcome_id: int, outcome: PackedOutcome) -> list[Row]:
    """Rows of an outcome's measurements in their order."""
    return [
        {
            "outcome_id": outcome_id,
            "ordinal": ordinal,
            "quantity": quantity,
            "direction": direction,
            "value": plain_number(value),
            "unit": unit,
        }
        for ordinal, (quantity, direction, value, unit) in enumerate(outcome.measurements)
    ]


def verdict_rows(outcome_id: int, verdicts: Sequence[Verdict]) -> list[Row]:
    """Rows of an outcome's verdicts, each with the limit as it is now."""
    return [
        {"outcome_id": outcome_id, "ordinal": ordinal, **judged_columns(verdict)}
        for ordinal, verdict in enumerate(verdicts)
    ]


def judged_columns(verdict: Verdict) -> Row:
    """What is stored of a verdict: the number that was judged, and the limit as it is now."""
    measurement, limit = verdict.measurement, verdict.limit
    bounds = ("warning_low", "warning_high", "fail_low", "fail_high")
    return {
        "quantity": measurement.quantity,
        "direction": measurement.direction,
        "value": plain_number(measurement.value),
        "unit": measurement.unit,
        "status": verdict.status,
        "compared": plain_number(verdict.compared),
        "baseline": plain_number(verdict.baseline),
        "limit_id": limit.id,
        "limit_procedure": limit.procedure,
        "basis": limit.basis,
        **{name: plain_number(getattr(limit, name)) for name in bounds},
        "document": limit.document,
        "edition": limit.edition,
        "confidence": limit.confidence,
        "note": limit.note,
        **{f"limit_{name}": getattr(limit, name) for name in _OF_PLACE},
    }


def plain_number(value: Any) -> Any:
    """Number as Python's own type, which every driver stores; NULL for NaN and for integers of more than 32 bits."""
    if isinstance(value, (str, bool)) or value is None:
        return value
    plain = value.item() if hasattr(value, "item") else value
    too_large = isinstance(plain, int) and not -(2**31) <= plain < 2**31
    return None if too_large or plain != plain else plain
