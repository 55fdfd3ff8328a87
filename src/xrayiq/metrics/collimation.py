"""The collimated field of a radiograph: where the blades of the collimator cut the beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.model import Measurement, Provenance, Result

Side = Literal["collimated", "at_border", "not_found"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Collimation(Result):
    """Collimated field found in one image.

    Parameters
    ----------
    corners_px : (4, 2) array of float
        Row and column of the corners, clockwise as seen on the screen, the first being the one with the least row +
        column. Centres of pixels are integers from 0, so a corner on the border of the image stands at −0.5 or n − 0.5.
    sides : 4-tuple of {"collimated", "at_border", "not_found"}
        State of the sides between corners 1–2, 2–3, 3–4, 4–1 (upper, right, lower, left): a blade's edge was found, the
        field reaches the border of the image, or neither could be told.
    area_mm2 : float or None
        Area at the detector; None where the pixel pitch is unknown.
    field_fraction : float
        Area over the area of the image.
    confidence : float
        0 to 1; grows with the length of the sides that the image supports and with the fall of exposure across them.
    rotation_deg : float
        Rotation of the collimated sides against the pixel axes, −45 to 45, positive clockwise on the screen; 0 where
        no side is collimated.
    image_shape_px : tuple of (int, int)
        Rows and columns of the image, the frame in which the corners stand.
    pixel_pitch_mm : tuple of (float, float) or None
        Distance of neighbouring rows and of neighbouring columns.
    preview : 2-D array of uint8 or None
        Small picture with pixels of 2 mm or more, light where the exposure is low; None where the pitch is unknown or the
        header does not exclude burnt-in text.
    preview_pitch_mm : tuple of (float, float) or None
        Distance of the preview's rows and of its columns.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    corners_px: NDArray[np.float64]
    sides: tuple[Side, Side, Side, Side]
    area_mm2: float | None
    field_fraction: float
    confidence: float
    rotation_deg: float
    image_shape_px: tuple[int, int]
    pixel_pitch_mm: tuple[float, float] | None
    preview: NDArray[np.uint8] | None
    preview_pitch_mm: tuple[float, float] | None
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Area and fraction of the field, its rotation and the confidence."""
        area = () if self.area_mm2 is None else (Measurement(quantity="field_area", value=self.area_mm2),)
        return (
            *area,
            Measurement(quantity="field_fraction", value=self.field_fraction),
            Measurement(quantity="field_rotation", value=self.rotation_deg),
            Measurement(quantity="collimation_confidence", value=self.confidence),
        )
