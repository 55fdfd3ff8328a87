"""What speaks for and against the sides of a quadrilateral that may be a collimated field."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel
from xrayiq_kernels.bilinear import bilinear, inner_bilinear


@kernel
def side_support(
    values: NDArray[np.float64],
    sides: NDArray[np.float64],
    threshold: float,
    inset_px: float,
    reach_px: int,
    step_px: float,
) -> NDArray[np.float64]:
    """How well each side of a quadrilateral parts brighter inside from darker outside.

    Parameters
    ----------
    values : (rows, columns) array of float64
        Smoothed logarithm of the signal, finite.
    sides : (sides, 4) array of float64
        Row and column of the corner where each side begins, and of the one where it ends, clockwise on the screen; they
        may lie outside the image.
    threshold : float
        Least step that counts: inside less outside, less what the fall from outside to farther outside continues.
    inset_px : float
        Length left out at either end of a side.
    reach_px : int
        Values are averaged 1.5, 2.5 … (reach_px + 0.5) pixels to either side, and over as many pixels farther outside.
    step_px : float
        Distance of the places along a side, above 0; each stands for that length.

    Returns
    -------
    (sides, 4) array of float64
        Per side: length in pixels that is brighter inside by the threshold, length with
        less step, length that is brighter outside, and the sum of the steps over the first length. Parts of a side
        outside the image have no length.
    """
    rows, columns = values.shape
    support = np.zeros((sides.shape[0], 4), dtype=np.float64)
    for side in range(sides.shape[0]):
        start_row = sides[side, 0]
        start_column = sides[side, 1]
        down = sides[side, 2] - start_row
        across = sides[side, 3] - start_column
        length = math.sqrt(down * down + across * across)
        if length <= 2.0 * inset_px + 1.0 or length > 1e6:
            continue
        down /= length
        across /= length
        for step in range(int((length - 2.0 * inset_px) / step_px) + 1):
            row = start_row + (inset_px + step * step_px) * down
            column = start_column + (inset_px + step * step_px) * across
            if row < -0.5 or column < -0.5 or row > rows - 0.5 or column > columns - 0.5:
                continue
            inside, outside, beyond = 0.0, 0.0, 0.0
            reach = 2.0 * reach_px + 1.0
            is_inner = reach < row < rows - 1 - reach and reach < column < columns - 1 - reach
            for offset in range(1, reach_px + 1):
                away = offset + 0.5
                far = away + reach_px
                # clockwise on the screen: the inside lies to the right of the way, at (across, -down)
                if is_inner:
                    inside += inner_bilinear(values, row + away * across, column - away * down)
                    outside += inner_bilinear(values, row - away * across, column + away * down)
                    beyond += inner_bilinear(values, row - far * across, column + far * down)
                else:
                    inside += bilinear(values, row + away * across, column - away * down)
                    outside += bilinear(values, row - away * across, column + away * down)
                    beyond += bilinear(values, row - far * across, column + far * down)
            # inside and outside are reach_px + 2 apart, outside and beyond reach_px
            ramp = max(outside - beyond, 0.0) * (reach_px + 2.0) / max(reach_px, 1)
            difference = (inside - outside - ramp) / max(reach_px, 1)
            if difference > threshold:
                support[side, 0] += step_px
                support[side, 3] += step_px * difference
            elif difference > -threshold:
                support[side, 1] += step_px
            else:
                support[side, 2] += step_px
    return support


@kernel
def _weights_outside(
    rows: NDArray[np.float64],
    columns: NDArray[np.float64],
    weights: NDArray[np.float64],
    lines: NDArray[np.float64],
    outside: NDArray[np.float64],
) -> None:
    """Weights of the points on the far side of any of four lines, 0 of the others."""
    row_a, column_a, least_a = lines[0, 0], lines[0, 1], lines[0, 2]
    row_b, column_b, least_b = lines[1, 0], lines[1, 1], lines[1, 2]
    row_c, column_c, least_c = lines[2, 0], lines[2, 1], lines[2, 2]
    row_d, column_d, least_d = lines[3, 0], lines[3, 1], lines[3, 2]
    for index in range(rows.size):
        row, column = rows[index], columns[index]
        is_outside = row * row_a + column * column_a < least_a
        is_outside |= row * row_b + column * column_b < least_b
        is_outside |= row * row_c + column * column_c < least_c
        is_outside |= row * row_d + column * column_d < least_d
        outside[index] = weights[index] if is_outside else 0.0


@kernel
def _sum_of_fours(values: NDArray[np.float64]) -> float:
    """Sum of a multiple of four values, in four sums side by side."""
    sum_a, sum_b, sum_c, sum_d = 0.0, 0.0, 0.0, 0.0
    for index in range(0, values.size, 4):
        sum_a += values[index]
        sum_b += values[index + 1]
        sum_c += values[index + 2]
        sum_d += values[index + 3]
    return sum_a + sum_b + sum_c + sum_d


@kernel
def weight_outside(
    points: NDArray[np.float64], weights: NDArray[np.float64], corners: NDArray[np.float64], margin_px: float
) -> NDArray[np.float64]:
    """Summed weight of the points outside convex quadrilaterals.

    Parameters
    ----------
    points : (points, at least 2) array of float64
        Row and column first.
    weights : (points,) array of float64
        Their weights.
    corners : (quadrilaterals, 4, 2) array of float64
        Row and column of the corners, clockwise on the screen.
    margin_px : float
        A point must lie farther than this from the line of a side to count as outside.

    Returns
    -------
    (quadrilaterals,) array of float64
        The sums.
    """
    sums = np.zeros(corners.shape[0], dtype=np.float64)
    # contiguous, and padded to a multiple of four, the points are gone through several at once
    size = (points.shape[0] + 3) // 4 * 4
    rows, columns, held = (np.zeros(size), np.zeros(size), np.zeros(size))
    for index in range(points.shape[0]):
        rows[index], columns[index], held[index] = points[index, 0], points[index, 1], weights[index]
    outside = np.empty(size, dtype=np.float64)
    lines = np.zeros((4, 3), dtype=np.float64)
    for quadrilateral in range(corners.shape[0]):
        for side in range(4):
            row = corners[quadrilateral, side, 0]
            column = corners[quadrilateral, side, 1]
            down = corners[quadrilateral, (side + 1) % 4, 0] - row
            across = corners[quadrilateral, (side + 1) % 4, 1] - column
            length = max(math.sqrt(down * down + across * across), 1e-12)
            lines[side, 0] = across / length
            lines[side, 1] = -down / length
            lines[side, 2] = (row * across - column * down) / length - margin_px
        _weights_outside(rows, columns, held, lines, outside)
        sums[quadrilateral] = _sum_of_fours(outside)
    return sums
