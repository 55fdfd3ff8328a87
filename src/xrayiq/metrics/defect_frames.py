"""Flat fields of one detector on a common scale: their mean, and how much each pixel changes from one to the next."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics._range_ends import SATURATED_FRACTION, used_range_ends
from xrayiq_kernels.residuals import add_squared_residuals

Signals = NDArray[np.float32]

#: every so many rows and columns are enough for the median of an image
_STEP_PX: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Frames:
    """What flat fields of one detector have in common, and what changes from one to the next.

    Parameters
    ----------
    first : SignalImage
        The first image.
    count : int
        Images.
    mean : 2-D array of float32
        Mean of the images, each over its median; NaN where a pixel is masked in any of them.
    temporal_sd : 2-D array of float32 or None
        Standard deviation (ddof 1) from image to image; None of a single image.
    residual_variances : (4, rows, columns) array of float32 or None
        Variance from image to image of a pixel less the mean of its two neighbours in the row, of its two in the
        column, of these four, and of all eight; NaN where one of them is missing. None of a single image.
    rounding_step : float
        Step of the stored values over the median; 0 where they are no whole numbers.
    """

    first: SignalImage
    count: int
    mean: Signals
    temporal_sd: Signals | None
    residual_variances: Signals | None = None
    rounding_step: float = 0.0


def average_frames(signals: Iterable[SignalImage]) -> Frames:
    """Mean and temporal standard deviation of flat fields, each divided by its median.

    Parameters
    ----------
    signals : iterable of SignalImage
        Flat fields of one size; taken one at a time.

    Returns
    -------
    Frames
        In float32, with NaN on masked pixels.

    Raises
    ------
    NotMeasurableError
        ``signal_not_positive`` or ``partly_saturated``.
    """
    first: SignalImage | None = None
    mean, squares, residuals = (np.empty((0, 0), dtype=np.float32) for _ in range(3))
    count, step = 0, 0.0
    for signal in signals:
        _check_not_saturated(signal)
        frame, middle = _over_its_median(signal)
        count += 1
        if first is None:
            first, mean, step = signal, frame, _rounding_step(signal) / middle
            continue
        if count == 2:
            squares, residuals = np.zeros_like(mean), np.zeros((4, *mean.shape), dtype=np.float32)
        change = frame - mean
        add_squared_residuals(change, (count - 1) / count, residuals)
        mean += change / np.float32(count)
        frame -= mean
        change *= frame
        squares += change
    if first is None:
        raise ValueError("no signal")
    if count == 1:
        return Frames(first=first, count=1, mean=mean, temporal_sd=None, rounding_step=step)
    squares /= np.float32(count - 1)
    residuals /= np.float32(count - 1)
    return Frames(
        first=first,
        count=count,
        mean=mean,
        temporal_sd=np.sqrt(squares),
        residual_variances=residuals,
        rounding_step=step,
    )


def _over_its_median(signal: SignalImage) -> tuple[Signals, float]:
    """Signal over its median, and this median."""
    values = signal.values.astype(np.float32)
    if signal.padding is not None:
        values[signal.padding] = np.nan
    sample = values[::_STEP_PX, ::_STEP_PX]
    middle = np.nanmedian(sample) if np.isfinite(sample).any() else np.nanmedian(values)
    if not middle > 0:
        raise NotMeasurableError(
            "signal_not_positive",
            f"median signal of {middle:g}",
            needed="a signal above zero, which the limits of defects are parts of",
            remedy="give the detector's response, which removes its offset",
            source=signal.source,
        )
    values /= middle
    return values, float(middle)


def _rounding_step(signal: SignalImage) -> float:
    """Change of the signal from one stored value to the next, typical of the image; 0 of values that are not whole."""
    stored = signal.radiograph.pixels[::_STEP_PX, ::_STEP_PX]
    values = signal.values[::_STEP_PX, ::_STEP_PX]
    if signal.padding is not None:
        kept = ~signal.padding[::_STEP_PX, ::_STEP_PX]
        stored, values = stored[kept], values[kept]
    steps, places = np.unique(stored, return_index=True)
    if steps.size < 2 or not np.array_equal(steps, np.rint(steps)):
        return 0.0
    rises = np.abs(np.diff(values.ravel()[places])) / np.diff(steps.astype(np.float64))
    return float(np.median(rises))


def _check_not_saturated(signal: SignalImage) -> None:
    """Refuse images with part of the field at the top of the range, where nothing over-responds; dead pixels may be."""
    ends = used_range_ends(signal, (slice(None), slice(None)))
    top = ends.high_count if signal.radiograph.relation.sign > 0 else ends.low_count
    if top > SATURATED_FRACTION * ends.pixel_count:
        raise NotMeasurableError(
            "partly_saturated",
            f"{100.0 * top / ends.pixel_count:.3g} % of the pixels stand at the upper end of the range",
            needed=f"at most {100.0 * SATURATED_FRACTION:g} %",
            remedy="repeat the exposure within the detector's range",
            source=signal.source,
        )
