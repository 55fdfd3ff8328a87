"""How far each pixel of a flat field stands from its surroundings, in parts of the signal and in units of the noise."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import distance_transform_edt

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics.defect_frames import Frames

Signals = NDArray[np.float32]

#: pixels of the blocks whose medians stand for the surroundings, and blocks of the median over these
_BLOCK_PX: Final = 7
_BLOCKS: Final = 5
#: pixels of the cells in which the noise is measured
_CELL_PX: Final = 35
#: surroundings between these parts of the fitted field count as good
_GOOD: Final = (0.6, 1.3)
#: fits of the field, blocks that are enough for one, and relative deviations that the first and the next ones leave out
_FITS: Final = 5
_FIT_BLOCKS: Final = 5000
_FIRST_OFF: Final = 0.4
_OFF: Final = 0.25
#: standard deviation over median absolute deviation of a normal distribution
_SD_PER_MAD: Final = 1.4826
#: and over the 95th percentile of the absolute deviation
_SD_PER_HIGH: Final = 1.0 / 1.95996
#: least noise of a cell as part of the median over the cells, so that a silent cell has no infinite scores
_LEAST_NOISE: Final = 0.5
#: relative deviation that is never counted as noise, so that a dead part of the detector has the noise beside it
_NO_NOISE_BEYOND: Final = 0.75
#: relative noise below which the image holds one value and rounding
_NO_NOISE: Final = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Deviations:
    """Pixels against their surroundings.

    Parameters
    ----------
    relative : 2-D array of float32
        Signal over the median of the surroundings, less 1; 0 where masked.
    noise : 2-D array of float32
        Standard deviation of `relative` in the surroundings.
    """

    relative: Signals
    noise: Signals


def deviations_from_surroundings(frames: Frames) -> Deviations:
    """Relative deviation of each pixel from the local median, and the local noise of this deviation.

    Parameters
    ----------
    frames : Frames
        Mean flat field.

    Returns
    -------
    Deviations
        The noise is that of the mean of the frames, fixed pattern included.

    Raises
    ------
    NotMeasurableError
        ``no_noise`` where most of the image is free of noise, so that there is nothing to tell a defect from.

    Notes
    -----
    Noise is 1.4826 times the median of the absolute deviation in cells of 35 × 35 pixels, or its 95th percentile over
    1.96 where that is more, as with noise of less than one step of the stored values; of the cells the median over
    5 × 5 is taken.
    """
    relative = frames.mean / local_medians(frames.mean)
    relative -= np.float32(1.0)
    sizes = np.abs(relative)
    sizes[sizes > _NO_NOISE_BEYOND] = np.nan
    middle, high = _block_quantiles(sizes, _CELL_PX, (0.5, 0.95))
    cells = _filled(np.maximum(middle * np.float32(_SD_PER_MAD), high * np.float32(_SD_PER_HIGH)))
    typical = float(np.median(cells))
    if typical <= _NO_NOISE:
        raise NotMeasurableError(
            "no_noise",
            f"noise of {typical:.1g} of the signal",
            needed="a flat field with its noise, which defects are told from",
            remedy="use an unprocessed exposure; lower the range compression if values were rounded",
            source=frames.first.source,
        )
    noise = _enlarged(np.maximum(_median_over_blocks(cells), _LEAST_NOISE * typical), _CELL_PX, relative.shape)
    np.nan_to_num(relative, copy=False, nan=0.0)
    return Deviations(relative=relative, noise=noise)


def local_medians(values: Signals) -> Signals:
    """Median of the surroundings of each pixel.

    Parameters
    ----------
    values : 2-D array of float32
        Positive where there is response; NaN is left out.

    Returns
    -------
    2-D array of float32
        Of the same shape, without NaN.

    Notes
    -----
    Medians of blocks of 7 × 7 pixels, of these the median over 5 × 5 blocks, and straight lines from block to block:
    surroundings of 35 × 35 pixels, for the cost of a median of 7 × 7. Surroundings below 0.6 or above 1.3 times a
    quadratic fit of the whole field are themselves defective, as in a large cluster or a failed read-out; there the
    nearest good ones count.
    """
    near = _median_over_blocks(_filled(_block_medians(values, _BLOCK_PX)))
    field = quadratic_fit(near)
    good = (near >= _GOOD[0] * field) & (near <= _GOOD[1] * field)
    if good.any():
        near = _filled(np.where(good, near, np.float32(np.nan)))
    return _enlarged(near, _BLOCK_PX, values.shape)


def quadratic_fit(medians: Signals) -> Signals:
    """Least-squares quadratic over the field, without what lies more than a quarter off it.

    Parameters
    ----------
    medians : 2-D array of float32
        Signal of blocks over the whole field; NaN is left out.

    Returns
    -------
    2-D array of float32
        The quadratic at each block.
    """
    rows, columns = (np.linspace(-1.0, 1.0, count) for count in medians.shape)
    down, right = (grid.ravel() for grid in np.meshgrid(rows, columns, indexing="ij"))
    terms = np.column_stack([np.ones_like(down), down, right, down * down, down * right, right * right])
    values = medians.ravel().astype(np.float64)
    fit = np.full_like(values, np.nanmedian(values))
    near = _FIRST_OFF
    for _ in range(_FITS):
        used = np.flatnonzero(np.abs(values - fit) <= near * np.abs(fit))
        used = used[:: max(1, used.size // _FIT_BLOCKS)]
        if used.size <= terms.shape[1]:
            break
        coefficients, *_ = np.linalg.lstsq(terms[used], values[used], rcond=None)
        fit, near = terms @ coefficients, _OFF
    return fit.reshape(medians.shape).astype(np.float32)


def _block_medians(values: Signals, side: int) -> Signals:
    return _block_quantiles(values, side, (0.5,))[0]


def _block_quantiles(values: Signals, side: int, parts: tuple[float, ...]) -> list[Signals]:
    """Quantiles of each block of side × side pixels; NaN without pixels. The last blocks are filled by reflection."""
    rows, columns = (-(-count // side) for count in values.shape)
    after = [(0, count * side - size) for count, size in zip((rows, columns), values.shape, strict=True)]
    whole = np.pad(values, after, mode="symmetric") if any(extra for _, extra in after) else values
    blocks = np.ascontiguousarray(whole.reshape(rows, side, columns, side).transpose(0, 2, 1, 3))
    blocks = blocks.reshape(rows, columns, side * side)
    ranks = [round(part * (side * side - 1)) for part in parts]
    blocks.partition(ranks, axis=-1)
    found = [blocks[..., rank].copy() for rank in ranks]
    for row, column in np.argwhere(np.isnan(blocks).any(axis=-1)):
        kept = blocks[row, column]
        kept = kept[~np.isnan(kept)]
        for quantiles, part in zip(found, parts, strict=True):
            quantiles[row, column] = np.quantile(kept, part) if kept.size else np.nan
    return found


def _filled(medians: Signals) -> Signals:
    """NaN replaced by the nearest number."""
    missing = np.isnan(medians)
    if not missing.any():
        return medians
    rows, columns = distance_transform_edt(missing, return_distances=False, return_indices=True)
    return np.asarray(medians[rows, columns], dtype=np.float32)


def _median_over_blocks(medians: Signals) -> Signals:
    """Median over 5 × 5 blocks, mirrored at the border, so that defects along it do not count threefold."""
    reach = _BLOCKS // 2
    framed = np.ascontiguousarray(np.pad(medians, reach, mode="reflect"))
    return np.asarray(cv2.medianBlur(framed, _BLOCKS)[reach:-reach, reach:-reach], dtype=np.float32)


def _enlarged(medians: Signals, side: int, shape: tuple[int, ...]) -> Signals:
    """Straight lines between the centres of blocks, in pixels."""
    size = (medians.shape[1] * side, medians.shape[0] * side)
    whole = cv2.resize(medians, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(whole[: shape[0], : shape[1]], dtype=np.float32)
