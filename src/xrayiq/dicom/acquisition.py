"""Technique, exposure indicators, equipment and geometry of one header as a frozen value."""

from __future__ import annotations

import re
from typing import Final

from xrayiq.dicom.elements import Elements
from xrayiq.dicom.geometry import collimator_corners, pixel_pitch
from xrayiq.dicom.moments import exposed_at, patient_age_years
from xrayiq.model import Acquisition
from xrayiq.units import to_inside_unit

#: (attribute, unit, dimension), the finest first: an integer attribute truncates
EXPOSURES: Final = (
    ("ExposureInmAs", "mA.s", "exposure"),
    ("ExposureInuAs", "uA.s", "exposure"),
    ("Exposure", "mA.s", "exposure"),
)
TIMES: Final = (
    ("ExposureTimeInms", "ms", "time"),
    ("ExposureTimeInuS", "us", "time"),
    ("ExposureTime", "ms", "time"),
)
CURRENTS: Final = (
    ("XRayTubeCurrentInmA", "mA", "current"),
    ("XRayTubeCurrentInuA", "uA", "current"),
    ("XRayTubeCurrent", "mA", "current"),
)
_DAP: Final = (
    ("ImageAndFluoroscopyAreaDoseProduct", "dGy.cm2", "dose_area_product"),
    ("AcquiredImageAreaDoseProduct", "dGy.cm2", "dose_area_product"),
)
_ENTRANCE_DOSE: Final = (("EntranceDoseInmGy", "mGy", "kerma"), ("EntranceDose", "dGy", "kerma"))
_ORGAN_DOSE: Final = (("OrganDose", "dGy", "kerma"),)

#: storage classes that say what an image is made for (DICOM PS3.4, table B.5-1)
_INTENTS: Final = {
    "1.2.840.10008.5.1.4.1.1.1.1": "FOR PRESENTATION",
    "1.2.840.10008.5.1.4.1.1.1.1.1": "FOR PROCESSING",
    "1.2.840.10008.5.1.4.1.1.1.2": "FOR PRESENTATION",
    "1.2.840.10008.5.1.4.1.1.1.2.1": "FOR PROCESSING",
    "1.2.840.10008.5.1.4.1.1.1.3": "FOR PRESENTATION",
    "1.2.840.10008.5.1.4.1.1.1.3.1": "FOR PROCESSING",
}
#: defined terms (DICOM PS3.3, C.8.7.10 and C.8.11.7): what else stands there is no attribute of equipment that is kept
_FILTER_TYPES: Final = ("STRIP", "WEDGE", "BUTTERFLY", "MULTIPLE", "FLAT", "SHAPED", "NONE")
#: thicknesses and metals, as makers write in place of a term: "0.1Cu 1Al"
_METALS: Final = re.compile(r"(?:\d+(?:\.\d+)?|MM|CU|AL|AG|RH|MO|NB|SN|[\s_+,/])+", re.IGNORECASE)
ANODE_MATERIALS: Final = ("TUNGSTEN", "MOLYBDENUM", "RHODIUM")
_IMPLANTS: Final = {"YES": True, "NO": False}
_MAMMOGRAPHY: Final = frozenset({"1.2.840.10008.5.1.4.1.1.1.2", "1.2.840.10008.5.1.4.1.1.1.2.1"})


def filter_type(elements: Elements) -> str | None:
    """Type of the filter, where it is a defined term or nothing but metals and their thicknesses."""
    text = elements.text("FilterType") or ""
    return text if text.upper() in _FILTER_TYPES or _METALS.fullmatch(text) else None


