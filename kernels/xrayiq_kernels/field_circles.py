"""Edge points on a circle."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def near_circle(
    points: NDArray[np.float64],
    centre_row: float,
    centre_column: float,
    radius: float,
    band: float,
    least_cosine: float,
) -> NDArray[np.bool_]:
    """Points within a band about a circle whose normals point to its centre.

    Parameters
    ----------
    points : (points, at least 4) array of float64
        Row, column, and the row and column part of the inward normal.
    centre_row, centre_column, radius : float
        The circle.
    band : float
        Greatest distance from it.
    least_cosine : float
        Least cosine of the angle between a normal and the way to the centre.

    Returns
    -------
    (points,) array of bool
        True for these points.
    """
    near = np.empty(points.shape[0], dtype=np.bool_)
    for index in range(points.shape[0]):
        down, across = centre_row - points[index, 0], centre_column - points[index, 1]
        away = math.sqrt(down * down + across * across)
        along = (down * points[index, 2] + across * points[index, 3]) / max(away, 1e-9)
        near[index] = (abs(away - radius) < band) & (along > least_cosine)
    return near
