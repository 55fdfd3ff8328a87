"""Seam between two parts of an image: its place, the step of the signal, and wires parallel to it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

Floats = NDArray[np.float64]

#: lines on either side whose means are compared, and robust standard deviations of a step
_LINES: Final = 5
_STEP_SD: Final = 8.0
#: reach of the lines through the signal on either side
_REACH_MM: Final = 10.0
#: surroundings and half width of a cross wire, columns about the middle that it is taken from
_SURROUNDINGS_MM: Final = 8.0
_HALF_WIDTH_MM: Final = 1.5
_MIDDLE_MM: Final = 15.0
#: robust standard deviations from which on a dip is a wire
_DIP_SD: Final = 8.0
_STEPS: Final = 20


def find_seam_px(values: Floats, *, least_px: int) -> float | None:
    """Row coordinate where the signal steps between two rows, at least so far from the border; None if nowhere.

    The median of each row does not see wires across it; a wire along a row dips and comes back, which is no step.
    """
    profile = np.median(values, axis=1)
    if profile.size <= 2 * least_px + 2:
        return None
    wide = 4 * _LINES
    level = median_filter(profile, size=2 * wide + 1, mode="nearest")
    clean = np.where(np.abs(profile - level) > 0.2 * np.abs(level), level, profile)
    sums = np.concatenate([[0.0], np.cumsum(clean)])
    after = (sums[2 * _LINES :] - sums[_LINES:-_LINES]) / _LINES
    before = (sums[_LINES:-_LINES] - sums[: -2 * _LINES]) / _LINES
    step = after - before  # between rows k + lines - 1 and k + lines
    spread = 1.4826 * float(np.median(np.abs(step - np.median(step))))
    first = np.arange(step.size) + _LINES
    score = np.where((first >= least_px) & (first <= profile.size - least_px), np.abs(step - np.median(step)), 0.0)
    best = int(np.argmax(score))
    if score[best] <= _STEP_SD * max(spread, 1e-12 * abs(float(profile.mean()))):
        return None
    return float(first[best]) - 0.5


def signal_step(values: Floats, *, seam_px: float, guard_px: int, pitch_mm: float) -> float | None:
    """Signal after the seam over that before it, less 1: straight lines through either side, read at the seam.

    None where the signal before the seam is not above zero.
    """
    profile = np.median(values, axis=1)
    last = int(np.floor(seam_px))
    reach = max(round(_REACH_MM / pitch_mm), 3 * max(guard_px, 1))
    levels = []
    for rows in (np.arange(last - reach, last + 1 - guard_px), np.arange(last + 1 + guard_px, last + 1 + reach)):
        rows = rows[(rows >= 0) & (rows < profile.size)]
        kept = rows[np.abs(profile[rows] - np.median(profile[rows])) < 0.1 * abs(np.median(profile[rows]))]
        if kept.size > _LINES:
            levels.append(float(np.polynomial.Polynomial.fit(kept, profile[kept], 1)(seam_px)))
        else:
            levels.append(float(np.median(profile[rows])))
    return levels[1] / levels[0] - 1.0 if levels[0] > 0 else None


def cross_wire_px(
    values: Floats, *, seam_px: float, guard_px: int, pitch_mm: tuple[float, float]
) -> tuple[float, float] | None:
    """Rows of the darkest wire parallel to the seam on either side of it, in the middle of the image; None without.

    Columns within 15 mm of the middle are taken, so that a rotated part does not blur its wire.
    """
    middle, half = (values.shape[1] - 1) / 2, _MIDDLE_MM / pitch_mm[1]
    columns = slice(max(0, round(middle - half)), round(middle + half) + 1)
    profile = np.median(values[:, columns], axis=1)
    found = []
    for rows in (slice(0, int(np.floor(seam_px)) + 1 - guard_px), slice(int(np.floor(seam_px)) + 1 + guard_px, None)):
        place = _dip(profile[rows], pitch_mm[0])
        if place is None:
            return None
        found.append(place + (rows.start or 0))
    return found[0], found[1]


def _dip(profile: Floats, pitch_mm: float) -> float | None:
    """Centre of the deepest dip of a profile, by centroids in a window that moves with it."""
    size = 2 * round(_SURROUNDINGS_MM / pitch_mm / 2) + 1
    depth = median_filter(profile, size=size, mode="nearest") - profile
    spread = 1.4826 * float(np.median(np.abs(depth)))
    centre = float(np.argmax(depth))
    if depth[int(centre)] <= _DIP_SD * max(spread, 1e-12 * abs(float(profile.mean()))):
        return None
    half = _HALF_WIDTH_MM / pitch_mm
    rows = np.arange(profile.size)
    for _ in range(_STEPS):
        away = rows - centre
        weight = np.where(np.abs(away) < half, np.cos(np.pi * away / (2.0 * half)) ** 2, 0.0) * depth
        centre += float(np.sum(weight * away) / np.sum(weight))
    return centre if half < centre < profile.size - 1 - half else None
