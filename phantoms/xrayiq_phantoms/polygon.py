"""Quadrilaterals in pixel coordinates (row, column); pixel centres are integers from 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray


def rectangle(
    *, centre_px: tuple[float, float], size_px: tuple[float, float], rotation_deg: float = 0.0
) -> NDArray[np.float64]:
    """Corners of a rectangle (rows × columns) turned clockwise as seen on screen, ordered by `ordered_corners`."""
    half = 0.5 * np.array([[-1, -1], [-1, 1], [1, 1], [1, -1]]) * np.asarray(size_px, dtype=np.float64)
    cosine, sine = math.cos(math.radians(rotation_deg)), math.sin(math.radians(rotation_deg))
    rows = half[:, 0] * cosine + half[:, 1] * sine
    columns = half[:, 1] * cosine - half[:, 0] * sine
    return ordered_corners(np.stack([rows + centre_px[0], columns + centre_px[1]], axis=1))


def ordered_corners(corners_px: ArrayLike) -> NDArray[np.float64]:
    """Four corners clockwise as seen on screen (rows run down), first the one with the least row + column.

    Raises
    ------
    ValueError
        The corners do not make a convex quadrilateral.
    """
    corners = np.asarray(corners_px, dtype=np.float64)
    if corners.shape != (4, 2):
        raise ValueError(f"corners of shape {corners.shape}; needed 4 points (row, column)")
    offset = corners - corners.mean(axis=0)
    corners = corners[np.argsort(np.arctan2(offset[:, 0], offset[:, 1]), kind="stable")]
    corners = np.roll(corners, -int(np.argmin(corners.sum(axis=1))), axis=0)
    sides = np.roll(corners, -1, axis=0) - corners
    following = np.roll(sides, -1, axis=0)
    if np.any(sides[:, 1] * following[:, 0] - sides[:, 0] * following[:, 1] <= 0):
        raise ValueError(f"corners {corners.tolist()}; needed a convex quadrilateral")
    return corners


def polygon_area(corners: NDArray[Any]) -> float:
    """Area of a polygon in the square of its unit (shoelace formula)."""
    following = np.roll(corners, -1, axis=0)
    return float(0.5 * abs(np.sum(corners[:, 0] * following[:, 1] - corners[:, 1] * following[:, 0])))


def inside_distances(corners_px: NDArray[Any], shape: tuple[int, int]) -> list[NDArray[np.float64]]:
    """Signed distance of each pixel centre from each side's line in pixels, positive towards the inside.

    Corners run clockwise as seen on screen; the order is side 0 from corner 0 to 1, and so on.
    """
    rows = np.arange(shape[0])[:, None]
    columns = np.arange(shape[1])[None, :]
    distances = []
    for start, end in zip(corners_px, np.roll(corners_px, -1, axis=0), strict=True):
        along = (end - start) / np.hypot(*(end - start))
        distances.append(along[1] * (rows - start[0]) - along[0] * (columns - start[1]))
    return distances


def clip_to_image(corners_px: NDArray[Any], shape: tuple[int, int]) -> NDArray[np.float64]:
    """Part of a convex polygon on the image, whose area ends half a pixel outside the outer pixel centres."""
    polygon = [np.asarray(corner, dtype=np.float64) for corner in corners_px]
    for axis in (0, 1):
        for limit, sign in ((-0.5, 1.0), (shape[axis] - 0.5, -1.0)):
            polygon = _clip(polygon, axis, limit, sign)
    return np.array(polygon).reshape(-1, 2)


def _clip(polygon: list[NDArray[np.float64]], axis: int, limit: float, sign: float) -> list[NDArray[np.float64]]:
    """Sutherland–Hodgman step: keep what lies on the positive side of one image border."""
    kept: list[NDArray[np.float64]] = []
    for index, point in enumerate(polygon):
        before = polygon[index - 1]
        here, there = sign * (point[axis] - limit), sign * (before[axis] - limit)
        if (here >= 0) != (there >= 0):
            kept.append(before + (point - before) * there / (there - here))
        if here >= 0:
            kept.append(point)
    return kept


def side_on_image(start: NDArray[Any], end: NDArray[Any], shape: tuple[int, int]) -> float:
    """Part (0 to 1) of a side that lies on the image."""
    first, last = 0.0, 1.0
    for axis in (0, 1):
        low, high, step = -0.5, shape[axis] - 0.5, end[axis] - start[axis]
        if step == 0.0:
            if not low < start[axis] < high:
                return 0.0
            continue
        enter, leave = sorted(((low - start[axis]) / step, (high - start[axis]) / step))
        first, last = max(first, enter), min(last, leave)
    return max(0.0, float(last - first))


def line_crossing(
    first: tuple[NDArray[Any], NDArray[Any]], second: tuple[NDArray[Any], NDArray[Any]]
) -> NDArray[np.float64]:
    """Point where two lines, each given by two points, cross."""
    one, two = first[1] - first[0], second[1] - second[0]
    steps = np.linalg.solve(np.stack([one, -two], axis=1), second[0] - first[0])
    return np.asarray(first[0] + steps[0] * one, dtype=np.float64)
