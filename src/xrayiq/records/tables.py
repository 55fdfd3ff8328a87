"""The tables of a record store.

One row of ``objects`` per DICOM object, of ``files`` per file of an archive, of ``outcomes`` per subject, procedure,
algorithm version and parameter digest. Every foreign key is indexed. Text comes from the closed list of equipment,
protocol and anatomy attributes only; persons are keyed hashes; paths stand in ``files`` and nowhere else.
"""

from __future__ import annotations

from typing import Any, Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    Date,
    DateTime,
    Double,
    ForeignKey,
    Integer,
    LargeBinary,
    Table,
    Text,
    UniqueConstraint,
    text,
)

from xrayiq.records.column_types import ROW_ID, PathText, StorableText, UtcDateTime
from xrayiq.records.document_tables import DOSE_EVENTS as DOSE_EVENTS
from xrayiq.records.document_tables import REJECTS as REJECTS
from xrayiq.records.table_metadata import METADATA as METADATA
from xrayiq.records.trail_tables import EVENTS as EVENTS
from xrayiq.records.trail_tables import SEALS as SEALS

#: `status` is "running" until the run says how it ended, or until a later one finds that its `process` is gone
RUNS: Final = Table(
    "runs",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("started_at", UtcDateTime, nullable=False),
    Column("finished_at", UtcDateTime),
    Column("status", StorableText, nullable=False),
    Column("archive_key", StorableText, nullable=False, index=True),
    Column("xrayiq_version", StorableText, nullable=False),
    Column("kernel_digest", StorableText, nullable=False),
    Column("plan_digest", StorableText, nullable=False),
    Column("site_digest", StorableText, nullable=False),
    Column("counts", JSON, nullable=False),
    Column("process", StorableText, nullable=False, server_default=text("''")),
    Column("seal", Text, nullable=False, server_default=text("''")),
)

#: identity as headers give it; `identity` digests the other columns, because NULLs never conflict in a unique index
EQUIPMENT: Final = Table(
    "equipment",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("identity", StorableText, nullable=False, unique=True),
    Column("manufacturer", StorableText),
    Column("model", StorableText),
    Column("station_name", StorableText),
    Column("serial_number", StorableText, index=True),
    Column("detector_id", StorableText, index=True),
    Column("software_versions", StorableText),
    Column("institution", StorableText),
    Column("department", StorableText),
)

#: attributes of an acquisition that audits group and weigh by; `not_numbers` lists attributes whose text is no number
#: (keywords of the closed list, joined by commas), `header_checks` names the checks that found a problem, likewise;
#: NULL where nobody has checked it. No seal covers these columns: they must say what the
#: sealed `header_json` says
TOLD_NUMBERS: Final = (
    *("patient_age_years", "patient_weight_kg", "patient_size_m", "tube_current_ma", "focal_spot_mm"),
    *("source_detector_distance_mm", "source_patient_distance_mm", "filter_thickness_min_mm"),
    *("filter_thickness_max_mm", "relative_exposure", "sensitivity"),
    *("exposures_since_calibration", "exposures_since_manufacture"),
)
TOLD_TEXTS: Final = (
    *("patient_sex", "exposure_control_mode", "grid", "filter_material", "detector_type", "burned_in_annotation"),
)

