"""Places of an image on the physical detector, with what the header tells of crop, rotation and flip undone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._image import SignalImage


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectorFrame:
    """Place of an image on its detector (DICOM PS3.3, C.8.11.4).

    Parameters
    ----------
    size_mm : tuple of (float, float)
        Height and width of the image.
    origin_mm : tuple of (float, float)
        Upper left corner of the field of view from that of the detector, down and to the right, before rotation.
    rotation_deg : int
        Clockwise rotation of the image against the detector: 0, 90, 180 or 270.
    flipped : bool
        Whether it was flipped from left to right after that.
    is_known : bool
        Whether the header tells of origin, rotation and flip; without, the image is taken as the whole detector.
    """

    size_mm: tuple[float, float]
    origin_mm: tuple[float, float]
    rotation_deg: int
    flipped: bool
    is_known: bool

    def on_detector(self, places_mm: NDArray[np.float64]) -> NDArray[np.float64]:
        """Places (n, 2) on the detector of places on the image, both from the upper left corner, down and right."""
        down, right = places_mm[:, 0], places_mm[:, 1]
        height, width = self.size_mm
        if self.flipped:
            right = width - right
        turned = {
            0: (down, right),
            90: (width - right, down),
            180: (height - down, width - right),
            270: (right, height - down),
        }[self.rotation_deg]
        found: NDArray[np.float64] = np.stack(turned, axis=1) + np.array(self.origin_mm)
        return found


def detector_frame(signal: SignalImage) -> DetectorFrame:
    """Place of an image on its detector, as far as the header tells it."""
    detail = signal.radiograph.header.detail
    pitch = signal.pitch
    spacing = detail.detector_element_spacing_mm
    element = spacing if len(spacing) == 2 and min(spacing) > 0 else pitch
    origin = detail.field_of_view_origin_px
    has_origin = len(origin) == 2
    rotation = detail.field_of_view_rotation_deg
    is_turned = rotation is not None and rotation % 90 == 0
    return DetectorFrame(
        size_mm=(signal.shape[0] * pitch[0], signal.shape[1] * pitch[1]),
        origin_mm=(origin[0] * element[0], origin[1] * element[1]) if has_origin else (0.0, 0.0),
        rotation_deg=int(rotation) % 360 if rotation is not None and is_turned else 0,
        flipped=bool(detail.field_of_view_flipped),
        is_known=has_origin and is_turned and detail.field_of_view_flipped is not None,
    )
