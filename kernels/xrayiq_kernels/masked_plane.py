"""A plane through some pixels of an image, and the pixels above such a plane."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def plane_moments(
    values: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Normal equations of the plane of least squares through chosen pixels.

    Parameters
    ----------
    values : (rows, columns) array of float64
        Values, finite where chosen.
    chosen : (rows, columns) array of bool
        True where a pixel counts.

    Returns
    -------
    tuple of (3, 3) and (3,) arrays
        Sums of the products of 1, the row over the number of rows, and the column over the number of columns with one
        another, and with the values.
    """
    rows, columns = values.shape
    moments = np.zeros((3, 3), dtype=np.float64)
    products = np.zeros(3, dtype=np.float64)
    for row in range(rows):
        down = row / rows
        count, across, squares, total, mixed = 0.0, 0.0, 0.0, 0.0, 0.0
        for column in range(columns):
            if chosen[row, column]:
                place = column / columns
                count += 1.0
                across += place
                squares += place * place
                total += values[row, column]
                mixed += values[row, column] * place
        moments[0, 0] += count
        moments[0, 1] += count * down
        moments[0, 2] += across
        moments[1, 1] += count * down * down
        moments[1, 2] += across * down
        moments[2, 2] += squares
        products[0] += total
        products[1] += total * down
        products[2] += mixed
    moments[1, 0], moments[2, 0], moments[2, 1] = moments[0, 1], moments[0, 2], moments[1, 2]
    return moments, products


@kernel
def above_plane(
    values: NDArray[np.float64], chosen: NDArray[np.bool_], plane: NDArray[np.float64], highest: float
) -> NDArray[np.bool_]:
    """Chosen pixels whose value is greater than the exponential of a plane.

    Parameters
    ----------
    values : (rows, columns) array of float64
        Values.
    chosen : (rows, columns) array of bool
        True where a pixel counts.
    plane : (3,) array of float64
        Offset, and slopes over the row by the number of rows and over the column by the number of columns.
    highest : float
        Where the exponential is greater, this counts in its place.

    Returns
    -------
    (rows, columns) array of bool
        True for these pixels.
    """
    rows, columns = values.shape
    above = np.empty((rows, columns), dtype=np.bool_)
    factors = np.empty(columns, dtype=np.float64)
    for column in range(columns):
        factors[column] = math.exp(plane[2] * (column / columns))
    for row in range(rows):
        level = math.exp(plane[0] + plane[1] * (row / rows))
        for column in range(columns):
            limit = level * factors[column]
            limit = limit if limit < highest else highest
            above[row, column] = chosen[row, column] & (values[row, column] > limit)
    return above
