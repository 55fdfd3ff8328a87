"""Seams of tiles and stitched images: steps of the signal from one row or column to the next."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from xrayiq.metrics.artefact_field import SD_PER_MAD

Signals = NDArray[np.float32]
Table = NDArray[np.float64]
#: column, first row, row after the last, trend of the step, and its noise
Place = tuple[int, int, int, float, float]

#: pixels on either side whose means make the step
SIDE_PX: Final = 5
#: least step, which keeps the texture of a detector out
LEAST_STEP: Final = 0.001
#: steps are told from noise above this many standard deviations: 10⁷ places and lengths leave 1e-3 false ones
STEP_LIMIT_SD: Final = 6.5
#: pixels along the seam that are averaged first
_ALONG_PX: Final = 64
#: columns of the running median that is the trend of the steps
_TREND_PX: Final = 41
#: columns on either side of a seam in which no other is looked for
_APART_PX: Final = 2 * SIDE_PX
#: a step between medians has to reach this part of that between means, or a single line makes it
_MEDIAN_PART: Final = 0.5
#: columns over which a step is taken back on either side
_FADE_PX: Final = 60.0
#: part of the pixels beside a seam that may be masked
_MASKED_PART: Final = 0.1
#: part of a row or column from which on a seam is taken for whole
_WHOLE: Final = 0.9
#: seams of one orientation; more is a pattern
_MOST_SEAMS: Final = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Seam:
    """A step of the signal along a row or a column.

    Parameters
    ----------
    orientation : {"row", "column"}
        A column seam runs from top to bottom.
    index_px : int
        First row or column behind the seam.
    start_px : int
        First pixel along it.
    length_px : int
        Pixels.
    step_fraction : float
        Mean of the 5 pixels behind the seam less that of the 5 before it, over their mean.
    step_sd : float
        The same in standard deviations of its noise.
    """

    orientation: Literal["row", "column"]
    index_px: int
    start_px: int
    length_px: int
    step_fraction: float
    step_sd: float


def seams_in(values: Signals, *, masked: NDArray[np.bool_] | None = None) -> tuple[Seam, ...]:
    """Steps along rows and columns, or parts of them, the largest first.

    Parameters
    ----------
    values : 2-D array of float32
        Flat field over its trend.
    masked : 2-D array of bool, optional
        Pixels whose values mean nothing.

    Returns
    -------
    tuple of Seam
        Steps of 0.1 % or more over 64 pixels or more that exceed 6.5 standard deviations of their noise, the border of
        masked pixels left out.

    Notes
    -----
    Step of the 5-pixel means on either side, averaged over 64 pixels along the seam, less its running median over 41
    columns. Each column is searched for the run of such averages that is most significant. The noise is the robust
    standard deviation of the same run over all columns, so that lines of a grid are no seams. A step that the medians
    of the 5 pixels do not show belongs to a single line. Its ends are the change points of greatest likelihood.
    """
    found = [_seam("column", place, values) for place in _column_seams(values, masked)]
    turned = np.ascontiguousarray(values.T)
    turned_mask = None if masked is None else np.ascontiguousarray(masked.T)
    found += [_seam("row", place, turned) for place in _column_seams(turned, turned_mask)]
    return tuple(sorted(found, key=lambda seam: -abs(seam.step_fraction)))


def without_seams(values: Signals, seams: tuple[Seam, ...]) -> Signals:
    """Take steps back, so that nothing else is found at them.

    Steps along a whole row or column are taken back for good, others fade out over 60 pixels on either side.

    Parameters
    ----------
    values : 2-D array of float32
        Flat field over its trend.
    seams : tuple of Seam
        Its steps.

    Returns
    -------
    2-D array of float32
        A changed copy, or the same array without seams.
    """
    if not seams:
        return values
    smooth = values.copy()
    for seam in seams:
        image = smooth if seam.orientation == "column" else smooth.T
        places = np.arange(image.shape[1]) - seam.index_px + 0.5
        step = np.sign(places) * seam.step_fraction / 2
        if seam.length_px < _WHOLE * image.shape[0]:
            step *= np.exp(-np.abs(places) / _FADE_PX)
        image[seam.start_px : seam.start_px + seam.length_px] -= step.astype(np.float32)
    return smooth


def _seam(orientation: Literal["row", "column"], place: Place, values: Signals) -> Seam:
    index, start, stop, trend, noise = place
    step = _step(values, index, start, stop) - trend
    return Seam(
        orientation=orientation,
        index_px=index,
        start_px=start,
        length_px=stop - start,
        step_fraction=step,
        step_sd=abs(step) / noise if noise > 0 else 0.0,
    )


def _column_seams(values: Signals, masked: NDArray[np.bool_] | None) -> list[Place]:
    """Seams along columns, the most significant first."""
    rows, columns = values.shape
    starts = np.arange(0, max(rows - _ALONG_PX // 2, 1), _ALONG_PX)
    bounds = np.append(starts, rows)
    means = np.add.reduceat(values, starts, axis=0, dtype=np.float64) / np.diff(bounds)[:, None]
    steps = _steps(means)
    trend = median_filter(steps, size=(1, min(_TREND_PX, columns)), mode="nearest")
    steps -= trend
    noises = _run_noises(steps)
    best, first, last = _best_runs(steps, noises)
    found: list[Place] = []
    for _ in range(4 * _MOST_SEAMS):
        column = int(np.abs(best).argmax())
        if abs(best[column]) < STEP_LIMIT_SD or len(found) == _MOST_SEAMS:
            break
        begin, end = int(first[column]), int(last[column])
        level = float(trend[begin:end, column].mean())
        start, stop = _ends(values, column, int(bounds[begin]), int(bounds[end]))
        place = (column, start, stop, level, float(noises[begin, end - begin - 1]))
        if _is_step(values, place) and not _is_masked(masked, place):
            _append(found, place, values)
        near = slice(max(0, column - _APART_PX), column + _APART_PX + 1)
        steps[begin:end, near] = 0.0
        best[near], first[near], last[near] = _best_runs(steps[:, near], noises)
    return found


def _append(found: list[Place], place: Place, values: Signals) -> None:
    """Add a seam, or lengthen the one that it is a part of."""
    column, start, stop, _, _ = place
    for number, (other, begin, end, level, other_noise) in enumerate(found):
        joined = start <= end + _ALONG_PX and begin <= stop + _ALONG_PX
        alike = _step(values, column, start, stop) * _step(values, other, begin, end) > 0
        if abs(column - other) <= 1 and joined and alike:
            found[number] = (other, min(start, begin), max(stop, end), level, other_noise)
            return
    found.append(place)


def _steps(means: Table) -> Table:
    """Mean of 5 columns from each column on less that of the 5 before, over their mean; 0 near the borders."""
    steps = np.zeros_like(means)
    sums = np.cumsum(np.pad(means, ((0, 0), (1, 0))), axis=1)
    boxes = (sums[:, SIDE_PX:] - sums[:, :-SIDE_PX]) / SIDE_PX
    before, behind = boxes[:, :-SIDE_PX], boxes[:, SIDE_PX:]
    steps[:, SIDE_PX : SIDE_PX + before.shape[1]] = 2.0 * (behind - before) / (behind + before)
    return steps


def _run_noises(steps: Table) -> Table:
    """Robust standard deviation over the columns of the mean of each run, by its first block and its length less 1."""
    count = steps.shape[0]
    sums = np.cumsum(np.pad(steps[:, SIDE_PX:-SIDE_PX], ((1, 0), (0, 0))), axis=0)
    noises = np.full((count, count), np.inf)
    for length in range(1, count + 1):
        runs = (sums[length:] - sums[:-length]) / length
        noises[: count - length + 1, length - 1] = SD_PER_MAD * np.median(np.abs(runs), axis=1)
    return noises


def _best_runs(steps: Table, noises: Table) -> tuple[Table, NDArray[np.int64], NDArray[np.int64]]:
    """Most significant run of each column: its significance with sign, first block, and block after the last."""
    count, columns = steps.shape
    sums = np.cumsum(np.pad(steps, ((1, 0), (0, 0))), axis=0)
    best = np.zeros(columns)
    first, last = np.zeros(columns, dtype=np.int64), np.ones(columns, dtype=np.int64)
    every = np.arange(columns)
    for length in range(1, count + 1):
        noise = np.maximum(noises[: count - length + 1, length - 1], 1e-12)
        runs = (sums[length:] - sums[:-length]) / length / noise[:, None]
        start = np.abs(runs).argmax(axis=0)
        value = runs[start, every]
        better = np.abs(value) > np.abs(best)
        best[better], first[better], last[better] = value[better], start[better], start[better] + length
    return best, first, last


def _is_step(values: Signals, place: Place) -> bool:
    """Whether it is large and long enough, and no single line."""
    column, start, stop, trend, _ = place
    if stop - start < _ALONG_PX:
        return False
    step = _step(values, column, start, stop) - trend
    near = values[start:stop, column - SIDE_PX : column + SIDE_PX].mean(axis=0, dtype=np.float64)
    before, behind = np.median(near[:SIDE_PX]), np.median(near[SIDE_PX:])
    middle = (behind - before) / near.mean() - trend
    return abs(step) >= LEAST_STEP and bool(middle * np.sign(step) >= _MEDIAN_PART * abs(step))


def _is_masked(masked: NDArray[np.bool_] | None, place: Place) -> bool:
    """Whether more than a tenth of the pixels beside it is masked."""
    if masked is None:
        return False
    column, start, stop, _, _ = place
    return bool(masked[start:stop, column - SIDE_PX : column + SIDE_PX].mean() > _MASKED_PART)


def _step(values: Signals, column: int, start: int, stop: int) -> float:
    near = values[start:stop, column - SIDE_PX : column + SIDE_PX].mean(axis=0, dtype=np.float64)
    return float((near[SIDE_PX:].mean() - near[:SIDE_PX].mean()) / near.mean())


def _ends(values: Signals, column: int, start: int, stop: int) -> tuple[int, int]:
    """Ends between which the step is likeliest, sought within the blocks beside the first and the last."""
    near = values[:, column - SIDE_PX : column + SIDE_PX].astype(np.float64)
    steps = near[:, SIDE_PX:].mean(axis=1) - near[:, :SIDE_PX].mean(axis=1)
    size = float(steps[start:stop].mean())
    gains = np.sign(size) * steps - abs(size) / 2
    low, high = max(0, start - _ALONG_PX), min(steps.size, stop + _ALONG_PX)
    middle = (start + stop) // 2
    upwards, downwards = np.cumsum(gains[middle:high]), np.cumsum(gains[low:middle][::-1])
    return middle - 1 - int(downwards.argmax()) if downwards.size else middle, middle + 1 + int(upwards.argmax())
