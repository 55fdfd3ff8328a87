"""Projection X-ray radiation dose reports (DICOM PS3.16, TID 10001): events and totals by code value."""

from __future__ import annotations

from typing import Final

from xrayiq.dicom.content import Code, ContentItem, content_tree
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.faults import guarded
from xrayiq.dicom.header import dataset_header
from xrayiq.dicom.moments import parse_datetime
from xrayiq.dicom.opening import Source, open_object
from xrayiq.errors import NotMeasurableError
from xrayiq.model import DoseEvent, DoseReport, DoseReportFault
from xrayiq.units import UnknownUnitError, to_inside_unit

_ROOT: Final = "113701"
_ACCUMULATED: Final = "113702"
_EVENT: Final = "113706"
_CT_EVENT: Final = "113819"
_PROCEDURE_REPORTED: Final = "121058"
#: CT as the procedure reported (SRT, SCT)
_CT_PROCEDURES: Final = frozenset({"P5-08000", "77477000"})
#: both breasts (SRT, SCT)
_BOTH_BREASTS: Final = frozenset({"T-04080", "63762007"})
#: laterality as a concept name (SRT, SCT)
_LATERALITY: Final = frozenset({"G-C171", "272741003"})
_DAP_TOTAL: Final = "113722"
_KERMA_TOTAL: Final = "113725"
_GLANDULAR_TOTAL: Final = "111637"

#: field of an event: (code values in order of preference, dimension, what several values of one event give)
_EVENT_NUMBERS: Final = {
    "dap_gy_m2": (("122130",), "dose_area_product", "first"),
    "reference_point_kerma_mgy": (("113738",), "kerma", "first"),
    "entrance_dose_mgy": (("111636",), "kerma", "first"),
    "average_glandular_dose_mgy": (("111631",), "kerma", "first"),
    "tube_voltage_kv": (("113733",), "voltage", "mean"),
    "tube_current_ma": (("113734",), "current", "mean"),
    "exposure_mas": (("113736",), "exposure", "sum"),
    "exposure_time_ms": (("113824", "113735"), "time", "sum"),
    "exposure_index": (("113845",), "number", "first"),
    "target_exposure_index": (("113846",), "number", "first"),
    "deviation_index": (("113847",), "number", "first"),
    "collimated_field_area_mm2": (("113790",), "area", "first"),
    "collimated_field_height_mm": (("113788",), "length", "first"),
    "collimated_field_width_mm": (("113789",), "length", "first"),
}


def read_dose_report(source: Source) -> DoseReport:
    """Events and totals of a projection X-ray radiation dose report.

    Items are found by code value and converted by the code value of their unit. What cannot be taken (no measured
    value, an unknown unit, a number that is none) becomes a fault of the report; the rest is kept.

    Parameters
    ----------
    source : path, bytes, binary file object or pydicom Dataset
        The report.

    Returns
    -------
    DoseReport
        Events in the order of the report; totals as the report states them, summed over planes where it holds an
        accumulated block for each, and over breasts where it states no total of both. Several values of one event
        (one per pulse) give their mean for tube voltage and current, their sum for exposure and exposure time.

    Raises
    ------
    ReadError
        One of its kinds: the source is no DICOM object or is damaged.
    NotMeasurableError
        The object is no such report (``not_a_dose_report``), or one of CT (``ct_dose_report``).
    """
    dataset, name = open_object(source)
    with guarded(name):
        if not Elements((dataset,)).has("ContentSequence"):
            raise _no_dose_report("an object without structured content", name)
        root = content_tree(dataset, name)
        _require_projection(root, name)
        faults: list[DoseReportFault] = []
        events = tuple(_event(item, faults) for item in root.walk() if item.is_named(_EVENT))
        if not events:
            faults.append(DoseReportFault(path=_ROOT, message="no irradiation event; needed at least one"))
        blocks = root.named(_ACCUMULATED) or tuple(item for item in root.walk() if item.is_named(_ACCUMULATED))
        return DoseReport(
            header=dataset_header(dataset, None, name),
            events=events,
            total_dap_gy_m2=_total(blocks, _DAP_TOTAL, "dose_area_product", faults),
            total_reference_point_kerma_mgy=_total(blocks, _KERMA_TOTAL, "kerma", faults),
            total_average_glandular_dose_mgy=_total(blocks, _GLANDULAR_TOTAL, "kerma", faults),
            faults=tuple(faults),
        )


