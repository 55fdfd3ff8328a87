"""How much brighter an image gets along rays, as it does not in the shadow of a blade."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def outward_rises(
    values: NDArray[np.float64], places: NDArray[np.float64], directions: NDArray[np.float64], step_px: float
) -> NDArray[np.float64]:
    """Least value along each ray, and the greatest rise above the least value before it.

    Parameters
    ----------
    values : (rows, columns) array of float64
        Finite.
    places : (rays, 2) array of float64
        Row and column at which each ray begins.
    directions : (rays, 2) array of float64
        Unit vectors.
    step_px : float
        Distance of the places along a ray, above 0. Values are those of the nearest pixels, averaged over three
        neighbouring places.

    Returns
    -------
    (rays, 2) array of float64
        Least values, inf where a ray has fewer than three places on the image; rises, 0 where a ray only falls. A ray
        ends where it leaves the image.
    """
    rows, columns = values.shape
    found = np.zeros((places.shape[0], 2), dtype=np.float64)
    for ray in range(places.shape[0]):
        row, column = places[ray, 0], places[ray, 1]
        down, across = step_px * directions[ray, 0], step_px * directions[ray, 1]
        one, two = 0.0, 0.0
        least = np.inf
        rise = 0.0
        count = 0
        while -0.5 <= row < rows - 0.5 and -0.5 <= column < columns - 0.5:
            here = values[int(row + 0.5), int(column + 0.5)]
            count += 1
            if count >= 3:
                mean = (one + two + here) / 3.0
                least = min(least, mean)
                rise = max(rise, mean - least)
            one, two = two, here
            row += down
            column += across
        found[ray, 0] = least
        found[ray, 1] = rise
    return found
