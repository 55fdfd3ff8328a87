"""Gradients of an image: where it is flat, and where its edges lie."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel
from xrayiq_kernels.bilinear import bilinear


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
    gradient = np.empty((3, rows, columns), dtype=np.float64)
    for row in range(rows):
        upper, lower = max(row - 1, 0), min(row + 1, rows - 1)
        _gradient_line(
            values[upper], values[row], values[lower], max(lower - upper, 1), gradient[0, row], gradient[1, row]
        )
        _steepness_line(gradient[0, row], gradient[1, row], gradient[2, row])
    found = np.empty((4096, 5), dtype=np.float64)
    count = 0
    steepness = gradient[2]
    for row in range(rows):
        for column in range(columns):
            here = steepness[row, column]
            if here < threshold or here <= 0.0:
                continue
            down = gradient[0, row, column] / here
            across = gradient[1, row, column] / here
            before = bilinear(steepness, row - down, column - across)
            after = bilinear(steepness, row + down, column + across)
            if here < before or here <= after:
                continue
            ahead_row, ahead_column = row + apart_px * down, column + apart_px * across
            back_row, back_column = row - apart_px * down, column - apart_px * across
            ahead = (
                bilinear(gradient[0], ahead_row, ahead_column) * down
                + bilinear(gradient[1], ahead_row, ahead_column) * across
            )
            back = (
                bilinear(gradient[0], back_row, back_column) * down
                + bilinear(gradient[1], back_row, back_column) * across
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