def _no_dose_report(found: str, name: str) -> NotMeasurableError:
    return NotMeasurableError(
        "not_a_dose_report",
        found,
        needed="an X-ray radiation dose report (TID 10001)",
        remedy="images are read by read",
        source=name,
    )


def _require_projection(root: ContentItem, name: str) -> None:
    if not root.is_named(_ROOT):
        raise _no_dose_report(f"a report named {root.concept[2] or 'nothing'} ({root.concept[0] or 'no code'})", name)
    procedures = {item.coded[0] for item in root.named(_PROCEDURE_REPORTED) if item.coded}
    if procedures & _CT_PROCEDURES or root.named(_CT_EVENT):
        raise NotMeasurableError(
            "ct_dose_report", "a CT dose report", needed="a projection X-ray dose report (TID 10001)", source=name
        )


def _event(item: ContentItem, faults: list[DoseReportFault]) -> DoseEvent:
    path = f"{_ROOT}/{_EVENT}"
    below = tuple(item.walk())
    numbers: dict[str, float | None] = {}
    for field, (codes, dimension, combine) in _EVENT_NUMBERS.items():
        found = next((items for code in codes if (items := _outermost(item, below, code))), ())
        values = [value for one in found if (value := _value(one, dimension, path, faults)) is not None]
        if combine == "first" and len(values) > 1:
            faults.append(_fault(path, found[0], f"{len(values)} values in one event; needed one, the first was taken"))
        numbers[field] = _combined(values, combine)
    started = next((one.text for one in below if one.is_named("111526")), None)
    return DoseEvent(
        irradiation_event_uid=_text(below, "113769", "UIDREF"),
        started_at=parse_datetime(started) if started else None,
        plane=_coded(below, "113764"),
        event_type=_coded(below, "113721"),
        target_region=_coded(below, "123014"),
        protocol=_text(below, "125203", "TEXT"),
        acquired_image_uid=_text(below, "113795", "IMAGE"),
        **numbers,
    )


def _outermost(item: ContentItem, below: tuple[ContentItem, ...], code: str) -> tuple[ContentItem, ...]:
    """Direct children of this name; where there are none, those further down."""
    return item.named(code) or tuple(one for one in below if one.is_named(code))


def _combined(values: list[float], combine: str) -> float | None:
    if not values:
        return None
    if combine == "first":
        return values[0]
    return sum(values) / (len(values) if combine == "mean" else 1)


def _coded(items: tuple[ContentItem, ...], code: str) -> Code | None:
    return next((item.coded for item in items if item.is_named(code) and item.coded), None)


def _text(items: tuple[ContentItem, ...], code: str, kind: str) -> str | None:
    return next((item.text for item in items if item.is_named(code) and item.kind == kind and item.text), None)


def _total(blocks: tuple[ContentItem, ...], code: str, dimension: str, faults: list[DoseReportFault]) -> float | None:
    """Sum over the accumulated blocks; of one block the outermost item, in mammography those of both breasts."""
    path = f"{_ROOT}/{_ACCUMULATED}"
    total: float | None = None
    for block in blocks:
        found = _outermost(block, tuple(block.walk()), code)
        both = [item for item in found if _laterality(item) in _BOTH_BREASTS]
        sides = {_laterality(item): item for item in reversed(both[:1] or found)}
        if len(sides) < len(both[:1] or found):
            faults.append(_fault(path, found[0], f"{len(found)} totals in one block; needed one, the first was taken"))
        for item in sides.values():
            value = _value(item, dimension, path, faults)
            total = total if value is None else (total or 0.0) + value
    return total


def _laterality(item: ContentItem) -> str:
    return next((child.coded[0] for child in item.children if child.concept[0] in _LATERALITY and child.coded), "")


def _value(item: ContentItem, dimension: str, path: str, faults: list[DoseReportFault]) -> float | None:
    if not item.measured:
        faults.append(_fault(path, item, "no measured value"))
    elif item.number is None:
        faults.append(_fault(path, item, "the measured value is no number"))
    else:
        try:
            return to_inside_unit(item.number, item.unit, dimension)
        except UnknownUnitError as error:
            faults.append(_fault(path, item, str(error)))
    return None


def _fault(path: str, item: ContentItem, message: str) -> DoseReportFault:
    return DoseReportFault(path=f"{path}/{item.concept[0]}", message=message)