#: `exposed_at` is the reading of the modality's own clock; `utc_offset_min` is known where the header states it.
#: `own_population` is what the object is by itself, `population` what it counts as beside the others of its exposure,
#: which have the same `exposure_key`; objects of stores older than these columns are "not_classed" until a run
OBJECTS: Final = Table(
    "objects",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("subject", StorableText, nullable=False, unique=True),
    Column("kind", StorableText, nullable=False),
    Column("equipment_id", ROW_ID, ForeignKey("equipment.id"), nullable=False, index=True),
    Column("modality", StorableText),
    Column("body_part", StorableText),
    Column("view_position", StorableText),
    Column("laterality", StorableText),
    Column("protocol_name", StorableText),
    Column("exposed_at", DateTime(timezone=False), index=True),
    Column("utc_offset_min", Integer),
    Column("intent", StorableText),
    Column("quality_control", Boolean),
    Column("tube_voltage_kv", Double),
    Column("exposure_mas", Double),
    Column("exposure_time_ms", Double),
    Column("dap_gy_m2", Double),
    Column("entrance_dose_mgy", Double),
    Column("average_glandular_dose_mgy", Double),
    Column("exposure_index", Double),
    Column("target_exposure_index", Double),
    Column("deviation_index", Double),
    Column("study_uid", StorableText, index=True),
    Column("series_uid", StorableText),
    Column("sop_class_uid", StorableText),
    Column("irradiation_event_uid", StorableText, index=True),
    Column("transfer_syntax_uid", StorableText),
    Column("patient_key", StorableText, index=True),
    Column("operator_key", StorableText),
    Column("rows", Integer),
    Column("columns", Integer),
    Column("frames", Integer),
    Column("bits_stored", Integer),
    Column("header_json", Text, nullable=False),
    Column("technique_key", StorableText, index=True),
    Column("own_population", StorableText, nullable=False, server_default=text("'not_classed'")),
    Column("exposure_key", StorableText, nullable=False, server_default=text("''"), index=True),
    Column("population", StorableText, nullable=False, server_default=text("'not_classed'")),
    Column("seal", Text, nullable=False, server_default=text("''")),
    Column("role_seal", Text, nullable=False, server_default=text("''")),
    *(Column(name, Double) for name in TOLD_NUMBERS),
    *(Column(name, StorableText) for name in TOLD_TEXTS),
    Column("is_test_patient", Boolean, nullable=False, server_default=text("false")),
    Column("not_numbers", StorableText),
    Column("header_checks", StorableText),
    Column("study_at", DateTime(timezone=False)),
)

FILES: Final = Table(
    "files",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("archive_key", StorableText, nullable=False),
    Column("relative_path", PathText, nullable=False),
    Column("size", BigInteger, nullable=False),
    Column("mtime_ns", BigInteger, nullable=False),
    Column("digest", StorableText, nullable=False, index=True),
    Column("subject", StorableText, nullable=False, index=True),
    Column("status", StorableText, nullable=False),
    Column("plan_digest", StorableText, nullable=False),
    Column("response_id", StorableText, nullable=False, server_default=text("''")),
    Column("response_mode", StorableText, nullable=False, server_default=text("''"), index=True),
    Column("seal", Text, nullable=False, server_default=text("''")),
    UniqueConstraint("archive_key", "relative_path"),
)

