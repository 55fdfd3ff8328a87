"""A disc through a Gaussian blur and the pixel aperture, by numeric integration."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import CubicSpline
from scipy.special import i0e

#: a Gaussian is zero in double precision beyond this many standard deviations
_REACH = 8.0
#: nodes of the integral over the disc's radius, and over each side of a pixel
_NODES = 64
_PIXEL_NODES = 4
#: points of the radial profile for each standard deviation of the blur
_POINTS_PER_SIGMA = 16


def radial_profile(distances_mm: NDArray[np.float64], *, radius_mm: float, sigma_mm: float) -> NDArray[np.float64]:
    """Unit disc after a Gaussian blur at given distances r from its centre.

    It is ∫₀ᴿ (ρ/σ²)·exp(−(r² + ρ²)/2σ²)·I₀(rρ/σ²) dρ, by Gauss and Legendre's rule over the part that counts.
    """
    r = np.asarray(distances_mm, dtype=np.float64)[..., None]
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    low = np.clip(r - _REACH * sigma_mm, 0.0, radius_mm)
    high = np.clip(r + _REACH * sigma_mm, 0.0, radius_mm)
    rho = 0.5 * (high + low) + 0.5 * (high - low) * nodes
    density = rho / sigma_mm**2 * np.exp(-0.5 * ((r - rho) / sigma_mm) ** 2) * i0e(r * rho / sigma_mm**2)
    return np.asarray(np.sum(0.5 * (high - low) * weights * density, axis=-1), dtype=np.float64)


def pixel_patch(
    *, offset_px: tuple[float, float], radius_mm: float, sigma_mm: float, pitch_mm: float
) -> tuple[NDArray[np.float64], int]:
    """Share of a unit disc that the pixels about it see.

    Parameters
    ----------
    offset_px : (float, float)
        Row and column of the disc's centre, from −0.5 to 0.5, about the middle pixel of the patch.
    radius_mm : float
        Radius of the disc.
    sigma_mm : float
        Standard deviation of the blur, above 0.
    pitch_mm : float
        Side of a pixel.

    Returns
    -------
    patch : square 2-D array of float64
        Mean of the blurred disc over each pixel, right to 1e-6 where the blur is no less than half a pixel.
    reach : int
        Pixels from the middle pixel to the patch's border.
    """
    edge = radius_mm + _REACH * sigma_mm
    profile = _profile(radius_mm, sigma_mm)
    reach = math.ceil(edge / pitch_mm) + 1
    nodes, weights = np.polynomial.legendre.leggauss(_PIXEL_NODES)
    axes = [np.arange(-reach, reach + 1)[:, None] + 0.5 * nodes - offset_px[axis] for axis in (0, 1)]
    distance = pitch_mm * np.hypot(axes[0].ravel()[:, None], axes[1].ravel()[None, :])
    values = np.zeros_like(distance)
    near = distance < edge
    values[near] = profile(distance[near])
    size = 2 * reach + 1
    parts = values.reshape(size, _PIXEL_NODES, size, _PIXEL_NODES)
    return np.asarray(np.einsum("aibj,i,j->ab", parts, 0.5 * weights, 0.5 * weights), dtype=np.float64), reach


@lru_cache(maxsize=64)
def _profile(radius_mm: float, sigma_mm: float) -> CubicSpline:
    edge = radius_mm + _REACH * sigma_mm
    table = np.linspace(0.0, edge, math.ceil(edge / sigma_mm * _POINTS_PER_SIGMA) + 1)
    return CubicSpline(table, radial_profile(table, radius_mm=radius_mm, sigma_mm=sigma_mm))
