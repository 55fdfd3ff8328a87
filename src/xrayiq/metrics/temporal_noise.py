"""Temporal and structured noise of a detector from repeated flat fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtrit

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import as_length_mm
from xrayiq.metrics._image import Pitch, SignalImage, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.metrics._range_ends import check_saturation, saturation_warnings
from xrayiq.metrics._tiles import NOTHING_MASKED, TileGrid, check_positive, tile_grid
from xrayiq.metrics.noise_fit import CONFIDENCE, Interval, interval_at_zero, tile_covariance
from xrayiq.metrics.noise_levels import LEAST_TILE_PX, LEAST_TILES
from xrayiq.model import Measurement, Provenance, Result
from xrayiq_kernels.block_statistics import block_statistics

ALGORITHM_VERSION: Final = 1
_PROCEDURE: Final = "temporal and structured noise"
#: relative spread of the images' signals above which they are no repeats
_SIGNAL_SPREAD: Final = 0.10
#: random variance over squared signal below which images are copies of each other
_NO_NOISE: Final = 1e-24

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class TemporalNoise(Result):
    """Noise that changes from image to image beside noise that repeats, at one level of kerma.

    Parameters
    ----------
    random_variance, structured_variance : float
        Variance of a pixel (signal²) that changes, and that repeats; the latter scatters about zero where there is no
        fixed pattern, and is given as it was estimated.
    random_variance_interval, structured_variance_interval : tuple of (low, high)
        95 % confidence intervals, the latter cut at zero.
    structured_fraction : float
        Structured over total variance, not below zero.
    structured_fraction_interval : tuple of (low, high)
        Its 95 % confidence interval.
    tile_random_variances, tile_structured_variances : 2-D arrays, one value per tile
        The same of each tile; NaN where half of it or more is masked.
    tile_rows_px, tile_columns_px : 1-D arrays of int
        First pixel row and column of the tiles.
    tile_size_px : tuple of (int, int)
        Rows and columns of a tile.
    mean_signal : float
        Mean signal of the first image.
    signal_unit : str
        UCUM unit of the signal.
    image_count : int
        Repeats.
    roi_mm, border_mm : float
        Nominal side of a tile and width of the border that is left out.
    provenance : Provenance
        Where the numbers come from.
    """

    random_variance: float
    structured_variance: float
    random_variance_interval: Interval
    structured_variance_interval: Interval
    structured_fraction: float
    structured_fraction_interval: Interval
    tile_random_variances: Floats
    tile_structured_variances: Floats
    tile_rows_px: NDArray[np.int64]
    tile_columns_px: NDArray[np.int64]
    tile_size_px: tuple[int, int]
    mean_signal: float
    signal_unit: str
    image_count: int
    roi_mm: float
    border_mm: float
    provenance: Provenance

    @property
    def random_fraction(self) -> float:
        """Random over total variance."""
        return 1.0 - self.structured_fraction

    @property
    def random_fraction_interval(self) -> Interval:
        """Its 95 % confidence interval."""
        low, high = self.structured_fraction_interval
        return 1.0 - high, 1.0 - low

    @property
    def random_noise_fraction(self) -> float:
        """Standard deviation of the random noise over the mean signal."""
        return float(np.sqrt(self.random_variance)) / self.mean_signal

    @property
    def structured_noise_fraction(self) -> float:
        """Standard deviation of the structured noise over the mean signal."""
        return float(np.sqrt(max(self.structured_variance, 0.0))) / self.mean_signal

    def measurements(self) -> tuple[Measurement, ...]:
        """Share of the fixed pattern in the variance, and both noises over the signal."""
        return (
            Measurement(quantity="fixed_pattern_fraction", value=self.structured_fraction),
            Measurement(quantity="random_noise_fraction", value=self.random_noise_fraction),
            Measurement(quantity="structured_noise_fraction", value=self.structured_noise_fraction),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Repeats:
    """What the repeats have been read for."""

    first: SignalImage
    grid: TileGrid
    count: int
    mean_signal: float
    single: Floats
    averaged: Floats
    warnings: tuple[str, ...]


def measure_temporal_noise(
    images: Images, *, pixel_pitch_mm: Pitch | None = None, roi_mm: float = 10.0, border_mm: float = 10.0
) -> TemporalNoise:
    """Temporal (random) and structured (fixed-pattern) noise from two or more flat fields of one exposure.

    Parameters
    ----------
    images : sequence of Radiograph or 2-D array
        Repeats of one exposure, two or more. A bare array is taken as linear. Masked pixels are left out.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the headers'.
    roi_mm : float
        Side of a tile.
    border_mm : float
        Width of the border that is left out on each side.

    Returns
    -------
    TemporalNoise
        Both variances and the share of the structured one, with 95 % confidence intervals.

    Raises
    ------
    InputError
        Less than two images, a length that cannot be used, or images that differ in size, pixel pitch or response.
    NotMeasurableError
        ``levels_differ`` where mean signals differ by more than 10 %; ``no_noise`` where the images are copies;
        ``too_few_tiles`` below 9; ``smaller_than_roi``; ``partly_saturated``; ``signal_not_positive``; or as any image
        without linear signal, pixel pitch or content.

    Notes
    -----
    With n images, each scaled to the mean signal of the first, V the mean variance of a tile in the single images and
    W its variance in their average, both about the tile's least-squares plane (ddof 3): random variance
    (V − W)·n/(n − 1), structured variance V less that. The estimates are those of an analysis of variance, without
    bias, and take every pair of images. Lag counts as structured noise where it carries an image into the next.

    The intervals come from the scatter of the tiles, from which a smooth course over the field is taken out, so that
    correlated noise counts as it is. Of correlated noise the plane takes the lowest frequencies, as `measure_noise`
    says.

    Source: AAPM TG-150 (tiles of a flat field); analysis of variance.
    """
    roi_mm = as_length_mm("roi_mm", roi_mm)
    border_mm = as_length_mm("border_mm", border_mm, zero_allowed=True)
    read = _read(images, pixel_pitch_mm, roi_mm, border_mm)
    random = (read.single - read.averaged) * (read.count / (read.count - 1.0))
    structured = read.single - random
    valid = np.isfinite(random)
    down, across = read.grid.places()
    values = np.column_stack([random[valid], structured[valid]])
    means = values.mean(axis=0)
    if not means[0] > _NO_NOISE * read.mean_signal**2:
        raise NotMeasurableError(
            "no_noise",
            "images without any difference in their noise",
            needed="repeated exposures",
            remedy="check that no image was given twice",
            source=read.first.source,
        )
    total = float(means.sum())
    share = (values @ np.array([-means[1], means[0]])) / total**2  # of each tile, to first order
    covariance, freedom = tile_covariance(np.column_stack([values, share]), down[valid], across[valid])
    half = stdtrit(freedom, 0.5 + CONFIDENCE / 2) * np.sqrt(np.maximum(np.diag(covariance), 0.0))
    fraction = float(means[1]) / total
    low, high = interval_at_zero(fraction, float(half[2]), max(fraction, 0.0))
    return TemporalNoise(
        random_variance=float(means[0]),
        structured_variance=float(means[1]),
        random_variance_interval=interval_at_zero(float(means[0]), float(half[0]), float(means[0])),
        structured_variance_interval=interval_at_zero(float(means[1]), float(half[1]), max(float(means[1]), 0.0)),
        structured_fraction=min(max(fraction, 0.0), 1.0),
        structured_fraction_interval=(low, min(high, 1.0)),
        tile_random_variances=random,
        tile_structured_variances=structured,
        tile_rows_px=read.grid.rows,
        tile_columns_px=read.grid.columns,
        tile_size_px=read.grid.size,
        mean_signal=read.mean_signal,
        signal_unit=read.first.unit,
        image_count=read.count,
        roi_mm=roi_mm,
        border_mm=border_mm,
        provenance=provenance_of(
            read.first,
            algorithm="temporal_noise",
            version=ALGORITHM_VERSION,
            parameters={
                "roi_mm": roi_mm,
                "border_mm": border_mm,
                "confidence": CONFIDENCE,
                "pixel_pitch_rows_mm": read.first.pitch[0],
                "pixel_pitch_columns_mm": read.first.pitch[1],
            },
            warnings=read.warnings,
        ),
    )


def _read(images: Images, pixel_pitch_mm: Pitch | None, roi_mm: float, border_mm: float) -> _Repeats:
    """Tile variances of the single images and of their average, one image in memory after the other."""
    first: SignalImage | None = None
    maps: list[Floats] = []
    levels: list[float] = []
    warnings: list[str] = []
    for signal in images_as_signals(images, procedure=_PROCEDURE, pixel_pitch_mm=pixel_pitch_mm):
        if first is None:
            first = signal
            grid = tile_grid(signal, roi_mm, border_mm, least_px=LEAST_TILE_PX)
            area = grid.area
            total = np.zeros((area[0].stop - area[0].start, area[1].stop - area[1].start))
            masked = np.zeros(total.shape, dtype=np.bool_)
        warnings += saturation_warnings(check_saturation(signal, area, procedure=_PROCEDURE))
        part = signal.values[area]
        excluded = NOTHING_MASKED if signal.padding is None else np.ascontiguousarray(signal.padding[area])
        level = float(part.mean() if signal.padding is None else part[~excluded].mean())
        check_positive(signal, level)
        levels.append(level)
        scaled = part * (levels[0] / level)
        maps.append(_variances(scaled, excluded, grid))
        total += scaled
        masked |= False if signal.padding is None else excluded
    if first is None or len(maps) < 2:
        raise InputError(
            f"{len(maps)} image{'s' if not maps else ''}",
            needed="two or more repeats of one exposure",
            remedy="expose the detector again without changing anything",
        )
    _check_levels(levels, first.source)
    averaged = _variances(total / len(maps), masked if masked.any() else NOTHING_MASKED, grid)
    single = np.mean(maps, axis=0)
    used = int(np.count_nonzero(np.isfinite(single) & np.isfinite(averaged)))
    if used < LEAST_TILES:
        raise NotMeasurableError(
            "too_few_tiles",
            f"{used} tiles with more than half of their pixels valid",
            needed=f"{LEAST_TILES} or more, whose scatter gives the intervals",
            remedy="use images of the whole detector, or a smaller roi_mm",
            source=first.source,
        )
    return _Repeats(
        first=first,
        grid=grid,
        count=len(maps),
        mean_signal=levels[0],
        single=single,
        averaged=averaged,
        warnings=tuple(dict.fromkeys(warnings)),
    )


def _variances(part: Floats, excluded: NDArray[np.bool_], grid: TileGrid) -> Floats:
    """Variance about the plane of each tile; NaN where half of it or more is masked."""
    size, rows, columns = grid.size, grid.rows - grid.rows[0], grid.columns - grid.columns[0]
    counts, _, _, variances = block_statistics(np.ascontiguousarray(part), excluded, rows, columns, size[0], size[1])
    variances[2 * counts <= size[0] * size[1]] = np.nan
    return variances


def _check_levels(levels: list[float], source: str) -> None:
    low, high = min(levels), max(levels)
    if high - low > _SIGNAL_SPREAD * float(np.mean(levels)):
        raise NotMeasurableError(
            "levels_differ",
            f"mean signals from {low:.4g} to {high:.4g}",
            needed=f"repeats of one exposure, within {100.0 * _SIGNAL_SPREAD:g} %",
            remedy="give images of one level; measure_noise takes several levels",
            source=source,
        )
