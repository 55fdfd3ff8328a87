"""First tables: runs, equipment, objects, files, outcomes, measurements, verdicts."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def _row_id() -> sa.types.TypeEngine[int]:
    return sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def _moment() -> sa.DateTime:
    return sa.DateTime(timezone=True)


def _required_text(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text(), nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column[str]]:
    return [sa.Column(name, sa.Text()) for name in names]


def _numbers(*names: str) -> list[sa.Column[float]]:
    return [sa.Column(name, sa.Double()) for name in names]


def _index(table: str, *columns: str) -> None:
    for column in columns:
        op.create_index(op.f(f"ix_{table}_{column}"), table, [column])


def _reference(table: str, column: str, target: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint([column], [f"{target}.id"], name=op.f(f"fk_{table}_{column}_{target}"))


def upgrade() -> None:
    """Create all tables."""
    _create_index_of_archives()
    _create_outcomes()
    for table in ("measurements", "verdicts"):
        _create_numbers(table)


def _create_index_of_archives() -> None:
    op.create_table(
        "runs",
        sa.Column("id", _row_id(), nullable=False),
        sa.Column("started_at", _moment(), nullable=False),
        sa.Column("finished_at", _moment()),
        *_required_text("status", "archive_key", "xrayiq_version", "kernel_digest", "plan_digest", "site_digest"),
        sa.Column("counts", sa.JSON(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_runs")),
    )
    _index("runs", "archive_key")
    op.create_table(
        "equipment",
        sa.Column("id", _row_id(), nullable=False),
        *_required_text("identity"),
        *_texts("manufacturer", "model", "station_name", "serial_number", "detector_id", "software_versions"),
        *_texts("institution", "department"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_equipment")),
        sa.UniqueConstraint("identity", name=op.f("uq_equipment_identity")),
    )
    _index("equipment", "serial_number", "detector_id")
    op.create_table(
        "objects",
        sa.Column("id", _row_id(), nullable=False),
        *_required_text("subject", "kind"),
        sa.Column("equipment_id", _row_id(), nullable=False),
        *_texts("modality", "body_part", "view_position", "laterality", "protocol_name"),
        sa.Column("exposed_at", sa.DateTime(timezone=False)),
        sa.Column("utc_offset_min", sa.Integer()),
        *_texts("intent"),
        sa.Column("quality_control", sa.Boolean()),
        *_numbers("tube_voltage_kv", "exposure_mas", "exposure_time_ms", "dap_gy_m2", "entrance_dose_mgy"),
        *_numbers("average_glandular_dose_mgy", "exposure_index", "target_exposure_index", "deviation_index"),
        *_texts("study_uid", "series_uid", "sop_class_uid", "irradiation_event_uid", "transfer_syntax_uid"),
        *_texts("patient_key", "operator_key"),
        *(sa.Column(name, sa.Integer()) for name in ("rows", "columns", "frames", "bits_stored")),
        *_required_text("header_json"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_objects")),
        sa.UniqueConstraint("subject", name=op.f("uq_objects_subject")),
        _reference("objects", "equipment_id", "equipment"),
    )
    _index("objects", "equipment_id", "exposed_at", "study_uid", "irradiation_event_uid", "patient_key")
    op.create_table(
        "files",
        sa.Column("id", _row_id(), nullable=False),
        *_required_text("archive_key", "relative_path"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("mtime_ns", sa.BigInteger(), nullable=False),
        *_required_text("digest", "subject", "status", "plan_digest"),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_files")),
        sa.UniqueConstraint("archive_key", "relative_path", name=op.f("uq_files_archive_key_relative_path")),
    )
    _index("files", "digest", "subject")


def _create_outcomes() -> None:
    op.create_table(
        "outcomes",
        sa.Column("id", _row_id(), nullable=False),
        *_required_text("subject", "procedure"),
        sa.Column("algorithm_version", sa.Integer(), nullable=False),
        *_required_text("parameter_digest", "kind", "reason", "message", "plan_digest"),
        sa.Column("object_id", _row_id()),
        sa.Column("run_id", _row_id(), nullable=False),
        sa.Column("created_at", _moment(), nullable=False),
        *_texts("result_type", "result_json"),
        sa.Column("result_npz", sa.LargeBinary()),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_outcomes")),
        sa.UniqueConstraint(
            "subject", "procedure", "algorithm_version", "parameter_digest", name=op.f("uq_outcomes_identity")
        ),
        _reference("outcomes", "object_id", "objects"),
        _reference("outcomes", "run_id", "runs"),
    )
    _index("outcomes", "procedure", "object_id", "run_id")


def _create_numbers(table: str) -> None:
    columns: list[sa.Column[str] | sa.Column[float]] = [
        *_required_text("quantity", "direction"),
        *_numbers("value"),
        *_required_text("unit"),
    ]
    if table == "verdicts":
        columns += _required_text("status")
        columns += _numbers("compared", "baseline")
        columns += _required_text("limit_id", "limit_procedure", "basis")
        columns += _numbers("warning_low", "warning_high", "fail_low", "fail_high")
        columns += _required_text("document", "edition", "confidence", "note")
    op.create_table(
        table,
        sa.Column("outcome_id", _row_id(), nullable=False),
        sa.Column("ordinal", sa.Integer(), nullable=False),
        *columns,
        sa.PrimaryKeyConstraint("outcome_id", "ordinal", name=op.f(f"pk_{table}")),
        _reference(table, "outcome_id", "outcomes"),
        sqlite_with_rowid=False,
    )
