"""Variances of the tiles of flat fields, level of kerma by level."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._image import Pitch, SignalImage
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics._tiles import in_pixels, tile_starts
from xrayiq.metrics.clipping import measure_clipping
from xrayiq.model import Radiograph
from xrayiq_kernels.block_statistics import block_statistics

#: images whose kerma differ by no more are repeats of one level
REPEAT_TOLERANCE: Final = 0.01
#: three coefficients, and one level more that can contradict them
LEAST_LEVELS: Final = 4
#: fewer tiles cannot tell their own scatter
LEAST_TILES: Final = 9
LEAST_TILE_PX: Final = 8
#: a share of clipped pixels that takes up to 0.2 % from the variance of normal noise
CLIPPED_SHARE: Final = 1e-3
#: standard deviation over mean below which a level holds one value and rounding
_NO_NOISE: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Levels:
    """Tile variances of flat fields at several levels of kerma, in rising order.

    Parameters
    ----------
    kerma_ugy : 1-D array
        Mean kerma of each level.
    image_counts : 1-D array of int
        Images of each level.
    mean_signals : 1-D array
        Mean signal of each level over its tiles.
    totals : array of shape (tiles, levels)
        Variance of each tile about its plane, mean over the level's images.
    randoms : array of shape (tiles, levels)
        Half the variance of the difference of successive images, mean over the level's pairs; NaN at levels of a single
        image.
    rows, columns : 1-D arrays
        Position of each tile, from −1 to 1 over the grid.
    tile_size_px : tuple of (int, int)
        Rows and columns of a tile.
    first : SignalImage
        One of the images, for the provenance.
    """

    kerma_ugy: NDArray[np.float64]
    image_counts: NDArray[np.int64]
    mean_signals: NDArray[np.float64]
    totals: NDArray[np.float64]
    randoms: NDArray[np.float64]
    rows: NDArray[np.float64]
    columns: NDArray[np.float64]
    tile_size_px: tuple[int, int]
    first: SignalImage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Grid:
    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    size: tuple[int, int]

    def area(self) -> tuple[slice, slice]:
        """All tiles together."""
        return (
            slice(int(self.rows[0]), int(self.rows[-1]) + self.size[0]),
            slice(int(self.columns[0]), int(self.columns[-1]) + self.size[1]),
        )

    def statistics(
        self, values: NDArray[np.float64], excluded: NDArray[np.bool_] | None
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Mean, and variance about the least-squares plane, of each tile; NaN where half of it or more is masked."""
        masked = np.zeros((0, 0), dtype=np.bool_) if excluded is None else excluded
        counts, means, _, variances = block_statistics(
            np.ascontiguousarray(values), masked, self.rows, self.columns, self.size[0], self.size[1]
        )
        left_out = 2 * counts <= self.size[0] * self.size[1]
        means[left_out] = np.nan
        variances[left_out] = np.nan
        return means.ravel(), variances.ravel()


