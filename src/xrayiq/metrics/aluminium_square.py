"""Where an aluminium square lies on a homogeneous block, and the regions in and around it."""

from __future__ import annotations

from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage

Floats = NDArray[np.float64]
Rectangle = tuple[int, int, int, int]

#: robust standard deviations of the differences between windows from which on a square stands out
LEAST_PROMINENCE_SD: Final = 8.0
#: side of the windows of the search, and distance of their centres, as parts of the square's side
_WINDOW: Final = 0.7
_WINDOW_DISTANCE: Final = 1.0
#: side of the regions, and distance of the background regions' centres, as parts of the square's side
REGION: Final = 0.5
BACKGROUND_DISTANCE: Final = 1.25


def locate_square_px(signal: SignalImage, *, square_mm: float) -> tuple[float, float]:
    """Row and column of the centre of a square darker than what lies around it.

    The square is where the mean over a window is furthest below both the windows above and below it and those left and
    right. A slope of the signal cancels in either pair. Edges of the field or the block, where the windows of a pair
    differ by more than that, are passed over.

    Parameters
    ----------
    signal : SignalImage
        Image with a pixel pitch.
    square_mm : float
        Side of the square at the detector.

    Returns
    -------
    (float, float)
        Centre, to about a pixel where the square differs from its background by five times the noise.

    Raises
    ------
    NotMeasurableError
        ``too_small`` where the image has no room for the square with its surroundings, ``no_square`` where none stands
        out.
    """
    values = signal.values
    window = [max(3, round(_WINDOW * square_mm / pitch) | 1) for pitch in signal.pitch]  # odd: about a pixel
    away = [max(2, round(_WINDOW_DISTANCE * square_mm / pitch)) for pitch in signal.pitch]
    margin = [distance + size // 2 + 1 for distance, size in zip(away, window, strict=True)]
    if any(count <= 2 * edge + 2 for count, edge in zip(values.shape, margin, strict=True)):
        raise NotMeasurableError(
            "too_small",
            f"image of {values.shape[0]} × {values.shape[1]} pixels",
            needed=f"room for a square of {square_mm:g} mm with as much around it",
            remedy="check the side of the square and the pixel pitch",
            source=signal.source,
        )
    means = _window_means(values, signal.padding, window)
    down, right = (_below_neighbours(means, axis, away[axis])[_inner(axis, margin)] for axis in (0, 1))
    core = slice(margin[0], -margin[0]), slice(margin[1], -margin[1])
    depth = np.minimum(down[:, core[1]], right[core[0], :])
    slopes = [np.abs(_half_difference(means, axis, away[axis])[core]) for axis in (0, 1)]
    depth = np.where(np.isfinite(depth) & (np.maximum(*slopes) < depth), depth, -np.inf)
    best = np.unravel_index(int(np.argmax(depth)), depth.shape)
    spread = min(_spread(down), _spread(right))
    prominence = float(depth[best]) / max(spread, np.finfo(np.float64).tiny)
    if not prominence >= LEAST_PROMINENCE_SD:
        raise _no_square(signal, square_mm, max(prominence, 0.0))
    row, column = _centroid(np.maximum(depth, 0.0), (int(best[0]), int(best[1])), away)
    return row + margin[0], column + margin[1]


def _window_means(values: Floats, padding: NDArray[np.bool_] | None, window: list[int]) -> Floats:
    """Mean over the window about each pixel, NaN where it holds padding."""
    size = (window[1], window[0])
    if padding is None:
        return np.asarray(cv2.blur(values, size), dtype=np.float64)
    means = cv2.blur(np.where(padding, 0.0, values), size)
    touched = cv2.dilate(padding.astype(np.uint8), np.ones((window[0], window[1]), dtype=np.uint8)) > 0
    return np.where(touched, np.nan, means)


def _below_neighbours(means: Floats, axis: int, distance: int) -> Floats:
    """How far each window lies below the mean of its two neighbours along an axis."""
    return 0.5 * (np.roll(means, -distance, axis) + np.roll(means, distance, axis)) - means


def _half_difference(means: Floats, axis: int, distance: int) -> Floats:
    """Half the difference of the two neighbours of each window along an axis."""
    return 0.5 * (np.roll(means, -distance, axis) - np.roll(means, distance, axis))


def _inner(axis: int, margin: list[int]) -> tuple[slice, slice]:
    """Windows with neighbours on the image along an axis."""
    inner, whole = slice(margin[axis], -margin[axis]), slice(None)
    return (inner, whole) if axis == 0 else (whole, inner)


def _spread(depth: Floats) -> float:
    """Robust standard deviation about zero; infinite without any value."""
    seen = np.abs(depth[np.isfinite(depth)])
    return 1.4826 * float(np.median(seen)) if seen.size else np.inf


def _centroid(depth: Floats, best: tuple[int, int], away: list[int]) -> tuple[float, float]:
    """Centre of what is at least half as deep as the deepest window near it."""
    start = [max(0, place - distance // 2) for place, distance in zip(best, away, strict=True)]
    near = depth[start[0] : best[0] + away[0] // 2 + 1, start[1] : best[1] + away[1] // 2 + 1]
    weights = np.clip(near - 0.5 * depth[best], 0.0, None)
    total = float(weights.sum())
    rows, columns = np.arange(near.shape[0]), np.arange(near.shape[1])
    return (
        start[0] + float(weights.sum(axis=1) @ rows) / total,
        start[1] + float(weights.sum(axis=0) @ columns) / total,
    )


def square_regions(
    signal: SignalImage, centre_px: tuple[float, float], *, square_mm: float
) -> tuple[Rectangle, list[Rectangle]]:
    """Region inside a square, and those beside it in opposite pairs that lie wholly on the image.

    Raises
    ------
    NotMeasurableError
        ``square_at_border`` where neither pair does.
    """
    half = [REGION * square_mm / pitch / 2 for pitch in signal.pitch]
    inside = region_about(centre_px, half)
    pairs = []
    for axis in (1, 0):
        step = BACKGROUND_DISTANCE * square_mm / signal.pitch[axis]
        shifts = [(step, 0.0), (-step, 0.0)] if axis == 0 else [(0.0, step), (0.0, -step)]
        pair = [region_about((centre_px[0] + down, centre_px[1] + right), half) for down, right in shifts]
        if all(on_image(region, signal.values.shape) for region in pair):
            pairs += pair
    if not pairs:
        raise NotMeasurableError(
            "square_at_border",
            f"square at row {centre_px[0]:.0f}, column {centre_px[1]:.0f} of {signal.values.shape[0]} × "
            f"{signal.values.shape[1]} pixels",
            needed=f"{(BACKGROUND_DISTANCE + REGION / 2) * square_mm:g} mm on two opposite sides of its centre",
            remedy="move the square to the middle, or give the regions",
            source=signal.source,
        )
    return inside, pairs


def without_slope(signal: SignalImage, regions: list[Rectangle]) -> Floats:
    """Signal without the plane through the pixels of all regions, their mean kept; padding is NaN.

    A slope within a region would count as noise, and one from a region to the next as contrast.
    """
    values = signal.values if signal.padding is None else np.where(signal.padding, np.nan, signal.values)
    grids = [np.mgrid[region[0] : region[1], region[2] : region[3]].reshape(2, -1) for region in regions]
    rows, columns = np.concatenate(grids, axis=1)
    pixels = values[rows, columns]
    seen = np.isfinite(pixels)
    if np.count_nonzero(seen) < 3:
        return values
    middle = float(rows[seen].mean()), float(columns[seen].mean())
    design = np.column_stack([np.ones(rows.size), rows - middle[0], columns - middle[1]])[seen]
    plane = np.linalg.lstsq(design, pixels[seen], rcond=None)[0]
    down = (np.arange(values.shape[0]) - middle[0])[:, None]
    right = (np.arange(values.shape[1]) - middle[1])[None, :]
    return np.asarray(values - plane[1] * down - plane[2] * right, dtype=np.float64)


def region_about(centre_px: tuple[float, float], half_px: list[float]) -> Rectangle:
    """Rectangle of whole pixels about a point."""
    rows, columns = (
        (round(middle - half + 0.5), round(middle + half + 0.5))
        for middle, half in zip(centre_px, half_px, strict=True)
    )
    return rows[0], rows[1], columns[0], columns[1]


def on_image(region: Rectangle, shape: tuple[int, ...]) -> bool:
    """Whether a rectangle lies wholly on an image."""
    return region[0] >= 0 and region[2] >= 0 and region[1] <= shape[0] and region[3] <= shape[1]


def _no_square(signal: SignalImage, square_mm: float, prominence: float) -> NotMeasurableError:
    return NotMeasurableError(
        "no_square",
        f"no square of {square_mm:g} mm that stands out: the deepest place by {prominence:.1f} standard deviations",
        needed=f"{LEAST_PROMINENCE_SD:g} or more",
        remedy="check the object and the side of the square, or give the regions",
        source=signal.source,
    )
