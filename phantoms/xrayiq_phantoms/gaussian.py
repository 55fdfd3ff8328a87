"""Repeated integrals of the Gaussian: what boxes and half planes look like through a Gaussian blur."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

_NORM = 1.0 / np.sqrt(2.0 * np.pi)


def blurred_step(distance_mm: NDArray[Any], *, sigma_mm: float) -> NDArray[np.float64]:
    """Unit step at 0 after a Gaussian blur: Φ(x/σ); with σ = 0 the step itself, ½ at 0."""
    x = np.asarray(distance_mm, dtype=np.float64)
    if sigma_mm == 0.0:
        return np.heaviside(x, 0.5)
    return np.asarray(ndtr(x / sigma_mm), dtype=np.float64)


def blurred_ramp(distance_mm: NDArray[Any], *, sigma_mm: float) -> NDArray[np.float64]:
    """Ramp max(x, 0) after a Gaussian blur, the first integral of `blurred_step`: xΦ(x/σ) + σφ(x/σ), in mm."""
    x = np.asarray(distance_mm, dtype=np.float64)
    if sigma_mm == 0.0:
        return np.maximum(x, 0.0)
    t = x / sigma_mm
    return np.asarray(sigma_mm * (t * ndtr(t) + _NORM * np.exp(-0.5 * t * t)), dtype=np.float64)


def blurred_parabola(distance_mm: NDArray[Any], *, sigma_mm: float) -> NDArray[np.float64]:
    """Half parabola max(x, 0)²/2 after a Gaussian blur, the integral of `blurred_ramp`, in mm²."""
    x = np.asarray(distance_mm, dtype=np.float64)
    if sigma_mm == 0.0:
        return 0.5 * np.maximum(x, 0.0) ** 2
    t = x / sigma_mm
    return np.asarray(
        0.5 * sigma_mm**2 * ((t * t + 1.0) * ndtr(t) + t * _NORM * np.exp(-0.5 * t * t)), dtype=np.float64
    )


def box_autocorrelation(lag_mm: NDArray[Any], *, width_mm: float, sigma_mm: float) -> NDArray[np.float64]:
    """Autocorrelation of a unit-area box blurred by a Gaussian, in mm⁻¹.

    It is the triangle of base ±width blurred by σ√2: a second difference of `blurred_ramp`.
    """
    x = -np.abs(np.asarray(lag_mm, dtype=np.float64))  # the negative side: no cancellation of large ramps
    s = sigma_mm * np.sqrt(2.0)
    terms = (
        blurred_ramp(x + width_mm, sigma_mm=s)
        - 2.0 * blurred_ramp(x, sigma_mm=s)
        + blurred_ramp(x - width_mm, sigma_mm=s)
    )
    return terms / width_mm**2
