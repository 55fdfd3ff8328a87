"""Central area of flat fields that a noise power spectrum is taken from."""

from __future__ import annotations

from typing import Final

import numpy as np

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage

#: independent pixels that IEC 62220-1-1:2015 asks for
_ENOUGH_PIXELS: Final = 4_000_000
#: relative spread of the images' signals above which they are not of one exposure
_SIGNAL_SPREAD: Final = 0.10


def area_px(signal: SignalImage, roi_px: int, area_mm: float | None) -> tuple[int, int]:
    """Rows and columns of the area that is used.

    Parameters
    ----------
    signal : SignalImage
        Flat field.
    roi_px : int
        Side of a ROI, which has to fit in.
    area_mm : float or None
        Side of the square asked for; the whole image without.

    Returns
    -------
    tuple of (int, int)
        No more than the image has.

    Raises
    ------
    NotMeasurableError
        ``smaller_than_roi``.
    """
    shape = signal.shape
    sides = [shape[0], shape[1]]
    if area_mm is not None:
        sides = [min(sides[axis], round(area_mm / signal.pitch[axis])) for axis in (0, 1)]
    if min(sides) < roi_px:
        raise NotMeasurableError(
            "smaller_than_roi",
            f"area of {sides[0]} × {sides[1]} pixels in an image of {shape[0]} × {shape[1]}",
            needed=f"a ROI of {roi_px} × {roi_px} pixels or more",
            remedy="use an image of the whole detector, or a smaller roi_px",
            source=signal.source,
        )
    return sides[0], sides[1]


def central_part(shape: tuple[int, ...], area: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of an area of that size in the middle of an image."""
    top, left = ((shape[axis] - area[axis]) // 2 for axis in (0, 1))
    return slice(top, top + area[0]), slice(left, left + area[1])


def flat_field_warnings(
    first: SignalImage, area: tuple[int, int], area_mm: float | None, pixel_count: int, means: list[float]
) -> list[str]:
    """What a user should know of the flat fields that a spectrum is taken from.

    Parameters
    ----------
    first : SignalImage
        First of the flat fields.
    area : tuple of (int, int)
        Rows and columns of the area used.
    area_mm : float or None
        Side of the square asked for.
    pixel_count : int
        Independent pixels of all images.
    means : list of float
        Mean signal of each image.

    Returns
    -------
    list of str
        Of a smaller area than asked for, too few pixels, or several exposure levels; empty where all is well.
    """
    found = []
    if area_mm is not None:
        sides = [area[axis] * first.pitch[axis] for axis in (0, 1)]
        if min(sides) < area_mm - max(first.pitch):
            found.append(f"area of {sides[0]:.1f} mm × {sides[1]:.1f} mm, smaller than the {area_mm:g} mm asked for")
    if pixel_count < _ENOUGH_PIXELS:
        found.append(f"{pixel_count} independent pixels, fewer than the 4 million of IEC 62220-1-1")
    if max(means) - min(means) > _SIGNAL_SPREAD * abs(float(np.mean(means))):
        found.append(f"mean signals from {min(means):g} to {max(means):g}, not of one exposure level")
    return found
