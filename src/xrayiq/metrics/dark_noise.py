"""Noise of dark frames in stored values."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import PRESENTATION, SignalImage, provenance_of
from xrayiq.metrics._image_sequence import Images, images_as_signals
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: least rows and columns
_LEAST_SIDE_PX: Final = 32
#: share of the pixels at the lower end of the stored range above which the noise is cut off
_MOST_CUT_OFF: Final = 0.01
#: variance of a line less the mean of its two neighbours, over that of a line
_SECOND_DIFFERENCE: Final = 1.5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class DarkNoise(Result):
    """Level and noise of dark frames, in stored values.

    Parameters
    ----------
    level_dn : float
        Mean over all frames.
    noise_dn : float
        Standard deviation of the pixels of a frame about its mean, all frames together.
    temporal_noise_dn : float or None
        Standard deviation of a pixel from frame to frame, the frames' means taken off; None of a single frame.
    pattern_noise_dn : float or None
        Standard deviation of what repeats in every frame; None of a single frame.
    row_noise_dn, column_noise_dn : float
        Standard deviation of what a whole row or column has in common from one to the next, beyond the white noise of
        its pixels; 0 where there is no more than that.
    hottest_dn : float
        Greatest deviation above the level, of the mean over the frames.
    hottest_px : (int, int)
        Row and column of that pixel.
    drift_dn : float or None
        Greatest mean of a frame less the least; None of a single frame.
    frame_levels_dn : 1-D array
        Mean of each frame, in the order given.
    row_levels_dn, column_levels_dn : 1-D arrays
        Mean of each row and column over all frames, NaN where all is padding.
    image_count : int
        Frames.
    pixel_count : int
        Pixels of a frame that are not padding.
    provenance : Provenance
        Where the numbers come from.
    """

    level_dn: float
    noise_dn: float
    temporal_noise_dn: float | None
    pattern_noise_dn: float | None
    row_noise_dn: float
    column_noise_dn: float
    hottest_dn: float
    hottest_px: tuple[int, int]
    drift_dn: float | None
    frame_levels_dn: Floats
    row_levels_dn: Floats
    column_levels_dn: Floats
    image_count: int
    pixel_count: int
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Noise, level, hottest pixel, noise of rows and columns, drift."""
        found = [
            Measurement(quantity="dark_noise", value=self.noise_dn),
            Measurement(quantity="dark_level", value=self.level_dn),
            Measurement(quantity="dark_hottest", value=self.hottest_dn),
            Measurement(quantity="dark_line_noise", value=self.row_noise_dn, direction="rows"),
            Measurement(quantity="dark_line_noise", value=self.column_noise_dn, direction="columns"),
        ]
        if self.temporal_noise_dn is not None:
            found.append(Measurement(quantity="dark_temporal_noise", value=self.temporal_noise_dn))
        if self.drift_dn is not None:
            found.append(Measurement(quantity="dark_drift", value=self.drift_dn))
        return tuple(found)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Frames:
    """Sums over the frames; arrays are NaN on padding."""

    first: SignalImage
    levels: Floats
    frame_variances: Floats
    row_variances: Floats
    column_variances: Floats
    mean: Floats
    temporal_variance: float | None


def measure_dark_noise(images: Images) -> DarkNoise:
    """Level and noise of a detector without exposure.

    Parameters
    ----------
    images : Radiograph, 2-D array, or sequence of them
        Dark frames of one detector and size: shutter closed, or the least exposure behind lead. Stored values are taken
        as they are, whatever their relation to kerma. Padding and pixels that are not finite are left out.

    Returns
    -------
    DarkNoise
        In stored values. Two frames or more tell noise in time from a fixed pattern.

    Raises
    ------
    InputError
        No image, or images of different size, pixel pitch or response.
    NotMeasurableError
        ``too_small`` below 32 rows or columns; ``partly_saturated`` where more than 1 % of the pixels stand at the
        lower end of the stored range, which cuts the noise off; ``presentation_image``; ``constant_image``; or as any
        image without content.

    Notes
    -----
    Frame by frame the mean m of a row and of the rows on either side of it give d = m₀ − (m₋₁ + m₊₁) / 2, of variance
    3/2 (σ_r² + σ² / n) for independent rows of n pixels with white noise σ; the row noise is σ_r, with σ² from the
    mixed differences of neighbouring pixels, in which rows and columns cancel. A slow course of the level does not
    enter. Columns likewise.

    Pattern noise is what the variance of the mean frame has beyond the part of the temporal noise left in it.

    Source: dark noise as in IPEM Report 91.
    """
    frames = _summed(images)
    count = frames.levels.size
    variance = float(frames.frame_variances.mean())
    temporal = frames.temporal_variance
    pattern = None
    if temporal is not None:
        pattern = float(np.sqrt(max(float(np.nanvar(frames.mean, ddof=1)) - temporal / count, 0.0)))
    level = float(frames.levels.mean())
    hottest = np.unravel_index(int(np.nanargmax(frames.mean)), frames.mean.shape)
    seen = np.isfinite(frames.mean)
    return DarkNoise(
        level_dn=level,
        noise_dn=float(np.sqrt(variance)),
        temporal_noise_dn=None if temporal is None else float(np.sqrt(temporal)),
        pattern_noise_dn=pattern,
        row_noise_dn=float(np.sqrt(max(float(frames.row_variances.mean()), 0.0))),
        column_noise_dn=float(np.sqrt(max(float(frames.column_variances.mean()), 0.0))),
        hottest_dn=float(frames.mean[hottest]) - level,
        hottest_px=(int(hottest[0]), int(hottest[1])),
        drift_dn=float(np.ptp(frames.levels)) if count > 1 else None,
        frame_levels_dn=frames.levels,
        row_levels_dn=_line_means(frames.mean, 1),
        column_levels_dn=_line_means(frames.mean, 0),
        image_count=count,
        pixel_count=int(np.count_nonzero(seen)),
        provenance=provenance_of(
            frames.first,
            algorithm="dark_noise",
            version=ALGORITHM_VERSION,
            parameters={"image_count": count},
        ),
    )


