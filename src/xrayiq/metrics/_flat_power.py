"""Power of the regions of interest of flat fields, image by image."""

from __future__ import annotations

from dataclasses import dataclass

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._flat_area import area_px, central_part
from xrayiq.metrics._image import Pitch, SignalImage
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics._range_ends import RangeEnds, check_saturation
from xrayiq.metrics._roi_power import Detrend, RoiPower, roi_power


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlatFieldPower:
    """Powers of the images of one noise power spectrum.

    Parameters
    ----------
    parts : tuple of RoiPower
        One per image.
    first : SignalImage
        First image; the others have its size, pitch and unit.
    area_px : (int, int)
        Rows and columns of the area that was used.
    worst_ends : RangeEnds
        Of the image with most pixels at an end of its range.
    """

    parts: tuple[RoiPower, ...]
    first: SignalImage
    area_px: tuple[int, int]
    worst_ends: RangeEnds


def flat_field_power(
    images: Images,
    *,
    pixel_pitch_mm: Pitch | None,
    roi_px: int,
    step_px: int,
    detrend: Detrend,
    area_mm: float | None,
) -> FlatFieldPower:
    """Powers of all images, of which one is in memory at a time; arguments and errors as `measure_nps` has them."""
    parts: list[RoiPower] = []
    first: SignalImage | None = None
    worst: RangeEnds | None = None
    area = (0, 0)
    for signal in images_as_signals(images, procedure="the noise power spectrum", pixel_pitch_mm=pixel_pitch_mm):
        if first is None:
            first, area = signal, area_px(signal, roi_px, area_mm)
        crop = central_part(signal.shape, area)
        ends = check_saturation(signal, crop, procedure="the noise power spectrum")
        worst = ends if worst is None or ends.fraction > worst.fraction else worst
        part = roi_power(signal, crop, roi_px=roi_px, step_px=step_px, detrend=detrend)
        if part.roi_count == 0:
            raise NotMeasurableError(
                "no_clean_roi",
                f"no ROI of {roi_px} × {roi_px} pixels without padding or missing pixels",
                needed="one or more",
                remedy="use an image that covers the detector, or a smaller roi_px",
                source=signal.source,
            )
        parts.append(part)
    if first is None or worst is None:
        raise InputError("no image", needed="at least one flat field", remedy="give an image, or a list of images")
    return FlatFieldPower(parts=tuple(parts), first=first, area_px=area, worst_ends=worst)
