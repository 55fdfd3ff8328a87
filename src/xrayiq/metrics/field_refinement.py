"""Sides of a field to a part of a pixel, at the half level of their penumbra."""

from __future__ import annotations

import math
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.field_geometry import border_lines, intersections, lines_of
from xrayiq.metrics.field_profiles import LEAST_SCALE_MM, Slope, robust_line, step_offsets
from xrayiq_kernels.side_profiles import side_profiles

#: profiles reach this far to either side
PROFILE_REACH_MM: Final = 5.0
PROFILE_STEP_MM: Final = 0.25
SAMPLE_STEP_MM: Final = 1.0
#: the first pass only brings the sides near to where they are measured
FIRST_SAMPLE_STEP_MM: Final = 3.0
END_MARGIN_MM: Final = 3.0
LEAST_CROSSINGS: Final = 6
#: sides are measured again from where they came to lie, until the corners move by less than this
MOST_PASSES: Final = 4
SETTLED_PX: Final = 5e-4
#: standard deviation of the angles of a field's sides about a rectangle (blades are parallel, detectors tilt a little)
RECTANGLE_SD_DEG: Final = 0.25


def refine_corners(
    signal: NDArray[np.float64],
    corners: NDArray[np.float64],
    collimated: tuple[bool, ...],
    *,
    extent: tuple[float, float],
    pitch_mm: float,
) -> NDArray[np.float64]:
    """Corners with every collimated side moved to the half level of its penumbra.

    Parameters
    ----------
    signal : 2-D array of float64
        Linear signal on the refinement grid, finite; the half level is only in the middle of the penumbra where values
        are linear in kerma.
    corners : (4, 2) array of float64
        Row and column on that grid, clockwise on the screen.
    collimated : tuple of bool
        Sides to refine; the others stay on the border of the image.
    extent : tuple of (float, float)
        Rows and columns of the image in pixels of the grid; not whole where the last pixels of the grid are cut.
    pitch_mm : float
        Pixel pitch of the grid.

    Returns
    -------
    (4, 2) array of float64
        Corners; a side without enough clear profiles stays where it was.
    """
    centre = (np.array(extent) - 1.0) / 2.0
    lines = lines_of(corners - centre)
    borders = border_lines(extent)
    for side, edge in enumerate(collimated):
        if not edge:
            lines[side] = borders[_nearest_border(lines[side], borders)]
    angle_sds = np.full(4, np.inf)
    refined = corners
    for turn in range(MOST_PASSES):
        step_mm = SAMPLE_STEP_MM if turn else FIRST_SAMPLE_STEP_MM
        for side, edge in enumerate(collimated):
            if edge:
                expected = _expected_slope(lines[:, 0], angle_sds, side)
                found = _refined_line(signal, refined, side, lines[side], centre, pitch_mm, expected, step_mm)
                lines[side], angle_sds[side] = found
        before, refined = refined, intersections(lines[None])[0] + centre
        if turn > 0 and np.allclose(refined, before, rtol=0.0, atol=SETTLED_PX):
            break
    return refined


def _nearest_border(line: NDArray[np.float64], borders: NDArray[np.float64]) -> int:
    return int(np.argmax(np.cos(borders[:, 0] - line[0])))


def _expected_slope(angles: NDArray[np.float64], angle_sds: NDArray[np.float64], side: int) -> Slope:
    """Slope of a side against its present line if the field were a rectangle with its other sides."""
    freedom = math.radians(RECTANGLE_SD_DEG) ** 2
    total, products = 0.0, 0.0
    for other, (angle, sd) in enumerate(zip(angles.tolist(), angle_sds.tolist(), strict=True)):
        if other != side and math.isfinite(sd):
            turned = angle - float(angles[side]) + math.pi / 2.0 * (other - side)
            off = (turned + math.pi) % (2.0 * math.pi) - math.pi
            weight = 1.0 / (sd * sd + freedom)
            total += weight
            products += weight * off
    if total == 0.0:
        return Slope()
    # a line turned clockwise on the screen moves inwards along its way
    return Slope(value=math.tan(-products / total), sd=math.sqrt(freedom + 1.0 / total))


def _refined_line(
    signal: NDArray[np.float64],
    corners: NDArray[np.float64],
    side: int,
    line: NDArray[np.float64],
    centre: NDArray[np.float64],
    pitch_mm: float,
    expected: Slope,
    step_mm: float,
) -> tuple[NDArray[np.float64], float]:
    """Line at the half level of one side's penumbra, and the standard deviation of its angle."""
    start, stop = corners[side], corners[(side + 1) % 4]
    length = float(np.hypot(*(stop - start)))
    along = (stop - start) / max(length, 1e-9)
    inward = np.array([np.cos(line[0]), np.sin(line[0])])
    margin = min(END_MARGIN_MM / pitch_mm, 0.2 * length)
    positions = np.arange(margin, length - margin, step_mm / pitch_mm)
    step = min(PROFILE_STEP_MM / pitch_mm, 0.5)
    reach = np.floor(PROFILE_REACH_MM / pitch_mm / step)
    offsets = np.arange(-reach, reach + 1) * step
    positions, profiles = side_profiles(signal, start, along, inward, positions, offsets)
    if len(positions) < LEAST_CROSSINGS:
        return line, np.inf
    crossings, weights = step_offsets(profiles, offsets, pitch_mm)
    if np.count_nonzero(weights) < LEAST_CROSSINGS:
        return line, np.inf
    intercept, slope = robust_line(
        positions, crossings, weights, least_scale=LEAST_SCALE_MM / pitch_mm, expected=expected
    )
    first = start + positions[0] * along + (intercept + slope.value * positions[0]) * inward
    last = start + positions[-1] * along + (intercept + slope.value * positions[-1]) * inward
    down, across = last - first
    angle = float(np.arctan2(-down, across))
    middle = (first + last) / 2.0 - centre
    moved = np.array([angle % (2.0 * np.pi), middle[0] * np.cos(angle) + middle[1] * np.sin(angle)])
    return moved, slope.sd
