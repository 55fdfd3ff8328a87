"""The header's attribute groups: who, with what, how, and of which body part (DICOM PS3.3)."""

from __future__ import annotations

import datetime
from types import MappingProxyType
from typing import Final

from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from xrayiq_phantoms.dicom_values import (
    BODY_PARTS,
    UNPAIRED_BODY_PARTS,
    VIEWS,
    Equipment,
    Examination,
    Identifiers,
    Technique,
    code_item,
    decimal_string,
)

#: technique fields that are one decimal string of the same unit
_DECIMALS: Final = MappingProxyType(
    {
        "tube_voltage_kv": "KVP",
        "focal_spot_mm": "FocalSpots",
        "source_detector_distance_mm": "DistanceSourceToDetector",
        "source_patient_distance_mm": "DistanceSourceToPatient",
        "magnification": "EstimatedRadiographicMagnificationFactor",
        "entrance_dose_mgy": "EntranceDoseInmGy",
        "exposure_index": "ExposureIndex",
        "target_exposure_index": "TargetExposureIndex",
        "deviation_index": "DeviationIndex",
        "sensitivity": "Sensitivity",
    }
)

#: technique fields that are text
_TEXTS: Final = MappingProxyType(
    {
        "exposure_control_mode": "ExposureControlMode",
        "grid": "Grid",
        "filter_material": "FilterMaterial",
        "view_position": "ViewPosition",
        "protocol_name": "ProtocolName",
    }
)


def write_identity(dataset: Dataset, examination: Examination, ids: Identifiers, at: datetime.datetime) -> None:
    """Patient, study, series and instance, with their dates."""
    date, time = at.strftime("%Y%m%d"), at.strftime("%H%M%S.%f")
    dataset.PatientName = examination.patient_name
    dataset.PatientID = examination.patient_id
    dataset.PatientBirthDate = examination.birth_date.strftime("%Y%m%d") if examination.birth_date else ""
    dataset.PatientSex = examination.sex
    if examination.age_years is not None:
        dataset.PatientAge = f"{examination.age_years:03d}Y"
    if examination.size_m is not None:
        dataset.PatientSize = decimal_string(examination.size_m)
    if examination.weight_kg is not None:
        dataset.PatientWeight = decimal_string(examination.weight_kg)
    if examination.operator_name is not None:
        dataset.OperatorsName = examination.operator_name
    dataset.ReferringPhysicianName = examination.physician_name or ""
    dataset.AccessionNumber = examination.accession_number
    dataset.StudyID = examination.study_id
    if examination.study_description is not None:
        dataset.StudyDescription = examination.study_description
    if examination.series_description is not None:
        dataset.SeriesDescription = examination.series_description
    dataset.StudyInstanceUID, dataset.SeriesInstanceUID = ids.study_uid, ids.series_uid
    dataset.SOPInstanceUID = ids.instance_uid
    dataset.IrradiationEventUID = ids.event_uid
    dataset.SeriesNumber = ids.series_number
    dataset.InstanceNumber = ids.instance_number
    dataset.AcquisitionNumber = ids.instance_number
    dataset.StudyDate = dataset.SeriesDate = dataset.AcquisitionDate = dataset.ContentDate = date
    dataset.StudyTime = dataset.SeriesTime = dataset.AcquisitionTime = dataset.ContentTime = time
    dataset.AcquisitionDateTime = date + time


def write_equipment(dataset: Dataset, equipment: Equipment, sop_class: str) -> None:
    """General equipment, and the detector or plate."""
    dataset.Manufacturer = equipment.manufacturer
    dataset.ManufacturerModelName = equipment.model
    dataset.StationName = equipment.station_name
    dataset.DeviceSerialNumber = equipment.serial_number
    dataset.SoftwareVersions = list(equipment.software_versions)
    dataset.InstitutionName = equipment.institution
    dataset.InstitutionalDepartmentName = equipment.department
    if sop_class == "CR":
        if equipment.detector_id is not None:
            dataset.PlateID = equipment.detector_id
        return
    dataset.DetectorType = equipment.detector_type
    if equipment.detector_id is not None:
        dataset.DetectorID = equipment.detector_id
    if equipment.active_dimensions_mm is not None:
        dataset.DetectorActiveShape = "RECTANGLE"
        dataset.DetectorActiveDimensions = [decimal_string(side) for side in equipment.active_dimensions_mm]


