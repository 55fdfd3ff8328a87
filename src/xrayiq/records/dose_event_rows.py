"""Irradiation events of stored dose reports and performed steps as rows, out of the result's own JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, Final

from xrayiq.model import DoseEvent, StepExposure, events_of_step, unpack
from xrayiq.records.column_types import text_as_stored
from xrayiq.records.outcome_rows import Row, plain_number

#: reader of dose reports from which on events have rows
FIRST_VERSION: Final = 2
#: type of the results that are performed steps
STEP: Final = "PerformedStep"
#: columns that are fields of an event, or of the group of fields that is named
_FIELDS: Final = {
    "": (
        *("irradiation_event_uid", "acquired_image_uid", "protocol", "operator_key", "dap_gy_m2"),
        *("reference_point_kerma_mgy", "entrance_dose_mgy", "average_glandular_dose_mgy", "tube_voltage_kv"),
        *("tube_current_ma", "exposure_mas", "exposure_time_ms", "exposure_index", "target_exposure_index"),
        *("deviation_index", "field_area_at_1_m_mm2", "is_rejected", "reference_point_distance_mm"),
    ),
    "geometry": ("source_detector_distance_mm",),
    "beam": (
        *("half_value_layer_mm", "filter_material", "filter_thickness_min_mm", "filter_thickness_max_mm"),
        "added_copper_mm",
    ),
}
#: columns that are the code value of a field
_CODES: Final = ("plane", "event_type", "target_region", "laterality", "view", "rejection_reason")


def has_events(outcome: Mapping[str, Any]) -> bool:
    """Whether an outcome is a dose report or a performed step whose events have rows."""
    is_report = outcome["result_type"] == "DoseReport" and outcome["algorithm_version"] >= FIRST_VERSION
    return bool(is_report or outcome["result_type"] == STEP)


def dose_event_rows(outcome_id: int, outcome: Mapping[str, Any]) -> list[Row]:
    """Rows of the events of a stored outcome in the order of its report; none where it is no dose report."""
    if not has_events(outcome):
        return []
    told = json.loads(outcome["result_json"])
    if outcome["result_type"] == STEP:
        events = events_of_step(
            [unpack(StepExposure, exposure, {}) for exposure in told.get("exposures", ())],
            image_uids=told.get("image_uids", ()),
            total_dap_gy_m2=told.get("total_dap_gy_m2"),
        )
    else:
        events = tuple(unpack(DoseEvent, event, {}) for event in told.get("events", ()))
    return [{"outcome_id": outcome_id, "ordinal": ordinal} | _row(event) for ordinal, event in enumerate(events)]


def _row(event: DoseEvent) -> Row:
    moment = event.started_at
    row: Row = {"started_at": None if moment is None else moment.replace(tzinfo=None)}
    for group, names in _FIELDS.items():
        holder = getattr(event, group) if group else event
        row |= {name: None if holder is None else _stored(getattr(holder, name)) for name in names}
    for name in _CODES:
        code = getattr(event, name)
        row[name] = None if code is None else text_as_stored(code[0])
    return row


def _stored(value: Any) -> Any:
    return text_as_stored(value) if isinstance(value, str) else plain_number(value)
