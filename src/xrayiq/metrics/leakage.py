"""Noise power that the borders of ROIs carry from low to high frequencies."""

from __future__ import annotations

from typing import Final

import numpy as np
import scipy.fft
from numpy.typing import NDArray

#: parts of a ROI's side up to which lags are corrected in full, and from which they are left alone
_FULL: Final = 1 / 16
_NONE: Final = 1 / 8


def without_leakage(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spectrum of ROIs freed of the leakage of noise that is correlated over short distances.

    Parameters
    ----------
    spectrum : array of N × N
        Mean periodogram of ROIs without a window, zero frequency at [N // 2, N // 2].

    Returns
    -------
    array of N × N
        For noise correlated over no more than N / 16 pixels its expected value is the noise power spectrum. Noise
        without correlation is left as it is.

    Notes
    -----
    Of N pixels only N − |τ| have a neighbour at lag τ, so that the transform of a periodogram is the autocovariance
    times 1 − |τ| / N, along rows and along columns, and its kink at 0 is the leakage. The factor is taken out up to
    lags of N / 16, less and less up to N / 8, and not beyond, where little but noise would be raised.
    """
    side = spectrum.shape[0]
    lags = np.abs(np.fft.fftfreq(side))
    share = np.clip((_NONE - lags) / (_NONE - _FULL), 0.0, 1.0)
    taper = 0.5 - 0.5 * np.cos(np.pi * share)
    factor = 1.0 + taper * lags / (1.0 - lags)
    covariance = scipy.fft.ifft2(np.fft.ifftshift(spectrum), workers=1)
    freed = scipy.fft.fft2(covariance * np.outer(factor, factor), workers=1).real
    return np.ascontiguousarray(np.fft.fftshift(freed))
