"""Collimated fields found in simulated clinical images, judged against their truth.

Right: intersection over union of at least 0.95 (0.93 where the longest side is under 15 cm), every corner within 3 mm.
What can be compared is the field's part on the image: a corner on the image with the nearest corner found; where the
border of the image cuts the field, each outline's corners with the other outline.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.collimation import Collimation
from xrayiq.model import Acquisition, PixelRelation, Radiograph
from xrayiq_phantoms import ClinicalField
from xrayiq_phantoms.polygon import clip_to_image, polygon_area

FARTHEST_MM: Final = 3.0
LEAST_OVERLAP, LEAST_OVERLAP_OF_SMALL, SMALL_MM = 0.95, 0.93, 150.0


@dataclass(frozen=True, slots=True, kw_only=True)
class JudgedField:
    """How well one field was found.

    Parameters
    ----------
    error_mm : float
        Greatest error of a corner.
    overlap : float
        Intersection over union.
    right : bool
        Whether both are good enough.
    confidence : float
        What was said of it.
    """

    error_mm: float
    overlap: float
    right: bool
    confidence: float


def clinical_radiograph(scene: ClinicalField) -> Radiograph:
    """Simulated image as it would be read from a file."""
    acquisition = Acquisition(burned_in_annotation="YES" if scene.has_text else "NO")
    relation = PixelRelation(relation="linear", stored_min=0, stored_max=16383)
    if scene.encoding in ("log", "falling log"):
        relation = dataclasses.replace(relation, relation="log", sign=1 if scene.encoding == "log" else -1)
    elif scene.encoding != "linear":
        relation = dataclasses.replace(relation, relation="display")
        acquisition = dataclasses.replace(
            acquisition, intent="FOR PRESENTATION", photometric_interpretation=scene.encoding
        )
    image = Radiograph.from_array(scene.pixels, pixel_pitch_mm=scene.pixel_pitch_mm, acquisition=acquisition)
    return dataclasses.replace(image, relation=relation)


def judge_field(scene: ClinicalField, found: Collimation) -> JudgedField:
    """Compare a field found with the truth."""
    shape, pitch = found.image_shape_px, scene.pixel_pitch_mm
    corners = scene.truth.beam_corners_px
    wanted, own = clip_to_image(corners, shape), clip_to_image(np.asarray(found.corners_px), shape)
    low, high = np.full(2, -0.5), np.array(shape) - 0.5
    on_image = corners[np.all((corners > low) & (corners < high), axis=1)]
    errors = [float(np.hypot(*(np.asarray(found.corners_px) - corner).T).min()) for corner in on_image]
    errors += [_distance(point, own) for point in wanted] + [_distance(point, wanted) for point in own]
    error_mm = max(errors) * pitch
    common, _ = cv2.intersectConvexConvex(_for_opencv(own), _for_opencv(wanted))
    overlap = float(common / (polygon_area(own) + polygon_area(wanted) - common))
    longest = float(np.hypot(*(np.roll(wanted, -1, axis=0) - wanted).T).max()) * pitch
    least = LEAST_OVERLAP_OF_SMALL if longest < SMALL_MM else LEAST_OVERLAP
    return JudgedField(
        error_mm=error_mm,
        overlap=overlap,
        right=error_mm <= FARTHEST_MM and overlap >= least,
        confidence=found.confidence,
    )


def calibration_error(confidence: NDArray[np.float64], right: NDArray[np.bool_]) -> float:
    """Mean over ten classes of confidence of |mean confidence − share that is right|, weighted with their counts."""
    decile = np.minimum((10.0 * confidence).astype(np.int64), 9)
    sums = np.bincount(decile, confidence - right, minlength=10)
    return float(np.abs(sums).sum() / len(confidence))


def _for_opencv(polygon: NDArray[np.float64]) -> NDArray[np.float32]:
    return np.ascontiguousarray(polygon[:, ::-1], dtype=np.float32)


def _distance(point: NDArray[np.float64], polygon: NDArray[np.float64]) -> float:
    """Distance of a point outside a convex polygon from it, 0 inside, in pixels."""
    place = (float(point[1]), float(point[0]))
    return max(0.0, -float(cv2.pointPolygonTest(_for_opencv(polygon), place, True)))
