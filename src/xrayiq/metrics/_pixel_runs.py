"""A part of an image, held as runs of pixels along its rows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels.runs import cell_runs, runs_outside


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PixelRuns:
    """Pixels of an image as runs along its rows: far less than a mask, and quick to go through.

    Parameters
    ----------
    runs : (n, 3) array of int64
        Row, first column and column behind the last; neighbours of one row are in one run.
    shape : tuple of (int, int)
        Rows and columns of the image.
    """

    runs: NDArray[np.int64]
    shape: tuple[int, int]

    @property
    def pixel_count(self) -> int:
        """Number of pixels."""
        return int((self.runs[:, 2] - self.runs[:, 1]).sum())

    def mask(self) -> NDArray[np.bool_]:
        """True on the pixels."""
        mask = np.zeros(self.shape, dtype=np.bool_)
        for row, start, stop in self.runs:
            mask[row, start:stop] = True
        return mask

    def without(self, excluded: NDArray[np.bool_] | None) -> PixelRuns:
        """The pixels that a mask does not exclude."""
        if excluded is None:
            return self
        return PixelRuns(runs=runs_outside(self.runs, np.ascontiguousarray(excluded)), shape=self.shape)


def all_pixels(shape: tuple[int, int]) -> PixelRuns:
    """Every pixel of an image of that size."""
    rows, columns = shape
    whole = np.zeros((rows, 3), dtype=np.int64)
    whole[:, 0] = np.arange(rows)
    whole[:, 2] = columns
    return PixelRuns(runs=whole, shape=shape)


def pixels_of_cells(
    cells: NDArray[np.bool_],
    cell_px: int,
    shape: tuple[int, int],
    *,
    first_px: int = 0,
    spans: tuple[NDArray[np.int64], NDArray[np.int64]] | None = None,
) -> PixelRuns:
    """Pixels of the square cells that are True.

    Parameters
    ----------
    cells : 2-D array of bool
        Cells in rows and columns.
    cell_px : int
        Side of a cell in pixels.
    shape : tuple of (int, int)
        Rows and columns of the image.
    first_px : int
        Row and column of the first cell's first pixel.
    spans : pair of (rows,) arrays of int64, optional
        Per row the first column and the column behind the last that may count; all where not given.

    Returns
    -------
    PixelRuns
        The pixels, cut at the border of the image.
    """
    if spans is None:
        spans = np.zeros(shape[0], dtype=np.int64), np.full(shape[0], shape[1], dtype=np.int64)
    return PixelRuns(runs=cell_runs(cells, cell_px, first_px, *spans), shape=shape)
