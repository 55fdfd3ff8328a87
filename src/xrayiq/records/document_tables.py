"""Tables of what documents tell: events of dose reports and steps, and rejects of key objects and logs.

Their rows repeat what the sealed result of the document's outcome says, one row each, so that it can be asked for.
"""

from __future__ import annotations

from typing import Final

from sqlalchemy import Boolean, Column, DateTime, Double, ForeignKey, Integer, Table

from xrayiq.records.column_types import ROW_ID, StorableText
from xrayiq.records.table_metadata import METADATA

#: irradiation events of dose reports. No seal covers these rows: they must say what the sealed `result_json` says.
#: Codes are code values; `started_at` is the reading of the unit's own clock
DOSE_EVENTS: Final = Table(
    "dose_events",
    METADATA,
    Column("outcome_id", ROW_ID, ForeignKey("outcomes.id"), primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("irradiation_event_uid", StorableText, index=True),
    Column("acquired_image_uid", StorableText),
    Column("started_at", DateTime(timezone=False)),
    *(Column(name, StorableText) for name in ("plane", "event_type", "target_region", "laterality", "view")),
    Column("protocol", StorableText),
    Column("operator_key", StorableText),
    *(
        Column(name, Double)
        for name in (
            *("dap_gy_m2", "reference_point_kerma_mgy", "entrance_dose_mgy", "average_glandular_dose_mgy"),
            *("tube_voltage_kv", "tube_current_ma", "exposure_mas", "exposure_time_ms", "exposure_index"),
            *("target_exposure_index", "deviation_index", "field_area_at_1_m_mm2", "source_detector_distance_mm"),
            "half_value_layer_mm",
        )
    ),
    Column("is_rejected", Boolean),
    Column("rejection_reason", StorableText),
    Column("filter_material", StorableText),
    *(
        Column(name, Double)
        for name in (
            *("filter_thickness_min_mm", "filter_thickness_max_mm", "added_copper_mm"),
            "reference_point_distance_mm",
        )
    ),
    sqlite_with_rowid=False,
)

#: exposures that key objects and makers' logs tell to be rejected, or accepted (`is_rejected`). No seal covers these
#: rows: they must say what the sealed `result_json` says. Codes are code values; `exposed_at` is the unit's own clock
REJECTS: Final = Table(
    "rejects",
    METADATA,
    Column("outcome_id", ROW_ID, ForeignKey("outcomes.id"), primary_key=True, autoincrement=False),
    Column("ordinal", Integer, primary_key=True, autoincrement=False),
    Column("source", StorableText, nullable=False),
    Column("title", StorableText, nullable=False),
    Column("image_uid", StorableText, index=True),
    Column("event_uid", StorableText, index=True),
    Column("study_uid", StorableText),
    Column("exposed_at", DateTime(timezone=False)),
    Column("is_rejected", Boolean, nullable=False),
    Column("has_text", Boolean, nullable=False),
    *(Column(name, StorableText) for name in ("code", "category", "reason", "body_part", "view_position")),
    *(Column(name, StorableText) for name in ("laterality", "protocol_name", "exposure_control_mode", "grid")),
    *(Column(name, StorableText) for name in ("patient_key", "operator_key")),
    *(
        Column(name, Double)
        for name in (
            *("patient_age_years", "tube_voltage_kv", "exposure_mas", "exposure_time_ms", "dap_gy_m2"),
            *("exposure_index", "target_exposure_index", "deviation_index", "source_detector_distance_mm"),
        )
    ),
    sqlite_with_rowid=False,
)