def acquisition_of(elements: Elements) -> Acquisition:
    """Acquisition that a header tells of; None where it is silent.

    Parameters
    ----------
    elements : Elements
        Attributes of the object.

    Returns
    -------
    Acquisition
        In the units of its field names. Where a quantity stands in several attributes the finest wins, and a
        zero beside another value counts as truncation.

    Notes
    -----
    EntranceDose and OrganDose are in dGy, the dose-area products in dGy·cm² (DICOM PS3.3, C.4.16 and C.8.7.2).
    The exposed area is in cm, the tube's output in mGy/mAs (C.4.16). OrganDose is the glandular
    dose in mammography only.
    """
    pitch, pitch_source = pixel_pitch(elements)
    modality = elements.text("Modality")
    sop_class = elements.uid("SOPClassUID") or ""
    mammography = modality == "MG" or sop_class in _MAMMOGRAPHY
    return Acquisition(
        tube_voltage_kv=elements.number("KVP"),
        exposure_mas=finest(elements, EXPOSURES),
        exposure_time_ms=finest(elements, TIMES),
        tube_current_ma=finest(elements, CURRENTS),
        exposure_control_mode=elements.text("ExposureControlMode"),
        focal_spot_mm=_positive(elements, "FocalSpots"),
        grid=elements.joined("Grid"),
        anode_material=elements.choice("AnodeTargetMaterial", ANODE_MATERIALS),
        half_value_layer_mm=_positive(elements, "HalfValueLayer"),
        filter_type=filter_type(elements),
        filter_material=elements.joined("FilterMaterial"),
        filter_thickness_min_mm=elements.number("FilterThicknessMinimum"),
        filter_thickness_max_mm=elements.number("FilterThicknessMaximum"),
        source_detector_distance_mm=_positive(elements, "DistanceSourceToDetector"),
        source_patient_distance_mm=_positive(elements, "DistanceSourceToPatient"),
        source_entrance_distance_mm=_positive(elements, "DistanceSourceToEntrance"),
        source_isocenter_distance_mm=_positive(elements, "DistanceSourceToIsocenter"),
        primary_angle_deg=elements.number("PositionerPrimaryAngle"),
        secondary_angle_deg=elements.number("PositionerSecondaryAngle"),
        compression_force_n=elements.number("CompressionForce"),
        body_part_thickness_mm=_positive(elements, "BodyPartThickness"),
        breast_implant_present=_IMPLANTS.get(elements.text("BreastImplantPresent") or ""),
        dap_gy_m2=finest(elements, _DAP),
        entrance_dose_mgy=finest(elements, _ENTRANCE_DOSE),
        average_glandular_dose_mgy=finest(elements, _ORGAN_DOSE) if mammography else None,
        tube_output_mgy_per_mas=_positive(elements, "XRayOutput"),
        exposed_area_mm=tuple(to_inside_unit(side, "cm", "length") for side in elements.numbers("ExposedArea")),
        exposure_index=elements.number("ExposureIndex"),
        target_exposure_index=elements.number("TargetExposureIndex"),
        deviation_index=elements.number("DeviationIndex"),
        relative_exposure=elements.number("RelativeXRayExposure"),
        sensitivity=elements.number("Sensitivity"),
        manufacturer=elements.text("Manufacturer"),
        model=elements.text("ManufacturerModelName"),
        station_name=elements.text("StationName"),
        serial_number=elements.text("DeviceSerialNumber"),
        software_versions=tuple(version for version in elements.texts("SoftwareVersions") if version),
        detector_id=elements.text("DetectorID") or elements.text("PlateID") or elements.text("CassetteID"),
        detector_type=elements.text("DetectorType"),
        exposures_since_calibration=elements.number("ExposuresOnDetectorSinceLastCalibration"),
        exposures_since_manufacture=elements.number("ExposuresOnDetectorSinceManufactured"),
        institution=elements.text("InstitutionName"),
        department=elements.text("InstitutionalDepartmentName"),
        modality=modality,
        body_part=elements.text("BodyPartExamined"),
        view_position=elements.text("ViewPosition") or _view_code(elements),
        laterality=elements.text("ImageLaterality") or elements.text("FrameLaterality") or elements.text("Laterality"),
        protocol_name=_protocol(elements, modality),
        exposed_at=exposed_at(elements),
        patient_age_years=patient_age_years(elements),
        patient_size_m=_positive(elements, "PatientSize"),
        patient_weight_kg=_positive(elements, "PatientWeight"),
        patient_sex=elements.choice("PatientSex", ("M", "F", "O")),
        intent=elements.choice("PresentationIntentType", ("FOR PROCESSING", "FOR PRESENTATION"))
        or _INTENTS.get(sop_class),
        photometric_interpretation=elements.text("PhotometricInterpretation"),
        pixel_intensity_relationship=elements.text("PixelIntensityRelationship"),
        pixel_intensity_sign=intensity_sign(elements),
        image_type=elements.texts("ImageType"),
        quality_control_image=elements.text("QualityControlImage"),
        burned_in_annotation=elements.text("BurnedInAnnotation"),
        pixel_pitch_mm=pitch,
        pixel_pitch_source=pitch_source,
        collimator_shape=elements.joined("CollimatorShape"),
        collimator_corners_px=collimator_corners(elements),
    )


def intensity_sign(elements: Elements) -> int | None:
    """PixelIntensityRelationshipSign where it is +1 or −1."""
    sign = elements.integer("PixelIntensityRelationshipSign")
    return sign if sign in (1, -1) else None


def finest(elements: Elements, attributes: tuple[tuple[str, str, str], ...]) -> float | None:
    """Value of the finest of attributes that give one quantity; a zero beside another value is a truncated one.

    Parameters
    ----------
    elements : Elements
        Attributes of the object.
    attributes : tuple of (str, str, str)
        Keyword, unit and dimension, the finest first.
    """
    found = [
        to_inside_unit(number, unit, dimension)
        for keyword, unit, dimension in attributes
        if (number := elements.number(keyword)) is not None
    ]
    return next((value for value in found if value != 0), found[0] if found else None)


def _positive(elements: Elements, keyword: str) -> float | None:
    """Length, size or weight: zero is a placeholder here, no value."""
    number = elements.number(keyword)
    return number if number is not None and number > 0 else None


def _view_code(elements: Elements) -> str | None:
    codes = elements.items("ViewCodeSequence")[:1]
    return Elements(codes).text("CodeMeaning") if codes else None


def _protocol(elements: Elements, modality: str | None) -> str | None:
    """ProtocolName; for CR and DX also the organ program that the reader was told."""
    organ_program = elements.text("AcquisitionDeviceProcessingDescription") if modality in ("CR", "DX") else None
    return elements.text("ProtocolName") or organ_program
