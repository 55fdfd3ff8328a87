"""What audits group and weigh by, out of the headers into columns: JSON takes ten times as long to read."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

_NUMBERS = (
    *("patient_age_years", "patient_weight_kg", "patient_size_m", "tube_current_ma", "focal_spot_mm"),
    *("source_detector_distance_mm", "source_patient_distance_mm", "filter_thickness_min_mm"),
    *("filter_thickness_max_mm", "relative_exposure", "sensitivity"),
)
_TEXTS = ("patient_sex", "exposure_control_mode", "grid", "filter_material", "detector_type")


def upgrade() -> None:
    """Add the columns and fill them from the headers as they are stored."""
    with op.batch_alter_table("objects") as objects:
        for name in _NUMBERS:
            objects.add_column(sa.Column(name, sa.Double()))
        for name in _TEXTS:
            objects.add_column(sa.Column(name, sa.Text()))
        never = sa.text("false")
        objects.add_column(sa.Column("is_test_patient", sa.Boolean(), nullable=False, server_default=never))
    told = [f"{name} = {_number(name)}" for name in _NUMBERS] + [f"{name} = {_text(name)}" for name in _TEXTS]
    told.append(f"is_test_patient = {_flag('is_test_patient')}")
    op.execute("UPDATE objects SET " + ", ".join(told))  # noqa: S608 - constants of this file


def _text(name: str) -> str:
    if op.get_context().dialect.name == "sqlite":
        return f"json_extract(header_json, '$.acquisition.{name}')"
    return f"CAST(header_json AS JSON) #>> '{{acquisition,{name}}}'"


def _number(name: str) -> str:
    return f"CAST({_text(name)} AS DOUBLE PRECISION)"


def _flag(name: str) -> str:
    if op.get_context().dialect.name == "sqlite":
        return f"coalesce(json_extract(header_json, '$.{name}'), 0)"
    return f"coalesce(CAST(CAST(header_json AS JSON) ->> '{name}' AS BOOLEAN), false)"
