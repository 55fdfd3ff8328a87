"""Rows and columns of a flat field, or parts of them, that stand out from their neighbours."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import median_filter, uniform_filter1d

Marks = NDArray[np.bool_]
Scores = NDArray[np.float32]
#: index of the line, first pixel along it, and the pixel after its last one
Segment = tuple[int, int, int]

#: defects in a row without a gap that make a line
LEAST_RUN_PX: Final = 10
#: mean deviation over a window, in standard deviations of a pixel, from which on a line is told from noise; …
FAINT_LIMIT_SD: Final = 2.0
#: … and in robust standard deviations of such means, which holds where whole rows or columns are noisy
_ROBUST_LIMIT: Final = 6.0
_SD_PER_MAD: Final = 1.4826
#: window along the line, in steps
_STEP_PX: Final = 12
_WINDOW_STEPS: Final = 4
_WINDOW_PX: Final = _STEP_PX * _WINDOW_STEPS
#: shorter ones may be a short, strong defect smeared out by the window
_LEAST_FAINT_PX: Final = 60
#: a single pixel counts no more than this in a window
_CLIP_SD: Final = 4.0
#: neighbours on either side that a line is compared with; more than half of them and itself have to be good
_REACH: Final = 3
#: defects that are this wide in both directions belong to a cluster, not to a line
_BLOCK_PX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class DefectLine:
    """Defective pixels in a row.

    Parameters
    ----------
    orientation : {"row", "column"}
        A row runs from left to right, a column from top to bottom.
    index_px : int
        Number of the row or column, from 0.
    start_px : int
        First pixel along it.
    length_px : int
        Pixels.
    amplitude_sd : float
        Median deviation of its pixels from the local median, in standard deviations of the noise of one pixel.
    amplitude_fraction : float
        The same as a part of the signal; −1 is dead.
    """

    orientation: Literal["row", "column"]
    index_px: int
    start_px: int
    length_px: int
    amplitude_sd: float
    amplitude_fraction: float

    @property
    def area(self) -> tuple[slice, slice]:
        """Index of its pixels."""
        across, along = slice(self.index_px, self.index_px + 1), slice(self.start_px, self.start_px + self.length_px)
        return (across, along) if self.orientation == "row" else (along, across)


def faint_lines(scores: Scores) -> Marks:
    """Pixels of lines that show over their length, though their single pixels may not.

    Parameters
    ----------
    scores : 2-D array of float32
        Deviation of each pixel in standard deviations of the noise; 0 where nothing is known.

    Returns
    -------
    2-D array of bool
        Lines of 100 pixels or more, at most 3 wide, whose pixels deviate by 3 standard deviations in the mean are
        found for certain; those below 2, or shorter than 60 pixels, are not looked for.

    Notes
    -----
    Mean of 48 pixels along the line, each held within ±4 standard deviations, less the median of the same over 7
    neighbouring lines; by this a step between two halves of a detector is no line. A line is told from noise where that
    exceeds 2 standard deviations of a pixel and 6 robust ones (1.4826 MAD) of such means. Its ends are the change
    points of greatest likelihood.
    """
    marks = np.zeros(scores.shape, dtype=np.bool_)
    held = np.clip(scores, -_CLIP_SD, _CLIP_SD)
    for column, start, stop in _faint_columns(held):
        marks[start:stop, column] = True
    for row, start, stop in _faint_columns(np.ascontiguousarray(held.T)):
        marks[row, start:stop] = True
    return marks


def lines_in(marks: Marks, *, relative: Scores, scores: Scores) -> tuple[DefectLine, ...]:
    """Runs of 10 or more defective pixels along a row or a column, the longest first.

    Parameters
    ----------
    marks : 2-D array of bool
        Defective pixels.
    relative, scores : 2-D arrays of float32
        Deviation of the pixels in parts of the signal and in standard deviations.

    Returns
    -------
    tuple of DefectLine
        Without what is 5 pixels or more wide in both directions, which is a cluster. A line of several columns is one
        line for each.
    """
    kernel = np.ones((_BLOCK_PX, _BLOCK_PX), dtype=np.uint8)
    blocks = cv2.morphologyEx(
        marks.astype(np.uint8), cv2.MORPH_OPEN, kernel, borderType=cv2.BORDER_CONSTANT, borderValue=(0.0,)
    )
    thin = marks & (blocks == 0)
    found = [_line("row", segment, relative, scores) for segment in _runs(thin)]
    found += [_line("column", segment, relative, scores) for segment in _runs(np.ascontiguousarray(thin.T))]
    return tuple(sorted(found, key=lambda line: (-line.length_px, line.orientation, line.index_px, line.start_px)))


def _line(orientation: Literal["row", "column"], segment: Segment, relative: Scores, scores: Scores) -> DefectLine:
    index, start, stop = segment
    pixels = (index, slice(start, stop)) if orientation == "row" else (slice(start, stop), index)
    return DefectLine(
        orientation=orientation,
        index_px=index,
        start_px=start,
        length_px=stop - start,
        amplitude_sd=float(np.median(scores[pixels])),
        amplitude_fraction=float(np.median(relative[pixels])),
    )


def _runs(marks: Marks) -> Iterator[Segment]:
    """Runs of marks along each row that are long enough."""
    framed = np.zeros((marks.shape[0], marks.shape[1] + 2), dtype=np.bool_)
    framed[:, 1:-1] = marks
    flat = framed.ravel()
    changes = np.flatnonzero(flat[1:] != flat[:-1])
    starts, stops = changes[::2], changes[1::2]
    long = stops - starts >= LEAST_RUN_PX
    for start, stop in zip(starts[long].tolist(), stops[long].tolist(), strict=True):
        index, first = divmod(start, framed.shape[1])
        yield index, first, first + stop - start


def _faint_columns(held: Scores) -> Iterator[Segment]:
    """Segments of columns (index, first row, row after the last) that stand out of their neighbours."""
    steps = held.shape[0] // _STEP_PX
    means = held[: steps * _STEP_PX].reshape(steps, _STEP_PX, held.shape[1]).mean(axis=1)
    sums = np.cumsum(np.vstack([np.zeros_like(means[:1]), means]), axis=0, dtype=np.float64)
    windows = (sums[_WINDOW_STEPS:] - sums[:-_WINDOW_STEPS]) / _WINDOW_STEPS
    medians = median_filter(windows, size=(1, 2 * _REACH + 1), mode="nearest")
    inside = np.clip(np.arange(held.shape[1]), _REACH, held.shape[1] - 1 - _REACH)
    excess = windows - medians[:, inside]
    limit = max(FAINT_LIMIT_SD, _ROBUST_LIMIT * _SD_PER_MAD * float(np.median(np.abs(excess))))
    for column in np.flatnonzero((np.abs(excess) >= limit).any(axis=0)).tolist():
        first = int(inside[column]) - _REACH
        beside = held[:, first : first + 2 * _REACH + 1]
        smooth = uniform_filter1d(beside, _WINDOW_PX, axis=0, mode="reflect")
        level = np.median(smooth, axis=1)
        for sign in (1.0, -1.0):
            pixels = sign * (held[:, column] - level)
            means_along = sign * (smooth[:, column - first] - level)
            yield from ((column, start, stop) for start, stop in _segments(pixels, means_along, limit))


def _segments(pixels: Scores, means: Scores, limit: float) -> Iterator[tuple[int, int]]:
    """Parts of a line whose window means exceed the limit, out to where they have fallen to half."""
    done = 0
    for seed in np.flatnonzero(means >= limit).tolist():
        if seed < done:
            continue
        amplitude = float(np.median(means[seed : seed + _WINDOW_PX // 2]))
        falls = np.flatnonzero(means < amplitude / 2)
        behind, before = falls[falls > seed], falls[falls < seed]
        start = int(before[-1]) + 1 if before.size else 0
        done = int(behind[0]) if behind.size else means.size
        if done - start < _WINDOW_PX // 2:
            continue
        first, last = _ends(pixels - amplitude / 2, start, done)
        if last - first >= _LEAST_FAINT_PX:
            yield first, last


def _ends(gains: Scores, start: int, stop: int) -> tuple[int, int]:
    """Ends between which the sum is greatest, sought within half a window of where they seem to be."""
    middle = (start + stop) // 2
    low, high = max(0, start - _WINDOW_PX // 2), min(gains.size, stop + _WINDOW_PX // 2)
    upwards = np.cumsum(gains[middle:high])
    downwards = np.cumsum(gains[low:middle][::-1])
    return middle - 1 - int(downwards.argmax()), middle + 1 + int(upwards.argmax())
