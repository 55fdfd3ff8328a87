"""The part of a clinical image that shows the patient: inside the field, without direct exposure and metal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics._percentiles import percentile
from xrayiq.metrics._pixel_runs import PixelRuns, pixels_of_cells
from xrayiq.metrics.collimation import Collimation
from xrayiq.metrics.field_candidates import ASSUMED_LENGTH_MM, fill_holes, finest_factor, reduction_factor
from xrayiq_kernels.edge_points import flat_places
from xrayiq_kernels.masked_plane import above_plane, plane_moments

#: pixel size of the grid on which the regions are told apart: that of the search for the field if it is not finer than
#: the first, as in large images, else about the second
LEAST_SEARCH_GRID_MM: Final = 0.9
GRID_MM: Final = 1.0
#: distance from the field's sides that is left out
FIELD_MARGIN_MM: Final = 3.0
#: direct exposure is flat: relative change per mm below this, after smoothing …
AIR_FLATNESS_PER_MM: Final = 0.003
FLATNESS_SMOOTHING_MM: Final = 3.0
#: … near the greatest signal, on at least this share of the field
AIR_OF_TOP: Final = 0.7
LEAST_AIR_FRACTION: Final = 0.01
#: … and of one level but for heel and gain: the logarithm's standard deviation about a plane is below the first, or
#: below the second where hardly any of the field is brighter than the plane, unlike flat parts of a body
AIR_SD: Final = 0.02
AIR_SD_AT_TOP: Final = 0.04
BRIGHTER: Final = 1.05
MOST_BRIGHTER: Final = 0.005
#: rounding of the mean of equal values
_ONE_VALUE: Final = 1e-9
#: what reaches this part of the direct exposure is air, or skin too thin to count
AIR_LIMIT: Final = 0.9
#: what stays below this part of the median is metal
METAL_LIMIT: Final = 0.1
LEAST_ANATOMY_FRACTION: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anatomy:
    """Anatomy in one image.

    Parameters
    ----------
    cells : 2-D array of bool
        True for the cells of a grid that are anatomy inside the field.
    cell_px : int
        Side of a cell in pixels; the grid begins at the first pixel.
    pixels : PixelRuns
        The pixels of these cells that are not padding.
    fraction : float
        Their share of the image.
    beside_fraction : float
        Share of the field that is direct exposure beside the anatomy.
    direct_exposure : float or None
        Signal of the direct beam beside the patient; None where there is none in the field.
    """

    cells: NDArray[np.bool_]
    cell_px: int
    pixels: PixelRuns
    fraction: float
    beside_fraction: float
    direct_exposure: float | None

    @property
    def mask(self) -> NDArray[np.bool_]:
        """True on pixels of anatomy inside the field."""
        return self.pixels.mask()


def find_anatomy(signal: SignalImage, field: Collimation) -> Anatomy:
    """Anatomy inside a collimated field, from linear signal.

    Parameters
    ----------
    signal : SignalImage
        Linear signal of the image.
    field : Collimation
        Its field.

    Returns
    -------
    Anatomy
        To about 1 mm: regions are told apart on block means of that size.

    Raises
    ------
    NotMeasurableError
        ``no_anatomy``: less than 1 % of the image is left.

    Notes
    -----
    Direct exposure is the flat part of the field near its greatest signal, if it has one level but for heel effect and
    gain, which a plane through its logarithm follows. Where that part is too small, it is what reaches 0.9 of a
    saturated value. Metal is what absorbs ten times more than the median of the rest. Direct exposure and metal are
    told apart 3 mm inside the field's sides; the margin counts as direct exposure where that lies next to it.
    """
    pitch_mm = mean_pitch_mm(signal)
    factor, finest = _grid_factors(signal.shape, pitch_mm)
    means, holes = fill_holes(*signal.block_means(factor, finest=finest))
    inside = inside_field(field, means.shape, factor, margin_px(signal)) & ~holes
    air, direct = _direct_exposure(means, inside, factor * pitch_mm)
    rest = inside & ~air & (means > 0)
    if rest.any():
        rest &= means > METAL_LIMIT * percentile(means[rest], 50.0)[0]
    pixels = pixels_of_cells(rest, factor, signal.shape).without(signal.padding)
    fraction = pixels.pixel_count / (signal.shape[0] * signal.shape[1])
    if fraction < LEAST_ANATOMY_FRACTION:
        raise NotMeasurableError(
            "no_anatomy",
            f"{100.0 * fraction:.1f} % of the image is anatomy inside the collimated field",
            needed=f"at least {100.0 * LEAST_ANATOMY_FRACTION:g} %",
            remedy="measure flat fields with measure_uniformity and measure_nps",
            source=signal.source,
        )
    return Anatomy(
        cells=rest,
        cell_px=factor,
        pixels=pixels,
        fraction=fraction,
        beside_fraction=_beside(air, inside, inside_field(field, means.shape, factor, 0.0) & ~holes, factor * pitch_mm),
        direct_exposure=direct,
    )


def anatomy_of(signal: SignalImage, field: Collimation) -> Anatomy:
    """Anatomy inside a collimated field, as `find_anatomy` finds it, once per image and field."""
    key = ("anatomy", field.corners_px.tobytes(), field.sides, signal.pixel_pitch_mm, signal.unit)
    return signal.radiograph.kept(key, lambda: find_anatomy(signal, field))


def field_pixels(signal: SignalImage, field: Collimation) -> PixelRuns:
    """Pixels inside a collimated field by a margin of 3 mm, padding left out.

    Parameters
    ----------
    signal : SignalImage
        The image.
    field : Collimation
        Its field.

    Returns
    -------
    PixelRuns
        Sides on the image border need no margin.
    """
    everything = np.ones((1, 1), dtype=np.bool_)
    spans = _field_spans(signal, field)
    return pixels_of_cells(everything, max(signal.shape), signal.shape, spans=spans).without(signal.padding)


def pixels_beside(signal: SignalImage, field: Collimation, anatomy: Anatomy) -> PixelRuns:
    """Pixels inside a collimated field by a margin of 3 mm that are no anatomy, padding left out.

    Parameters
    ----------
    signal : SignalImage
        The image.
    field : Collimation
        Its field.
    anatomy : Anatomy
        Its anatomy.

    Returns
    -------
    PixelRuns
        Sides on the image border need no margin.
    """
    spans = _field_spans(signal, field)
    return pixels_of_cells(~anatomy.cells, anatomy.cell_px, signal.shape, spans=spans).without(signal.padding)


def _field_spans(signal: SignalImage, field: Collimation) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First column inside the field by its margin in each row, and the column behind the last."""
    return _spans(field, signal.shape, 1, margin_px(signal))


