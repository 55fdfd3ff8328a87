"""Small pictures for kernels, and how they are read between pixels."""

from __future__ import annotations

import numpy as np
from scipy.ndimage import gaussian_filter, map_coordinates


def picture(seed=1, shape=(46, 57)):
    """A smooth step at 20° with a ramp and noise."""
    generator = np.random.default_rng(seed)
    row, column = np.mgrid[0 : shape[0], 0 : shape[1]].astype(float)
    distance = (row - 20.0) * np.cos(np.deg2rad(20.0)) + (column - 25.0) * np.sin(np.deg2rad(20.0))
    values = (distance > 0) + 0.02 * column + 0.1 * generator.standard_normal(shape)
    return gaussian_filter(values, 1.0, mode="nearest")


def at(values, rows, columns):
    """Bilinear interpolation with the border repeated."""
    return map_coordinates(values, [rows, columns], order=1, mode="nearest")
