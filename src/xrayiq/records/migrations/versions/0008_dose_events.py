"""Irradiation events of dose reports as rows; reports of earlier readers are read anew by the next run."""

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

_NUMBERS = (
    *("dap_gy_m2", "reference_point_kerma_mgy", "entrance_dose_mgy", "average_glandular_dose_mgy"),
    *("tube_voltage_kv", "tube_current_ma", "exposure_mas", "exposure_time_ms", "exposure_index"),
    *("target_exposure_index", "deviation_index", "field_area_at_1_m_mm2", "source_detector_distance_mm"),
    "half_value_layer_mm",
)
_CODES = ("plane", "event_type", "target_region", "laterality", "view")


def _row_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text()) for name in names]


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "dose_events",
        sa.Column("outcome_id", _row_id(), nullable=False, autoincrement=False),
        sa.Column("ordinal", sa.Integer(), nullable=False, autoincrement=False),
        *_text("irradiation_event_uid", "acquired_image_uid"),
        sa.Column("started_at", sa.DateTime(timezone=False)),
        *_text(*_CODES, "protocol", "operator_key"),
        *(sa.Column(name, sa.Double()) for name in _NUMBERS),
        sa.Column("is_rejected", sa.Boolean()),
        *_text("rejection_reason"),
        sa.ForeignKeyConstraint(["outcome_id"], ["outcomes.id"], name=op.f("fk_dose_events_outcome_id_outcomes")),
        sa.PrimaryKeyConstraint("outcome_id", "ordinal", name=op.f("pk_dose_events")),
        sqlite_with_rowid=False,
    )
    op.create_index(op.f("ix_dose_events_irradiation_event_uid"), "dose_events", ["irradiation_event_uid"])
