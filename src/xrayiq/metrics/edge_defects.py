"""Pixels around an edge that stand out of their neighbours: defects, dust, lines and columns of a failing read-out."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.edge_spread import normal_cosine
from xrayiq_kernels.slanted_edge import line_medians

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

#: standard deviations of the noise from which on a pixel is no noise
OUTLYING_NOISE: Final = 6.0
#: smaller deviations are left in whatever the noise: one of 0.05 of the step shifts the MTF by 0.0002
OUTLYING_STEP: Final = 0.05

#: lines of the median before and behind the pixel, as many as the edge needs to move by half a column
_LEAST_REACH: Final = 3
_GREATEST_REACH: Final = 10
_MOVE_PX: Final = 0.5
#: a column is bad if it stands out of its neighbours on this part of its lines farther from the edge than this
_BAD_PART: Final = 0.25
_CLEAR_MM: Final = 1.5
_LEAST_CLEAR_LINES: Final = 20
_COLUMN_REACH: Final = 3


def without_outlying(
    values: Floats, *, intercept_px: float, slope: float, pitch_mm: tuple[float, float], step: float, noise: float
) -> tuple[Floats, Marks]:
    """Signal with its outlying pixels replaced from their neighbours, and where they are.

    Parameters
    ----------
    values : (lines, columns) array
        Signal; NaN is no outlier and stays.
    intercept_px, slope : float
        The edge, roughly: column ``intercept_px + slope · line``.
    pitch_mm : tuple of float
        Distance of lines and of columns.
    step : float
        Difference of the signal beside the edge, above 0.
    noise : float
        Standard deviation of one pixel.

    Returns
    -------
    values : (lines, columns) array
        Signal.
    outlying : (lines, columns) array of bool
        Pixels that differ by more than 6 times the noise and a twentieth of the step from the median over 7 to 21 lines
        of their column; and all of a column that does so on a quarter of its lines clear of the edge from the median
        over 7 columns.

    Notes
    -----
    Along a column the signal of a straight edge rises or falls all the way, so the median of an odd number of lines is
    the pixel itself, however sharp the edge: without noise nothing is ever replaced. The windows of the first and last
    lines lie to one side; there the edge may have moved by the slope, and the limit grows by as much of the step.
    """
    limit = max(OUTLYING_NOISE * noise, OUTLYING_STEP * step)
    lines = np.arange(values.shape[0])
    distance = np.arange(values.shape[1]) - intercept_px - slope * lines[:, None]
    clear = np.abs(distance) * (pitch_mm[1] * normal_cosine(slope, pitch_mm)) > _CLEAR_MM
    bad = _bad_columns(values, clear, limit)
    mended = _across(values, bad)
    reach = int(np.clip(_MOVE_PX / max(abs(slope), 1e-6), _LEAST_REACH, _GREATEST_REACH))
    medians = line_medians(mended, reach)
    middle = np.clip(lines, reach, max(lines[-1] - reach, reach))
    moved = np.abs(lines - middle) * abs(slope) * step
    outlying = np.abs(mended - medians) > (limit + moved)[:, None]
    return np.where(outlying, medians, mended), outlying | (bad & np.isfinite(values))


def _bad_columns(values: Floats, clear: Marks, limit: float) -> Marks:
    """Columns that stand out of their neighbours from end to end."""
    deviation = values - line_medians(np.ascontiguousarray(values.T), _COLUMN_REACH).T
    off = np.count_nonzero((np.abs(deviation) > limit) & clear, axis=0)
    lines = np.count_nonzero(np.isfinite(values) & clear, axis=0)
    return np.asarray((lines >= _LEAST_CLEAR_LINES) & (off > _BAD_PART * lines))


def _across(values: Floats, bad: Marks) -> Floats:
    """Signal with bad columns bridged in a straight line from the good ones beside them."""
    good = np.flatnonzero(~bad)
    if good.size == bad.size or good.size == 0:
        return values
    mended = values.copy()
    for column in np.flatnonzero(bad):
        behind = min(int(np.searchsorted(good, column)), good.size - 1)
        first, last = good[max(behind - 1, 0)], good[behind]
        part = float(np.clip((column - first) / max(last - first, 1), 0.0, 1.0))
        mended[:, column] = (1.0 - part) * values[:, first] + part * values[:, last]
    return mended
