"""Profiles across the sides of a field."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel
from xrayiq_kernels.bilinear import bilinear, inner_bilinear


@kernel
def _read_profile(
    values: NDArray[np.float64],
    row: float,
    column: float,
    inward: NDArray[np.float64],
    offsets: NDArray[np.float64],
    profile: NDArray[np.float64],
) -> None:
    """Values along the normal of a side, into `profile`."""
    rows, columns = values.shape
    is_inner = True
    for end in (offsets[0], offsets[offsets.size - 1]):
        end_row, end_column = row + end * inward[0], column + end * inward[1]
        is_inner = is_inner and 0.0 <= end_row < rows - 1.0 and 0.0 <= end_column < columns - 1.0
    if is_inner:
        for index in range(offsets.size):
            profile[index] = inner_bilinear(
                values, row + offsets[index] * inward[0], column + offsets[index] * inward[1]
            )
    else:
        for index in range(offsets.size):
            profile[index] = bilinear(values, row + offsets[index] * inward[0], column + offsets[index] * inward[1])


@kernel
def side_profiles(
    values: NDArray[np.float64],
    start: NDArray[np.float64],
    along: NDArray[np.float64],
    inward: NDArray[np.float64],
    positions: NDArray[np.float64],
    offsets: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Profiles across a side, each the mean of three neighbours.

    Parameters
    ----------
    values : (rows, columns) array of float64
        Signal, finite.
    start, along, inward : (2,) arrays of float64
        Row and column of the corner where the side begins; unit vectors along it and along its inward normal.
    positions : (places,) array of float64
        Distances from the corner, in ascending order.
    offsets : (offsets,) array of float64
        Distances from the side along its normal, in ascending order; at least one.

    Returns
    -------
    tuple of (kept,) and (kept, offsets) arrays
        The positions whose place on the side lies on the image, and the mean of the profiles through each of them and
        its neighbours among them, the first and the last of which stand for what is missing. Values between pixels are
        bilinear, the border is repeated.
    """
    rows, columns = values.shape
    kept = np.empty(positions.size, dtype=np.float64)
    single = np.empty((positions.size, offsets.size), dtype=np.float64)
    count = 0
    for position in positions:
        row, column = start[0] + position * along[0], start[1] + position * along[1]
        if -0.5 <= row <= rows - 0.5 and -0.5 <= column <= columns - 0.5:
            _read_profile(values, row, column, inward, offsets, single[count])
            kept[count] = position
            count += 1
    profiles = np.empty((count, offsets.size), dtype=np.float64)
    for place in range(count):
        before, here, after = single[max(place - 1, 0)], single[place], single[min(place + 1, count - 1)]
        mean = profiles[place]
        for index in range(offsets.size):
            mean[index] = (before[index] + here[index] + after[index]) / 3.0
    return kept[:count].copy(), profiles