def measure_levels(
    images: Images, *, kerma_ugy: ArrayLike, pixel_pitch_mm: Pitch | None, roi_mm: float, border_mm: float
) -> Levels:
    """Tile variances of flat fields, one image in memory after the other.

    Parameters
    ----------
    images : sequence of Radiograph or 2-D array
        Flat fields of one size, in any order.
    kerma_ugy : 1-D array
        Kerma of each image.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the headers'.
    roi_mm, border_mm : float
        Side of a tile and width of the border that is left out.

    Returns
    -------
    Levels
        Of the tiles that are valid in every image.

    Raises
    ------
    InputError, NotMeasurableError
        As `measure_noise` documents.
    """
    kerma, sequence = _kerma_of(images, kerma_ugy)
    groups = _groups(kerma)
    ordered = [sequence[index] for group in groups for index in group]
    signals = images_as_signals(ordered, procedure="noise components", pixel_pitch_mm=pixel_pitch_mm)
    grid: _Grid | None = None
    first: SignalImage | None = None
    totals, randoms, means = [], [], []
    for group in groups:
        maps, differences = [], []
        before: SignalImage | None = None
        for _ in group:
            signal = next(signals)
            if grid is None or first is None:
                first, grid = signal, _grid(signal, roi_mm, border_mm)
            _check_clipping(signal, grid)
            maps.append(grid.statistics(signal.values, signal.padding))
            if before is not None:
                both = _either(before.padding, signal.padding)
                differences.append(grid.statistics(signal.values - before.values, both)[1] / 2.0)
            before = signal
        means.append(np.mean([tile_means for tile_means, _ in maps], axis=0))
        totals.append(np.mean([variances for _, variances in maps], axis=0))
        randoms.append(np.mean(differences, axis=0) if differences else np.full_like(totals[-1], np.nan))
    if grid is None or first is None:
        raise InputError("no image", needed="flat fields to measure noise components")
    return _levels(kerma, groups, grid, first, (np.array(means), np.array(totals), np.array(randoms)))


def _levels(
    kerma: NDArray[np.float64],
    groups: list[list[int]],
    grid: _Grid,
    first: SignalImage,
    maps: tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]],
) -> Levels:
    means, totals, randoms = maps
    valid = np.isfinite(totals).all(axis=0)
    used = int(np.count_nonzero(valid))
    if used < LEAST_TILES:
        raise NotMeasurableError(
            "too_few_tiles",
            f"{used} tiles with more than half of their pixels valid in every image",
            needed=f"{LEAST_TILES} or more, better 100",
            remedy="use images of the whole detector, or a smaller roi_mm",
            source=first.source,
        )
    level_kerma = np.array([kerma[group].mean() for group in groups])
    signals = means[:, valid].mean(axis=1)
    _check_levels(level_kerma, signals, totals[:, valid].mean(axis=1), first.source)
    rows, columns = np.meshgrid(_unit(grid.rows.size), _unit(grid.columns.size), indexing="ij")
    return Levels(
        kerma_ugy=level_kerma,
        image_counts=np.array([len(group) for group in groups], dtype=np.int64),
        mean_signals=signals,
        totals=totals[:, valid].T,
        randoms=randoms[:, valid].T,
        rows=rows.ravel()[valid],
        columns=columns.ravel()[valid],
        tile_size_px=grid.size,
        first=first,
    )


def _kerma_of(images: Images, kerma_ugy: ArrayLike) -> tuple[NDArray[np.float64], Sequence[Radiograph | ArrayLike]]:
    """Kerma of each image, and the images as a sequence."""
    single = isinstance(images, Radiograph) or (isinstance(images, np.ndarray) and images.ndim == 2)
    if not single and not isinstance(images, (np.ndarray, Sequence)):
        raise InputError(f"images as {type(images).__name__}", needed="a sequence of flat fields")
    sequence: Sequence[Radiograph | ArrayLike] = [images] if single else list(images)  # type: ignore[list-item, arg-type]  # a single image was told apart above
    if kerma_ugy is None:
        raise InputError("no kerma", needed="kerma_ugy, the air kerma of each image at the detector")
    try:
        kerma = np.asarray(kerma_ugy, dtype=np.float64)
    except (TypeError, ValueError):
        raise InputError("kerma that is no number", needed="the air kerma of each image (µGy)") from None
    if kerma.ndim != 1 or kerma.size != len(sequence):
        found = f"{kerma.size} values of kerma" if kerma.ndim == 1 else f"kerma of shape {kerma.shape}"
        raise InputError(f"{len(sequence)} images and {found}", needed="one value of kerma for each image")
    missing = np.flatnonzero(~np.isfinite(kerma))
    if missing.size:
        raise InputError(
            f"no kerma for image {missing[0] + 1} of {kerma.size}",
            needed="the air kerma of each image at the detector (µGy)",
            remedy="leave out images without a known kerma",
        )
    if (kerma <= 0).any():
        raise InputError(
            f"kerma of {kerma.min():g} µGy for image {int(kerma.argmin()) + 1} of {kerma.size}",
            needed="kerma above zero",
            remedy="leave out dark images",
        )
    return kerma, sequence


