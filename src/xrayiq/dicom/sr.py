"""Structured reports of measurements on test images (TID 1500). The only importer of highdicom."""

from __future__ import annotations

import hashlib
import importlib.metadata
import uuid
from pathlib import Path
from typing import Any, Final, cast

from pydicom.dataset import Dataset as DicomObject

from xrayiq.dicom.reported import ReportedGroup, ReportedImage, ReportedMeasurement, TestReport
from xrayiq.dicom.sr_codes import CodedName, direction_code, private_scheme, quantity_code
from xrayiq.errors import InputError
from xrayiq.model import quantity

_MAKER: Final = "xrayiq"
_LONG_STRING: Final = 64
#: UCUM unit whose meaning is not its code
_NO_UNITS: Final = {"1": "no units"}


def measurement_report(report: TestReport) -> DicomObject:
    """Enhanced SR after TID 1500 with the unit as its subject; the same report gives the same UIDs.

    Parameters
    ----------
    report : TestReport
        What to say.

    Returns
    -------
    Dataset
        In a study of its own for each unit and day, as the patient of the images is not known here.

    Raises
    ------
    InputError
        The extra ``sr`` is not installed, or a quantity has no code.
    """
    sr, concepts = _highdicom()
    unit_uid = _uid("unit", repr(report.equipment))
    root = sr.MeasurementReport(
        observation_context=_context(report, sr, unit_uid),
        procedure_reported=concepts.DCM.QualityControl,
        imaging_measurements=[_group(group, report, sr) for group in report.groups],
        title=concepts.DCM.ImagingMeasurementReport,
    )
    evidence = [_evidence(image, report) for image in report.images]
    content = repr([report.subject, report.groups])
    document = sr.EnhancedSR(
        evidence=evidence,
        content=root[0],
        series_instance_uid=_uid("series", report.subject),
        series_number=1,
        sop_instance_uid=_uid("report", report.subject, content),
        instance_number=1,
        manufacturer=_MAKER,
        manufacturer_model_name=_MAKER,
        software_versions=_version(),
        device_serial_number=_version(),
        institution_name=_long(report.equipment.institution) or None,
        institutional_department_name=_long(report.equipment.department) or None,
        is_complete=True,
        is_final=True,
        performed_procedure_codes=[concepts.DCM.QualityControl],
        content_date=report.measured_at.date(),
        content_time=report.measured_at.time().replace(microsecond=0),
    )
    document.StudyInstanceUID = _uid("study", unit_uid, report.exposed_at.date().isoformat())
    document.StudyDescription = "X-ray quality control"
    document.SeriesDescription = "xrayiq measurements"
    document.QualityControlSubject = "YES"
    document.CodingSchemeIdentificationSequence = [_scheme()]
    return cast(DicomObject, document)


def write_measurement_report(report: TestReport, path: Path) -> str:
    """Write a report as a DICOM file, and give its SOP Instance UID."""
    document = measurement_report(report)
    document.save_as(path, enforce_file_format=True)
    return str(document.SOPInstanceUID)


def _highdicom() -> tuple[Any, Any]:
    try:
        from highdicom import sr
        from pydicom.sr.codedict import codes
    except ImportError as error:
        raise InputError(
            "structured reports without highdicom", needed="the extra", remedy='pip install "xrayiq[sr]"'
        ) from error
    return sr, codes


def _context(report: TestReport, sr: Any, unit_uid: str) -> Any:
    from pydicom.sr.codedict import codes

    unit = report.equipment
    version = _version()
    device = sr.DeviceObserverIdentifyingAttributes(
        uid=_uid("software", version),
        name=_MAKER,
        manufacturer_name=_MAKER,
        model_name=f"{_MAKER} {version}",
        serial_number=version,
    )
    subject = sr.SubjectContextDevice(
        name=_long(unit.station_name or unit.model or unit.serial_number) or "X-ray unit",
        uid=unit_uid,
        manufacturer_name=_long(unit.manufacturer) or None,
        model_name=_long(unit.model) or None,
        serial_number=_long(unit.serial_number or unit.detector_id) or None,
        physical_location=_long(unit.department or unit.institution) or None,
    )
    return sr.ObservationContext(
        observer_device_context=sr.ObserverContext(
            observer_type=codes.DCM.Device, observer_identifying_attributes=device
        ),
        subject_context=sr.SubjectContext(subject_class=codes.DCM.Device, subject_class_specific_context=subject),
    )


