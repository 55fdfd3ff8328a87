"""Values between the pixels of an image."""

from __future__ import annotations

from typing import Any

from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def bilinear(values: NDArray[Any], row: float, column: float) -> float:
    """Value between pixels by bilinear interpolation.

    Parameters
    ----------
    values : (rows, columns) array of floats
        Values at the pixel centres.
    row, column : float
        Place; outside the image the border is repeated.

    Returns
    -------
    float
        The value there.
    """
    rows, columns = values.shape
    row = min(max(row, 0.0), rows - 1.0)
    column = min(max(column, 0.0), columns - 1.0)
    upper = min(int(row), max(rows - 2, 0))
    left = min(int(column), max(columns - 2, 0))
    lower = min(upper + 1, rows - 1)
    right = min(left + 1, columns - 1)
    down = row - upper
    across = column - left
    first = values[upper, left] * (1.0 - across) + values[upper, right] * across
    second = values[lower, left] * (1.0 - across) + values[lower, right] * across
    value: float = first * (1.0 - down) + second * down
    return value


@kernel
def inner_bilinear(values: NDArray[Any], row: float, column: float) -> float:
    """Value between pixels by bilinear interpolation, well within the image, where it is quicker to read.

    Parameters
    ----------
    values : (rows, columns) array of floats
        Values at the pixel centres.
    row, column : float
        Place: from 0 to below the last row and column.

    Returns
    -------
    float
        The value there, as `bilinear` gives it.
    """
    upper, left = int(row), int(column)
    down, across = row - upper, column - left
    first = values[upper, left] * (1.0 - across) + values[upper, left + 1] * across
    second = values[upper + 1, left] * (1.0 - across) + values[upper + 1, left + 1] * across
    value: float = first * (1.0 - down) + second * down
    return value
