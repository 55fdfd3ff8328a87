"""Power of the regions of interest of an image about its large-area trend."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
import scipy.fft
from numpy.typing import NDArray

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
    values: NDArray[np.float64],
    excluded: NDArray[np.bool_] | None,
    *,
    roi_px: int,
    step_px: int,
    detrend: Detrend,
) -> RoiPower:
    """Power of the ROIs of one image.

    Parameters
    ----------
    values : 2-D array of float64
        The area to be used, no smaller than a ROI.
    excluded : 2-D array of bool or None
        True where a pixel has no meaning. It enters neither the trend nor, with its whole ROI, the power.
    roi_px, step_px : int
        Side of a ROI and distance of neighbouring ROIs.
    detrend : {"quadratic", "mean"}
        Trend over the whole area.

    Returns
    -------
    RoiPower
        All zero where every ROI holds an excluded pixel.
    """
    values = np.ascontiguousarray(values)
    row_starts, column_starts, covered = _roi_starts(values.shape, excluded, roi_px, step_px)
    power = np.zeros((roi_px, roi_px // 2 + 1))
    if row_starts.size == 0:
        return RoiPower(power=power, roi_count=0, pixel_count=0, signal_sum=0.0, square_sum=0.0)
    coefficients = _trend(values, excluded, detrend)
    gathered = np.empty((min(_BATCH, row_starts.size), roi_px, roi_px))
    for first in range(0, row_starts.size, _BATCH):
        batch = slice(first, first + _BATCH)
        count = row_starts[batch].size
        gather_rois(values, coefficients, row_starts[batch], column_starts[batch], gathered)
        accumulate_power(scipy.fft.rfft2(gathered[:count], workers=1), power)
    pixel_count, signal_sum, square_sum = residual_moments(values, covered, coefficients)
    return RoiPower(
        power=power,
        roi_count=int(row_starts.size),
        pixel_count=int(pixel_count),
        signal_sum=float(signal_sum),
        square_sum=float(square_sum),
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


def _roi_starts(
    shape: tuple[int, ...], excluded: NDArray[np.bool_] | None, roi_px: int, step_px: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.bool_]]:
    """First row and column of each ROI without excluded pixel, and the pixels that they cover."""
    rows, columns = [], []
    covered = np.zeros(shape, dtype=np.bool_)
    for row in range(0, shape[0] - roi_px + 1, step_px):
        for column in range(0, shape[1] - roi_px + 1, step_px):
            roi = np.s_[row : row + roi_px, column : column + roi_px]
            if excluded is None or not excluded[roi].any():
                rows.append(row)
                columns.append(column)
                covered[roi] = True
    return np.array(rows, dtype=np.int64), np.array(columns, dtype=np.int64), covered


def _trend(values: NDArray[np.float64], excluded: NDArray[np.bool_] | None, detrend: Detrend) -> NDArray[np.float64]:
    """Coefficients of rowᵃ·columnᵇ at [a, b], both coordinates from −1 to 1, by least squares over the whole area."""
    masked = np.zeros((0, 0), dtype=np.bool_) if excluded is None else np.ascontiguousarray(excluded)
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
