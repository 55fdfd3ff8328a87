"""The audit trail, and seals of all rows; `xrayiq.records.beginning` seals the rows that are there.

Verdicts tell where a site's own limit holds, why, and who decided it.
"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None

_SEALS = {"runs": ["seal"], "objects": ["seal", "role_seal"], "files": ["seal"], "outcomes": ["standing_seal"]}


def _row_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required_text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def upgrade() -> None:
    """Add both tables and the columns."""
    for table, names in _SEALS.items():
        with op.batch_alter_table(table) as changed:
            for name in names:
                changed.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    with op.batch_alter_table("verdicts") as verdicts:
        for name in ("site", "room", "unit", "reason", "author"):
            verdicts.add_column(sa.Column(f"limit_{name}", sa.Text(), nullable=False, server_default=sa.text("''")))
    op.create_table(
        "events",
        sa.Column("number", _row_id(), autoincrement=False, nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        *_required_text("actor", "kind", "subject", "reason", "details", "previous", "mac"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_events")),
    )
    op.create_index(op.f("ix_events_subject"), "events", ["subject"])
    op.create_table(
        "seals",
        sa.Column("number", _row_id(), autoincrement=False, nullable=False),
        *_required_text("kind"),
        sa.Column("row_id", _row_id(), nullable=False),
        sa.Column("run_id", _row_id()),
        *_required_text("mac"),
        sa.PrimaryKeyConstraint("number", name=op.f("pk_seals")),
        sa.UniqueConstraint("kind", "row_id", name=op.f("uq_seals_kind_row_id")),
    )
