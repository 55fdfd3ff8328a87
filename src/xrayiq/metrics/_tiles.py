"""Tiles and ROIs of a flat field, and how much they differ."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq_kernels.block_statistics import Statistics, block_statistics
from xrayiq_kernels.local_moments import local_moments
from xrayiq_kernels.local_outliers import count_outliers

Connectivity = Literal[4, 8]
Denominator = Literal["global", "neighbours"]

#: offsets (rows, columns) of a tile's neighbours
NEIGHBOURS: Final = {
    4: ((-1, 0), (1, 0), (0, -1), (0, 1)),
    8: ((-1, -1), (-1, 0), (-1, 1), (0, -1), (0, 1), (1, -1), (1, 0), (1, 1)),
}
NOTHING_MASKED: Final = np.zeros((0, 0), dtype=np.bool_)
#: standard deviation over mean below which a tile holds one value and rounding
_NO_NOISE: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tiles:
    """Signal and noise of each tile; NaN where half of it or more is masked.

    Parameters
    ----------
    means, sds, detrended_sds : 2-D arrays
        Mean, standard deviation (ddof 1), and standard deviation about the tile's least-squares plane (ddof 3).
    """

    means: NDArray[np.float64]
    sds: NDArray[np.float64]
    detrended_sds: NDArray[np.float64]

    @property
    def snrs(self) -> NDArray[np.float64]:
        """Mean over standard deviation."""
        return self.means / self.sds


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TileGrid:
    """Where the tiles of an image lie.

    Parameters
    ----------
    rows, columns : 1-D arrays of int
        First row of each row of tiles, first column of each column of tiles.
    size : tuple of (int, int)
        Rows and columns of a tile.
    border : tuple of (int, int)
        Rows and columns that are left out on each side.
    """

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    size: tuple[int, int]
    border: tuple[int, int]

    @property
    def area(self) -> tuple[slice, slice]:
        """All tiles together."""
        return (
            slice(int(self.rows[0]), int(self.rows[-1]) + self.size[0]),
            slice(int(self.columns[0]), int(self.columns[-1]) + self.size[1]),
        )

    def places(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Row and column of each tile from −1 to 1 over the grid, as maps."""
        counts = self.rows.size, self.columns.size
        lines = (np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1) for count in counts)
        down, across = np.meshgrid(*lines, indexing="ij")
        return down, across


def tile_grid(signal: SignalImage, roi_mm: float, border_mm: float, *, least_px: int) -> TileGrid:
    """Tiles of a side that fit inside the border, or the refusal of a side of too few pixels."""
    size, border = in_pixels(roi_mm, signal.pitch), in_pixels(border_mm, signal.pitch)
    if min(size) < least_px:
        raise InputError(
            f"roi_mm={roi_mm:g}, which is {size[0]} × {size[1]} pixels",
            needed=f"tiles of {least_px} × {least_px} pixels or more",
            remedy="give a larger roi_mm",
        )
    rows, columns = tile_starts(signal, size, border, roi_mm)
    return TileGrid(rows=rows, columns=columns, size=size, border=border)


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


def measure_tiles(
    exposures: Sequence[SignalImage], rows: NDArray[np.int64], columns: NDArray[np.int64], size: tuple[int, int]
) -> Tiles:
    """Signal of the mean of the exposures, and noise of a single one (root mean square over them), of each tile."""
    parts = [_statistics(signal, rows, columns, size) for signal in exposures]
    counts = parts[0][0]
    means, variances, plane_variances = (np.mean([part[kind] for part in parts], axis=0) for kind in (1, 2, 3))
    left_out = (2 * counts <= size[0] * size[1]) | np.isnan(plane_variances)
    for values in (means, variances, plane_variances):
        values[left_out] = np.nan
    used = int(np.count_nonzero(~left_out))
    source = exposures[0].source
    if used < 2:
        raise NotMeasurableError(
            "only_padding",
            f"{used} of {left_out.size} tiles with more than half of their pixels valid",
            needed="two tiles or more",
            remedy="check the pixels that are padding or not finite",
            source=source,
        )
    check_positive(exposures[0], float(np.nanmean(means)))
    sds = np.sqrt(variances)
    silent = int(np.count_nonzero(sds <= _NO_NOISE * np.abs(means)))
    if silent:
        raise NotMeasurableError(
            "no_noise",
            f"{silent} of {used} tiles hold a single value, so that their SNR is not defined",
            needed="noise in every tile",
            remedy="check for saturation, or use an image that covers the detector",
            source=source,
        )
    return Tiles(means=means, sds=sds, detrended_sds=np.sqrt(plane_variances))


