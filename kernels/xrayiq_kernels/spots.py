"""Small spots of an image: cells that differ from the ring around them, in every direction."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def _add_three(line: NDArray[Any], apart: int, sums: NDArray[Any]) -> None:
    """Sum of a value and those so far before and behind it."""
    middle, behind = line[apart:], line[2 * apart :]
    for index in range(sums.size):
        sums[index] = line[index] + middle[index] + behind[index]


@kernel
def _less_ring(
    above: NDArray[Any], own: NDArray[Any], below: NDArray[Any], line: NDArray[Any], part: Any, target: NDArray[Any]
) -> None:
    """Value of each cell less the mean of eight around, whose sums with it are given."""
    for index in range(target.size):
        value = line[index]
        target[index] = value - (above[index] + own[index] + below[index] - value) * part


@kernel
def ring_differences(levels: NDArray[np.float32], apart: int) -> NDArray[np.float32]:
    """Difference of each cell from the mean of the eight around it at a distance along rows, columns and diagonals.

    Parameters
    ----------
    levels : (rows, columns) array of float32
        NaN where a cell does not count.
    apart : int
        Distance in cells, above 0.

    Returns
    -------
    (rows, columns) array of float32
        NaN where one of the nine does not count or lies beyond the border.
    """
    rows, columns = levels.shape
    found = np.empty((rows, columns), dtype=np.float32)
    found[:] = np.nan
    if rows <= 2 * apart or columns <= 2 * apart:
        return found
    part = np.float32(0.125)
    wide = columns - 2 * apart
    # the sums of as many lines as lie between the upper and the lower one, each kept until it is not needed
    kept = np.empty((2 * apart + 1, wide), dtype=np.float32)
    for row in range(rows):
        _add_three(levels[row], apart, kept[row % (2 * apart + 1)])
        if row >= 2 * apart:
            middle = row - apart
            _less_ring(
                kept[(row - 2 * apart) % (2 * apart + 1)],
                kept[middle % (2 * apart + 1)],
                kept[row % (2 * apart + 1)],
                levels[middle, apart : apart + wide],
                part,
                found[middle, apart : apart + wide],
            )
    return found


@kernel
def tile_scales(differences: NDArray[np.float32], tile: int) -> tuple[NDArray[np.float64], NDArray[np.int64]]:
    """Mean size of the differences in square tiles, those left out that are 0 or NaN.

    Parameters
    ----------
    differences : (rows, columns) array of float32
        As `ring_differences` gives them.
    tile : int
        Side of a tile in cells; the last row and column of tiles may be narrower.

    Returns
    -------
    tuple of (tile rows, tile columns) arrays
        Mean of the absolute values, 0 where there is none; and how many there are.
    """
    rows, columns = differences.shape
    tile_rows, tile_columns = (rows + tile - 1) // tile, (columns + tile - 1) // tile
    sums = np.zeros((tile_rows, tile_columns), dtype=np.float64)
    counts = np.zeros((tile_rows, tile_columns), dtype=np.int64)
    for row in range(rows):
        for tile_column in range(tile_columns):
            total = 0.0
            count = 0
            for column in range(tile_column * tile, min((tile_column + 1) * tile, columns)):
                size = abs(differences[row, column])
                if size > 0.0:
                    total += size
                    count += 1
            sums[row // tile, tile_column] += total
            counts[row // tile, tile_column] += count
    for tile_row in range(tile_rows):
        for tile_column in range(tile_columns):
            if counts[tile_row, tile_column] > 0:
                sums[tile_row, tile_column] /= counts[tile_row, tile_column]
    return sums, counts


@kernel
def spot_cells(
    levels: NDArray[np.float32],
    differences: NDArray[np.float32],
    limits: NDArray[np.float64],
    tile: int,
    apart: int,
    part: float,
    most: int,
) -> NDArray[np.int64]:
    """Cells that differ from their ring by more than a limit, and in each of four directions by a part of that.

    Parameters
    ----------
    levels, differences : (rows, columns) arrays of float32
        As in `ring_differences`.
    limits : (tile rows, tile columns) array of float64
        Least difference in each tile.
    tile : int
        Side of a tile in cells.
    apart : int
        Distance of the ring in cells.
    part : float
        Part of the difference that the cell has to differ by from the mean of each pair on opposite sides.
    most : int
        Cells that are given at most, the first of the image.

    Returns
    -------
    (n,) array of int64
        Row times the number of columns plus the column, ascending.
    """
    rows, columns = levels.shape
    found = np.empty(most, dtype=np.int64)
    count = 0
    for row in range(apart, rows - apart):
        for tile_column in range(limits.shape[1]):
            limit = limits[row // tile, tile_column]
            first, last = max(tile_column * tile, apart), min((tile_column + 1) * tile, columns - apart)
            for column in range(first, last):
                difference = differences[row, column]
                if not abs(difference) > limit:
                    continue
                sign = 1.0 if difference > 0.0 else -1.0
                least = part * abs(difference)
                value = levels[row, column]
                down, right = apart, 0
                is_spot = True
                for _ in range(4):
                    pair = (levels[row - down, column - right] + levels[row + down, column + right]) * 0.5
                    if (value - pair) * sign < least:
                        is_spot = False
                        break
                    # (1, 0), (1, 1), (0, 1), (−1, 1) times the distance
                    down, right = (apart if down > 0 and right == 0 else 0 if right > 0 and down > 0 else -apart), apart
                if is_spot and count < most:
                    found[count] = row * columns + column
                    count += 1
    return found[:count]