def _groups(kerma: NDArray[np.float64]) -> list[list[int]]:
    """Indices of the images of each level, levels in rising order, images of a level in the order given."""
    groups: list[list[int]] = []
    for index in np.argsort(kerma, kind="stable").tolist():
        if groups and kerma[index] <= (1.0 + REPEAT_TOLERANCE) * kerma[groups[-1][0]]:
            groups[-1].append(index)
        else:
            groups.append([index])
    if len(groups) < LEAST_LEVELS:
        named = ", ".join(f"{kerma[group[0]]:g}" for group in groups)
        raise NotMeasurableError(
            "too_few_levels",
            f"{len(groups)} different levels of kerma ({named} µGy)",
            needed=f"{LEAST_LEVELS} or more, better 7 from 0.3 to 20 µGy",
            remedy="expose flat fields at further levels",
        )
    return [sorted(group) for group in groups]


def _grid(signal: SignalImage, roi_mm: float, border_mm: float) -> _Grid:
    size = in_pixels(roi_mm, signal.pitch)
    if min(size) < LEAST_TILE_PX:
        raise InputError(
            f"roi_mm={roi_mm:g}, which is {size[0]} × {size[1]} pixels",
            needed=f"tiles of {LEAST_TILE_PX} × {LEAST_TILE_PX} pixels or more",
            remedy="give a larger roi_mm",
        )
    rows, columns = tile_starts(signal, size, in_pixels(border_mm, signal.pitch), roi_mm)
    return _Grid(rows=rows, columns=columns, size=size)


def _check_clipping(signal: SignalImage, grid: _Grid) -> None:
    """Refuse images whose noise was cut off at one end of the range."""
    inside = dataclasses.replace(signal.radiograph, pixels=signal.radiograph.pixels[grid.area()])
    clipping = measure_clipping(inside)
    for share, value in (
        (clipping.clipped_low_fraction, clipping.low_value),
        (clipping.clipped_high_fraction, clipping.high_value),
    ):
        if share > CLIPPED_SHARE:
            raise NotMeasurableError(
                "clipped",
                f"{100.0 * share:.2g} % of the pixels stand at the end value {value:g}",
                needed=f"at most {100.0 * CLIPPED_SHARE:g} %, so that noise is not cut off",
                remedy="leave out this level",
                source=signal.source,
            )


def _check_levels(
    kerma: NDArray[np.float64], signals: NDArray[np.float64], variances: NDArray[np.float64], source: str
) -> None:
    for level in range(1, kerma.size):
        if not signals[level] > signals[level - 1]:
            raise NotMeasurableError(
                "signal_not_following_kerma",
                f"mean signal of {signals[level - 1]:.4g} at {kerma[level - 1]:g} µGy and of {signals[level]:.4g} "
                f"at {kerma[level]:g} µGy",
                needed="a signal that grows with the kerma",
                remedy="check that each image stands beside its own kerma",
                source=source,
            )
    silent = np.flatnonzero(np.sqrt(variances) <= _NO_NOISE * np.abs(signals))
    if silent.size:
        raise NotMeasurableError(
            "no_noise",
            f"no noise at {kerma[silent[0]]:g} µGy",
            needed="flat fields with noise",
            remedy="use images as the detector gives them, not computed ones",
            source=source,
        )


def _either(one: NDArray[np.bool_] | None, other: NDArray[np.bool_] | None) -> NDArray[np.bool_] | None:
    if one is None or other is None:
        return other if one is None else one
    return one | other


def _unit(count: int) -> NDArray[np.float64]:
    return np.linspace(-1.0, 1.0, count) if count > 1 else np.zeros(1)
