"""Lines on which many edge points lie: peaks of their votes, each fitted to its points.

Lines are given as in `xrayiq_kernels.collimation`: by the angle φ of their inward normal and their distance ρ.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel
from xrayiq_kernels.collimation import line_votes

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
def _is_near(points: NDArray[np.float64], index: int, line: NDArray[np.float64], band: float) -> bool:
    """Whether an edge point lies within a band about a line (cos φ, sin φ, ρ), and its normal agrees."""
    away = points[index, 0] * line[0] + points[index, 1] * line[1] - line[2]
    agreement = points[index, 2] * line[0] + points[index, 3] * line[1]
    return bool(abs(away) < band and agreement > AGREEING)


@kernel
def _fit_line(
    points: NDArray[np.float64], weights: NDArray[np.float64], peak: NDArray[np.float64], least: float
) -> NDArray[np.float64]:
    """Line (cos φ, sin φ, ρ) near a peak by total least squares with a shrinking band; of size 0 without points."""
    line = peak.copy()
    for band in BANDS_PX:
        total, row, column = 0.0, 0.0, 0.0
        count = 0
        for index in range(points.shape[0]):
            if _is_near(points, index, line, band):
                total += weights[index]
                row += weights[index] * points[index, 0]
                column += weights[index] * points[index, 1]
                count += 1
        if total < least or count < 5 or total <= 0.0:
            return np.empty(0, dtype=np.float64)
        row, column = row / total, column / total
        rows, mixed, columns = 0.0, 0.0, 0.0
        for index in range(points.shape[0]):
            if _is_near(points, index, line, band):
                down, across = points[index, 0] - row, points[index, 1] - column
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
def _take_back(
    votes: NDArray[np.float64],
    points: NDArray[np.float64],
    index: int,
    weight: float,
    spread_deg: int,
    reach_px: int,
    changed: NDArray[np.bool_],
) -> None:
    """Subtract the votes of one point, each the mean over three neighbouring pixels of ρ."""
    last = 2 * reach_px
    angle = math.degrees(math.atan2(points[index, 3], points[index, 2]))
    nearest = math.floor(angle + 0.5)
    for degree in range(nearest - spread_deg, nearest + spread_deg + 1):
        off = (degree - angle) / max(spread_deg, 1)
        share = weight * (1.0 - off * off)
        if share <= 0.0:
            continue
        radians = math.radians(degree)
        distance = points[index, 0] * math.cos(radians) + points[index, 1] * math.sin(radians) + reach_px
        lower = math.floor(distance)
        part = distance - lower
        if lower < 0 or lower + 1 > last:
            continue
        line = votes[degree % 360]
        changed[degree % 360] = True
        if lower > 0:
            line[lower - 1] -= share * (1.0 - part) / 3.0
        line[lower] -= share / 3.0
        line[lower + 1] -= share / 3.0
        if lower + 2 <= last:
            line[lower + 2] -= share * part / 3.0


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

    The votes are those of `line_votes`, each the mean over three neighbouring pixels of ρ. The votes of a peak's points
    are taken back before the next peak is looked for, so that they do not hide weaker lines beside it.

    Parameters
    ----------
    points : (points, 5) array of float64
        As `xrayiq_kernels.collimation.edge_points` gives them.
    weights : (points,) array of float64
        Weight of each point, from 0.
    centre_row, centre_column : float
        Reference point of ρ.
    spread_deg, reach_px : int
        As for `line_votes`.
    least : float
        Least sum of weights along a line, above 0; a peak needs half of it.
    turns : int
        Peaks looked at.

    Returns
    -------
    (lines, 2) array of float64
        φ from 0 to 2π, and ρ.
    """
    votes = line_votes(points, weights, centre_row, centre_column, spread_deg, reach_px)
    columns = votes.shape[1]
    greatest = np.zeros(360, dtype=np.float64)
    places = np.zeros(360, dtype=np.int64)
    changed = np.ones(360, dtype=np.bool_)
    for degree in range(360):
        line = votes[degree]
        before = 0.0
        for column in range(columns):
            here = line[column]
            after = line[column + 1] if column + 1 < columns else 0.0
            line[column] = (before + here + after) / 3.0
            before = here
    centred = points.copy()
    for index in range(points.shape[0]):
        centred[index, 0] -= centre_row
        centred[index, 1] -= centre_column
    left = weights.copy()
    found = np.empty((turns, 2), dtype=np.float64)
    count = 0
    peak = np.empty(3, dtype=np.float64)
    for _ in range(turns):
        for degree in range(360):
            if changed[degree]:
                places[degree] = np.argmax(votes[degree])
                greatest[degree] = votes[degree, places[degree]]
                changed[degree] = False
        degree = int(np.argmax(greatest))
        place = places[degree]
        if greatest[degree] < least / 2.0:
            break
        radians = math.radians(degree)
        peak[0], peak[1], peak[2] = math.cos(radians), math.sin(radians), place - reach_px
        line = _fit_line(centred, weights, peak, least)
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
        for index in range(centred.shape[0]):
            used = _is_near(centred, index, peak, PEAK_BAND_PX)
            if line.size > 0 and not used:
                used = _is_near(centred, index, line, LINE_BAND_PX)
            if used:
                _take_back(votes, centred, index, left[index], spread_deg, reach_px, changed)
                left[index] = 0.0
        for near in range(degree - 1, degree + 2):
            votes[near % 360, max(place - 1, 0) : place + 2] = 0.0
            changed[near % 360] = True
    return found[:count].copy()
