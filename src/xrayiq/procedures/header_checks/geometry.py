"""Whether spacings, magnification, distances, detector area and collimator describe one geometry."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from xrayiq.model import Acquisition, HeaderDetail, HeaderProblem, ObjectHeader
from xrayiq.procedures.header_checks.storage_classes import missing_severity

#: spacings and factors are written with three or four digits
_SAME: Final = 0.01
#: rounding of a spacing that is written with few digits
_SQUARE: Final = 0.002
#: a magnification is of some plane of the patient, the distances are of the table or the detector's cover
_PLANE: Final = 0.15
#: an image may be a little larger than the area given in whole millimetres
_AREA: Final = 0.03


def check_geometry(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """All checks of the geometry of one header."""
    yield from spacing_missing(header)
    yield from spacing_not_square(header.acquisition)
    yield from spacing_mismatch(header.detail)
    yield from magnification_disagrees(header.detail)
    yield from magnification_impossible(header)
    yield from binned(header.detail)
    yield from distances_contradict(header.acquisition)
    yield from larger_than_detector(header)
    yield from collimator_outside(header)


def spacing_missing(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """No pixel spacing at the detector, or only one of another plane."""
    source = header.acquisition.pixel_pitch_source
    if source in ("ImagerPixelSpacing", "NominalScannedPixelSpacing"):
        return
    yield HeaderProblem(
        check="spacing_missing",
        attributes=("ImagerPixelSpacing",),
        found="no pixel spacing" if source is None else f"only {source}, which may be that of the patient's plane",
        needed="ImagerPixelSpacing, the distance of pixels at the detector",
        remedy="give pixel_pitch_mm, or have the attribute exported: without it there is no MTF, NPS or length",
        severity=missing_severity(header),
    )


def spacing_not_square(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """Pixels that are not square."""
    pitch = acquisition.pixel_pitch_mm
    if pitch is not None and abs(pitch[0] / pitch[1] - 1.0) > _SQUARE:
        yield HeaderProblem(
            check="spacing_not_square",
            attributes=(acquisition.pixel_pitch_source or "ImagerPixelSpacing",),
            found=f"rows {pitch[0]:g} mm and columns {pitch[1]:g} mm apart",
            needed="square pixels, unless the reader scans otherwise",
            remedy="check with a ruler in the image; measurements use both spacings",
            severity="note",
        )


def spacing_mismatch(detail: HeaderDetail) -> Iterator[HeaderProblem]:
    """PixelSpacing against ImagerPixelSpacing: the patient's plane cannot be coarser than the detector's."""
    imager, patient = _first(detail.imager_pixel_spacing_mm), _first(detail.pixel_spacing_mm)
    if imager is None or patient is None:
        return
    ratio = imager / patient
    pair = ("PixelSpacing", "ImagerPixelSpacing")
    found = f"PixelSpacing {patient:g} mm beside ImagerPixelSpacing {imager:g} mm"
    if ratio < 1.0 - _SAME:
        yield HeaderProblem(
            check="spacing_mismatch",
            attributes=pair,
            found=f"{found}: a magnification of {ratio:.3g}",
            needed="at most ImagerPixelSpacing: an object before the detector is magnified",
            remedy="lengths by PixelSpacing are wrong; xrayiq uses ImagerPixelSpacing",
            severity="problem",
        )
    elif ratio > 1.0 + _SAME and detail.pixel_spacing_calibration is None:
        yield HeaderProblem(
            check="spacing_uncalibrated",
            attributes=(*pair, "PixelSpacingCalibrationType"),
            found=f"{found} without PixelSpacingCalibrationType",
            needed="what the factor of " + f"{ratio:.3g} stands for",
            remedy="xrayiq uses ImagerPixelSpacing; say how lengths in the patient were calibrated",
            severity="note",
        )


def magnification_disagrees(detail: HeaderDetail) -> Iterator[HeaderProblem]:
    """The stated magnification against the ratio of the two spacings, where they differ."""
    imager, patient = _first(detail.imager_pixel_spacing_mm), _first(detail.pixel_spacing_mm)
    stated = detail.magnification
    if imager is None or patient is None or stated is None or stated <= 0:
        return
    ratio = imager / patient
    calibrated = detail.pixel_spacing_calibration == "GEOMETRY" or abs(ratio - 1.0) > _SAME
    if not calibrated or detail.pixel_spacing_calibration == "FIDUCIAL" or abs(ratio / stated - 1.0) <= _SAME:
        return
    yield HeaderProblem(
        check="magnification_disagrees",
        attributes=("EstimatedRadiographicMagnificationFactor", "PixelSpacing", "ImagerPixelSpacing"),
        found=f"a magnification of {stated:g} beside spacings whose ratio is {ratio:.4g}",
        needed=f"the same within {100 * _SAME:g} %",
        remedy="lengths in the patient are doubtful: calibrate with an object of known size",
        severity="problem",
    )


def magnification_impossible(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """A magnification below 1, or far from that of the distances."""
    stated, acquisition = header.detail.magnification, header.acquisition
    detector, patient = acquisition.source_detector_distance_mm, acquisition.source_patient_distance_mm
    if stated is None or stated <= 0:
        return
    if stated < 1.0 - _SAME:
        yield HeaderProblem(
            check="magnification_below_one",
            attributes=("EstimatedRadiographicMagnificationFactor",),
            found=f"a magnification of {stated:g}",
            needed="1 or more: the object lies before the detector",
            remedy="its inverse may be meant: do not use it before that is known",
            severity="problem",
        )
    elif detector and patient and patient <= detector and abs(stated * patient / detector - 1.0) > _PLANE:
        yield HeaderProblem(
            check="magnification_of_distances",
            attributes=(
                "EstimatedRadiographicMagnificationFactor",
                "DistanceSourceToDetector",
                "DistanceSourceToPatient",
            ),
            found=f"a magnification of {stated:g} beside distances of {detector:g} and {patient:g} mm",
            needed=f"about {detector / patient:.3g}, within {100 * _PLANE:g} % for the plane that is meant",
            remedy="say which plane the magnification is of before lengths are taken from it",
            severity="note",
        )


def binned(detail: HeaderDetail) -> Iterator[HeaderProblem]:
    """Pixels that are not the detector's elements."""
    pixel, element = _first(detail.imager_pixel_spacing_mm), _first(detail.detector_element_spacing_mm)
    if pixel is not None and element is not None and abs(pixel / element - 1.0) > _SAME:
        yield HeaderProblem(
            check="resampled",
            attributes=("ImagerPixelSpacing", "DetectorElementSpacing"),
            found=f"pixels of {pixel:g} mm on detector elements of {element:g} mm: a factor of {pixel / element:.3g}",
            needed="the same for tests of the detector itself",
            remedy="binned or resampled: compare MTF and NPS with images of the same mode only"
            if pixel > element
            else "resampled, or the spacing of a plane before the detector: frequencies may be too high by the factor",
            severity="note",
        )