def _group(group: ReportedGroup, report: TestReport, sr: Any) -> Any:
    from pydicom.sr.codedict import codes

    judged = []
    if group.meets_standard is not None:
        met, missed = (
            codes.DCM.UsableMeetsTheQualityControlStandard,
            codes.DCM.UsableDoesNotMeetTheQualityControlStandard,
        )
        judged = [
            sr.QualitativeEvaluation(
                name=codes.DCM.QualityControlStandard, value=codes.DCM.InstitutionallyDefinedQualityControlStandard
            ),
            sr.QualitativeEvaluation(name=codes.DCM.QualityAssessment, value=met if group.meets_standard else missed),
        ]
    return sr.MeasurementsAndQualitativeEvaluations(
        tracking_identifier=sr.TrackingIdentifier(
            uid=_uid("group", report.subject, group.procedure, group.parameter_digest), identifier=group.procedure
        ),
        algorithm_id=sr.AlgorithmIdentification(
            name=f"{_MAKER} {group.procedure}",
            version=str(group.algorithm_version),
            parameters=[f"digest {group.parameter_digest}"] if group.parameter_digest else None,
        ),
        measurements=[_measurement(each, sr) for each in group.measurements],
        qualitative_evaluations=judged or None,
        source_images=[
            sr.SourceImageForMeasurementGroup(image.sop_class_uid, image.sop_instance_uid) for image in report.images
        ],
    )


def _measurement(measurement: ReportedMeasurement, sr: Any) -> Any:
    from pydicom.sr.codedict import codes

    unit = _unit(quantity(measurement.quantity).unit, sr)
    bounds = [
        sr.NumContentItem(name=name, value=bound, unit=unit, relationship_type=sr.RelationshipTypeValues.HAS_PROPERTIES)
        for name, bound in (
            (codes.SCT.NormalRangeLowerLimit, measurement.low),
            (codes.SCT.NormalRangeUpperLimit, measurement.high),
        )
        if bound is not None
    ]
    normal = sr.NormalRangeProperties(bounds, authority=measurement.authority or None) if bounds else None
    direction = direction_code(measurement.direction)
    return sr.Measurement(
        name=_concept(quantity_code(measurement.quantity), sr),
        value=measurement.value,
        unit=unit,
        method=None if direction is None else _concept(direction, sr),
        properties=None if normal is None else sr.MeasurementProperties(normal_range_properties=normal),
    )


def _concept(code: CodedName, sr: Any) -> Any:
    return sr.CodedConcept(code.value, code.scheme, code.meaning)


def _unit(unit: str, sr: Any) -> Any:
    return sr.CodedConcept(unit, "UCUM", _NO_UNITS.get(unit, unit))


def _evidence(image: ReportedImage, report: TestReport) -> DicomObject:
    """What a report needs to know of an image; the unit stands where a patient would."""
    unit = report.equipment
    known = DicomObject()
    known.SpecificCharacterSet = "ISO_IR 192"
    known.SOPClassUID, known.SOPInstanceUID = image.sop_class_uid, image.sop_instance_uid
    known.StudyInstanceUID, known.SeriesInstanceUID = image.study_uid, image.series_uid
    known.PatientID = "QC-" + hashlib.sha256(repr(unit).encode()).hexdigest()[:16]
    known.PatientName = "QC^" + (
        _long(unit.station_name or unit.model).replace("^", " ").replace("=", " ")[:40] or "X-ray"
    )
    known.PatientBirthDate = known.PatientSex = known.AccessionNumber = ""
    known.StudyID = "QC"
    known.StudyDate = report.exposed_at.date()
    known.StudyTime = report.exposed_at.time().replace(microsecond=0)
    return known


def _scheme() -> DicomObject:
    scheme = DicomObject()
    scheme.CodingSchemeDesignator = private_scheme()
    scheme.CodingSchemeName = "Quantities of xrayiq, data/measurement_codes.toml"
    scheme.CodingSchemeVersion = _version()
    scheme.CodingSchemeResponsibleOrganization = "The xrayiq developers"
    return scheme


def _long(text: str | None) -> str:
    """Text fit for a long string (LO): printable, without backslashes, 64 characters."""
    cleaned = "".join(char if char.isprintable() and char != "\\" else " " for char in text or "")
    return cleaned.strip()[:_LONG_STRING]


def _version() -> str:
    return importlib.metadata.version("xrayiq")


def _uid(*parts: str) -> str:
    """UID that the same parts always give (PS3.5, B.2: UUID derived)."""
    return f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, chr(0).join(('xrayiq', *parts))).int}"
