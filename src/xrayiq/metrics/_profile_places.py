"""Places of narrow bands inside a collimated field, and the profiles of the signal through them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._image import SignalImage
from xrayiq.metrics._noise_blocks import IN_FLOATS, IN_STEPS, NO_TABLE
from xrayiq.metrics._stored_values import kernel_pixels
from xrayiq.metrics.anatomy import field_sides, margin_px
from xrayiq.metrics.collimation import Collimation
from xrayiq_kernels.band_profiles import band_profiles

#: pixels across a band that are averaged
BAND_PX: Final = 16
#: bands beside each other, over the whole image
MOST_BANDS: Final = 48


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ProfilePlaces:
    """First rows and columns of bands; they run down the columns or along the rows."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    length_px: int
    down: bool


def profile_places(signal: SignalImage, field: Collimation, *, length_px: int, down: bool, most: int) -> ProfilePlaces:
    """Bands that lie wholly in a collimated field and hold no padding, evenly chosen where there are more.

    Parameters
    ----------
    signal : SignalImage
        The image.
    field : Collimation
        Its field.
    length_px : int
        Length of the bands; neighbours of one line overlap by half.
    down : bool
        Whether they run down the columns.
    most : int
        Number that is not exceeded.
    """
    height, width = (length_px, BAND_PX) if down else (BAND_PX, length_px)
    row, column = (
        np.arange(0, count - size + 1, size // 2 if size == length_px else max(size, count // MOST_BANDS))
        for count, size in zip(signal.shape, (height, width), strict=True)
    )
    rows, columns = (each.ravel() for each in np.meshgrid(row, column, indexing="ij"))
    if down:
        rows, columns = (each.reshape(row.size, column.size).T.ravel() for each in (rows, columns))
    inside = np.ones(rows.size, dtype=np.bool_)
    for corner, normal, margin in field_sides(field, margin_px(signal)):
        for bottom in (0, height - 1):
            for right in (0, width - 1):
                depth = (rows + bottom - corner[0]) * normal[0] + (columns + right - corner[1]) * normal[1]
                inside &= depth >= margin
    which = np.flatnonzero(inside)
    if which.size > most:
        which = which[np.linspace(0, which.size - 1, most).round().astype(np.int64)]
    if signal.padding is not None:
        clean = [not signal.padding[rows[k] : rows[k] + height, columns[k] : columns[k] + width].any() for k in which]
        which = which[np.array(clean, dtype=np.bool_)]
    return ProfilePlaces(rows=rows[which], columns=columns[which], length_px=length_px, down=down)


def profiles_of(signal: SignalImage, places: ProfilePlaces) -> NDArray[np.float64]:
    """Mean signal along each band, (bands, pixels along them)."""
    scale = signal.scale
    where = places.rows, places.columns, places.length_px, BAND_PX, places.down
    if scale is None:
        values = np.ascontiguousarray(signal.values).view()
        values.flags.writeable = False
        return band_profiles(values, NO_TABLE, 0, *where, IN_FLOATS)
    pixels = kernel_pixels(signal.radiograph)
    if scale.slope is None or scale.intercept is None:
        return band_profiles(pixels, scale.table, scale.first, *where, IN_FLOATS)
    return band_profiles(pixels, NO_TABLE, 0, *where, IN_STEPS) * scale.slope + scale.intercept
