"""Variance of the surroundings of every pixel: an image in which artefacts of correction and processing show."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import as_length_mm, as_whole_number
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_signal, provenance_of
from xrayiq.metrics._tiles import NOTHING_MASKED, in_pixels
from xrayiq.model import Measurement, Provenance, Result
from xrayiq_kernels.local_moments import local_moments

ALGORITHM_VERSION: Final = 1
_LEAST_WINDOW_PX: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class LocalVariance(Result):
    """Variance in a window about every pixel.

    Parameters
    ----------
    variances : 2-D array of float32
        Variance (signal², ddof 1) of the window about each pixel; NaN where the pixel is masked.
    window_px : tuple of (int, int)
        Rows and columns of the window, both odd; the border of the image cuts it.
    median_variance : float
        Of the windows that lie wholly in the image, as are the next four.
    least_ratio, greatest_ratio : float
        Least and greatest variance over the median.
    least_px, greatest_px : tuple of (int, int)
        Row and column of the middle of these windows.
    mean_signal : float
        Mean of the pixels that are not masked.
    signal_unit : str
        UCUM unit of the signal.
    provenance : Provenance
        Where the numbers come from.
    """

    variances: NDArray[np.float32]
    window_px: tuple[int, int]
    median_variance: float
    least_ratio: float
    greatest_ratio: float
    least_px: tuple[int, int]
    greatest_px: tuple[int, int]
    mean_signal: float
    signal_unit: str
    provenance: Provenance

    @property
    def scatter_of_white_noise(self) -> float:
        """Standard deviation of the ratios in white noise, √(2/(n − 1)) for n pixels; blur makes it larger."""
        return float(np.sqrt(2.0 / (self.window_px[0] * self.window_px[1] - 1)))

    def measurements(self) -> tuple[Measurement, ...]:
        """Greatest and least local variance over the median."""
        return (
            Measurement(quantity="local_variance_greatest", value=self.greatest_ratio),
            Measurement(quantity="local_variance_least", value=self.least_ratio),
        )


def compute_local_variance(
    image: Image, *, pixel_pitch_mm: Pitch | None = None, size_mm: float | None = None, size_px: int | None = None
) -> LocalVariance:
    """Image of the local variance, in which interpolated, filtered, noisy or structured parts of a flat field show.

    Parameters
    ----------
    image : Radiograph or 2-D array
        A bare array is taken as linear. Masked pixels enter no window. Saturated pixels count as they are: where all of
        a window is saturated its variance is 0.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed with `size_mm` for an array; wins over the header's.
    size_mm : float
        Side of the window, rounded to whole pixels and made odd.
    size_px : int
        The same in pixels, instead of `size_mm`.

    Returns
    -------
    LocalVariance
        The image of variances and its extremes.

    Raises
    ------
    InputError
        Both sizes or none, or one that cannot be used.
    NotMeasurableError
        ``smaller_than_roi`` where the window does not fit into the image; ``no_noise`` where half of the windows hold a
        single value; or as any image without linear signal, pixel pitch or content.

    Notes
    -----
    No trend is removed: a fall of the signal by g over a window adds g²/12 to its variance. Running sums make the time
    independent of the size of the window.
    """
    if (size_mm is None) == (size_px is None):
        raise InputError(
            f"size_mm={size_mm!r} and size_px={size_px!r}",
            needed="one of them",
            remedy="give the side of the window either in millimetres or in pixels",
        )
    by_length = None if size_mm is None else as_length_mm("size_mm", size_mm)
    by_pixels = None if size_px is None else as_whole_number("size_px", size_px, least=_LEAST_WINDOW_PX)
    signal = as_signal(
        image, procedure="local variance", pixel_pitch_mm=pixel_pitch_mm, needs_pitch=by_length is not None
    )
    window = _window(signal, by_length, by_pixels)
    half = window[0] // 2, window[1] // 2
    masked = NOTHING_MASKED if signal.padding is None else np.ascontiguousarray(signal.padding)
    mean = float(np.mean(signal.values) if signal.padding is None else np.mean(signal.values[~masked]))
    _, variances = local_moments(np.ascontiguousarray(signal.values), masked, mean, half[0], half[1])
    if signal.padding is not None:
        variances[masked] = np.nan
    whole = variances[half[0] : variances.shape[0] - half[0], half[1] : variances.shape[1] - half[1]]
    median = _median(signal, whole)
    least, greatest = (np.unravel_index(find(whole), whole.shape) for find in (np.nanargmin, np.nanargmax))
    return LocalVariance(
        variances=variances.astype(np.float32),
        window_px=window,
        median_variance=median,
        least_ratio=float(whole[least]) / median,
        greatest_ratio=float(whole[greatest]) / median,
        least_px=(int(least[0]) + half[0], int(least[1]) + half[1]),
        greatest_px=(int(greatest[0]) + half[0], int(greatest[1]) + half[1]),
        mean_signal=mean,
        signal_unit=signal.unit,
        provenance=provenance_of(
            signal,
            algorithm="local_variance",
            version=ALGORITHM_VERSION,
            parameters={"size_mm": by_length, "window_rows_px": window[0], "window_columns_px": window[1]},
        ),
    )


def _window(signal: SignalImage, size_mm: float | None, size_px: int | None) -> tuple[int, int]:
    sides = in_pixels(size_mm, signal.pitch) if size_mm is not None else (size_px or 0, size_px or 0)
    window = sides[0] | 1, sides[1] | 1
    if min(sides) < _LEAST_WINDOW_PX:
        raise InputError(
            f"size_mm={size_mm}, which is {sides[0]} × {sides[1]} pixels",
            needed=f"a window of {_LEAST_WINDOW_PX} × {_LEAST_WINDOW_PX} pixels or more",
            remedy="give a larger size_mm",
        )
    shape = signal.values.shape
    if window[0] > shape[0] or window[1] > shape[1]:
        raise NotMeasurableError(
            "smaller_than_roi",
            f"window of {window[0]} × {window[1]} pixels in an image of {shape[0]} × {shape[1]}",
            needed="an image that holds the window",
            remedy="give a smaller size",
            source=signal.source,
        )
    return window


def _median(signal: SignalImage, whole: NDArray[np.float64]) -> float:
    known = whole[np.isfinite(whole)]
    median = float(np.median(known)) if known.size else 0.0
    if not median > 0:
        raise NotMeasurableError(
            "no_noise",
            f"median variance of {median:g} over {known.size} windows",
            needed="noise in more than half of the windows",
            remedy="check for saturation, masks and computed images",
            source=signal.source,
        )
    return median
