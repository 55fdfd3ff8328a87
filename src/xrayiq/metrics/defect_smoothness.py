"""Pixels that hold what their neighbours say: found because they follow them too closely from image to image."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import chdtri, gammaincinv

from xrayiq.metrics.defect_frames import Frames
from xrayiq.metrics.defect_pixels import local_medians

Marks = NDArray[np.bool_]

#: flat fields from which on interpolated pixels are told from others
SMOOTH_FROM_IMAGES: Final = 16
#: every so many rows and columns are enough for the median of an image
_STEP_PX: Final = 5
#: share of good pixels that the limit takes for interpolated by each of the four means
FALSE_SHARE: Final = 5e-7
#: share of interpolated pixels that rounding to whole stored values may hide
_HIDDEN_SHARE: Final = 1e-3
#: variance of rounding, and least variance of a residual for its scatter to be that of a normal distribution, in
#: squared steps of the stored values; by simulation 0.3 steps² keep the share of false pixels below 1e-5
_ROUNDING_VARIANCE: Final = 1.0 / 12.0
_LEAST_VARIANCE: Final = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Smoothness:
    """Pixels whose residual varies too little.

    Parameters
    ----------
    marks : 2-D array of bool or None
        Interpolated pixels; None where they were not looked for.
    variance_ratios : tuple of four float or None
        Expected variance of the residual over the variance of a pixel, from the noise itself, for the mean of the two
        neighbours in the row, of the two in the column, of these four, and of all eight: 1.5, 1.5, 1.25 and 1.125 where
        pixels are independent, less where noise is correlated. None of fewer than 16 images.
    limit : float or None
        Variance over expected variance below which a pixel is too smooth.
    warnings : tuple of str
        Why interpolated pixels were not looked for, although there are images enough.
    """

    marks: Marks | None
    variance_ratios: tuple[float, float, float, float] | None = None
    limit: float | None = None
    warnings: tuple[str, ...] = ()


def interpolated_pixels(frames: Frames) -> Smoothness:
    """Pixels that were interpolated from their neighbours, from 16 flat fields on.

    Parameters
    ----------
    frames : Frames
        With the variance from image to image of each pixel less the mean of its neighbours, which does not hold the
        fixed pattern.

    Returns
    -------
    Smoothness
        Pixels next to a masked one or at the border are judged by the means that they have.

    Notes
    -----
    What varies is the residual: a pixel less the mean of its two neighbours in the row, of its two in the column, of
    these four, or of all eight. Its expected variance is the median over the surroundings of 35 × 35 pixels, divided by
    the median of χ²/(n − 1) with n − 1 degrees of freedom; by this it holds the correlation of the noise whatever it
    is. Of a good pixel the variance over the expected one scatters as χ²/(n − 1), and the limit is the quantile at
    5·10⁻⁷ of that, 0.073 with 16 images and 0.20 with 32. The four together leave at most 2 false pixels in 10⁶. An
    interpolated pixel leaves nothing but the rounding of the stored values; a residual whose noise does not stand clear
    of that is not used.
    """
    if frames.residual_variances is None or frames.temporal_sd is None or frames.count < SMOOTH_FROM_IMAGES:
        return Smoothness(marks=None)
    freedom = frames.count - 1
    limit = float(2.0 * gammaincinv(freedom / 2.0, FALSE_SHARE)) / freedom
    middle = float(2.0 * gammaincinv(freedom / 2.0, 0.5)) / freedom
    pixel_variance = float(np.nanmedian(frames.temporal_sd[::_STEP_PX, ::_STEP_PX])) ** 2
    needed = _needed_variance(limit, freedom) * frames.rounding_step**2
    marks = np.zeros(frames.mean.shape, dtype=np.bool_)
    typical = []
    for variances in frames.residual_variances:
        typical.append(float(np.nanmedian(variances[::_STEP_PX, ::_STEP_PX])))
        if typical[-1] / middle > needed:
            marks |= variances < np.float32(limit / middle) * local_medians(variances)
    largest = max(typical) / middle
    ratios = [value / pixel_variance if pixel_variance > 0 else 0.0 for value in typical]
    return Smoothness(
        marks=marks if largest > needed else None,
        variance_ratios=(ratios[0], ratios[1], ratios[2], ratios[3]),
        limit=limit,
        warnings=() if largest > needed else (_too_little_noise(largest, needed, frames),),
    )


def _needed_variance(limit: float, freedom: int) -> float:
    """Least expected variance of a residual, in squared steps, that leaves a rounded pixel below the limit."""
    scatter = float(chdtri(freedom, _HIDDEN_SHARE)) / freedom
    return max(_LEAST_VARIANCE, _ROUNDING_VARIANCE * scatter / limit)


def _too_little_noise(largest: float, needed: float, frames: Frames) -> str:
    words = "interpolated pixels were not looked for: "
    if frames.rounding_step == 0 or largest == 0:
        return words + "the images do not change from one to the next"
    noise, least = np.sqrt([largest, needed]) / frames.rounding_step
    return (
        f"{words}a pixel less the mean of its neighbours changes by {noise:.2g} stored values, of which {least:.2g} "
        f"are needed with {frames.count} images; give more images or a higher exposure"
    )
