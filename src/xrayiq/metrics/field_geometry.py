"""Lines, corners and areas of fields.

A line is held as (φ, ρ): its inward normal is (cos φ, sin φ) in (row, column), and row·cos φ + column·sin φ = ρ.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

#: corners this close to the border of the image differ from it by rounding alone
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


def lines_of(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """(φ, ρ) of the sides of a quadrilateral, (4, 2), from (4, 2) corners clockwise on the screen."""
    along = np.roll(corners, -1, axis=0) - corners
    angles = np.arctan2(-along[:, 0], along[:, 1])
    distances = corners[:, 0] * np.cos(angles) + corners[:, 1] * np.sin(angles)
    return np.stack([angles % (2.0 * np.pi), distances], axis=1)


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


def snapped_to_border(corners: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Corners (n, 2) with rows and columns that differ from the border of the image by rounding put onto it."""
    low, high = np.array([-0.5, -0.5]), np.array(shape) - 0.5
    snapped: NDArray[np.float64] = np.where(np.abs(corners - low) < ROUNDING_PX, low, corners)
    return np.where(np.abs(snapped - high) < ROUNDING_PX, high, snapped)


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