#: `object_id` is the object that the subject is or belongs to (of an acquisition set, its first); NULL for what is no
#: object. `plan_digest` is the last plan that the outcome was part of: under a later one of the same subject's file it
#: is superseded; empty where another outcome has taken its place under the same plan
OUTCOMES: Final = Table(
    "outcomes",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("subject", StorableText, nullable=False),
    Column("procedure", StorableText, nullable=False, index=True),
    Column("algorithm_version", Integer, nullable=False),
    Column("parameter_digest", StorableText, nullable=False),
    Column("kind", StorableText, nullable=False),
    Column("reason", StorableText, nullable=False),
    Column("message", StorableText, nullable=False),
    Column("plan_digest", StorableText, nullable=False),
    Column("object_id", ROW_ID, ForeignKey("objects.id"), index=True),
    Column("run_id", ROW_ID, ForeignKey("runs.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    Column("result_type", StorableText),
    Column("result_json", Text),
    Column("result_npz", LargeBinary),
    Column("standing_seal", Text, nullable=False, server_default=text("''")),
    UniqueConstraint("subject", "procedure", "algorithm_version", "parameter_digest", name="uq_outcomes_identity"),
)

#: `ordinal` keeps the order of the result, headline numbers first; a `value` of NULL is NaN
MEASUREMENTS: Final = Table(
    "measurements",
    METADATA,
    Column("outcome_id", ROW_ID, ForeignKey("outcomes.id"), primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("quantity", StorableText, nullable=False),
    Column("direction", StorableText, nullable=False),
    Column("value", Double),
    Column("unit", StorableText, nullable=False),
    sqlite_with_rowid=False,
)


def _judged() -> tuple[Column[Any], ...]:
    """The number that was judged, and the limit as it was that day."""
    return (
        Column("quantity", StorableText, nullable=False),
        Column("direction", StorableText, nullable=False),
        Column("value", Double),
        Column("unit", StorableText, nullable=False),
        Column("status", StorableText, nullable=False),
        Column("compared", Double),
        Column("baseline", Double),
        Column("limit_id", StorableText, nullable=False),
        Column("limit_procedure", StorableText, nullable=False),
        Column("basis", StorableText, nullable=False),
        Column("warning_low", Double),
        Column("warning_high", Double),
        Column("fail_low", Double),
        Column("fail_high", Double),
        Column("document", StorableText, nullable=False),
        Column("edition", StorableText, nullable=False),
        Column("confidence", StorableText, nullable=False),
        Column("note", StorableText, nullable=False),
        *(
            Column(f"limit_{name}", StorableText, nullable=False, server_default=text("''"))
            for name in ("site", "room", "unit", "reason", "author")
        ),
    )


#: verdicts that were made with their outcome
VERDICTS: Final = Table(
    "verdicts",
    METADATA,
    Column("outcome_id", ROW_ID, ForeignKey("outcomes.id"), primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    *_judged(),
    sqlite_with_rowid=False,
)

#: verdicts relative to a baseline, made at the end of the run `run_id`; one for each outcome, number and limit
BASELINE_VERDICTS: Final = Table(
    "baseline_verdicts",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("outcome_id", ROW_ID, ForeignKey("outcomes.id"), nullable=False),
    Column("run_id", ROW_ID, ForeignKey("runs.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
    *_judged(),
    UniqueConstraint("outcome_id", "quantity", "direction", "limit_id", name="uq_baseline_verdicts_judged"),
)

#: acquisition sets in the order they were measured: of one group the last row counts. `members` are (subject, kerma in
#: µGy, its source); `subjects` are those of the set's outcomes;
#: `response_id` is the response that was given to it, where it tells none itself
SETS: Final = Table(
    "sets",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("subject", StorableText, nullable=False, index=True),
    Column("group_key", StorableText, nullable=False, index=True),
    Column("day", Date, nullable=False),
    Column("beam", StorableText, nullable=False),
    Column("members", JSON, nullable=False),
    Column("subjects", JSON, nullable=False),
    Column("plan_digest", StorableText, nullable=False),
    Column("response_id", StorableText, nullable=False),
    Column("object_id", ROW_ID, ForeignKey("objects.id"), nullable=False, index=True),
    Column("run_id", ROW_ID, ForeignKey("runs.id"), nullable=False, index=True),
    Column("created_at", UtcDateTime, nullable=False),
)

#: responses told from sets; valid from `valid_from` until that of the next one of the same mode
RESPONSES: Final = Table(
    "responses",
    METADATA,
    Column("id", ROW_ID, primary_key=True),
    Column("mode", StorableText, nullable=False, index=True),
    Column("valid_from", Date, nullable=False),
    Column("response_id", StorableText, nullable=False),
    Column("model", StorableText, nullable=False),
    Column("a", Double, nullable=False),
    Column("b", Double, nullable=False),
    Column("c", Double, nullable=False),
    Column("kerma_min_ugy", Double, nullable=False),
    Column("kerma_max_ugy", Double, nullable=False),
    Column("set_id", ROW_ID, ForeignKey("sets.id"), nullable=False, index=True),
    Column("object_id", ROW_ID, ForeignKey("objects.id"), nullable=False, index=True),
)
