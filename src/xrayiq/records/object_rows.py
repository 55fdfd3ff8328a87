"""Rows of objects and of the equipment that made them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from xrayiq.model import Acquisition, Equipment, ObjectHeader, Population, technique_key
from xrayiq.records.column_types import text_as_stored
from xrayiq.records.outcome_rows import Row, plain_number
from xrayiq.records.packing import PackedHeader
from xrayiq.records.tables import OBJECTS, TOLD_NUMBERS, TOLD_TEXTS

#: attributes of an acquisition that are columns of their own, under the same name
_ACQUISITION_COLUMNS: Final = tuple(
    name
    for name in Acquisition.__dataclass_fields__
    if name in OBJECTS.columns and name not in ("exposed_at", "quality_control_image")
)
_HEADER_COLUMNS: Final = tuple(
    name for name in ObjectHeader.__dataclass_fields__ if name in OBJECTS.columns and name != "subject"
)


def equipment_row(equipment: Equipment) -> Row:
    """Row of an equipment identity; software versions joined as DICOM joins them, by a backslash."""
    row: Row = {name: getattr(equipment, name) for name in Equipment.__slots__}
    row["software_versions"] = "\\".join(equipment.software_versions) or None
    canonical = json.dumps(row, sort_keys=True)
    return {"identity": hashlib.sha256(canonical.encode()).hexdigest(), **row}


def object_row(packed: PackedHeader, kind: str, equipment_id: int, population: Population) -> Row:
    """Row of an object as an exposure of its own, with its whole header as JSON."""
    header = packed.header
    acquisition = header.acquisition
    moment = acquisition.exposed_at
    offset = None if moment is None else moment.utcoffset()
    control = acquisition.quality_control_image
    row: Row = {"subject": header.subject, "kind": kind, "equipment_id": equipment_id}
    row |= {name: plain_number(getattr(header, name)) for name in _HEADER_COLUMNS}
    row |= {name: plain_number(getattr(acquisition, name)) for name in _ACQUISITION_COLUMNS}
    row["exposed_at"] = None if moment is None else moment.replace(tzinfo=None)
    row["utc_offset_min"] = None if offset is None else round(offset.total_seconds() / 60)
    row["quality_control"] = None if control is None else control.upper() == "YES"
    row["not_numbers"] = ",".join(header.detail.not_numbers) or None
    row["header_checks"] = None if header.checks is None else ",".join(header.checks)
    row["study_at"] = header.detail.study_at
    row["header_json"] = packed.text
    row |= {"own_population": population, "population": population, "exposure_key": header.subject}
    row["technique_key"] = technique_key(header) if population == "clinical" else None
    return row


def repeats_header(row: Mapping[str, Any], _: Mapping[str, Sequence[Row]]) -> bool:
    """Whether the columns of an object that no seal covers say what its header says."""
    header = json.loads(row["header_json"])
    told = header.get("acquisition", {})
    numbers = all(row[name] == told.get(name) for name in TOLD_NUMBERS)
    texts = all(row[name] == (None if told.get(name) is None else text_as_stored(told[name])) for name in TOLD_TEXTS)
    detail = header.get("detail", {})
    listed, checks = ",".join(detail.get("not_numbers", ())) or None, header.get("checks")
    study_at = None if row["study_at"] is None else row["study_at"].isoformat()
    return (
        numbers
        and texts
        and row["not_numbers"] == listed
        and row["header_checks"] == (None if checks is None else ",".join(checks))
        and study_at == detail.get("study_at")
        and row["is_test_patient"] == header.get("is_test_patient", False)
    )
