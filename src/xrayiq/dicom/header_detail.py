"""Attributes that a header gives beside each other, unchosen, for the checks of the header."""

from __future__ import annotations

from typing import Final

from xrayiq.dicom.acquisition import CURRENTS, EXPOSURES, TIMES
from xrayiq.dicom.elements import Elements
from xrayiq.dicom.moments import moment_of, parse_date
from xrayiq.model import HeaderDetail
from xrayiq.units import to_inside_unit

_LENGTHS: Final = (
    "DistanceSourceToDetector",
    "DistanceSourceToPatient",
    "ImagerPixelSpacing",
    "PixelSpacing",
    "NominalScannedPixelSpacing",
    "DetectorElementSpacing",
    "EstimatedRadiographicMagnificationFactor",
)
#: attributes whose text must be a number
_NUMBERS: Final = (
    *(keyword for keyword, _, _ in (*EXPOSURES, *TIMES, *CURRENTS)),
    *_LENGTHS,
    "KVP",
    "ExposureIndex",
    "TargetExposureIndex",
    "DeviationIndex",
    "ImageAndFluoroscopyAreaDoseProduct",
    "EntranceDose",
    "EntranceDoseInmGy",
    "OrganDose",
)
#: attributes that cannot be 0 or less on an exposed image; integers of mAs, ms and mA may be, by truncation
_MORE_THAN_ZERO: Final = (*_LENGTHS, "KVP")
_ACQUIRED: Final = ("AcquisitionDate", "AcquisitionTime")
_LATERALITIES: Final = ("ImageLaterality", "FrameLaterality", "Laterality")
_EDGES: Final = (
    "CollimatorLeftVerticalEdge",
    "CollimatorRightVerticalEdge",
    "CollimatorUpperHorizontalEdge",
    "CollimatorLowerHorizontalEdge",
)
_FLIPS: Final = {"YES": True, "NO": False}


def header_detail(elements: Elements, meta: Elements) -> HeaderDetail:
    """Attributes that can contradict each other, as they stand.

    Parameters
    ----------
    elements : Elements
        Attributes of the object.
    meta : Elements
        Attributes of the file meta information.

    Returns
    -------
    HeaderDetail
        Texts only where they are one of the codes that DICOM lists.
    """
    return HeaderDetail(
        exposures_mas=_given(elements, EXPOSURES),
        exposure_times_ms=_given(elements, TIMES),
        tube_currents_ma=_given(elements, CURRENTS),
        not_numbers=tuple(keyword for keyword in _NUMBERS if _has_text(elements, keyword)),
        zeros=tuple(keyword for keyword in _MORE_THAN_ZERO if any(v <= 0 for v in elements.numbers(keyword))),
        imager_pixel_spacing_mm=elements.numbers("ImagerPixelSpacing"),
        pixel_spacing_mm=elements.numbers("PixelSpacing"),
        scanned_spacing_mm=elements.numbers("NominalScannedPixelSpacing"),
        detector_element_spacing_mm=elements.numbers("DetectorElementSpacing"),
        pixel_spacing_calibration=elements.choice("PixelSpacingCalibrationType", ("GEOMETRY", "FIDUCIAL")),
        magnification=elements.number("EstimatedRadiographicMagnificationFactor"),
        detector_active_dimensions_mm=elements.numbers("DetectorActiveDimensions"),
        field_of_view_dimensions_mm=elements.numbers("FieldOfViewDimensions"),
        field_of_view_origin_px=elements.numbers("FieldOfViewOrigin"),
        detector_active_origin_px=elements.numbers("DetectorActiveOrigin"),
        field_of_view_rotation_deg=elements.number("FieldOfViewRotation"),
        field_of_view_flipped=_FLIPS.get(elements.text("FieldOfViewHorizontalFlip") or ""),
        grid_pitch_mm=_grid_pitch_mm(elements),
        collimator_edges_px=_edges(elements),
        presentation_lut_shape=elements.choice("PresentationLUTShape", ("IDENTITY", "INVERSE")),
        lossy_image_compression=elements.choice("LossyImageCompression", ("00", "01")),
        declared_intent=elements.choice("PresentationIntentType", ("FOR PROCESSING", "FOR PRESENTATION")),
        bits_allocated=elements.integer("BitsAllocated"),
        high_bit=elements.integer("HighBit"),
        samples_per_pixel=elements.integer("SamplesPerPixel"),
        sop_instance_uid=elements.uid("SOPInstanceUID"),
        file_sop_instance_uid=meta.uid("MediaStorageSOPInstanceUID"),
        file_sop_class_uid=meta.uid("MediaStorageSOPClassUID"),
        acquired_on=parse_date((elements.text("AcquisitionDateTime") or elements.text("AcquisitionDate") or "")[:8]),
        content_on=parse_date(elements.text("ContentDate") or ""),
        study_on=parse_date(elements.text("StudyDate") or ""),
        acquired_at=moment_of(elements, "AcquisitionDateTime", "") or moment_of(elements, *_ACQUIRED),
        content_at=moment_of(elements, "ContentDate", "ContentTime"),
        study_at=moment_of(elements, "StudyDate", "StudyTime"),
        lateralities=tuple(
            (keyword, side)
            for keyword in _LATERALITIES
            if (side := elements.choice(keyword, ("L", "R", "U", "B"))) is not None
        ),
        irradiation_events=len(set(filter(None, elements.texts("IrradiationEventUID")))),
    )


def _given(elements: Elements, attributes: tuple[tuple[str, str, str], ...]) -> tuple[tuple[str, float], ...]:
    numbers = ((keyword, elements.number(keyword), unit, dimension) for keyword, unit, dimension in attributes)
    return tuple(
        (keyword, to_inside_unit(number, unit, dimension))
        for keyword, number, unit, dimension in numbers
        if number is not None
    )


def _grid_pitch_mm(elements: Elements) -> float | None:
    pitch = elements.number("GridPitch")
    return pitch if pitch is not None and pitch > 0 else None


def _has_text(elements: Elements, keyword: str) -> bool:
    return elements.text(keyword) is not None and not elements.numbers(keyword)


def _edges(elements: Elements) -> tuple[float, ...]:
    found = [elements.number(keyword) for keyword in _EDGES]
    edges = tuple(edge for edge in found if edge is not None)
    return edges if len(edges) == len(_EDGES) else ()