def distances_contradict(acquisition: Acquisition) -> Iterator[HeaderProblem]:
    """A patient behind the detector."""
    detector, patient = acquisition.source_detector_distance_mm, acquisition.source_patient_distance_mm
    if detector is not None and patient is not None and patient > detector * (1.0 + _SAME):
        yield HeaderProblem(
            check="distances_contradict",
            attributes=("DistanceSourceToPatient", "DistanceSourceToDetector"),
            found=f"the patient at {patient:g} mm, the detector at {detector:g} mm from the source",
            needed="the patient before the detector",
            remedy="distances may be swapped: compare with the stand",
            severity="problem",
        )


def larger_than_detector(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """An image that covers more than the detector's active area."""
    area, pitch = header.detail.detector_active_dimensions_mm, header.detail.imager_pixel_spacing_mm
    if not header.rows or not header.columns or not area or min(area) <= 0 or len(pitch) != 2 or min(pitch) <= 0:
        return
    image = sorted((header.rows * pitch[0], header.columns * pitch[1]))
    active = sorted(area[:2] if len(area) > 1 else area * 2)
    if all(size <= limit * (1.0 + _AREA) for size, limit in zip(image, active, strict=True)):
        return
    yield HeaderProblem(
        check="larger_than_detector",
        attributes=("ImagerPixelSpacing", "Rows", "Columns", "DetectorActiveDimensions"),
        found=f"an image of {image[0]:.4g} × {image[1]:.4g} mm on a detector of {active[0]:g} × {active[1]:g} mm",
        needed=f"no more than the active area and {100 * _AREA:g} %, unless images were stitched",
        remedy="the spacing is wrong or the image is composed: check with a ruler",
        severity="problem",
    )


def collimator_outside(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """Collimator edges that leave nothing of the image, or cross each other."""
    edges = header.detail.collimator_edges_px
    if not edges or not header.rows or not header.columns:
        return
    left, right, upper, lower = edges
    crossed = right <= left or lower <= upper
    beside = right < 1 or lower < 1 or left > header.columns or upper > header.rows
    inside = left >= 0 and upper >= 0 and right <= header.columns + 1 and lower <= header.rows + 1
    if inside and not crossed:
        return
    found = f"collimator columns {left:g} to {right:g} and rows {upper:g} to {lower:g}"
    yield HeaderProblem(
        check="collimator_contradicts" if crossed or beside else "collimator_outside",
        attributes=(
            "CollimatorLeftVerticalEdge",
            "CollimatorRightVerticalEdge",
            "CollimatorUpperHorizontalEdge",
            "CollimatorLowerHorizontalEdge",
        ),
        found=f"{found} on an image of {header.columns} columns and {header.rows} rows",
        needed="a field with an area on the image" if crossed or beside else "edges on the image",
        remedy="do not use these edges; xrayiq finds the field in the pixels"
        if crossed or beside
        else "the image was cut inside the field, or edges count pixels of another size",
        severity="problem" if crossed or beside else "note",
    )


def _first(spacing: tuple[float, ...]) -> float | None:
    return spacing[0] if spacing and min(spacing) > 0 else None
