"""Acquisition sets, responses of detectors, and the response that a file was measured with."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def _row_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _required_text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def upgrade() -> None:
    """Add both tables and the columns."""
    with op.batch_alter_table("files") as files:
        for name in ("response_id", "response_mode"):
            files.add_column(sa.Column(name, sa.Text(), nullable=False, server_default=sa.text("''")))
    _index("files", "response_mode")
    op.create_table(
        "sets",
        sa.Column("id", _row_id(), nullable=False),
        *_required_text("subject", "group_key"),
        sa.Column("day", sa.Date(), nullable=False),
        *_required_text("beam"),
        sa.Column("members", sa.JSON(), nullable=False),
        sa.Column("subjects", sa.JSON(), nullable=False),
        *_required_text("plan_digest", "response_id"),
        sa.Column("object_id", _row_id(), nullable=False),
        sa.Column("run_id", _row_id(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sets")),
        _reference("sets", "object_id", "objects"),
        _reference("sets", "run_id", "runs"),
    )
    _index("sets", "subject", "group_key", "object_id", "run_id")
    op.create_table(
        "responses",
        sa.Column("id", _row_id(), nullable=False),
        *_required_text("mode"),
        sa.Column("valid_from", sa.Date(), nullable=False),
        *_required_text("response_id", "model"),
        *(sa.Column(name, sa.Double(), nullable=False) for name in ("a", "b", "c", "kerma_min_ugy", "kerma_max_ugy")),
        sa.Column("set_id", _row_id(), nullable=False),
        sa.Column("object_id", _row_id(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responses")),
        _reference("responses", "set_id", "sets"),
        _reference("responses", "object_id", "objects"),
    )
    _index("responses", "mode", "set_id", "object_id")
