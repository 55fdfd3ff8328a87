"""Rejects of stored notes and logs as rows: what audits count and group, out of the result's own JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import fields
from typing import Any, Final

from xrayiq.model import ToldReject, unpack
from xrayiq.records.column_types import text_as_stored
from xrayiq.records.outcome_rows import Row, plain_number

#: fields that are columns as they are
_PLAIN: Final = tuple(field.name for field in fields(ToldReject) if field.name not in ("code", "exposed_at"))


def reject_rows(outcome_id: int, outcome: Mapping[str, Any]) -> list[Row]:
    """Rows of the rejects of a stored outcome in the order of its note; none where it is no note."""
    if outcome["result_type"] != "RejectNote":
        return []
    note = json.loads(outcome["result_json"])
    shared = {
        "outcome_id": outcome_id,
        "source": text_as_stored(note["source"]),
        "title": text_as_stored(note["title"]),
        "has_text": bool(note["has_text"]),
    }
    return [
        shared | {"ordinal": ordinal} | _row(unpack(ToldReject, told, {}))
        for ordinal, told in enumerate(note.get("rejects", ()))
    ]


def _row(told: ToldReject) -> Row:
    moment, code = told.exposed_at, told.code
    return {
        "exposed_at": None if moment is None else moment.replace(tzinfo=None),
        "code": None if code is None else text_as_stored(code[0]),
    } | {name: _stored(getattr(told, name)) for name in _PLAIN}


def _stored(value: Any) -> Any:
    if isinstance(value, str):
        return text_as_stored(value)
    return value if isinstance(value, bool) else plain_number(value)