def margin_px(signal: SignalImage) -> float:
    """Distance from the field's sides that is left out, in pixels."""
    return FIELD_MARGIN_MM / mean_pitch_mm(signal)


def _spans(
    field: Collimation, shape: tuple[int, ...], factor: int, margin_px: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First cell whose centre lies inside the field by a margin in each row of cells, and the cell behind the last."""
    rows, columns = shape
    to_centre = (factor - 1) / 2.0
    row = np.arange(rows, dtype=np.float64) * factor + to_centre
    starts, stops = np.zeros(rows, dtype=np.int64), np.full(rows, columns, dtype=np.int64)
    for corner, normal, margin in field_sides(field, margin_px):
        depth = (row - corner[0]) * normal[0] - margin
        if abs(normal[1]) * columns * factor < 1e-9:
            stops = np.where(depth > 0.0, stops, 0)
            continue
        crossing = np.clip((corner[1] - depth / normal[1] - to_centre) / factor, -1.0, columns + 1.0)
        if normal[1] > 0:
            starts = np.maximum(starts, np.floor(crossing).astype(np.int64) + 1)
        else:
            stops = np.minimum(stops, np.ceil(crossing).astype(np.int64))
    return starts, stops


def field_sides(
    field: Collimation, margin_px: float
) -> Iterator[tuple[NDArray[np.float64], NDArray[np.float64], float]]:
    """Of each side a corner, the inward normal, and the margin; sides on the image border need none."""
    along = np.roll(field.corners_px, -1, axis=0) - field.corners_px
    inward = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.hypot(along[:, 0], along[:, 1])[:, None]
    for corner, normal, state in zip(field.corners_px, inward, field.sides, strict=True):
        yield corner, normal, margin_px if state == "collimated" else 0.0


def mean_pitch_mm(signal: SignalImage) -> float:
    """Geometric mean of the pixel pitch; without any, that of an image of usual size."""
    if signal.pixel_pitch_mm is None:
        return float(ASSUMED_LENGTH_MM / max(signal.shape))
    return float(np.sqrt(signal.pixel_pitch_mm[0] * signal.pixel_pitch_mm[1]))


def _grid_factors(shape: tuple[int, int], pitch_mm: float) -> tuple[int, int]:
    """Pixels per cell, and per cell of the finer grid that cells may be put together from."""
    search = reduction_factor(shape, pitch_mm)
    if search * pitch_mm < LEAST_SEARCH_GRID_MM:
        return max(1, round(GRID_MM / pitch_mm)), 0
    return search, finest_factor(search)


def inside_field(field: Collimation, shape: tuple[int, ...], factor: int, margin_px: float) -> NDArray[np.bool_]:
    """Blocks whose centre lies inside the field by a margin; sides on the image border need none."""
    starts, stops = _spans(field, shape, factor, margin_px)
    column = np.arange(shape[1])
    inside: NDArray[np.bool_] = (column >= starts[:, None]) & (column < stops[:, None])
    return inside


def _beside(air: NDArray[np.bool_], inside: NDArray[np.bool_], field: NDArray[np.bool_], cell_mm: float) -> float:
    """Share of a field that is direct exposure, whose outer margin is like what lies next to it."""
    reach = int(np.ceil(FIELD_MARGIN_MM / cell_mm))
    wider = cv2.dilate(air.astype(np.uint8), np.ones((2 * reach + 1, 2 * reach + 1), np.uint8)).view(np.bool_)
    beside = int(np.count_nonzero(air)) + int(np.count_nonzero(wider & field & ~inside))
    return beside / max(int(np.count_nonzero(field)), 1)


def _direct_exposure(
    means: NDArray[np.float64], inside: NDArray[np.bool_], grid_mm: float
) -> tuple[NDArray[np.bool_], float | None]:
    """Where the beam passed beside the patient, and its median signal there."""
    nowhere = np.zeros(means.shape, dtype=np.bool_)
    if not inside.any():
        return nowhere, None
    top = percentile(means[inside], 99.0)[0]
    if top <= 0:
        return nowhere, None
    logarithm = np.log(np.maximum(means, 1e-3 * top))
    single, sigma_px = logarithm.astype(np.float32), FLATNESS_SMOOTHING_MM / grid_mm
    smooth = np.asarray(cv2.GaussianBlur(single, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), np.float32)
    least = LEAST_AIR_FRACTION * np.count_nonzero(inside)
    flat = inside & flat_places(smooth, AIR_FLATNESS_PER_MM * grid_mm)
    flat &= means > AIR_OF_TOP * top
    if np.count_nonzero(flat) < least:
        # narrow strips of saturated air are not flat after smoothing, but all have one value
        highest = float(means[inside].max())
        if np.count_nonzero(inside & (means >= highest * (1.0 - _ONE_VALUE))) < least:
            return nowhere, None
        return inside & (means > AIR_LIMIT * highest), highest
    moments, products = plane_moments(logarithm, flat)
    # of planes that fit alike, as through a single row of blocks, the one that is tilted least
    solution, *_ = np.linalg.lstsq(moments, products, rcond=1e-10)
    plane, highest = np.asarray(solution, dtype=np.float64), float(np.exp(np.log(top) + 1.0))
    if not _has_one_level(smooth, flat, inside, plane, highest):
        return nowhere, None
    air = above_plane(means, inside, plane + np.array([np.log(AIR_LIMIT), 0.0, 0.0]), AIR_LIMIT * highest)
    return air, percentile(means[flat], 50.0)[0]


def _has_one_level(
    smooth: NDArray[np.float32],
    flat: NDArray[np.bool_],
    inside: NDArray[np.bool_],
    plane: NDArray[np.float64],
    highest: float,
) -> bool:
    """Whether the flat part of a smoothed logarithm is a plane, or nearly one with nothing brighter in the field."""
    values = smooth.astype(np.float64)
    moments, products = plane_moments(values, flat)
    solution, *_ = np.linalg.lstsq(moments, products, rcond=1e-10)
    squares = float(np.sum(values[flat] ** 2)) - float(solution @ products)
    spread = np.sqrt(max(squares, 0.0) / np.count_nonzero(flat))
    if spread <= AIR_SD:
        return True
    brighter = above_plane(np.exp(values), inside, plane + np.array([np.log(BRIGHTER), 0.0, 0.0]), highest)
    return bool(spread <= AIR_SD_AT_TOP and np.count_nonzero(brighter) <= MOST_BRIGHTER * np.count_nonzero(inside))
