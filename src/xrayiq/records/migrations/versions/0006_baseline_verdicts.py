"""Verdicts relative to baselines, made at the end of a run."""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

_OF_LIMIT = ("limit_site", "limit_room", "limit_unit", "limit_reason", "limit_author")


def _row_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _numbers(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double()) for name in names]


def _of_limit() -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")) for name in _OF_LIMIT]


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "baseline_verdicts",
        sa.Column("id", _row_id(), nullable=False),
        sa.Column("outcome_id", _row_id(), nullable=False),
        sa.Column("run_id", _row_id(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        *_text("quantity", "direction"),
        *_numbers("value"),
        *_text("unit", "status"),
        *_numbers("compared", "baseline"),
        *_text("limit_id", "limit_procedure", "basis"),
        *_numbers("warning_low", "warning_high", "fail_low", "fail_high"),
        *_text("document", "edition", "confidence", "note"),
        *_of_limit(),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_baseline_verdicts_outcome_id_outcomes")),
        sa.ForeignKeyConstraint(["run_id"], ["runs.id"], name=op.f("fk_baseline_verdicts_run_id_runs")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_baseline_verdicts")),
        sa.UniqueConstraint("outcome_id", "quantity", "direction", "limit_id", name="uq_baseline_verdicts_judged"),
    )
    op.create_index(op.f("ix_baseline_verdicts_run_id"), "baseline_verdicts", ["run_id"])