def write_technique(dataset: Dataset, technique: Technique) -> None:
    """Generation, filtration, grid, dose and exposure indicators."""
    for name, keyword in _DECIMALS.items():
        value = getattr(technique, name)
        if value is not None:
            setattr(dataset, keyword, decimal_string(value))
    for name, keyword in _TEXTS.items():
        text = getattr(technique, name)
        if text is not None:
            setattr(dataset, keyword, text)
    if technique.exposure_mas is not None:
        dataset.Exposure = int(technique.exposure_mas)
        dataset.ExposureInuAs = round(technique.exposure_mas * 1000)
    if technique.exposure_time_ms is not None:
        dataset.ExposureTime = round(technique.exposure_time_ms)
        dataset.ExposureTimeInuS = decimal_string(technique.exposure_time_ms * 1000)
    if technique.tube_current_ma is not None:
        dataset.XRayTubeCurrent = round(technique.tube_current_ma)
        dataset.XRayTubeCurrentInuA = decimal_string(technique.tube_current_ma * 1000)
    if technique.dap_gy_m2 is not None:
        dataset.ImageAndFluoroscopyAreaDoseProduct = decimal_string(technique.dap_gy_m2 * 1e5)
    if technique.relative_exposure is not None:
        dataset.RelativeXRayExposure = round(technique.relative_exposure)
    if technique.filter_thickness_mm is not None:
        dataset.FilterThicknessMinimum = dataset.FilterThicknessMaximum = decimal_string(technique.filter_thickness_mm)


def write_anatomy(dataset: Dataset, technique: Technique, sop_class: str) -> None:
    """Body part, side and view, as text and as codes."""
    if sop_class == "CR":
        dataset.BodyPartExamined = technique.body_part or ""
        dataset.ViewPosition = technique.view_position or ""
        if technique.laterality in ("L", "R"):
            dataset.Laterality = technique.laterality
        elif technique.body_part not in UNPAIRED_BODY_PARTS:
            dataset.Laterality = ""  # required of a paired part, empty where unknown
    else:
        dataset.ImageLaterality = technique.laterality or "U"
        dataset.AnatomicRegionSequence = Sequence()
        if technique.body_part is not None:
            dataset.BodyPartExamined = technique.body_part
    if technique.body_part is not None and technique.body_part in BODY_PARTS:
        dataset.AnatomicRegionSequence = [code_item(*BODY_PARTS[technique.body_part])]
    if technique.view_position is not None and technique.view_position in VIEWS:
        view = code_item(*VIEWS[technique.view_position])
        view.ViewModifierCodeSequence = Sequence()
        dataset.ViewCodeSequence = [view]


def write_spacing(dataset: Dataset, pitch_mm: float | tuple[float, float] | None, technique: Technique) -> None:
    """Pixel spacing at the detector, and in the patient where the magnification is known."""
    if pitch_mm is None:
        return
    rows_mm, columns_mm = (pitch_mm, pitch_mm) if isinstance(pitch_mm, int | float) else pitch_mm
    dataset.ImagerPixelSpacing = [decimal_string(rows_mm), decimal_string(columns_mm)]
    if technique.magnification is not None:
        dataset.PixelSpacing = [decimal_string(side / technique.magnification) for side in (rows_mm, columns_mm)]
        dataset.PixelSpacingCalibrationType = "GEOMETRY"
        dataset.PixelSpacingCalibrationDescription = "Simulated magnification"


def write_collimator(dataset: Dataset, technique: Technique) -> None:
    """Edges of the field in pixels counted from 1."""
    corners = technique.collimator_corners_px
    if corners is None:
        return
    rows = sorted({round(row) + 1 for row, _ in corners})
    columns = sorted({round(column) + 1 for _, column in corners})
    if len(rows) == 2 and len(columns) == 2:
        dataset.CollimatorShape = "RECTANGULAR"
        dataset.CollimatorUpperHorizontalEdge, dataset.CollimatorLowerHorizontalEdge = rows
        dataset.CollimatorLeftVerticalEdge, dataset.CollimatorRightVerticalEdge = columns
        return
    dataset.CollimatorShape = "POLYGONAL"
    dataset.VerticesOfThePolygonalCollimator = [round(value) + 1 for corner in corners for value in corner]
