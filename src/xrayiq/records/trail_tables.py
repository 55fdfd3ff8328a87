"""Tables of the audit trail: events, and seals over rows of the other tables."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Column, Table, Text, UniqueConstraint

from xrayiq.records.column_types import ROW_ID, StorableText, UtcDateTime
from xrayiq.records.table_metadata import METADATA

#: the audit trail: appended only, each event sealed together with the seal of the one before it
EVENTS: Final = Table(
    "events",
    METADATA,
    Column("number", ROW_ID, primary_key=True, autoincrement=False),
    Column("at", UtcDateTime, nullable=False),
    Column("actor", StorableText, nullable=False),
    Column("kind", StorableText, nullable=False),
    Column("subject", StorableText, nullable=False, index=True),
    Column("reason", StorableText, nullable=False),
    Column("details", Text, nullable=False),
    Column("previous", Text, nullable=False),
    Column("mac", Text, nullable=False),
)

#: one row for each row of the other tables, numbered without gaps: a seal over what of that row never changes (of an
#: outcome with its measurements and verdicts). What changes on purpose has a seal in the row itself: a file and an
#: object (`seal`), what an object counts as (`role_seal`), the plan an outcome belongs to (`standing_seal`), how a run
#: ended (`seal`)
SEALS: Final = Table(
    "seals",
    METADATA,
    Column("number", ROW_ID, primary_key=True, autoincrement=False),
    Column("kind", StorableText, nullable=False),
    Column("row_id", ROW_ID, nullable=False),
    Column("run_id", ROW_ID),
    Column("mac", Text, nullable=False),
    UniqueConstraint("kind", "row_id"),
)
