"""Exposures that key objects and makers' logs tell to be rejected, as rows; notes are read anew by the next run."""

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_TEXTS = (
    *("code", "category", "reason", "body_part", "view_position", "laterality", "protocol_name"),
    *("exposure_control_mode", "grid", "patient_key", "operator_key"),
)
_NUMBERS = (
    *("patient_age_years", "tube_voltage_kv", "exposure_mas", "exposure_time_ms", "dap_gy_m2"),
    *("exposure_index", "target_exposure_index", "deviation_index", "source_detector_distance_mm"),
)


def _row_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(*names: str, nullable: bool = True) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=nullable) for name in names]


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "rejects",
        sa.Column("outcome_id", _row_id(), nullable=False, autoincrement=False),
        sa.Column("ordinal", sa.Integer(), nullable=False, autoincrement=False),
        *_text("source", "title", nullable=False),
        *_text("image_uid", "event_uid", "study_uid"),
        sa.Column("exposed_at", sa.DateTime(timezone=False)),
        sa.Column("is_rejected", sa.Boolean(), nullable=False),
        sa.Column("has_text", sa.Boolean(), nullable=False),
        *_text(*_TEXTS),
        *(sa.Column(name, sa.Double()) for name in _NUMBERS),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_rejects_outcome_id_outcomes")),
        sa.PrimaryKeyConstraint("outcome_id", "ordinal", name=op.f("pk_rejects")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_rejects_image_uid"), "rejects", ["image_uid"])
    op.create_index(op.f("ix_rejects_event_uid"), "rejects", ["event_uid"])
