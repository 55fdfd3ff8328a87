"""Power spectra of sampled noise along one axis, in closed form, and the filters that produce them.

A stationary process with autocovariance R, sampled at the pitch p, has the spectrum Σ_m W(u + m/p) with all its
aliases; by Poisson's sum formula that is p·Σ_k R(kp)·cos(2πukp), which ends after a few terms for a blurred process.
"""

from __future__ import annotations

import math
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.gaussian import box_autocorrelation

#: a Gaussian is zero in double precision beyond this many standard deviations
_REACH = 9.0
#: filter taps below this part of the largest one are left out: they change the spectrum by less than 1e-5
_TAP_FLOOR = 1e-7


def aperture_covariance(*, pitch_mm: float, sigma_mm: float) -> NDArray[np.float64]:
    """Autocorrelation at lags 0, p, 2p … of the pixel aperture blurred by a Gaussian (mm⁻¹)."""
    count = 2 + math.ceil(_REACH * math.sqrt(2.0) * sigma_mm / pitch_mm)
    return box_autocorrelation(np.arange(count) * pitch_mm, width_mm=pitch_mm, sigma_mm=sigma_mm)


def gaussian_covariance(*, pitch_mm: float, length_mm: float) -> NDArray[np.float64]:
    """Autocorrelation exp(−x²/2ℓ²) at lags 0, p, 2p …; length 0 is white."""
    if length_mm == 0.0:
        return np.ones(1)
    count = 2 + math.ceil(_REACH * length_mm / pitch_mm)
    return np.asarray(np.exp(-0.5 * (np.arange(count) * pitch_mm / length_mm) ** 2), dtype=np.float64)


def aliased_spectrum(
    frequencies_per_mm: NDArray[Any], covariance: NDArray[np.float64], *, pitch_mm: float
) -> NDArray[np.float64]:
    """Spectrum p·Σ_k R(kp)·cos(2πukp) of a sampled process, every alias included.

    Parameters
    ----------
    frequencies_per_mm : array of any shape
        Frequencies u.
    covariance : 1-D array
        R at lags 0, p, 2p …
    pitch_mm : float
        Sampling distance p.
    """
    phase = 2.0 * np.pi * pitch_mm * np.asarray(frequencies_per_mm, dtype=np.float64)
    total = np.full(phase.shape, covariance[0])
    for lag in range(1, covariance.size):
        total += 2.0 * covariance[lag] * np.cos(lag * phase)
    return np.asarray(pitch_mm * np.maximum(total, 0.0), dtype=np.float64)


@lru_cache(maxsize=64)
def filter_taps(covariance: tuple[float, ...]) -> NDArray[np.float64]:
    """Symmetric filter that turns unit white noise into noise of the given autocovariance.

    Its transfer function is the square root of Σ_k R_k cos(2πνk), ν in cycles per sample.
    """
    size = 1 << max(10, (16 * len(covariance)).bit_length())
    spectrum = aliased_spectrum(np.arange(size // 2 + 1) / size, np.asarray(covariance), pitch_mm=1.0)
    response = np.fft.irfft(np.sqrt(spectrum), n=size)
    kept = np.nonzero(np.abs(response[: size // 2]) > _TAP_FLOOR * response[0])[0]
    reach = int(kept[-1])
    taps = np.concatenate([response[reach:0:-1], response[: reach + 1]])
    taps.flags.writeable = False
    return taps
