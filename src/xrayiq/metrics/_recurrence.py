"""How probable it is that a place of a detector recurs by chance or by the anatomy around it."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import betainc

from xrayiq.metrics._detector_tables import Counts, Floats, Kind, PlaceTable

#: half the side of the surroundings of a place, and of what is left out around it, in cells
AROUND_CELLS: Final = 8
APART_CELLS: Final = 1
#: lines on either side that a piece of a line is compared with as well
CLOSE_LINES: Final = 4
#: half the length of the strips through a place that edges of anatomy may follow, their width, and what is left out
STRIP_CELLS: Final = 16
STRIP_WIDTH_CELLS: Final = 3
STRIP_APART_CELLS: Final = 3
#: directions of the strips over half a turn
STRIPS: Final = 8


def _strips() -> tuple[NDArray[np.float64], ...]:
    """Masks of strips through a place in all directions, without its middle."""
    offsets = np.arange(-STRIP_CELLS, STRIP_CELLS + 1)
    down, right = offsets[:, None], offsets[None, :]
    masks = []
    for angle in np.arange(STRIPS) * np.pi / STRIPS:
        along = np.abs(down * np.sin(angle) + right * np.cos(angle))
        across = np.abs(down * np.cos(angle) - right * np.sin(angle))
        is_in = (across <= STRIP_WIDTH_CELLS / 2) & (along >= STRIP_APART_CELLS) & (along <= STRIP_CELLS)
        masks.append(is_in.astype(np.float64))
    return tuple(masks)


def _surroundings(kind: Kind) -> tuple[tuple[NDArray[np.float64], ...], int]:
    """Masks of the surroundings that a place is compared with, and how far they reach."""
    if kind == "spot":
        return (_ring(AROUND_CELLS, 2), *_strips()), STRIP_CELLS
    return (_ring(AROUND_CELLS, 1), _ring(CLOSE_LINES, 1)), AROUND_CELLS


def _ring(reach: int, dimensions: int) -> NDArray[np.float64]:
    """Mask of all cells up to a distance, or of all lines, without a place and its neighbours."""
    offsets = np.abs(np.arange(-reach, reach + 1))
    far = offsets[:, None] if dimensions == 1 else np.maximum(offsets[:, None], offsets[None, :])
    return (far > APART_CELLS).astype(np.float64)


def tails_of(table: PlaceTable, counts: Counts, tried: Counts) -> tuple[Floats, Floats]:
    """Probability of the counts of some places, and the counts expected, by the surroundings that explain them best."""
    masks, reach = _surroundings(table.kind)
    padding = ((reach, reach), (reach, reach) if table.kind == "spot" else (0, 0))
    padded = [np.pad(each, padding).astype(np.float64) for each in (counts, table.covered)]
    tails, expected = np.zeros(len(tried)), np.zeros(len(tried))
    for mask in masks:
        rows, columns = np.nonzero(mask)
        beside, covered_beside = (
            each[
                tried[:, :1] + padding[0][0] + rows - mask.shape[0] // 2,
                tried[:, 1:] + padding[1][0] + columns - mask.shape[1] // 2,
            ].sum(axis=1)
            for each in padded
        )
        here, covered = counts[tuple(tried.T)], table.covered[tuple(tried.T)]
        tail = betainc(here, beside + 1.0, covered / (covered + covered_beside))
        expected = np.where(tail >= tails, beside * covered / np.maximum(covered_beside, 1.0), expected)
        tails = np.maximum(tails, np.where(covered_beside > 0, tail, 1.0))
    return tails, expected
