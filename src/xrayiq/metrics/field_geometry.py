"""Lines, corners and areas of fields.

A line is held as (φ, ρ): its inward normal is (cos φ, sin φ) in (row, column), and row·cos φ + column·sin φ = ρ.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: corners this close together, or this far outside the image, differ by rounding alone
ROUNDING_PX: Final = 1e-6


def intersections(lines: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners of four lines per quadrilateral: corner k lies on the lines of sides k − 1 and k.

    Parameters
    ----------
    lines : (n, 4, 2) array of float64
        (φ, ρ) of the sides upper, right, lower, left.

    Returns
    -------
    (n, 4, 2) array of float64
        Row and column from the reference point of ρ; inf where two lines are parallel.
    """
    before = np.roll(lines, 1, axis=1)
    a, b, first = np.cos(before[..., 0]), np.sin(before[..., 0]), before[..., 1]
    c, d, second = np.cos(lines[..., 0]), np.sin(lines[..., 0]), lines[..., 1]
    determinant = a * d - b * c
    safe = np.where(np.abs(determinant) < 1e-9, np.nan, determinant)
    corners = np.stack([(first * d - b * second) / safe, (a * second - first * c) / safe], axis=-1)
    return np.nan_to_num(corners, nan=np.inf)


def border_lines(extent: tuple[float, float]) -> NDArray[np.float64]:
    """(φ, ρ) of the borders upper, right, lower, left of a grid of that size, from its centre."""
    rows, columns = extent
    return np.array(
        [[0.0, -rows / 2.0], [1.5 * np.pi, -columns / 2.0], [np.pi, -rows / 2.0], [0.5 * np.pi, -columns / 2.0]]
    )


def clipped_polygon(corners: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Part of a convex polygon that lies on the image (Sutherland–Hodgman)."""
    rows, columns = shape
    polygon = [tuple(corner) for corner in corners]
    for axis, bound, sign in ((0, -0.5, 1.0), (0, rows - 0.5, -1.0), (1, -0.5, 1.0), (1, columns - 0.5, -1.0)):
        kept: list[tuple[float, ...]] = []
        for start, stop in zip(polygon, polygon[1:] + polygon[:1], strict=True):
            inside_start, inside_stop = sign * (start[axis] - bound), sign * (stop[axis] - bound)
            if inside_start >= 0:
                kept.append(start)
            if (inside_start >= 0) != (inside_stop >= 0):
                part = inside_start / (inside_start - inside_stop)
                kept.append(tuple(s + part * (e - s) for s, e in zip(start, stop, strict=True)))
        polygon = kept
        if not polygon:
            break
    return np.array(polygon, dtype=np.float64).reshape(-1, 2)


def quadrilateral_on_image(
    corners: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Greatest quadrilateral whose corners are those of the part of a convex quadrilateral on the image.

    Parameters
    ----------
    corners : (4, 2) array of float64
        Row and column, clockwise on the screen; they may lie outside.
    shape : tuple of (int, int)
        Rows and columns of the image.

    Returns
    -------
    tuple of (4, 2) array of float64 and (4,) array of int64
        Corners on the image or its border; and per side which side of the given quadrilateral it stands for: −1 where
        it lies on the border of the image, −2 where it only cuts off a corner between border and field. The corners as
        given where all lie on the image.
    """
    low, high = np.array([-0.5, -0.5]), np.array(shape) - 0.5
    if np.all((corners >= low - ROUNDING_PX) & (corners <= high + ROUNDING_PX)):
        return _snapped(corners, low, high), np.arange(4)
    polygon = _without_repeats(clipped_polygon(corners, shape))
    while 0 < len(polygon) < 4:
        # a triangle: the middle of its longest side is the fourth corner
        lengths = np.hypot(*(np.roll(polygon, -1, axis=0) - polygon).T)
        longest = int(np.argmax(lengths))
        middle = (polygon[longest] + polygon[(longest + 1) % len(polygon)]) / 2.0
        polygon = np.insert(polygon, longest + 1, middle, axis=0)
    best = max(itertools.combinations(range(len(polygon)), 4), key=lambda four: polygon_area(polygon[list(four)]))
    lies_on = [_side_of(corners, polygon[k], polygon[(k + 1) % len(polygon)]) for k in range(len(polygon))]
    sides = np.full(4, -1, dtype=np.int64)
    for side in range(4):
        count = (best[(side + 1) % 4] - best[side]) % len(polygon)
        parts = [(best[side] + step) % len(polygon) for step in range(count)]
        lengths = [np.hypot(*(polygon[(k + 1) % len(polygon)] - polygon[k])) for k in parts]
        longest = lies_on[parts[int(np.argmax(lengths))]]
        sides[side] = -2 if longest == -1 and count > 1 else longest
    return _snapped(polygon[list(best)], low, high), sides


def _snapped(corners: NDArray[np.float64], low: NDArray[np.float64], high: NDArray[np.float64]) -> NDArray[np.float64]:
    """Corners that differ from the border by rounding put onto it."""
    upper = np.where(corners < low + ROUNDING_PX, low, corners)
    snapped: NDArray[np.float64] = np.where(upper > high - ROUNDING_PX, high, upper)
    return snapped


def _without_repeats(polygon: NDArray[np.float64]) -> NDArray[np.float64]:
    apart = np.hypot(*(polygon - np.roll(polygon, 1, axis=0)).T)
    kept: NDArray[np.float64] = polygon[apart > ROUNDING_PX]
    return kept


def _side_of(corners: NDArray[np.float64], start: NDArray[np.float64], stop: NDArray[np.float64]) -> int:
    """Side of a quadrilateral on whose line both points lie; −1 for none."""
    along = np.roll(corners, -1, axis=0) - corners
    along = along / np.maximum(np.hypot(along[:, 0], along[:, 1]), 1e-9)[:, None]
    away = [
        np.abs((point - corners)[:, 0] * along[:, 1] - (point - corners)[:, 1] * along[:, 0]) for point in (start, stop)
    ]
    farthest = np.maximum(*away)
    nearest = int(np.argmin(farthest))
    return nearest if farthest[nearest] < 1e-6 * (1.0 + np.abs(corners).max()) else -1


def polygon_area(corners: NDArray[np.float64]) -> float:
    """Area of a polygon, positive for corners that run clockwise on the screen."""
    if len(corners) < 3:
        return 0.0
    row, column = corners[:, 0], corners[:, 1]
    return 0.5 * float(np.sum(column * np.roll(row, -1) - row * np.roll(column, -1)))


def mean_rotation_deg(corners: NDArray[np.float64], counted: Sequence[bool]) -> float:
    """Mean rotation of the counted sides against the pixel axes, weighted with their length, −45 to 45.

    Parameters
    ----------
    corners : (4, 2) array of float64
        Row and column, clockwise on the screen.
    counted : sequence of bool
        Which of the sides from corner k to k + 1 count.

    Returns
    -------
    float
        Degrees, positive clockwise on the screen; 0 where no side counts.
    """
    along = np.roll(corners, -1, axis=0) - corners
    turned = np.rad2deg(np.arctan2(along[:, 0], along[:, 1]))
    weights = np.hypot(along[:, 0], along[:, 1]) * np.array(counted)
    total = float(weights.sum())
    if total <= 0:
        return 0.0
    # near ±45° neighbouring sides may fall on either end of the range
    reference = turned[int(np.argmax(weights))]
    off = (turned - reference + 45.0) % 90.0 - 45.0
    mean = float(reference + weights @ off / total)
    return (mean + 45.0) % 90.0 - 45.0
