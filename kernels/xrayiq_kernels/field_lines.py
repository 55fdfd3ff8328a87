"""Lines on which many edge points lie: peaks of their votes, each fitted to its points.

Lines are given as in `xrayiq_kernels.line_votes`: by the angle φ of their inward normal and their distance ρ.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel
from xrayiq_kernels.line_votes import cast_votes, centred_points, take_back_votes, unit_directions

#: bands about a line whose points it is fitted to, in turn
BANDS_PX = (3.0, 2.0, 1.5)
#: bands about a peak and about the fitted line whose points have voted
PEAK_BAND_PX = 3.0
LINE_BAND_PX = 2.0
#: normals that agree: cosine of 15°
AGREEING = math.cos(math.radians(15.0))
#: lines that are one: angle and distance
SAME_RAD = math.radians(1.5)
SAME_PX = 2.0


@kernel
def _near(
    points: NDArray[np.float64],
    line: NDArray[np.float64],
    band: float,
    marks: NDArray[np.bool_],
    near: NDArray[np.int64],
) -> int:
    """Numbers of the points within a band about a line (cos φ, sin φ, ρ) whose normals agree; how many they are."""
    rows, columns, downs, acrosses = points[0], points[1], points[2], points[3]
    down, across, distance = line[0], line[1], line[2]
    for index in range(marks.size):
        away = rows[index] * down + columns[index] * across - distance
        agreement = downs[index] * down + acrosses[index] * across
        marks[index] = (abs(away) < band) & (agreement > AGREEING)
    count = 0
    for index in range(marks.size):
        if marks[index]:
            near[count] = index
            count += 1
    return count


@kernel
def _fit_line(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    peak: NDArray[np.float64],
    least: float,
    marks: NDArray[np.bool_],
    near: NDArray[np.int64],
) -> NDArray[np.float64]:
    """Line (cos φ, sin φ, ρ) near a peak by total least squares with a shrinking band; of size 0 without points."""
    line = peak.copy()
    for band in BANDS_PX:
        count = _near(points, line, band, marks, near)
        total, row, column = 0.0, 0.0, 0.0
        for index in near[:count]:
            total += weights[index]
            row += weights[index] * points[0, index]
            column += weights[index] * points[1, index]
        if total < least or count < 5 or total <= 0.0:
            return np.empty(0, dtype=np.float64)
        row, column = row / total, column / total
        rows, mixed, columns = 0.0, 0.0, 0.0
        for index in near[:count]:
            down, across = points[0, index] - row, points[1, index] - column
            rows += weights[index] * down * down
            mixed += weights[index] * down * across
            columns += weights[index] * across * across
        # normal along the axis of least moment; the axis of greatest moment stands at `along` to the rows
        along = 0.5 * math.atan2(2.0 * mixed, rows - columns)
        down, across = -math.sin(along), math.cos(along)
        if down * line[0] + across * line[1] <= 0.0:
            down, across = -down, -across
        line[0], line[1], line[2] = down, across, row * down + column * across
    return line


@kernel
def line_peaks(
    points: NDArray[np.float64],
    weights: NDArray[np.float64],
    centre_row: float,
    centre_column: float,
    spread_deg: int,
    reach_px: int,
    least: float,
    turns: int,
) -> NDArray[np.float64]:
    """Lines with the most votes, each fitted to its points by total least squares; best first.

    The votes are those of `cast_votes`. The votes of a peak's points are taken back before the next peak is looked for,
    so that they do not hide weaker lines beside it.

    Parameters
    ----------
    points : (points, 5) array of float64
        As `xrayiq_kernels.edge_points.edge_points` gives them.
    weights : (points,) array of float64
        Weight of each point, from 0.
    centre_row, centre_column : float
        Reference point of ρ.
    spread_deg, reach_px : int
        As for `cast_votes`.
    least : float
        Least sum of weights along a line, above 0; a peak needs half of it.
    turns : int
        Peaks looked at.

    Returns
    -------
    (lines, 2) array of float64
        φ from 0 to 2π, and ρ.
    """
    greatest = np.full(360, np.inf)
    places = np.zeros(360, dtype=np.int64)
    changed = np.ones(360, dtype=np.bool_)
    directions = unit_directions()
    centred = centred_points(points, centre_row, centre_column)
    votes = cast_votes(centred, weights, spread_deg, reach_px, directions)
    left = weights.copy()
    marks = np.empty(weights.size, dtype=np.bool_)
    near = np.empty(weights.size, dtype=np.int64)
    found = np.empty((turns, 2), dtype=np.float64)
    count = 0
    peak = np.empty(3, dtype=np.float64)
    for _ in range(turns):
        degree = int(np.argmax(greatest))
        # votes only fall: what a changed line of them held is more than it holds now
        while changed[degree]:
            places[degree] = np.argmax(votes[degree])
            greatest[degree] = votes[degree, places[degree]]
            changed[degree] = False
            degree = int(np.argmax(greatest))
        place = places[degree]
        if greatest[degree] < least / 2.0:
            break
        radians = math.radians(degree)
        peak[0], peak[1], peak[2] = math.cos(radians), math.sin(radians), place - reach_px
        line = _fit_line(centred, weights, peak, least, marks, near)
        if line.size > 0:
            angle = math.atan2(line[1], line[0]) % (2.0 * math.pi)
            is_new = True
            for other in range(count):
                turned = (angle - found[other, 0] + math.pi) % (2.0 * math.pi) - math.pi
                if abs(turned) < SAME_RAD and abs(line[2] - found[other, 1]) < SAME_PX:
                    is_new = False
            if is_new:
                found[count, 0], found[count, 1] = angle, line[2]
                count += 1
        for index in near[: _near(centred, peak, PEAK_BAND_PX, marks, near)]:
            take_back_votes(votes, centred, index, left[index], spread_deg, directions, changed)
            left[index] = 0.0
        if line.size > 0:
            for index in near[: _near(centred, line, LINE_BAND_PX, marks, near)]:
                take_back_votes(votes, centred, index, left[index], spread_deg, directions, changed)
                left[index] = 0.0
        for beside in range(degree - 1, degree + 2):
            votes[beside % 360, max(place - 1, 0) : place + 2] = 0.0
            changed[beside % 360] = True
    return found[:count].copy()
