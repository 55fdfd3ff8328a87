"""The collimated field of an image in small cells, which the search for the field has already averaged."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics.anatomy import inside_field, margin_px, mean_pitch_mm
from xrayiq.metrics.collimation import Collimation
from xrayiq.metrics.field_candidates import finest_factor, reduction_factor

#: cells along a line that are averaged
PART_CELLS: Final = 16
#: pixels beyond which an edge of anatomy is as sharp as a seam, and ribs as close as the lines of a grid
LARGEST_PIXEL_MM: Final = 0.5

Floats = NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FieldCells:
    """Levels of square cells of pixels.

    Parameters
    ----------
    levels : 2-D array of float32
        Logarithm of the mean signal, so that differences are relative; mean stored value turned to grow with the kerma
        where the image has no linear signal. NaN outside the field, in padding and where the signal is not above 0.
    cell_px : int
        Side of a cell; the first begins at the first pixel, and all are whole.
    pitch_mm : float
        Mean distance of neighbouring cells.
    """

    levels: NDArray[np.float32]
    cell_px: int
    pitch_mm: float


def check_pixel_size(signal: SignalImage) -> None:
    """Refuse pixels that are too large to tell what the detector or grid made from anatomy; an unknown pitch passes.

    Raises
    ------
    NotMeasurableError
        ``pixels_too_large`` above 0.5 mm.
    """
    if signal.pixel_pitch_mm is not None and mean_pitch_mm(signal) > LARGEST_PIXEL_MM:
        raise NotMeasurableError(
            "pixels_too_large",
            f"pixels of {mean_pitch_mm(signal):.2g} mm, in which anatomy has edges as sharp as a detector's",
            needed=f"pixels of {LARGEST_PIXEL_MM} mm or less",
            remedy="use the image as it was acquired, not a reduced copy",
            source=signal.source,
        )


def field_cells(signal: SignalImage, field: Collimation) -> FieldCells:
    """Cells of about half a millimetre inside a field by a margin of 3 mm, once per image and field."""
    key = ("field_cells", field.corners_px.tobytes(), field.sides, signal.pixel_pitch_mm, signal.unit)
    return signal.radiograph.kept(key, lambda: _field_cells(signal, field))


def _field_cells(signal: SignalImage, field: Collimation) -> FieldCells:
    pitch_mm = mean_pitch_mm(signal)
    factor = finest_factor(reduction_factor(signal.shape, pitch_mm))
    means, holes = signal.block_means(factor, finest=factor)
    whole = tuple(slice(0, count // factor) for count in signal.shape)
    values = means[whole].astype(np.float32)
    usable = inside_field(field, values.shape, factor, margin_px(signal)) & ~holes[whole]
    if signal.unit != "stored":
        usable &= values > 0
        np.log(values, out=values, where=usable)
    values[~usable] = np.nan
    return FieldCells(levels=values, cell_px=factor, pitch_mm=factor * pitch_mm)


def line_averages(signal: SignalImage, field: Collimation) -> tuple[Floats, Floats]:
    """Means over 16 cells along columns and along rows, each (lines, parts); NaN where a cell does not count."""
    key = ("line_averages", field.corners_px.tobytes(), field.sides, signal.pixel_pitch_mm, signal.unit)
    return signal.radiograph.kept(key, lambda: _line_averages(field_cells(signal, field).levels))


def _line_averages(levels: Floats) -> tuple[Floats, Floats]:
    rows, columns = levels.shape
    high, wide = rows // PART_CELLS, columns // PART_CELLS
    down = _reduced(levels[: high * PART_CELLS], (columns, high))
    along = _reduced(levels[:, : wide * PART_CELLS], (wide, rows))
    return np.ascontiguousarray(down.T), along


def _reduced(levels: Floats, size: tuple[int, int]) -> Floats:
    if 0 in size:
        return np.zeros((size[1], size[0]), dtype=np.float32)
    return np.asarray(cv2.resize(np.ascontiguousarray(levels), size, interpolation=cv2.INTER_AREA), dtype=np.float32)
