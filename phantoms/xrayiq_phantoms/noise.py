"""Noise of a simulated detector with exactly the power spectrum that the detector states.

Quantum noise is the Gaussian approximation of the Poisson law (right to a few percent in the third moment from about
100 quanta per pixel): white noise of variance K/(q·p²) through a separable filter whose squared transfer function is
the aliased spectrum of the blurred quanta. Where the kerma varies, the variance follows it at the scale of the blur.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import correlate1d

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.spectra import aperture_covariance, filter_taps, gaussian_covariance


def quantum_noise_ugy(
    detector: Detector, kerma_ugy: NDArray[Any], *, generator: np.random.Generator
) -> NDArray[np.float32]:
    """Quantum noise of an exposure.

    Parameters
    ----------
    detector : Detector
        Gives blur, pitch and number of quanta.
    kerma_ugy : 2-D array
        Mean kerma of each pixel.
    generator : numpy.random.Generator
        Source of the random numbers.

    Returns
    -------
    2-D array of float32
        Noise in µGy with the spectrum (K/q)·Σ T² of `Detector.nps_ugy2_mm2`.
    """
    pitch = detector.pixel_pitch_mm
    covariance = aperture_covariance(pitch_mm=pitch, sigma_mm=detector.blur_sigma_mm)
    amplitude = np.sqrt(np.maximum(kerma_ugy, 0.0) / detector.quanta_per_mm2_per_ugy, dtype=np.float32)
    return _filtered_noise(tuple(covariance.tolist()), amplitude, generator)


def fixed_pattern(detector: Detector, shape: tuple[int, int]) -> NDArray[np.float32]:
    """Relative fixed pattern of a detector: zero mean, the same for every image of this shape; read-only."""
    return _fixed_pattern(
        detector.pixel_pitch_mm,
        detector.structured_length_mm,
        detector.structured_noise_fraction,
        detector.pattern_seed,
        shape,
    )


@lru_cache(maxsize=4)
def _fixed_pattern(
    pitch_mm: float, length_mm: float, fraction: float, seed: int, shape: tuple[int, int]
) -> NDArray[np.float32]:
    covariance = gaussian_covariance(pitch_mm=pitch_mm, length_mm=length_mm)
    amplitude = np.broadcast_to(np.float32(fraction), shape)
    pattern = _filtered_noise(tuple(covariance.tolist()), amplitude, np.random.default_rng([seed, 1]))
    pattern.flags.writeable = False
    return pattern


def _filtered_noise(
    covariance: tuple[float, ...], amplitude: NDArray[np.float32], generator: np.random.Generator
) -> NDArray[np.float32]:
    """White noise times an amplitude map, then the filter of a covariance along both axes."""
    taps = filter_taps(covariance)
    reach = taps.size // 2
    rows, columns = amplitude.shape
    white = generator.standard_normal((rows + 2 * reach, columns + 2 * reach), dtype=np.float32)
    if amplitude.strides == (0, 0):
        white *= amplitude[0, 0]
    else:
        white *= np.pad(amplitude, reach, mode="edge")
    if reach == 0:
        return white * np.float32(taps[0] ** 2)
    along = correlate1d(white, taps, axis=1, mode="nearest")[:, reach:-reach]
    return np.asarray(correlate1d(along, taps, axis=0, mode="nearest")[reach:-reach], dtype=np.float32)
