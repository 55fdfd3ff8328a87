"""Autocorrelation of noise in parts of an image, and what it makes of the variance of a weighted mean."""

from __future__ import annotations

from collections.abc import Iterable

import cv2
import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


def autocorrelation(parts: Iterable[tuple[Floats, NDArray[np.bool_]]], reach_px: int, *, fitted: int) -> Floats:
    """Autocorrelation of noise, pooled over parts of an image.

    Parameters
    ----------
    parts : iterable of (2-D array of float64, 2-D array of bool)
        Residuals about the mean or the course of a part, and where they count.
    reach_px : int
        Greatest lag along either axis.
    fitted : int
        Coefficients that were fitted to each part, 3 for a plane: what they take off the noise is given back.

    Returns
    -------
    2-D array of float64
        Lags from −reach to reach along rows and columns; 1 in the middle.

    Notes
    -----
    Residuals of a part of n pixels about p fitted coefficients lack p·C/n at every lag, C the sum of the covariance.
    """
    size = 2 * reach_px + 1
    products, pairs = np.zeros((size, size)), np.zeros((size, size))
    counts = []
    for residuals, inside in parts:
        products += lagged_products(np.pad(np.where(inside, residuals, 0.0), reach_px), reach_px)
        counts.append(np.count_nonzero(inside))
        pairs += np.rint(lagged_products(np.pad(inside.astype(np.float64), reach_px), reach_px))
    found = products / np.maximum(pairs, 1.0)
    lacking = fitted / max(float(np.mean(counts)) if counts else 1.0, 1.0)
    if found.size * lacking < 0.5:
        found += lacking * found.sum() / (1.0 - found.size * lacking)
    return np.asarray(found / found[reach_px, reach_px], dtype=np.float64)


def lagged_products(padded: Floats, reach_px: int) -> Floats:
    """Sums of products of pixels at each lag up to a reach, of an array with a frame of zeros as wide."""
    from scipy.signal import fftconvolve  # loads for a second: not with every process

    whole = fftconvolve(padded, padded[::-1, ::-1], mode="same")
    row, column = (size // 2 for size in padded.shape)
    return np.asarray(
        whole[row - reach_px : row + reach_px + 1, column - reach_px : column + reach_px + 1], dtype=np.float64
    )


def variance_factor(weights: Floats, correlation: Floats) -> float:
    """Variance of a weighted mean over that of a pixel: Σ w·(ρ∗w) / (Σw)², 1/n for n equal weights in white noise.

    No less than with white noise: the sums of a measured correlation may fall short of it.
    """
    spread = cv2.filter2D(weights, cv2.CV_64F, correlation, borderType=cv2.BORDER_CONSTANT)
    total = float(weights.sum()) ** 2
    return max(float(np.sum(weights * spread)), float(np.sum(weights**2))) / total
