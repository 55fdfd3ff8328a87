"""Simple bodies as maps of their thickness, on a square grid whose axes run from −1 to 1 (down, right)."""

from __future__ import annotations

import math
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

Point = tuple[float, float]


def empty_grid(size: int) -> NDArray[np.float32]:
    """Grid of no thickness."""
    return np.zeros((size, size), dtype=np.float32)


def add_ellipsoid(
    grid: NDArray[np.float32],
    centre: Point,
    radii: Point,
    thickness_mm: float,
    *,
    power: float = 2.0,
    rotation_deg: float = 0.0,
) -> None:
    """Add the chord lengths of an ellipsoid in place; a higher power makes it flatter and more rectangular."""
    reach = math.hypot(*radii) if rotation_deg else None
    window = _window(grid, centre, (reach or radii[0], reach or radii[1]))
    if window is None:
        return
    rows, columns, down, right = window
    down, right = down - centre[0], right - centre[1]
    if rotation_deg:
        cosine, sine = math.cos(math.radians(rotation_deg)), math.sin(math.radians(rotation_deg))
        down, right = down * cosine - right * sine, down * sine + right * cosine
    if power == 2.0:
        rest = 1.0 - (down / radii[0]) ** 2 - (right / radii[1]) ** 2
        grid[rows, columns] += np.float32(thickness_mm) * np.sqrt(np.maximum(rest, 0.0))
        return
    rest = 1.0 - np.abs(down / radii[0]) ** power - np.abs(right / radii[1]) ** power
    grid[rows, columns] += np.float32(thickness_mm) * np.maximum(rest, 0.0) ** np.float32(1.0 / power)


def add_rod(grid: NDArray[np.float32], points: tuple[Point, ...], radius: float, thickness_mm: float) -> None:
    """Add the chord lengths of a round rod along a broken line in place; pieces that meet do not add up."""
    low = (min(point[0] for point in points), min(point[1] for point in points))
    high = (max(point[0] for point in points), max(point[1] for point in points))
    centre = ((low[0] + high[0]) / 2, (low[1] + high[1]) / 2)
    window = _window(grid, centre, ((high[0] - low[0]) / 2 + radius, (high[1] - low[1]) / 2 + radius))
    if window is None:
        return
    rows, columns, down, right = window
    nearest = np.full(np.broadcast_shapes(down.shape, right.shape), np.inf, dtype=np.float32)
    for start, end in pairwise(points):
        step = (end[0] - start[0], end[1] - start[1])
        length2 = np.float32(step[0] ** 2 + step[1] ** 2)
        part = ((down - start[0]) * step[0] + (right - start[1]) * step[1]) / length2
        part = np.clip(part, 0.0, 1.0)
        squared = (down - start[0] - part * step[0]) ** 2 + (right - start[1] - part * step[1]) ** 2
        np.minimum(nearest, squared, out=nearest)
    grid[rows, columns] += np.float32(thickness_mm) * np.sqrt(np.maximum(1.0 - nearest / radius**2, 0.0))


def _window(
    grid: NDArray[np.float32], centre: Point, reach: Point
) -> tuple[slice, slice, NDArray[np.float32], NDArray[np.float32]] | None:
    """Part of the grid around a body, with its coordinates; None if the body lies outside."""
    slices, axes = [], []
    for axis in (0, 1):
        size = grid.shape[axis]
        start = max(0, math.floor((centre[axis] - reach[axis] + 1.0) * size / 2 - 0.5))
        stop = min(size, math.ceil((centre[axis] + reach[axis] + 1.0) * size / 2 + 0.5))
        if stop <= start:
            return None
        slices.append(slice(start, stop))
        axes.append(((np.arange(start, stop) + 0.5) * (2.0 / size) - 1.0).astype(np.float32))
    return slices[0], slices[1], axes[0][:, None], axes[1][None, :]
