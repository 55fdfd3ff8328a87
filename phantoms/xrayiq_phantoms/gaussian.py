"""Repeated integrals of the Gaussian: what boxes and half planes look like through a Gaussian blur."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_ndtr, ndtr

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


def glared_step(distance_mm: NDArray[Any], *, sigma_mm: float, length_mm: float) -> NDArray[np.float64]:
    """Unit step at 0 after a Gaussian blur and the line spread exp(−|x|/λ)/2λ: distribution of a normal-Laplace sum.

    With s = σ/λ it is Φ(x/σ) + ½ exp(s²/2)·[exp(x/λ) Φ(−x/σ − s) − exp(−x/λ) Φ(x/σ − s)].
    """
    x = np.asarray(distance_mm, dtype=np.float64)
    rising, falling = _laplace_tails(x, sigma_mm, length_mm)
    return np.asarray(blurred_step(x, sigma_mm=sigma_mm) + 0.5 * (rising - falling), dtype=np.float64)


def glared_ramp(distance_mm: NDArray[Any], *, sigma_mm: float, length_mm: float) -> NDArray[np.float64]:
    """First integral of `glared_step`, in mm.

    The line spread h obeys h − λ²h″ = δ, so that ramp and parabola gain λ² times their own second derivative.
    """
    x = np.asarray(distance_mm, dtype=np.float64)
    density = sum(_laplace_tails(x, sigma_mm, length_mm)) / (2.0 * length_mm)
    return np.asarray(blurred_ramp(x, sigma_mm=sigma_mm) + length_mm**2 * density, dtype=np.float64)


def glared_parabola(distance_mm: NDArray[Any], *, sigma_mm: float, length_mm: float) -> NDArray[np.float64]:
    """Second integral of `glared_step`, in mm²."""
    step = glared_step(distance_mm, sigma_mm=sigma_mm, length_mm=length_mm)
    return np.asarray(blurred_parabola(distance_mm, sigma_mm=sigma_mm) + length_mm**2 * step, dtype=np.float64)


def _laplace_tails(
    x: NDArray[np.float64], sigma_mm: float, length_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """exp(±x/λ) on the far side of 0, blurred by the Gaussian."""
    if sigma_mm == 0.0:
        far = np.exp(-np.abs(x) / length_mm)
        return np.where(x < 0.0, far, 0.5 * (x == 0.0)), np.where(x > 0.0, far, 0.5 * (x == 0.0))
    s, t = sigma_mm / length_mm, x / sigma_mm
    rising = np.exp(0.5 * s * s + x / length_mm + log_ndtr(-t - s))
    falling = np.exp(0.5 * s * s - x / length_mm + log_ndtr(t - s))
    return rising, falling
