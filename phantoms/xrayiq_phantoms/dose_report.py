"""X-ray radiation dose reports of projection radiography (DICOM PS3.16, TID 10001)."""

from __future__ import annotations

import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence
from pydicom.uid import UID

from xrayiq_phantoms.dicom_modules import write_identity
from xrayiq_phantoms.dicom_values import (
    BODY_PARTS,
    SIMULATED_START,
    Equipment,
    Examination,
    Identifiers,
    code_item,
    simulated_uid,
)
from xrayiq_phantoms.dicom_writer import CR_CLASS, DX_PRESENTATION_CLASS, DX_PROCESSING_CLASS, file_meta
from xrayiq_phantoms.report_items import (
    Code,
    coded_item,
    container_item,
    content_item,
    number_item,
    started_item,
    template_item,
    uid_item,
)

DOSE_REPORT_CLASS: Final = UID("1.2.840.10008.5.1.4.1.1.88.67")
_IMAGE_CLASSES: Final = (CR_CLASS, DX_PRESENTATION_CLASS, DX_PROCESSING_CLASS)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedEvent:
    """One irradiation event as a dose report states it; None leaves the item out.

    Units are those of the names; the report gets Gy·m², Gy, kV, mA, ms, µA·s, mm and m². Where the series of the
    acquired image is not given, it is that of the report's own identifiers.
    """

    event_uid: str
    started_at: datetime.datetime = SIMULATED_START
    protocol_name: str | None = None
    body_part: str | None = None
    dap_gy_m2: float | None = None
    reference_point_dose_gy: float | None = None
    tube_voltage_kv: float | None = None
    tube_current_ma: float | None = None
    exposure_mas: float | None = None
    exposure_time_ms: float | None = None
    exposure_index: float | None = None
    target_exposure_index: float | None = None
    deviation_index: float | None = None
    field_area_mm2: float | None = None
    field_height_mm: float | None = None
    field_width_mm: float | None = None
    source_detector_distance_mm: float | None = None
    operator_name: str | None = None
    image_uid: str | None = None
    image_class_uid: str = DX_PROCESSING_CLASS
    image_series_uid: str | None = None


def write_dose_report(
    path: str | Path | None,
    *,
    events: Iterable[ReportedEvent],
    equipment: Equipment | None = None,
    examination: Examination | None = None,
    identifiers: Identifiers | None = None,
    reported_at: datetime.datetime = SIMULATED_START,
    total_dap_gy_m2: float | None = None,
    total_reference_point_dose_gy: float | None = None,
) -> Dataset:
    """X-ray radiation dose SR of a study in projection radiography.

    Parameters
    ----------
    path : path or None
        File to write; None only builds the dataset.
    events : iterable of ReportedEvent
        Irradiation events in the order of the report.
    equipment, examination, identifiers : optional
        What the header says; the defaults are simulated values.
    reported_at : datetime
        Moment of the report.
    total_dap_gy_m2, total_reference_point_dose_gy : float, optional
        Accumulated values; where not given, the sums over the events.

    Returns
    -------
    Dataset
        The report with its file meta information, as written.

    Raises
    ------
    ValueError
        There is no event, or an event refers to an image of an unknown class.
    """
    listed = tuple(events)
    if not listed:
        raise ValueError("dose report without events; needed at least one")
    unknown = [
        event.image_class_uid for event in listed if event.image_uid and event.image_class_uid not in _IMAGE_CLASSES
    ]
    if unknown:
        raise ValueError(f"acquired image of class {unknown[0]}; needed DX or CR")
    equipment = equipment or Equipment()
    identifiers = identifiers or Identifiers()
    dataset = report_document(equipment, examination or Examination(), identifiers, reported_at)
    if total_dap_gy_m2 is None:
        total_dap_gy_m2 = math.fsum(event.dap_gy_m2 or 0.0 for event in listed)
    if total_reference_point_dose_gy is None:
        total_reference_point_dose_gy = math.fsum(event.reference_point_dose_gy or 0.0 for event in listed)
    scope = coded_item("HAS OBS CONTEXT", ("113705", "Scope of Accumulation"), ("113014", "Study"))
    scope.ContentSequence = [uid_item("HAS PROPERTIES", ("110180", "Study Instance UID"), identifiers.study_uid)]
    procedure = coded_item("HAS CONCEPT MOD", ("121058", "Procedure reported"), ("113704", "Projection X-Ray"))
    intent = content_item("HAS CONCEPT MOD", "CODE", code_item("363703001", "Has Intent"))
    intent.ConceptCodeSequence = [code_item("261004008", "Diagnostic Intent")]
    procedure.ContentSequence = [intent]
    observer = simulated_uid("device", equipment.serial_number)
    dataset.ContentSequence = [
        procedure,
        coded_item("HAS OBS CONTEXT", ("121005", "Observer Type"), ("121007", "Device")),
        uid_item("HAS OBS CONTEXT", ("121012", "Device Observer UID"), observer),
        scope,
        _accumulated(total_dap_gy_m2, total_reference_point_dose_gy, len(listed)),
        *(_event(event) for event in listed),
        coded_item("CONTAINS", ("113854", "Source of Dose Information"), ("113856", "Automated Data Collection")),
    ]
    _write_evidence(dataset, listed, identifiers)
    dataset.file_meta = file_meta(dataset, "explicit")
    if path is not None:
        dataset.save_as(path, enforce_file_format=True)
    return dataset