def anomalous_pixels(
    signal: SignalImage, rows: NDArray[np.int64], columns: NDArray[np.int64], size: tuple[int, int], limit_sd: float
) -> NDArray[np.int64]:
    """Pixels of each tile that deviate from their surroundings by more standard deviations of these than the limit.

    The surroundings of a pixel are a window of a tile's size, made odd, about it; the image's border cuts it.
    """
    around = _surroundings(signal, rows, columns, size)
    counts = np.empty((rows.size, columns.size), dtype=np.int64)
    masked = NOTHING_MASKED if around.masked is None else around.masked
    maps = around.values, masked, around.means, around.variances
    count_outliers(*maps, around.first, size, limit_sd, counts)
    return counts


def deviating_pixels(
    signal: SignalImage, rows: NDArray[np.int64], columns: NDArray[np.int64], size: tuple[int, int], fraction: float
) -> NDArray[np.int64]:
    """Pixels of each tile that deviate from the mean of their surroundings by more than that part of it."""
    around = _surroundings(signal, rows, columns, size).inside(rows.size * size[0], columns.size * size[1])
    marks = np.abs(around.values - around.means) > fraction * np.abs(around.means)
    if around.masked is not None:
        marks &= ~around.masked
    grid = rows.size, size[0], columns.size, size[1]
    return np.asarray(np.count_nonzero(marks.reshape(grid), axis=(1, 3)), dtype=np.int64)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Surroundings:
    """All tiles with half a tile around, what is masked, mean and variance about each pixel, and the first tile's."""

    values: NDArray[np.float64]
    masked: NDArray[np.bool_] | None
    means: NDArray[np.float64]
    variances: NDArray[np.float64]
    first: tuple[int, int]

    def inside(self, rows: int, columns: int) -> _Surroundings:
        """The pixels of the tiles alone."""
        part = slice(self.first[0], self.first[0] + rows), slice(self.first[1], self.first[1] + columns)
        return _Surroundings(
            values=self.values[part],
            masked=None if self.masked is None else self.masked[part],
            means=self.means[part],
            variances=self.variances[part],
            first=(0, 0),
        )


def _surroundings(
    signal: SignalImage, rows: NDArray[np.int64], columns: NDArray[np.int64], size: tuple[int, int]
) -> _Surroundings:
    half = size[0] // 2, size[1] // 2
    starts, stops = (rows[0], columns[0]), (rows[-1] + size[0], columns[-1] + size[1])
    first = [max(int(starts[axis]) - half[axis], 0) for axis in (0, 1)]
    around = tuple(slice(first[axis], int(stops[axis]) + half[axis]) for axis in (0, 1))
    masked = NOTHING_MASKED if signal.padding is None else np.ascontiguousarray(signal.padding[around])
    values = np.ascontiguousarray(signal.values[around])
    centre = float(np.mean(values) if signal.padding is None else np.mean(values[~masked]))
    means, variances = local_moments(values, masked, centre, half[0], half[1])
    return _Surroundings(
        values=values,
        masked=None if signal.padding is None else masked,
        means=means,
        variances=variances,
        first=(int(starts[0]) - first[0], int(starts[1]) - first[1]),
    )


def roi_means(signal: SignalImage, starts: NDArray[np.int64], size: tuple[int, int]) -> NDArray[np.float64]:
    """Means of ROIs of one size, whose first rows and first columns are the two lines of `starts`."""
    found = [
        _statistics(signal, starts[0, index : index + 1], starts[1, index : index + 1], size)
        for index in range(starts.shape[1])
    ]
    if any(2 * counts[0, 0] <= size[0] * size[1] for counts, _, _, _ in found):
        raise NotMeasurableError(
            "only_padding",
            "one of the five ROIs has half of its pixels masked or more",
            needed="an exposed field where the five ROIs lie",
            remedy="use an image that covers the detector",
            source=signal.source,
        )
    means = np.array([each[0, 0] for _, each, _, _ in found])
    check_positive(signal, float(means.mean()))
    return means


def _statistics(
    signal: SignalImage, rows: NDArray[np.int64], columns: NDArray[np.int64], size: tuple[int, int]
) -> Statistics:
    masked = NOTHING_MASKED if signal.padding is None else signal.padding
    return block_statistics(np.ascontiguousarray(signal.values), masked, rows, columns, size[0], size[1])


def check_positive(signal: SignalImage, mean: float) -> None:
    """Refuse a mean signal that nothing can be a fraction of."""
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


def check_neighbours(connectivity: object, denominator: object) -> None:
    """Refuse a choice of neighbours, or of what their deviation is divided by, that does not exist."""
    if connectivity not in (4, 8):
        raise InputError(
            f"connectivity={connectivity!r}",
            needed="4 or 8",
            remedy="give 4 for neighbours that share a side, 8 for those that share a corner too",
        )
    if denominator not in ("global", "neighbours"):
        raise InputError(
            f"denominator={denominator!r}",
            needed="'global' or 'neighbours'",
            remedy="give 'global' to divide by the mean of all tiles, as AAPM TG-150 does",
        )
