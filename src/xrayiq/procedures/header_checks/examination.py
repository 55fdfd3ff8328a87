"""Equipment and anatomy: what sorts an image into its series of numbers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xrayiq.audit import ExaminationNames
from xrayiq.model import Acquisition, HeaderProblem, ObjectHeader
from xrayiq.procedures.header_checks.sides import (
    examination_contradicts,
    laterality_contradicts,
    laterality_impossible,
    laterality_of_protocol,
)
from xrayiq.procedures.header_checks.storage_classes import missing_severity

#: modalities whose views have names; fluoroscopy and angiography state angles
_WITH_VIEWS: Final = frozenset({"CR", "DX", "MG", "IO", "PX"})
#: no person is known to have become older (122 years)
GREATEST_AGE_YEARS: Final = 123.0
#: words of body parts of which a person has two (DICOM PS3.16, CID 4031, and makers' own)
_PAIRED: Final = (
    "ANKLE",
    "ARM",
    "BREAST",
    "CALCANEUS",
    "CLAVICLE",
    "ELBOW",
    "FEMUR",
    "FINGER",
    "FOOT",
    "FOREARM",
    "HAND",
    "HIP",
    "HUMERUS",
    "KNEE",
    "LEG",
    "PATELLA",
    "SCAPULA",
    "SHOULDER",
    "TOE",
    "WRIST",
)


def check_examination(header: ObjectHeader, *, clinical: bool, names: ExaminationNames) -> Iterator[HeaderProblem]:
    """All checks of equipment and anatomy of one header."""
    yield from equipment_missing(header.acquisition)
    yield from detector_missing(header.acquisition)
    yield from age_impossible(header.acquisition)
    if clinical:
        yield from anatomy_missing(header.acquisition)
        yield from laterality_missing(header)
        yield from laterality_impossible(header.acquisition)
        yield from laterality_contradicts(header)
        yield from laterality_of_protocol(header, paired=is_paired(header.acquisition.body_part))
        yield from examination_contradicts(header.acquisition, names)


def equipment_missing(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """Neither serial number nor station name."""
    if acquisition.serial_number is None and acquisition.station_name is None:
        yield HeaderProblem(
            check="equipment_missing",
            attributes=("DeviceSerialNumber", "StationName"),
            found="neither DeviceSerialNumber nor StationName",
            needed="one of them, to tell units of one model apart",
            remedy="have them exported; anonymising should keep or replace them, not remove them",
            severity="note",
        )


def detector_missing(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """No identity of the detector or plate."""
    if acquisition.detector_id is None:
        yield HeaderProblem(
            check="detector_missing",
            attributes=("DetectorID", "PlateID"),
            found="neither DetectorID nor PlateID",
            needed="one of them: baselines and defect maps belong to a detector",
            remedy="without it all images of the unit count as of one detector",
            severity="note",
        )


def age_impossible(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """A patient older than anyone was."""
    age = acquisition.patient_age_years
    if age is not None and age > GREATEST_AGE_YEARS:
        yield HeaderProblem(
            check="age_impossible",
            attributes=("PatientAge",),
            found=f"PatientAge of {age:g} years",
            needed=f"at most {GREATEST_AGE_YEARS:g}",
            remedy="the birth date was replaced: leave the object out of age groups",
            severity="problem",
        )


def anatomy_missing(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """No body part or no view on a clinical image."""
    missing = [] if acquisition.body_part else ["BodyPartExamined"]
    if not acquisition.view_position and acquisition.modality in _WITH_VIEWS:
        missing.append("ViewPosition")
    if missing:
        yield HeaderProblem(
            check="anatomy_missing",
            attributes=tuple(missing),
            found=f"no {' and no '.join(missing)}",
            needed=f"{'both' if len(missing) > 1 else 'it'}, to compare exposures and doses of one examination",
            remedy="map the protocol names in the site's settings, or have the attributes exported",
            severity="note",
        )


def laterality_missing(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """No side of a body part of which there are two."""
    part = (header.acquisition.body_part or "").upper()
    if header.acquisition.laterality is None and is_paired(part):
        yield HeaderProblem(
            check="laterality_missing",
            attributes=("ImageLaterality", "Laterality"),
            found=f"no side for {part}",
            needed="L, R or B",
            remedy="have the side chosen at the console: a mistaken side harms",
            severity=missing_severity(header),
        )


def is_paired(body_part: str | None) -> bool:
    """Whether a person has two of a body part, by its words."""
    return any(word in (body_part or "").upper() for word in _PAIRED)