def report_document(
    equipment: Equipment, examination: Examination, identifiers: Identifiers, reported_at: datetime.datetime
) -> Dataset:
    """Dose report without content."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    write_identity(dataset, examination, identifiers, reported_at)
    for keyword in ("IrradiationEventUID", "AcquisitionNumber", "AcquisitionDate", "AcquisitionTime"):
        delattr(dataset, keyword)
    del dataset.AcquisitionDateTime
    dataset.SOPClassUID = DOSE_REPORT_CLASS
    dataset.Modality = "SR"
    dataset.Manufacturer = equipment.manufacturer
    dataset.ManufacturerModelName = equipment.model
    dataset.DeviceSerialNumber = equipment.serial_number
    dataset.SoftwareVersions = list(equipment.software_versions)
    dataset.StationName = equipment.station_name
    dataset.InstitutionName = equipment.institution
    dataset.InstitutionalDepartmentName = equipment.department
    dataset.ReferencedPerformedProcedureStepSequence = Sequence()
    dataset.PerformedProcedureCodeSequence = Sequence()
    dataset.CompletionFlag = "COMPLETE"
    dataset.VerificationFlag = "UNVERIFIED"
    dataset.ValueType = "CONTAINER"
    dataset.ContinuityOfContent = "SEPARATE"
    dataset.ConceptNameCodeSequence = [code_item("113701", "X-Ray Radiation Dose Report", "DCM")]
    dataset.ContentTemplateSequence = [template_item("10001")]
    return dataset


def _accumulated(dap_gy_m2: float, dose_gy: float, frames: int) -> Dataset:
    block = container_item(("113702", "Accumulated X-Ray Dose Data"), "10002")
    block.ContentSequence = [
        coded_item("HAS CONCEPT MOD", ("113764", "Acquisition Plane"), ("113622", "Single Plane")),
        number_item(("113722", "Dose Area Product Total"), dap_gy_m2, "Gy.m2"),
        number_item(("113725", "Dose (RP) Total"), dose_gy, "Gy"),
        number_item(("113731", "Total Number of Radiographic Frames"), frames, "1", "no units"),
        _reference_point(),
    ]
    return block


def _reference_point() -> Dataset:
    return coded_item("CONTAINS", ("113780", "Reference Point Definition"), ("113862", "1cm above Tabletop"))


def _event(event: ReportedEvent) -> Dataset:
    block = container_item(("113706", "Irradiation Event X-Ray Data"), "10003")
    content = [
        coded_item("HAS CONCEPT MOD", ("113764", "Acquisition Plane"), ("113622", "Single Plane")),
        uid_item("CONTAINS", ("113769", "Irradiation Event UID"), event.event_uid),
        started_item(event.started_at),
        coded_item("CONTAINS", ("113721", "Irradiation Event Type"), ("113611", "Stationary Acquisition")),
    ]
    if event.protocol_name is not None:
        protocol = content_item("CONTAINS", "TEXT", code_item("125203", "Acquisition Protocol", "DCM"))
        protocol.TextValue = event.protocol_name
        content.append(protocol)
    if event.body_part in BODY_PARTS:
        region = content_item("CONTAINS", "CODE", code_item("123014", "Target Region", "DCM"))
        region.ConceptCodeSequence = [code_item(*BODY_PARTS[str(event.body_part)])]
        content.append(region)
    content += [
        number_item(name, value, unit, meaning) for name, value, unit, meaning in _numbers(event) if value is not None
    ]
    if event.reference_point_dose_gy is not None:
        content.append(_reference_point())
    if event.operator_name is not None:
        person = content_item("CONTAINS", "PNAME", code_item("113870", "Person Name", "DCM"))
        person.PersonName = event.operator_name
        content.append(person)
    if event.image_uid is not None:
        image = content_item("CONTAINS", "IMAGE", code_item("113795", "Acquired Image", "DCM"))
        image.ReferencedSOPSequence = [_reference(event)]
        content.append(image)
    block.ContentSequence = content
    return block


def _numbers(event: ReportedEvent) -> tuple[tuple[Code, float | None, str, str], ...]:
    """Concept, value in the report's unit, unit and its meaning."""
    charge = None if event.exposure_mas is None else event.exposure_mas * 1000.0
    area = None if event.field_area_mm2 is None else event.field_area_mm2 * 1e-6
    return (
        (("122130", "Dose Area Product"), event.dap_gy_m2, "Gy.m2", "Gy.m2"),
        (("113738", "Dose (RP)"), event.reference_point_dose_gy, "Gy", "Gy"),
        (("113790", "Collimated Field Area"), area, "m2", "m2"),
        (("113788", "Collimated Field Height"), event.field_height_mm, "mm", "mm"),
        (("113789", "Collimated Field Width"), event.field_width_mm, "mm", "mm"),
        (("113845", "Exposure Index"), event.exposure_index, "1", "no units"),
        (("113846", "Target Exposure Index"), event.target_exposure_index, "1", "no units"),
        (("113847", "Deviation Index"), event.deviation_index, "1", "no units"),
        (("113733", "KVP"), event.tube_voltage_kv, "kV", "kV"),
        (("113734", "X-Ray Tube Current"), event.tube_current_ma, "mA", "mA"),
        (("113824", "Exposure Time"), event.exposure_time_ms, "ms", "ms"),
        (("113736", "Exposure"), charge, "uA.s", "uA.s"),
        (("113750", "Distance Source to Detector"), event.source_detector_distance_mm, "mm", "mm"),
    )


def _write_evidence(dataset: Dataset, events: tuple[ReportedEvent, ...], identifiers: Identifiers) -> None:
    by_series: dict[str, list[Dataset]] = {}
    for event in events:
        if event.image_uid is not None:
            by_series.setdefault(event.image_series_uid or identifiers.series_uid, []).append(_reference(event))
    if not by_series:
        return
    listed = []
    for series_uid, references in by_series.items():
        series = Dataset()
        series.SeriesInstanceUID = series_uid
        series.ReferencedSOPSequence = references
        listed.append(series)
    study = Dataset()
    study.StudyInstanceUID = identifiers.study_uid
    study.ReferencedSeriesSequence = listed
    dataset.CurrentRequestedProcedureEvidenceSequence = [study]


def _reference(event: ReportedEvent) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = event.image_class_uid
    item.ReferencedSOPInstanceUID = event.image_uid
    return item
