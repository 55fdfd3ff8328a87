"""Discs on the pixel matrix: how much of each pixel a disc covers."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

#: parts of a pixel's side for which it is asked whether they lie in the disc
_SUBDIVISION: Final = 16


def disc_coverage(
    shape: tuple[int, int], *, centre_px: tuple[float, float], diameters_px: tuple[float, float]
) -> NDArray[np.float64]:
    """Share of each pixel that lies in a disc.

    Parameters
    ----------
    shape : tuple of (int, int)
        Rows and columns.
    centre_px : tuple of (float, float)
        Row and column of the centre.
    diameters_px : tuple of (float, float)
        Diameter in rows and in columns, which differ where the pixels are not square.

    Returns
    -------
    2-D array of float64
        From 0 to 1; their sum is the disc's area in pixels to 1e-2 from two pixels of diameter on.
    """
    axes = [(np.arange(shape[axis] * _SUBDIVISION) + 0.5) / _SUBDIVISION - 0.5 - centre_px[axis] for axis in (0, 1)]
    down, right = ((2.0 * axes[axis] / diameters_px[axis]) ** 2 for axis in (0, 1))
    inside = down[:, None] + right[None, :] <= 1.0
    parts = inside.reshape(shape[0], _SUBDIVISION, shape[1], _SUBDIVISION)
    return np.asarray(parts.mean(axis=(1, 3)), dtype=np.float64)
