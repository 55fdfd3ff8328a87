"""Pixel pitch and collimator of a header."""

from __future__ import annotations

from typing import Final

from xrayiq.dicom.elements import Elements

#: attributes that give the pixel pitch, nearest to the detector plane first
PITCH_KEYWORDS: Final = ("ImagerPixelSpacing", "NominalScannedPixelSpacing", "PixelSpacing")
#: least and greatest pixel pitch that any detector or reduced image has, mm
_PITCHES_MM: Final = (1e-4, 1e3)
#: pitch and detector element differ by more than this fraction: binned or resampled
_RESAMPLED: Final = 0.01


def pixel_pitch(elements: Elements) -> tuple[tuple[float, float] | None, str | None]:
    """Distance of rows and of columns in mm, and the attribute that gives it.

    Values that no pixel has (0.000 is met) count as missing; a single value stands for both directions.
    """
    for keyword in PITCH_KEYWORDS:
        spacing = elements.numbers(keyword)
        pair = spacing * 2 if len(spacing) == 1 else spacing[:2]
        if len(pair) == 2 and min(pair) >= _PITCHES_MM[0] and max(pair) <= _PITCHES_MM[1]:
            return (pair[0], pair[1]), keyword
    return None, None


def pitch_warnings(elements: Elements) -> tuple[str, ...]:
    """What a user of the pixel pitch must know."""
    pitch, source = pixel_pitch(elements)
    if pitch is None:
        return ("no pixel spacing in the header",)
    found = []
    if source == "PixelSpacing":
        kind = elements.text("PixelSpacingCalibrationType")
        magnification = elements.number("EstimatedRadiographicMagnificationFactor")
        told = f", calibrated by {kind}" if kind else ""
        told += f", magnification {magnification:g}" if magnification else ""
        found.append(f"pixel pitch from PixelSpacing{told}: it may be that of the patient's plane")
    element_mm = elements.numbers("DetectorElementSpacing")[:1]
    if source == "ImagerPixelSpacing" and element_mm and element_mm[0] > 0:
        ratio = pitch[0] / element_mm[0]
        if abs(ratio - 1) > _RESAMPLED:
            found.append(f"pixels of {pitch[0]:g} mm on detector elements of {element_mm[0]:g} mm: binned or resampled")
    return tuple(found)


def collimator_corners(elements: Elements) -> tuple[tuple[float, float], ...] | None:
    """Corners (row, column) of the collimated field in pixels counted from 0, clockwise; None where not given.

    The header counts from 1 (DICOM PS3.3, C.8.7.3.1.1); corners may lie outside the image.
    """
    shapes = [shape.upper() for shape in elements.texts("CollimatorShape")]
    vertices = elements.numbers("VerticesOfThePolygonalCollimator")
    if "POLYGONAL" in shapes and len(vertices) >= 6 and len(vertices) % 2 == 0:
        return tuple((row - 1, column - 1) for row, column in zip(vertices[::2], vertices[1::2], strict=True))
    left = elements.number("CollimatorLeftVerticalEdge")
    right = elements.number("CollimatorRightVerticalEdge")
    upper = elements.number("CollimatorUpperHorizontalEdge")
    lower = elements.number("CollimatorLowerHorizontalEdge")
    if left is None or right is None or upper is None or lower is None or right <= left or lower <= upper:
        return None
    top, bottom, first, last = upper - 1, lower - 1, left - 1, right - 1
    return (top, first), (top, last), (bottom, last), (bottom, first)
