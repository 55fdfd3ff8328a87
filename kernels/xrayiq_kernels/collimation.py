"""Loops that weigh the evidence for the edges of a collimated field.

Lines are given by their inward normal (cos φ, sin φ) in (row, column), which points to the brighter side, and their
distance ρ from a reference point along it: rows·cos φ + columns·sin φ = ρ.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def _at(values: NDArray[np.float64], row: float, column: float) -> float:
    """Value between pixels by bilinear interpolation, the border repeated outside."""
    rows, columns = values.shape
    row = min(max(row, 0.0), rows - 1.0)
    column = min(max(column, 0.0), columns - 1.0)
    upper = min(int(row), max(rows - 2, 0))
    left = min(int(column), max(columns - 2, 0))
    lower = min(upper + 1, rows - 1)
    right = min(left + 1, columns - 1)
    down = row - upper
    across = column - left
    first = values[upper, left] * (1.0 - across) + values[upper, right] * across
    second = values[lower, left] * (1.0 - across) + values[lower, right] * across
    value: float = first * (1.0 - down) + second * down
    return value


@kernel
def _gradient_line(
    upper: NDArray[np.float64],
    line: NDArray[np.float64],
    lower: NDArray[np.float64],
    apart: float,
    down: NDArray[np.float64],
    across: NDArray[np.float64],
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
def _steepness_line(down: NDArray[np.float64], across: NDArray[np.float64], steepness: NDArray[np.float64]) -> None:
    for column in range(steepness.size):
        steepness[column] = math.sqrt(down[column] * down[column] + across[column] * across[column])


@kernel
def flat_places(values: NDArray[np.float64], steepest: float) -> NDArray[np.bool_]:
    """Where the gradient is below a limit.

    Parameters
    ----------
    values : (rows, columns) array of float64
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
    down = np.empty(columns, dtype=np.float64)
    across = np.empty(columns, dtype=np.float64)
    for row in range(rows):
        upper, lower = max(row - 1, 0), min(row + 1, rows - 1)
        _gradient_line(values[upper], values[row], values[lower], max(lower - upper, 1), down, across)
        _steepness_line(down, across, across)
        for column in range(columns):
            flat[row, column] = across[column] < steepest
    return flat


@kernel
def _inner_at(values: NDArray[np.float64], row: float, column: float) -> float:
    """As `_at`, for places that lie between pixels of the image."""
    upper, left = int(row), int(column)
    down, across = row - upper, column - left
    first = values[upper, left] * (1.0 - across) + values[upper, left + 1] * across
    second = values[upper + 1, left] * (1.0 - across) + values[upper + 1, left + 1] * across
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
    gradient = np.empty((3, rows, columns), dtype=np.float64)
    for row in range(rows):
        upper, lower = max(row - 1, 0), min(row + 1, rows - 1)
        _gradient_line(
            values[upper], values[row], values[lower], max(lower - upper, 1), gradient[0, row], gradient[1, row]
        )
        _steepness_line(gradient[0, row], gradient[1, row], gradient[2, row])
    found = np.empty((rows * columns, 5), dtype=np.float64)
    count = 0
    steepness = gradient[2]
    for row in range(rows):
        for column in range(columns):
            here = steepness[row, column]
            if here < threshold or here <= 0.0:
                continue
            down = gradient[0, row, column] / here
            across = gradient[1, row, column] / here
            before = _at(steepness, row - down, column - across)
            after = _at(steepness, row + down, column + across)
            if here < before or here <= after:
                continue
            ahead_row, ahead_column = row + apart_px * down, column + apart_px * across
            back_row, back_column = row - apart_px * down, column - apart_px * across
            ahead = (
                _at(gradient[0], ahead_row, ahead_column) * down + _at(gradient[1], ahead_row, ahead_column) * across
            )
            back = _at(gradient[0], back_row, back_column) * down + _at(gradient[1], back_row, back_column) * across
            strength = here - max(ahead, back, 0.0)
            if strength < threshold:
                continue
            bend = before - 2.0 * here + after
            shift = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
            found[count, 0] = row + shift * down
            found[count, 1] = column + shift * across
            found[count, 2] = down
            found[count, 3] = across
            found[count, 4] = strength
            count += 1
    return found[:count].copy()


@kernel
def line_votes(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    centre_row: float,
    centre_column: float,
    spread_deg: int,
    reach_px: int,
) -> NDArray[np.float64]:
    """Votes of edge points for directed lines.

    Parameters
    ----------
    points : (points, 5) array of float64
        As `edge_points` gives them.
    weights : (points,) array of float64
        Weight of each point.
    centre_row, centre_column : float
        Reference point of ρ.
    spread_deg : int
        A point votes for the whole degrees within this distance of its normal's angle, with a weight that falls as a
        parabola to 0 at the spread.
    reach_px : int
        Greatest |ρ| in pixels; votes beyond are dropped.

    Returns
    -------
    (360, 2·reach_px + 1) array of float64
        Votes per degree of φ and pixel of ρ, shared between the two nearest pixels of ρ.
    """
    votes = np.zeros((360, 2 * reach_px + 1), dtype=np.float64)
    directions = np.empty((360, 2), dtype=np.float64)
    for degree in range(360):
        directions[degree, 0] = math.cos(math.radians(degree))
        directions[degree, 1] = math.sin(math.radians(degree))
    for index in range(points.shape[0]):
        row = points[index, 0] - centre_row
        column = points[index, 1] - centre_column
        angle = math.degrees(math.atan2(points[index, 3], points[index, 2]))
        nearest = math.floor(angle + 0.5)
        for degree in range(nearest - spread_deg, nearest + spread_deg + 1):
            off = (degree - angle) / max(spread_deg, 1)
            share = weights[index] * (1.0 - off * off)
            if share <= 0.0:
                continue
            turned = degree % 360
            distance = row * directions[turned, 0] + column * directions[turned, 1] + reach_px
            lower = math.floor(distance)
            part = distance - lower
            if lower >= 0 and lower + 1 <= 2 * reach_px:
                votes[turned, lower] += share * (1.0 - part)
                votes[turned, lower + 1] += share * part
    return votes


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
                    inside += _inner_at(values, row + away * across, column - away * down)
                    outside += _inner_at(values, row - away * across, column + away * down)
                    beyond += _inner_at(values, row - far * across, column + far * down)
                else:
                    inside += _at(values, row + away * across, column - away * down)
                    outside += _at(values, row - away * across, column + away * down)
                    beyond += _at(values, row - far * across, column + far * down)
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
        for index in range(points.shape[0]):
            for side in range(4):
                inside = points[index, 0] * lines[side, 0] + points[index, 1] * lines[side, 1]
                if inside < lines[side, 2]:
                    sums[quadrilateral] += weights[index]
                    break
    return sums
