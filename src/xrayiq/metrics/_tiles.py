"""Tiles and ROIs of a flat field, and how much they differ."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq_kernels.block_statistics import Statistics, block_statistics

Connectivity = Literal[4, 8]
Denominator = Literal["global", "neighbours"]

#: offsets (rows, columns) of a tile's neighbours
NEIGHBOURS: Final = {
    4: ((-1, 0), (1, 0), (0, -1), (0, 1)),
    8: ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)),
}
#: side of each of the five ROIs where the field is large enough (IPEM Report 32 VII)
_FIVE_ROI_MM: Final = 100.0
#: and its greatest share of the field's side: with a quarter the centre ROI does not overlap the others
_FIVE_ROI_SHARE: Final = 4
#: standard deviation over mean below which a tile holds one value and rounding
_NO_NOISE: Final = 1e-12


def in_pixels(length_mm: float, pitch_mm: tuple[float, float]) -> tuple[int, int]:
    """Length in whole rows and whole columns, to the nearest."""
    return int(np.floor(length_mm / pitch_mm[0] + 0.5)), int(np.floor(length_mm / pitch_mm[1] + 0.5))


def tile_starts(
    signal: SignalImage, size: tuple[int, int], border: tuple[int, int], roi_mm: float
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """First rows and first columns of the tiles that fit inside the border."""
    shape = signal.values.shape
    counts = [(shape[axis] - 2 * border[axis]) // size[axis] for axis in (0, 1)]
    if min(counts) < 1 or max(counts) < 2:
        needed = [size[axis] + 2 * border[axis] for axis in (0, 1)]
        raise NotMeasurableError(
            "smaller_than_roi",
            f"image of {shape[0]} × {shape[1]} pixels",
            needed=f"two tiles of {roi_mm:g} mm side by side inside the border, "
            f"more than {needed[0]} × {needed[1]} pixels",
            remedy="use an image of the whole detector, or a smaller roi_mm and border_mm",
            source=signal.source,
        )
    rows, columns = (border[axis] + size[axis] * np.arange(counts[axis], dtype=np.int64) for axis in (0, 1))
    return rows, columns


def tile_statistics(
    signal: SignalImage, rows: NDArray[np.int64], columns: NDArray[np.int64], size: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Mean, standard deviation and standard deviation about a plane of each tile; NaN where half of it is masked."""
    counts, means, variances, plane_variances = _statistics(signal, rows, columns, size)
    left_out = (2 * counts <= size[0] * size[1]) | np.isnan(plane_variances)
    for kind in (means, variances, plane_variances):
        kind[left_out] = np.nan
    used = int(np.count_nonzero(~left_out))
    if used < 2:
        raise NotMeasurableError(
            "only_padding",
            f"{used} of {left_out.size} tiles with more than half of their pixels valid",
            needed="two tiles or more",
            remedy="check the pixels that are padding or not finite",
            source=signal.source,
        )
    _check_positive(signal, float(np.nanmean(means)))
    sds = np.sqrt(variances)
    silent = int(np.count_nonzero(sds <= _NO_NOISE * np.abs(means)))
    if silent:
        raise NotMeasurableError(
            "no_noise",
            f"{silent} of {used} tiles hold a single value, so that their SNR is not defined",
            needed="noise in every tile",
            remedy="check for saturation, or use an image that covers the detector",
            source=signal.source,
        )
    return means, sds, np.sqrt(plane_variances)


def five_rois(signal: SignalImage, border: tuple[int, int]) -> tuple[NDArray[np.float64], tuple[int, int]]:
    """Means of the centre and of the centres of the quadrants, and the size of these ROIs."""
    wanted = in_pixels(_FIVE_ROI_MM, signal.pitch)
    starts, size = [], []
    for axis in (0, 1):
        field = signal.values.shape[axis] - 2 * border[axis]
        side = max(1, min(wanted[axis], field // _FIVE_ROI_SHARE))
        first = int(np.floor(field / 4 - side / 2 + 0.5))
        starts.append(border[axis] + np.array([first, (field - side) // 2, field - side - first], dtype=np.int64))
        size.append(side)
    counts, means, _, _ = _statistics(signal, starts[0], starts[1], (size[0], size[1]))
    order = ((1, 0, 0, 2, 2), (1, 0, 2, 0, 2))
    if (2 * counts[order] <= size[0] * size[1]).any():
        raise NotMeasurableError(
            "only_padding",
            "one of the five ROIs has half of its pixels masked or more",
            needed="an exposed field in the centre and in the centres of the quadrants",
            remedy="use an image that covers the detector",
            source=signal.source,
        )
    _check_positive(signal, float(means[order].mean()))
    return means[order], (size[0], size[1])


def _statistics(
    signal: SignalImage, rows: NDArray[np.int64], columns: NDArray[np.int64], size: tuple[int, int]
) -> Statistics:
    masked = np.zeros((0, 0), dtype=np.bool_) if signal.padding is None else signal.padding
    return block_statistics(np.ascontiguousarray(signal.values), masked, rows, columns, size[0], size[1])


def _check_positive(signal: SignalImage, mean: float) -> None:
    if not mean > 0:
        raise NotMeasurableError(
            "signal_not_positive",
            f"mean signal of {mean:g}",
            needed="a signal above zero, which non-uniformity is a fraction of",
            remedy="give the detector's response, which removes its offset",
            source=signal.source,
        )


def global_nonuniformity(tiles: NDArray[np.float64]) -> float:
    """(max − min) / mean over the tiles."""
    return float((np.nanmax(tiles) - np.nanmin(tiles)) / np.nanmean(tiles))


def local_nonuniformity(tiles: NDArray[np.float64], connectivity: Connectivity, denominator: Denominator) -> float:
    """Greatest deviation of a tile from the mean of the neighbours that exist; tiles without any are left out."""
    rows, columns = tiles.shape
    framed = np.pad(tiles, 1, constant_values=np.nan)
    around = np.stack([framed[1 + down :, 1 + right :][:rows, :columns] for down, right in NEIGHBOURS[connectivity]])
    exists = ~np.isnan(around)
    count = exists.sum(axis=0)
    compared = (count > 0) & ~np.isnan(tiles)
    if not compared.any():
        return 0.0
    neighbours = np.where(exists, around, 0.0).sum(axis=0)[compared] / count[compared]
    deviations = np.abs(tiles[compared] - neighbours)
    scale = float(np.nanmean(tiles)) if denominator == "global" else neighbours
    return float((deviations / scale).max())
