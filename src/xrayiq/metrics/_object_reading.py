"""Images of a contrast-detail object: where it lies in each, and what its cells hold."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._cell_reading import Readings, read_cells
from xrayiq.metrics._grid_finding import Grid, find_grid
from xrayiq.metrics._image import Pitch, SignalImage
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics._range_ends import RangeEnds, check_saturation
from xrayiq.metrics.contrast_detail_layout import ContrastDetailLayout

Floats = NDArray[np.float64]

#: least share of cells that can be read
LEAST_CELLS: Final = 0.9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ObjectReadings:
    """What images of one object hold.

    Parameters
    ----------
    first : SignalImage
        The first image.
    grids : list of Grid
        Where the object lies in each.
    readings : list of Readings
        Its cells in each.
    worst : RangeEnds
        Of the image with the most pixels at the ends of the range.
    uncertain : int
        Images without discs that show which way round the object lies.
    """

    first: SignalImage
    grids: list[Grid]
    readings: list[Readings]
    worst: RangeEnds
    uncertain: int


def read_objects(
    images: Images, layout: ContrastDetailLayout, *, pixel_pitch_mm: Pitch | None, least_contrast: float
) -> ObjectReadings:
    """Cells of an object in each of its images.

    Parameters
    ----------
    images : Radiograph, 2-D array, or sequence of them
        Images of one object.
    layout : ContrastDetailLayout
        Which object.
    pixel_pitch_mm : float or (rows, columns) pair or None
        Wins over the headers'.
    least_contrast : float
        Difference to the background that a disc has to exceed, over the background.

    Returns
    -------
    ObjectReadings
        Of one image or more.

    Raises
    ------
    InputError
        No image, or images that differ in size, pixel pitch or response.
    NotMeasurableError
        As `find_grid`; ``partly_saturated``; ``too_few_cells``; or as any image without pixel pitch or content.
    """
    first: SignalImage | None = None
    worst: RangeEnds | None = None
    grids: list[Grid] = []
    readings: list[Readings] = []
    uncertain = 0
    for signal in images_as_signals(
        images, procedure="contrast and detail", pixel_pitch_mm=pixel_pitch_mm, needs_signal=False
    ):
        first = first or signal
        grid, certain = find_grid(signal, layout)
        ends = check_saturation(signal, _area(signal, grid), procedure="contrast and detail")
        worst = ends if worst is None or ends.fraction > worst.fraction else worst
        reading = read_cells(signal, grid, layout, least_contrast=least_contrast)
        _check_cells(signal, reading)
        grids.append(grid)
        readings.append(reading)
        uncertain += not certain
    if first is None or worst is None:
        raise InputError("no image", needed="at least one image of the object")
    return ObjectReadings(first=first, grids=grids, readings=readings, worst=worst, uncertain=uncertain)


def _area(signal: SignalImage, grid: Grid) -> NDArray[np.bool_]:
    """Pixels of the grid."""
    mask = np.zeros(signal.values.shape, dtype=np.uint8)
    cv2.fillConvexPoly(mask, np.rint(outline_px(signal, grid)[:, ::-1]).astype(np.int32), 1)
    return mask.astype(np.bool_)


def outline_px(signal: SignalImage, grid: Grid) -> Floats:
    """Row and column of the grid's corners: of cells (0, 0), (0, last), (last, last) and (last, 0)."""
    ends = np.array([(0.0, 0.0), (0.0, 1.0), (1.0, 1.0), (1.0, 0.0)]) * grid.side
    return np.asarray(grid.points(ends[:, 0], ends[:, 1]) / np.array(signal.pitch), dtype=np.float64)


def _check_cells(signal: SignalImage, reading: Readings) -> None:
    read = np.isfinite(reading.p_values[..., 0])
    if read.mean() < LEAST_CELLS:
        raise NotMeasurableError(
            "too_few_cells",
            f"{np.count_nonzero(read)} of {read.size} cells free of padding",
            needed=f"{100.0 * LEAST_CELLS:g} % or more",
            remedy="use an image of the whole object",
            source=signal.source,
        )


def likeliest_corners(readings: Sequence[Readings], layout: ContrastDetailLayout) -> NDArray[np.int64]:
    """Corner of each cell that stands out most over all images; −1 in cells of a single disc."""
    scores = np.array([np.nan_to_num(reading.corner_scores) for reading in readings]).sum(axis=0)
    corners = np.asarray(scores.argmax(axis=-1), dtype=np.int64)
    corners[: layout.single_rows] = -1
    return corners
