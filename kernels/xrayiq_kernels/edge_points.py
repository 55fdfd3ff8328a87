"""Gradients of an image: where it is flat, and where its edges lie."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def _gradient_line(
    upper: NDArray[Any],
    line: NDArray[Any],
    lower: NDArray[Any],
    apart: float,
    down: NDArray[Any],
    across: NDArray[Any],
) -> None:
    """Central differences along one row of at least three values, one-sided at its ends."""
    last = line.size - 1
    for column in range(line.size):
        down[column] = (lower[column] - upper[column]) / apart
    across[0] = line[1] - line[0]
    across[last] = line[last] - line[last - 1]
    inner, left, right = across[1:last], line[: last - 1], line[2:]
    for column in range(inner.size):
        inner[column] = (right[column] - left[column]) / 2.0


@kernel
def _steepness_line(down: NDArray[Any], across: NDArray[Any], steepness: NDArray[Any]) -> None:
    for column in range(steepness.size):
        steepness[column] = math.sqrt(down[column] * down[column] + across[column] * across[column])


@kernel
def flat_places(values: NDArray[Any], steepest: float) -> NDArray[np.bool_]:
    """Where the gradient is below a limit.

    Parameters
    ----------
    values : (rows, columns) array of float32 or float64
        Finite, at least 3 × 3.
    steepest : float
        Limit per pixel.

    Returns
    -------
    (rows, columns) array of bool
        Gradients are central differences, one-sided at the border.
    """
    rows, columns = values.shape
    flat = np.empty((rows, columns), dtype=np.bool_)
    down = np.empty(columns, dtype=values.dtype)
    across = np.empty(columns, dtype=values.dtype)
    for row in range(rows):
        upper, lower = max(row - 1, 0), min(row + 1, rows - 1)
        _gradient_line(values[upper], values[row], values[lower], max(lower - upper, 1), down, across)
        _steepness_line(down, across, across)
        for column in range(columns):
            flat[row, column] = across[column] < steepest
    return flat


@kernel
def _at(lines: NDArray[np.float64], rows: int, row: float, column: float) -> float:
    """Value between pixels by bilinear interpolation, the border repeated; row r is held in line r modulo their number.

    The number of lines is a power of two.
    """
    held, columns = lines.shape
    row = min(max(row, 0.0), rows - 1.0)
    column = min(max(column, 0.0), columns - 1.0)
    upper = min(int(row), rows - 2)
    left = min(int(column), columns - 2)
    down, across = row - upper, column - left
    one, two = lines[upper & (held - 1)], lines[(upper + 1) & (held - 1)]
    first = one[left] * (1.0 - across) + one[left + 1] * across
    second = two[left] * (1.0 - across) + two[left + 1] * across
    value: float = first * (1.0 - down) + second * down
    return value


@kernel
def edge_points(values: NDArray[np.float64], threshold: float, apart_px: float) -> NDArray[np.float64]:
    """Points where the gradient is steepest along its own direction, and clearly steeper than farther along it.

    Parameters
    ----------
    values : (rows, columns) array of float64
        Smoothed logarithm of the signal, at least 3 × 3, finite.
    threshold : float
        Least strength: gradient per pixel less the greater of the gradients in the same direction at `apart_px` to
        either side, where one is above 0. A ramp, such as scatter that falls off, has no strength.
    apart_px : float
        Distance of that comparison.

    Returns
    -------
    (points, 5) array of float64
        Row and column (with the peak of the gradient interpolated by a parabola), inward normal's row and column part,
        strength. Gradients are central differences, one-sided at the border.
    """
    rows, columns = values.shape
    # only the lines that are compared are held, which stay near at hand
    reach = int(apart_px) + 2
    held = 4
    while held < 2 * reach + 1:
        held *= 2
    gradient = np.empty((3, held, columns), dtype=np.float64)
    found = np.empty((4096, 5), dtype=np.float64)
    count = 0
    steepness = gradient[2]
    ready = 0
    for row in range(rows):
        while ready < min(row + reach + 1, rows):
            upper, lower, line = max(ready - 1, 0), min(ready + 1, rows - 1), ready & (held - 1)
            _gradient_line(
                values[upper], values[ready], values[lower], max(lower - upper, 1), gradient[0, line], gradient[1, line]
            )
            _steepness_line(gradient[0, line], gradient[1, line], gradient[2, line])
            ready += 1
        line = row & (held - 1)
        for column in range(columns):
            here = steepness[line, column]
            if here < threshold or here <= 0.0:
                continue
            down = gradient[0, line, column] / here
            across = gradient[1, line, column] / here
            before = _at(steepness, rows, row - down, column - across)
            after = _at(steepness, rows, row + down, column + across)
            if here < before or here <= after:
                continue
            ahead_row, ahead_column = row + apart_px * down, column + apart_px * across
            back_row, back_column = row - apart_px * down, column - apart_px * across
            ahead = (
                _at(gradient[0], rows, ahead_row, ahead_column) * down
                + _at(gradient[1], rows, ahead_row, ahead_column) * across
            )
            back = (
                _at(gradient[0], rows, back_row, back_column) * down
                + _at(gradient[1], rows, back_row, back_column) * across
            )
            strength = here - max(ahead, back, 0.0)
            if strength < threshold:
                continue
            if count == found.shape[0]:
                found = np.concatenate((found, np.empty_like(found)))
            bend = before - 2.0 * here + after
            shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
            found[count, 0] = row + shift * down
            found[count, 1] = column + shift * across
            found[count, 2] = down
            found[count, 3] = across
            found[count, 4] = strength
            count += 1
    return found[:count].copy()
