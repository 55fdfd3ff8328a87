"""Power of the regions of interest of an image about its large-area trend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

from xrayiq.metrics._half_overlap import half_overlap_power
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics._stored_values import kernel_pixels
from xrayiq.metrics._threads import in_threads
from xrayiq_kernels.half_overlap import HALF, SIDE
from xrayiq_kernels.profiles import integer_profiles
from xrayiq_kernels.spectrum import (
    accumulate_power,
    gather_rois,
    residual_moments,
    trend_moments,
)

Detrend = Literal["quadratic", "mean"]

#: powers of (row, column) in the trend
_TERMS: Final = {
    "quadratic": ((0, 0), (0, 1), (1, 0), (0, 2), (2, 0), (1, 1)),
    "mean": ((0, 0),),
}
#: ROIs that are transformed at once, so that memory stays flat
_BATCH: Final = 16
#: rows of an image that one thread sums up at a time
_PROFILE_ROWS: Final = 512


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RoiPower:
    """Sum over the ROIs of one image.

    Parameters
    ----------
    power : array of shape (N, N // 2 + 1)
        Σ |DFT|² over the ROIs, non-negative half of the horizontal frequencies.
    roi_count, pixel_count : int
        ROIs, and pixels in them with overlaps counted once.
    signal_sum, square_sum : float
        Over these pixels: sum of the signal, sum of the squared differences from the trend.
    """

    power: NDArray[np.float64]
    roi_count: int
    pixel_count: int
    signal_sum: float
    square_sum: float


def roi_power(
    signal: SignalImage, part: tuple[slice, slice], *, roi_px: int, step_px: int, detrend: Detrend
) -> RoiPower:
    """Power of the ROIs of one image.

    Parameters
    ----------
    signal : SignalImage
        The image. Pixels without meaning enter neither the trend nor, with their whole ROI, the power.
    part : pair of slices
        The area to be used, no smaller than a ROI.
    roi_px, step_px : int
        Side of a ROI and distance of neighbouring ROIs; 256 and 128 pixels are transformed in single precision.
    detrend : {"quadratic", "mean"}
        Trend over the whole area.

    Returns
    -------
    RoiPower
        All zero where every ROI holds an excluded pixel.
    """
    excluded = None if signal.padding is None else np.ascontiguousarray(signal.padding[part])
    values, slope, intercept = _linear_values(signal, part)
    used = _used_rois(values.shape, excluded, roi_px, step_px)
    roi_count = int(np.count_nonzero(used))
    if roi_count == 0:
        power = np.zeros((roi_px, roi_px // 2 + 1))
        return RoiPower(power=power, roi_count=0, pixel_count=0, signal_sum=0.0, square_sum=0.0)
    coefficients = _trend(values, excluded, detrend)
    if (roi_px, step_px) == (SIDE, HALF):
        found = half_overlap_power(values, coefficients, used)
        power, pixel_count, square_sum = found.power, found.pixel_count, found.square_sum
        value_sum = found.value_sum + pixel_count * coefficients[0, 0]
    else:
        starts = step_px * np.argwhere(used)
        power = _gathered_power(values, coefficients, starts, roi_px)
        covered = _covered(values.shape, starts, roi_px)
        pixel_count, value_sum, square_sum = residual_moments(values, covered, coefficients)
    return RoiPower(
        power=power * slope**2,
        roi_count=roi_count,
        pixel_count=int(pixel_count),
        signal_sum=float(value_sum * slope + pixel_count * intercept),
        square_sum=float(square_sum * slope**2),
    )


def whole_plane(half: NDArray[np.float64]) -> NDArray[np.float64]:
    """Power of a real image over all frequencies, zero frequency at [N // 2, N // 2], from its non-negative half.

    Parameters
    ----------
    half : array of shape (N, N // 2 + 1)
        As `RoiPower` has it.

    Returns
    -------
    array of N × N
        The other half is the mirror image through the origin.
    """
    side = half.shape[0]
    whole = np.empty((side, side))
    whole[:, : half.shape[1]] = half
    mirrored_rows = -np.arange(side) % side
    mirrored_columns = side - np.arange(half.shape[1], side)
    whole[:, half.shape[1] :] = half[np.ix_(mirrored_rows, mirrored_columns)]
    return np.fft.fftshift(whole)


def _linear_values(signal: SignalImage, part: tuple[slice, slice]) -> tuple[NDArray[Any], float, float]:
    """Values, and slope and intercept of the signal over them: the stored values where these are known."""
    scale = signal.scale
    if scale is None or scale.slope is None or scale.intercept is None:
        return np.ascontiguousarray(signal.values[part]), 1.0, 0.0
    return kernel_pixels(signal.radiograph, part), scale.slope, scale.intercept


def _used_rois(
    shape: tuple[int, ...], excluded: NDArray[np.bool_] | None, roi_px: int, step_px: int
) -> NDArray[np.bool_]:
    """ROIs in rows and columns, True where none of the pixels is excluded."""
    rows, columns = ((size - roi_px) // step_px + 1 for size in shape)
    used = np.ones((rows, columns), dtype=np.bool_)
    if excluded is not None:
        for row, column in np.ndindex(used.shape):
            top, left = row * step_px, column * step_px
            used[row, column] = not excluded[top : top + roi_px, left : left + roi_px].any()
    return used


def _gathered_power(
    values: NDArray[Any], coefficients: NDArray[np.float64], starts: NDArray[np.int64], roi_px: int
) -> NDArray[np.float64]:
    """Σ |DFT|² over ROIs that begin at the rows and columns given."""
    power = np.zeros((roi_px, roi_px // 2 + 1))
    gathered = np.empty((min(_BATCH, len(starts)), roi_px, roi_px))
    for first in range(0, len(starts), _BATCH):
        batch = starts[first : first + _BATCH]
        row_starts, column_starts = (np.ascontiguousarray(batch[:, axis]) for axis in (0, 1))
        gather_rois(values, coefficients, row_starts, column_starts, gathered)
        accumulate_power(scipy.fft.rfft2(gathered[: len(batch)], workers=1), power)
    return power


def _covered(shape: tuple[int, ...], starts: NDArray[np.int64], roi_px: int) -> NDArray[np.bool_]:
    """Pixels that ROIs cover."""
    covered = np.zeros(shape, dtype=np.bool_)
    for row, column in starts:
        covered[row : row + roi_px, column : column + roi_px] = True
    return covered


def _trend(values: NDArray[Any], excluded: NDArray[np.bool_] | None, detrend: Detrend) -> NDArray[np.float64]:
    """Coefficients of rowᵃ·columnᵇ at [a, b], both coordinates from −1 to 1, by least squares over the whole area."""
    if excluded is None and values.dtype.kind in "ui" and values.dtype.itemsize <= 2:
        offset, powers, products = _integer_moments(values)
    else:
        masked = np.zeros((0, 0), dtype=np.bool_) if excluded is None else excluded
        offset = float(np.mean(values if excluded is None else values[~excluded]))
        powers, products = trend_moments(values, masked, offset)
    terms = _TERMS[detrend]
    normal = np.array([[powers[a + c, b + d] for c, d in terms] for a, b in terms])
    right = np.array([products[a, b] for a, b in terms])
    coefficients = np.zeros((3, 3))
    for (a, b), coefficient in zip(terms, np.linalg.solve(normal, right), strict=True):
        coefficients[a, b] = coefficient
    coefficients[0, 0] += offset
    return coefficients


def _integer_moments(values: NDArray[Any]) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """Mean of the values, and what `trend_moments` gives about it, terms of up to second degree."""
    rows, columns = values.shape
    row_sums = np.empty((rows, 2), dtype=np.int64)

    def work(first: int) -> NDArray[np.int64]:
        found = np.empty(columns, dtype=np.int64)
        integer_profiles(values, first, min(first + _PROFILE_ROWS, rows), row_sums, found)
        return found

    column_sums = np.sum(in_threads(work, range(0, rows, _PROFILE_ROWS)), axis=0)
    y, x = (2.0 * np.arange(size) / max(size - 1, 1) - 1.0 for size in (rows, columns))
    totals = row_sums[:, 0]
    offset = int(totals.sum()) / values.size
    # Σ value · x of each row, x from −1 to 1
    moments = 2.0 * row_sums[:, 1] / max(columns - 1, 1) - totals
    powers = np.outer([(y**a).sum() for a in range(5)], [(x**b).sum() for b in range(5)])
    products = np.zeros((3, 3))
    about_rows, about_columns = totals - offset * columns, column_sums - offset * rows
    for degree in range(3):
        products[degree, 0] = (y**degree * about_rows).sum()
        products[0, degree] = (x**degree * about_columns).sum()
    products[1, 1] = (y * (moments - offset * x.sum())).sum()
    return offset, powers, products
