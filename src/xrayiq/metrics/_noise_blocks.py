"""Square blocks of anatomy in which the noise of a clinical image is measured."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._image import SignalImage
from xrayiq.metrics._pixel_runs import PixelRuns, pixels_of_cells
from xrayiq.metrics._stored_values import kernel_pixels
from xrayiq.metrics.anatomy import Anatomy
from xrayiq_kernels.block_noise import block_noise

#: sides of the blocks tried in turn, until there are enough
BLOCK_SIZES_PX: Final = (16, 8)
ENOUGH_BLOCKS: Final = 20
#: of more blocks than these only every second row is taken, of more than twice as many every third, and so on: medians
#: over so many differ from those over all by some tenths of a percent
MOST_BLOCKS: Final = 10_000
#: root of the sum of squares of [1 −2 1] ⊗ [1 −2 1]
OPERATOR_NORM: Final = 6.0
CLIP: Final = 3.0
#: standard deviation of a unit normal distribution cut at ±3
CLIPPED_DEVIATION: Final = 0.98658
#: what the kernel works in: steps of stored values, or floats
IN_STEPS: Final = np.zeros(0, dtype=np.int32)
IN_FLOATS: Final = np.zeros(0, dtype=np.float64)
NO_TABLE: Final = np.zeros(0, dtype=np.float64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Blocks:
    """Side of square blocks, and their first rows and columns in the order of the image."""

    size_px: int
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]

    def chosen(self, which: NDArray[np.bool_]) -> Blocks:
        """Some of the blocks."""
        return Blocks(size_px=self.size_px, rows=self.rows[which], columns=self.columns[which])

    def pixels(self, lag: int, shape: tuple[int, int]) -> PixelRuns:
        """Their pixels, without the frames."""
        cells = np.zeros((shape[0] // self.size_px + 1, shape[1] // self.size_px + 1), dtype=np.bool_)
        cells[(self.rows - lag) // self.size_px, (self.columns - lag) // self.size_px] = True
        return pixels_of_cells(cells, self.size_px, shape, first_px=lag)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredBlocks:
    """Of each block mean signal, noise, share of differences without structure, and span of the signal.

    `stored_ends` are the least and the greatest stored value of each block, (2, blocks), where these are known.
    """

    means: NDArray[np.float64]
    noises: NDArray[np.float64]
    plain_shares: NDArray[np.float64]
    spans: NDArray[np.float64]
    stored_ends: NDArray[np.float64] | None = None

    def chosen(self, which: NDArray[np.bool_]) -> MeasuredBlocks:
        """Some of the blocks."""
        return MeasuredBlocks(
            means=self.means[which],
            noises=self.noises[which],
            plain_shares=self.plain_shares[which],
            spans=self.spans[which],
            stored_ends=None if self.stored_ends is None else self.stored_ends[:, which],
        )

    def at_ends(self) -> NDArray[np.bool_] | None:
        """Blocks that hold the least or the greatest of all stored values; None where these are unknown."""
        if self.stored_ends is None:
            return None
        lows, highs = self.stored_ends
        at_ends: NDArray[np.bool_] = (lows == lows.min()) | (highs == highs.max())
        return at_ends


def find_blocks(signal: SignalImage, anatomy: Anatomy, lag: int) -> Blocks:
    """Blocks in the anatomy with a frame of `lag` pixels, in evenly spaced rows where there are very many."""
    rows, columns = signal.shape
    outside = _Outside(~anatomy.cells, anatomy.cell_px)
    padded = None if signal.padding is None else _Outside(signal.padding, 1)
    for size in BLOCK_SIZES_PX:
        row_starts = np.arange(lag, rows - size - lag + 1, size)
        column_starts = np.arange(lag, columns - size - lag + 1, size)
        if len(row_starts) == 0 or len(column_starts) == 0:
            continue
        around = (row_starts - lag, row_starts + size + lag, column_starts - lag, column_starts + size + lag)
        inside = outside.none_in(*around)
        if padded is not None:
            inside &= padded.none_in(*around)
        every = max(1, math.ceil(np.count_nonzero(inside) / MOST_BLOCKS))
        inside[np.arange(len(row_starts)) % every > 0] = False
        row, column = np.nonzero(inside)
        if len(row) >= ENOUGH_BLOCKS or size == BLOCK_SIZES_PX[-1]:
            return Blocks(size_px=size, rows=row_starts[row], columns=column_starts[column])
    nothing = np.zeros(0, dtype=np.int64)
    return Blocks(size_px=BLOCK_SIZES_PX[-1], rows=nothing, columns=nothing)


class _Outside:
    """Sums over cells that do not count, to ask of many rectangles at once whether they hold any."""

    def __init__(self, cells: NDArray[np.bool_], cell_px: int) -> None:
        self._sums = cv2.integral(cells.astype(np.uint8), sdepth=cv2.CV_32S)
        self._cell_px = cell_px

    def none_in(
        self, top: NDArray[np.int64], bottom: NDArray[np.int64], left: NDArray[np.int64], right: NDArray[np.int64]
    ) -> NDArray[np.bool_]:
        """Whether the pixels from each top to before each bottom, from each left to before each right, all count."""
        first, last = top // self._cell_px, (bottom - 1) // self._cell_px + 1
        start, stop = left // self._cell_px, (right - 1) // self._cell_px + 1
        lower, upper = self._sums[last], self._sums[first]
        none: NDArray[np.bool_] = lower[:, stop] - lower[:, start] - upper[:, stop] + upper[:, start] == 0
        return none


def measure_blocks(signal: SignalImage, blocks: Blocks, lag: int) -> MeasuredBlocks:
    """Noise of each block, whose frame of `lag` pixels only lends its values."""
    scale = signal.scale
    where = blocks.rows, blocks.columns, blocks.size_px, lag, CLIP
    if scale is None:
        values = np.ascontiguousarray(signal.values).view()
        values.flags.writeable = False
        found = block_noise(values, NO_TABLE, 0, *where, IN_FLOATS)
    elif scale.slope is None:
        found = block_noise(kernel_pixels(signal.radiograph), scale.table, scale.first, *where, IN_FLOATS)
    else:
        found = block_noise(kernel_pixels(signal.radiograph), NO_TABLE, 0, *where, IN_STEPS)
    means, scales, deviations, shares, lows, highs = found.T
    spans, ends = highs - lows, None
    noises = deviations / OPERATOR_NORM / np.where(scales > 0, CLIPPED_DEVIATION, 1.0)
    if scale is not None and scale.slope is not None and scale.intercept is not None:
        means, noises, spans = (
            means * scale.slope + scale.intercept,
            noises * abs(scale.slope),
            spans * abs(scale.slope),
        )
        ends = found.T[4:]
    return MeasuredBlocks(means=means, noises=noises, plain_shares=shares, spans=spans, stored_ends=ends)
