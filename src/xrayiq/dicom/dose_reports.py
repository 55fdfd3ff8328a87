"""X-ray radiation dose reports (DICOM PS3.16, TID 10001 and TID 10011): events and totals by code value."""

from __future__ import annotations

from typing import Final

from xrayiq.dicom.content import ContentItem, content_tree
from xrayiq.dicom.dose_events import read_event, read_tomography_event
from xrayiq.dicom.dose_form import form_faults, order_faults
from xrayiq.dicom.dose_items import ContainerItems
from xrayiq.dicom.dose_totals import contradictions, counted_blocks, read_accumulated, summed
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.faults import guarded
from xrayiq.dicom.header import object_header
from xrayiq.dicom.opening import OpenedHeader, Source, opened_document
from xrayiq.errors import NotMeasurableError
from xrayiq.model import DoseReport, DoseReportFault
from xrayiq.model.dose_report import DoseReportKind

_ROOT: Final = "113701"
#: accumulated blocks and events: of projection, also in the enhanced form, and of CT
_ACCUMULATED: Final = ("113702", "130500")
_EVENTS: Final = ("113706", "130501")
_CT_ACCUMULATED: Final = ("113811",)
_CT_EVENTS: Final = ("113819",)
_PROCEDURE_REPORTED: Final = "121058"
_SCOPE: Final = "113705"
_DOSE_SOURCE: Final = "113854"
#: procedures reported (SRT, SCT) that are no other projection
_PROCEDURES: Final[dict[str, DoseReportKind]] = {
    "P5-08000": "computed_tomography",
    "77477000": "computed_tomography",
    "P5-40010": "mammography",
    "71651007": "mammography",
}


def read_dose_report(source: Source, *, key: bytes | None = None) -> DoseReport:
    """Events and totals of an X-ray radiation dose report.

    Items are found by code value and scheme and converted by the code value of their unit. What cannot be taken (no
    measured value, an unknown unit, a number that is none) becomes a fault of the report; the rest is kept. So do
    totals that the events contradict by more than the digits they are written with: nothing is corrected.

    Parameters
    ----------
    source : path, bytes, binary file object or pydicom Dataset
        The report, of any of the classes of structured reports. Of the enhanced form (TID 10040) what it has in common
        with the other is read; no real report of it was at hand.
    key : bytes, optional
        Secret key (`xrayiq.key_file.load_key`) for the hashes that stand for patient and operators.

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
        The object is no such report (``not_a_dose_report``).
    """
    opened = opened_document(source)
    with guarded(opened.name):
        if not Elements((opened.content,)).has("ContentSequence"):
            raise _no_dose_report("an object without structured content", opened.name)
        root = content_tree(opened.content)
        if not root.is_named(_ROOT):
            found = f"a report named by {f'code {root.concept[0]}' if root.concept[0] else 'no code'}"
            raise _no_dose_report(found, opened.name)
        return _report(root, opened, key)


def _report(root: ContentItem, opened: OpenedHeader, key: bytes | None) -> DoseReport:
    faults: list[DoseReportFault] = list(form_faults(root))
    kind = _kind(root)
    tomography = kind == "computed_tomography"
    event_codes, block_codes = (_CT_EVENTS, _CT_ACCUMULATED) if tomography else (_EVENTS, _ACCUMULATED)
    read = read_tomography_event if tomography else read_event
    event_items = _named(root, event_codes)
    events = [read(item, faults, key) for item in event_items]
    if not events:
        faults.append(DoseReportFault(path=_ROOT, message="no irradiation event; needed at least one"))
    block_items = [item for code in block_codes for item in root.named(code)] or _named(root, block_codes)
    blocks = tuple(read_accumulated(item, faults) for item in block_items)
    faults += order_faults(event_items, events)
    faults += contradictions(block_items, blocks, list(zip(event_items, events, strict=True)))
    own = ContainerItems(root, faults, "report")
    scope = next(iter(root.named(_SCOPE)), None)
    counted = counted_blocks(blocks)
    return DoseReport(
        header=object_header(opened, key),
        kind=kind,
        events=tuple(events),
        planes=blocks,
        total_dap_gy_m2=summed(counted, "dap_gy_m2"),
        total_reference_point_kerma_mgy=summed(counted, "reference_point_kerma_mgy"),
        total_average_glandular_dose_mgy=summed(counted, "average_glandular_dose_mgy"),
        total_fluoro_time_s=summed(counted, "fluoro_time_s"),
        total_radiographic_frames=summed(counted, "radiographic_frames"),
        total_dose_length_product_mgy_cm=summed(counted, "dose_length_product_mgy_cm"),
        scope=None if scope is None else scope.coded,
        scope_uid=None
        if scope is None
        else next((item.text for item in scope.children if item.kind == "UIDREF"), None),
        dose_sources=own.codes(_DOSE_SOURCE),
        has_template=Elements((opened.content,)).has("ContentTemplateSequence"),
        faults=tuple(dict.fromkeys(faults)),
    )


def _named(root: ContentItem, codes: tuple[str, ...]) -> list[ContentItem]:
    return [item for item in root.walk() if any(item.is_named(code) for code in codes)]


def _no_dose_report(found: str, name: str) -> NotMeasurableError:
    return NotMeasurableError(
        "not_a_dose_report",
        found,
        needed="an X-ray radiation dose report (TID 10001) or one of CT (TID 10011)",
        remedy="images are read by read",
        source=name,
    )


def _kind(root: ContentItem) -> DoseReportKind:
    told = [
        _PROCEDURES[item.coded[0]]
        for item in root.named(_PROCEDURE_REPORTED)
        if item.coded and item.coded[0] in _PROCEDURES
    ]
    if told:
        return told[0]
    tomography = _named(root, (*_CT_EVENTS, *_CT_ACCUMULATED))
    return "computed_tomography" if tomography else "projection"
