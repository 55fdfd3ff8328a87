"""Flat field with its smooth trend and its defective pixels taken out, which artefacts are sought in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.defect_frames import Frames
from xrayiq.metrics.defect_pixels import quadratic_fit

Signals = NDArray[np.float32]

#: pixels of the blocks that low frequencies are seen in
BLOCK_PX: Final = 8
#: pixels off the median of 5 × 5 by more than this many robust standard deviations are replaced by it
_OFF_SD: Final = 6.0
_MEDIAN_PX: Final = 5
SD_PER_MAD: Final = 1.4826


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FlatField:
    """Mean flat field over its trend.

    Parameters
    ----------
    values : (rows, columns) array of float32
        Signal over the quadratic fit, about 1; outlying pixels replaced by the median around, masked ones by 1.
    masked : (rows, columns) array of bool or None
        Pixels that are masked in any image.
    blocks : 2-D array of float32
        Mean of `values` over blocks of 8 × 8 pixels; a part of a block at the end is left out.
    trend : 2-D array of float32
        Quadratic fit of the blocks, in parts of the image's median.
    """

    values: Signals
    masked: NDArray[np.bool_] | None
    blocks: Signals
    trend: Signals


def flatten(frames: Frames) -> FlatField:
    """Divide a flat field by a quadratic fit and replace its outlying pixels.

    Parameters
    ----------
    frames : Frames
        Mean flat field, NaN where masked.

    Returns
    -------
    FlatField
        Defects of more than 2 pixels in width or 12 in area stay in.
    """
    values = frames.mean.copy()
    masked = np.isnan(values)
    if masked.any():
        values[masked] = np.float32(1.0)
    around = cv2.medianBlur(values, _MEDIAN_PX)
    off = np.abs(values - around)
    values = np.where(off > np.float32(_OFF_SD) * robust_sd(off[::5, ::5]), around, values)
    means = in_blocks(values, BLOCK_PX)
    if masked.any():
        means[in_blocks(masked.astype(np.float32), BLOCK_PX) > 0] = np.float32(np.nan)
    trend = quadratic_fit(means)
    values /= _at_pixels(trend, values.shape)
    if masked.any():
        values[masked] = np.float32(1.0)
    return FlatField(
        values=values, masked=masked if masked.any() else None, blocks=in_blocks(values, BLOCK_PX), trend=trend
    )


def _at_pixels(trend: Signals, shape: tuple[int, ...]) -> Signals:
    """Quadratic of the blocks at each pixel, beyond the middle of the outer blocks too."""
    rows, columns = (np.arange(count) * BLOCK_PX + (BLOCK_PX - 1) / 2 for count in trend.shape)
    sample = trend[:: max(1, rows.size // 8), :: max(1, columns.size // 8)].astype(np.float64)
    down = rows[:: max(1, rows.size // 8)][:, None] / shape[0] + np.zeros(sample.shape)
    right = columns[:: max(1, columns.size // 8)][None, :] / shape[1] + np.zeros(sample.shape)
    terms = np.stack([np.ones_like(down), down, right, down * down, down * right, right * right], axis=-1)
    found, *_ = np.linalg.lstsq(terms.reshape(-1, 6), sample.ravel(), rcond=None)
    one, by_row, by_column, row_row, row_column, column_column = found
    row = (np.arange(shape[0]) / shape[0]).astype(np.float32)[:, None]
    column = (np.arange(shape[1]) / shape[1]).astype(np.float32)[None, :]
    alone = np.float32(one) + np.float32(by_column) * column + np.float32(column_column) * column * column
    slope = np.float32(by_row) + np.float32(row_row) * row + np.float32(row_column) * column
    return np.asarray(alone + row * slope, dtype=np.float32)


def in_blocks(values: Signals, side: int) -> Signals:
    """Mean over blocks of side × side pixels, without a part of a block at the end.

    Parameters
    ----------
    values : 2-D array of float32
        Of at least `side` rows and columns.
    side : int
        Pixels.

    Returns
    -------
    2-D array of float32
        One value for each block.
    """
    rows, columns = (count // side for count in values.shape)
    whole = np.ascontiguousarray(values[: rows * side, : columns * side])
    return np.asarray(cv2.resize(whole, (columns, rows), interpolation=cv2.INTER_AREA), dtype=np.float32)


def robust_sd(deviations: NDArray[np.float32] | NDArray[np.float64]) -> float:
    """Standard deviation of normally distributed deviations about 0 from the median of their sizes.

    Parameters
    ----------
    deviations : array
        Of any sign.

    Returns
    -------
    float
        1.4826 times the median absolute deviation.
    """
    return SD_PER_MAD * float(np.median(np.abs(deviations)))
