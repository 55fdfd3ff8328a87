"""Content items of structured reports (DICOM PS3.3)."""

from __future__ import annotations

import datetime

from pydicom.dataset import Dataset

from xrayiq_phantoms.dicom_values import code_item, decimal_string

#: value and meaning of a code of the DICOM scheme
Code = tuple[str, str]


def template_item(identifier: str) -> Dataset:
    """Reference to a DICOM template."""
    item = Dataset()
    item.MappingResource = "DCMR"
    item.TemplateIdentifier = identifier
    return item


def content_item(relationship: str, value_type: str, concept: Dataset) -> Dataset:
    """Content item without its value: relationship, value type and concept name."""
    item = Dataset()
    item.RelationshipType = relationship
    item.ValueType = value_type
    item.ConceptNameCodeSequence = [concept]
    return item


def coded_item(relationship: str, concept: Code, value: Code) -> Dataset:
    """Content item whose value is a code of the DICOM scheme."""
    item = content_item(relationship, "CODE", code_item(*concept, "DCM"))
    item.ConceptCodeSequence = [code_item(*value, "DCM")]
    return item


def uid_item(relationship: str, concept: Code, uid: str) -> Dataset:
    """Content item whose value is a unique identifier."""
    item = content_item(relationship, "UIDREF", code_item(*concept, "DCM"))
    item.UID = uid
    return item


def started_item(at: datetime.datetime) -> Dataset:
    """Moment that an irradiation event started."""
    item = content_item("CONTAINS", "DATETIME", code_item("111526", "DateTime Started", "DCM"))
    item.DateTime = at.strftime("%Y%m%d%H%M%S.%f")
    return item


def container_item(concept: Code, template: str) -> Dataset:
    """Container that follows a template."""
    item = content_item("CONTAINS", "CONTAINER", code_item(*concept, "DCM"))
    item.ContinuityOfContent = "SEPARATE"
    item.ContentTemplateSequence = [template_item(template)]
    return item


def number_item(concept: Code, value: float, unit: str, meaning: str = "") -> Dataset:
    """Content item whose value is a number with a UCUM unit."""
    item = content_item("CONTAINS", "NUM", code_item(*concept, "DCM"))
    measured = Dataset()
    measured.NumericValue = decimal_string(value)
    measured.MeasurementUnitsCodeSequence = [code_item(unit, meaning or unit, "UCUM")]
    item.MeasuredValueSequence = [measured]
    return item


def private_item(scheme: str, concept: Code, value: float, unit: str) -> Dataset:
    """Content item of a maker's own scheme whose value is a number."""
    item = number_item(concept, value, unit)
    item.ConceptNameCodeSequence = [code_item(*concept, scheme)]
    return item


def other_item(concept: Code, value: Code, scheme: str) -> Dataset:
    """Content item named by the DICOM scheme whose value is a code of another."""
    item = content_item("CONTAINS", "CODE", code_item(*concept, "DCM"))
    item.ConceptCodeSequence = [code_item(*value, scheme)]
    return item


def text_item(concept: Code, text: str) -> Dataset:
    """Content item whose value is a text."""
    item = content_item("CONTAINS", "TEXT", code_item(*concept, "DCM"))
    item.TextValue = text
    return item
