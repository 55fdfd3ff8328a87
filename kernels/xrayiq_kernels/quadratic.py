"""Polynomials of second degree in row and column: sums for their fit, and their values.

Libraries of linear algebra round such sums differently with each number of threads; here they have one order.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel

Moments = tuple[NDArray[np.float64], NDArray[np.float64]]


@kernel
def quadratic_moments(
    values: NDArray[np.float64], excluded: NDArray[np.bool_], down: NDArray[np.float64], across: NDArray[np.float64]
) -> Moments:
    """Sums over the pixels of powers of the coordinates, and of these times the values.

    Parameters
    ----------
    values : 2-D array of float64
        Finite where it is not excluded.
    excluded : 2-D array of bool
        True where a pixel does not count; of size 0 where all count.
    down, across : 1-D arrays of float64
        Coordinate of each row and of each column.

    Returns
    -------
    tuple of an array of shape (5, 5) and one of shape (3, 3)
        Σ rᵃ·cᵇ for powers 0 to 4, and Σ v·rᵃ·cᵇ for powers 0 to 2, over the pixels that count.
    """
    rows, columns = values.shape
    masked = excluded.size > 0
    places = np.zeros((5, 5))
    products = np.zeros((3, 3))
    along = np.zeros(5)
    weighted = np.zeros(3)
    for column in range(columns):
        power = 1.0
        for b in range(5):
            along[b] += power
            power *= across[column]
    for row in range(rows):
        if masked:
            along[:] = 0.0
            for column in range(columns):
                if not excluded[row, column]:
                    power = 1.0
                    for b in range(5):
                        along[b] += power
                        power *= across[column]
        level, slope, bend = 0.0, 0.0, 0.0
        for column in range(columns):
            if masked and excluded[row, column]:
                continue
            value = values[row, column]
            at = across[column]
            level += value
            slope += value * at
            bend += value * (at * at)
        weighted[0], weighted[1], weighted[2] = level, slope, bend
        power = 1.0
        for a in range(5):
            for b in range(5):
                places[a, b] += power * along[b]
            if a < 3:
                for b in range(3):
                    products[a, b] += power * weighted[b]
            power *= down[row]
    return places, products


@kernel
def quadratic_values(
    coefficients: NDArray[np.float64], down: NDArray[np.float64], across: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Values of a polynomial of second degree in each coordinate.

    Parameters
    ----------
    coefficients : array of float64 of shape (3, 3)
        Of row power and column power.
    down, across : 1-D arrays of float64
        Coordinate of each row and of each column.

    Returns
    -------
    2-D array of float64
        At each row and column.
    """
    surface = np.empty((down.size, across.size))
    for row in range(down.size):
        at = down[row]
        level = coefficients[0, 0] + at * (coefficients[1, 0] + at * coefficients[2, 0])
        slope = coefficients[0, 1] + at * (coefficients[1, 1] + at * coefficients[2, 1])
        bend = coefficients[0, 2] + at * (coefficients[1, 2] + at * coefficients[2, 2])
        for column in range(across.size):
            surface[row, column] = level + across[column] * (slope + across[column] * bend)
    return surface
