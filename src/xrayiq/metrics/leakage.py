"""Noise power that the borders of ROIs carry from low to high frequencies."""

from __future__ import annotations

from typing import Final, Literal

import cv2
import numpy as np
import scipy.fft
from numpy.typing import NDArray
from scipy.ndimage import median_filter

from xrayiq.errors import InputError

Leakage = Literal["removed", "kept"]

#: parts of a ROI's side up to which lags are corrected in full, and from which they are left alone
_FULL: Final = 1 / 16
_NONE: Final = 1 / 8
#: a sample this many times above the median of so many samples on a side around it belongs to a line, not to noise
_LINE: Final = 5.0
_SURROUNDINGS: Final = 9
#: part of the samples up to which single medians are taken; what a bound in single precision is multiplied by
_MOST_SUSPECTED: Final = 0.25
_ROUNDING: Final = 1.0 - 1e-6
#: bits of single precision below three of its mantissa, and the level, so cut, 255 below that of 1
_BITS_BELOW_LEVELS: Final = 20
_LOWEST_LEVEL: Final = (127 << 3) - 255
#: no sample falls below this part of what it was: where leakage dominates, its difference is little but noise
_LEAST_LEFT: Final = 0.1


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
        without correlation is left as it is. Lines of a grid or of the read-out stay as they are: what stands
        out of its surroundings by more than a factor of 5 enters the correction as their median. No sample falls below
        a tenth of what it was, so that noise power that is nearly all leakage stays above zero, too large.

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
    continuous = _without_lines(spectrum)
    covariance = scipy.fft.ifft2(np.fft.ifftshift(continuous), workers=1)
    freed = scipy.fft.fft2(covariance * np.outer(factor, factor), workers=1).real
    return np.maximum(spectrum + (np.fft.fftshift(freed) - continuous), _LEAST_LEFT * spectrum)


def check_leakage(leakage: object) -> None:
    """InputError where the argument is neither "removed" nor "kept"."""
    if leakage not in ("removed", "kept"):
        raise InputError(
            f"leakage={leakage!r}",
            needed='"removed" or "kept"',
            remedy='give "kept" for values strictly after IEC 62220-1-1',
        )


def _without_lines(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """Spectrum whose lines are brought down to the median of their surroundings."""
    suspected = np.argwhere(spectrum > _LINE * _below_medians(spectrum))
    if not len(suspected):
        return spectrum
    if len(suspected) > _MOST_SUSPECTED * spectrum.size:
        usual = median_filter(spectrum, size=_SURROUNDINGS, mode="wrap")
        return np.where(spectrum > _LINE * usual, usual, spectrum)
    steps = np.arange(_SURROUNDINGS) - _SURROUNDINGS // 2
    rows = (suspected[:, 0, None] + steps) % spectrum.shape[0]
    columns = (suspected[:, 1, None] + steps) % spectrum.shape[1]
    medians = np.median(spectrum[rows[:, :, None], columns[:, None, :]], axis=(1, 2))
    found = spectrum[suspected[:, 0], suspected[:, 1]]
    cleared = spectrum.copy()
    cleared[suspected[:, 0], suspected[:, 1]] = np.where(found > _LINE * medians, medians, found)
    return cleared


def _below_medians(spectrum: NDArray[np.float64]) -> NDArray[np.float64]:
    """Bound that the median of the surroundings of each sample does not fall below, an eighth under it at most.

    Order is kept where samples are brought down to levels, eight per octave: the level of the median is the median of
    the levels, and the bound the least value of that level. The levels are the leading bits of single precision; the
    bound is lowered by more than its rounding.
    """
    greatest = float(spectrum.max())
    if not 0.0 < greatest < np.inf:
        return np.zeros_like(spectrum)
    bits = (spectrum / greatest).astype(np.float32).view(np.int32) >> _BITS_BELOW_LEVELS
    levels = np.clip(bits - _LOWEST_LEVEL, 0, 255).astype(np.uint8)
    reach = _SURROUNDINGS // 2
    medians = cv2.medianBlur(np.pad(levels, reach, mode="wrap"), _SURROUNDINGS)[reach:-reach, reach:-reach]
    least = ((np.arange(256, dtype=np.int32) + _LOWEST_LEVEL) << _BITS_BELOW_LEVELS).view(np.float32)
    least[0] = 0.0
    return np.asarray(least[medians], dtype=np.float64) * (greatest * _ROUNDING)
