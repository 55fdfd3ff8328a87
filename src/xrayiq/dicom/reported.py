"""What a structured report says, as plain values."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from xrayiq.model import Equipment


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedImage:
    """Image that a measurement was made on.

    Parameters
    ----------
    sop_class_uid, sop_instance_uid, series_uid, study_uid : str
        Its identity.
    """

    sop_class_uid: str
    sop_instance_uid: str
    series_uid: str
    study_uid: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedMeasurement:
    """One number of a report.

    Parameters
    ----------
    quantity : str
        From the closed list.
    value : float
        In the quantity's unit; finite.
    direction : str
        Axis that the profile runs along, or empty.
    low, high : float or None
        Bounds of what is within the standard, in the quantity's unit.
    authority : str
        Document of the bounds.
    """

    quantity: str
    value: float
    direction: str = ""
    low: float | None = None
    high: float | None = None
    authority: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportedGroup:
    """What one procedure gave.

    Parameters
    ----------
    procedure : str
        Its name.
    algorithm_version : int
        Version of its algorithm.
    parameter_digest : str
        Digest of its parameters.
    measurements : tuple of ReportedMeasurement
        At least one.
    meets_standard : bool or None
        By its verdicts; None where nothing was judged.
    """

    procedure: str
    algorithm_version: int
    parameter_digest: str
    measurements: tuple[ReportedMeasurement, ...]
    meets_standard: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TestReport:
    """Measurements of one test image or set of them, ready for a report.

    Parameters
    ----------
    subject : str
        What was measured.
    equipment : Equipment
        The unit and detector: the subject of the report in place of a patient.
    exposed_at, measured_at : datetime
        Of the exposure, by the modality's clock; of the measurement.
    images : tuple of ReportedImage
        At least one.
    groups : tuple of ReportedGroup
        At least one.
    """

    subject: str
    equipment: Equipment
    exposed_at: datetime.datetime
    measured_at: datetime.datetime
    images: tuple[ReportedImage, ...]
    groups: tuple[ReportedGroup, ...]