def _summed(images: Images) -> _Frames:
    """One pass over the frames, so that memory stays flat."""
    signals = images_as_signals(images, procedure="dark noise", needs_pitch=False, needs_signal=False)
    first = next(signals)
    levels, variances, rows, columns = [], [], [], []
    mean = squares = np.zeros(0)
    for number, signal in enumerate(itertools.chain([first], signals), start=1):
        values = _stored_values(signal)
        levels.append(float(np.nanmean(values)))
        variances.append(float(np.nanvar(values, ddof=1)))
        rows.append(_line_variance(values))
        columns.append(_line_variance(values.T))
        centred = values - levels[-1]
        if number == 1:
            mean, squares = centred, np.zeros(values.shape)
        else:
            step = centred - mean
            mean = mean + step / number
            squares = squares + step * (centred - mean)
    return _Frames(
        first=first,
        levels=np.array(levels),
        frame_variances=np.array(variances),
        row_variances=np.array(rows),
        column_variances=np.array(columns),
        mean=mean + float(np.mean(levels)),
        temporal_variance=float(np.nanmean(squares)) / (len(levels) - 1) if len(levels) > 1 else None,
    )


def _stored_values(signal: SignalImage) -> Floats:
    """Stored values as float64, NaN on padding."""
    pixels = signal.radiograph.pixels
    if signal.intent == PRESENTATION:
        raise NotMeasurableError(
            "presentation_image",
            "image processed for presentation, its values are no longer those of the detector",
            needed="dark frames FOR PROCESSING",
            remedy="send the unprocessed image",
            source=signal.source,
        )
    rows, columns = pixels.shape
    if min(rows, columns) < _LEAST_SIDE_PX:
        raise NotMeasurableError(
            "too_small",
            f"image of {rows} × {columns} pixels",
            needed=f"{_LEAST_SIDE_PX} rows and columns or more",
            remedy="use an image of the whole detector",
            source=signal.source,
        )
    values = pixels.astype(np.float64)
    inside = np.ones(pixels.shape, dtype=np.bool_) if signal.padding is None else ~signal.padding
    values[~inside] = np.nan
    if pixels.dtype.kind in "ui":
        least = signal.radiograph.relation.stored_min
        share = float(np.mean(pixels[inside] <= (np.iinfo(pixels.dtype).min if least is None else least)))
        if share > _MOST_CUT_OFF:
            raise NotMeasurableError(
                "partly_saturated",
                f"{100.0 * share:.2g} % of the pixels at the lower end of the stored range",
                needed=f"at most {100.0 * _MOST_CUT_OFF:g} %, so that the noise is not cut off",
                remedy="export dark frames with the detector's offset left in",
                source=signal.source,
            )
    return values


def _line_means(values: Floats, axis: int) -> Floats:
    """Mean of each line across an axis, NaN without any pixel."""
    counts = np.isfinite(values).sum(axis=axis)
    return np.where(counts > 0, np.nansum(values, axis=axis) / np.maximum(counts, 1), np.nan)


def _line_variance(values: Floats) -> float:
    """Variance of what the pixels of a row have in common, beyond their white noise; may fall below zero."""
    counts = np.isfinite(values).sum(axis=1)
    means = _line_means(values, 1)
    change = means[1:-1] - 0.5 * (means[:-2] + means[2:])
    seen = np.isfinite(change)
    if not seen.any():
        return 0.0
    inverse = 1.0 / np.maximum(counts, 1)
    share = inverse[1:-1] + 0.25 * (inverse[:-2] + inverse[2:])
    left = _white_variance(values) * float(np.mean(share[seen]))
    return (float(np.mean(change[seen] ** 2)) - left) / _SECOND_DIFFERENCE


def _white_variance(values: Floats) -> float:
    """Variance of single pixels, from their mixed differences along rows and columns: lines cancel."""
    mixed = values[1:, 1:] - values[1:, :-1] - values[:-1, 1:] + values[:-1, :-1]
    return float(np.nanmean(mixed**2)) / 4.0
