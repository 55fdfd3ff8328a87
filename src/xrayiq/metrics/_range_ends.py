"""Pixels at the ends of the range of stored values: where a detector saturates, and where processing cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics._pixel_runs import PixelRuns, all_pixels
from xrayiq.metrics._stored_values import NOTHING_EXCLUDED, extremes, kernel_pixels
from xrayiq.model import PixelRelation
from xrayiq_kernels.histogram import float_histogram
from xrayiq_kernels.runs import equal_neighbours, run_histogram

#: part of an image: rows and columns, a mask, or runs
Region = tuple[slice, slice] | NDArray[np.bool_] | PixelRuns

#: a plateau at the end of the occupied range holds at least this share of the pixels, …
LEAST_PLATEAU_FRACTION: Final = 1e-4
#: … is followed by values that occur, none of which holds more than this share of them (with less noise than one step
#: of the stored values nearly all pixels have one of two values, and the end is merely frequent), …
NEXT_VALUES: Final = 8
DOMINANT_SHARE: Final = 0.95
#: … and has either this many times their mean, …
PLATEAU_FACTOR: Final = 5.0
#: … or this many times the very next one, and this many times its counting noise, where noise spans several steps: the
#: tail of noise falls towards its end
NEXT_FACTOR: Final = 1.2
NEXT_DEVIATIONS: Final = 10.0
#: noise spans several steps if no more than this share of neighbouring pixels are equal
EQUAL_NEIGHBOURS: Final = 0.5
#: integers over a wider range are counted in bins, like floats
EXACT_VALUES: Final = 1 << 20
FLOAT_BINS: Final = 4096
#: share of the pixels at the ends of the range above which a noise or a mean signal is no longer the detector's …
SATURATED_FRACTION: Final = 0.01
#: … and above which the provenance warns
NOTED_FRACTION: Final = 1e-4


@dataclass(frozen=True, slots=True, kw_only=True)
class RangeEnds:
    """Pixels that saturation or processing has cut off.

    Parameters
    ----------
    low_value, high_value : float
        Least and greatest stored value that occur; NaN without pixels.
    low_count, high_count : int
        Pixels with that value where it is a stored limit or a plateau, else 0.
    pixel_count : int
        Pixels looked at.
    """

    low_value: float
    high_value: float
    low_count: int
    high_count: int
    pixel_count: int

    @property
    def fraction(self) -> float:
        """Share of the pixels at both ends."""
        return (self.low_count + self.high_count) / max(1, self.pixel_count)

    def text(self) -> str:
        """Share of the pixels and the values they stand at."""
        values = [
            f"{value:.10g}"
            for value, count in ((self.low_value, self.low_count), (self.high_value, self.high_count))
            if count
        ]
        return (
            f"{100.0 * self.fraction:.3g} % of the pixels stand at the end of the range, value {' or '.join(values)}, "
            "as saturated or cut off"
        )


def range_ends(
    pixels: NDArray[Any],
    used: PixelRuns,
    relation: PixelRelation,
    *,
    found: tuple[float, float, int, int] | None = None,
) -> RangeEnds:
    """Pixels at the stored limits, or at plateaus that end the occupied range.

    Parameters
    ----------
    pixels : 2-D array
        Stored values, as kernels take them.
    used : PixelRuns
        Pixels that count: no padding, and finite.
    relation : PixelRelation
        Stored limits.
    found : tuple of (number, number, int, int), optional
        Least and greatest of these pixels and how many have them, where that is known.

    Returns
    -------
    RangeEnds
        A count is 0 where the range ends in a few single values, as that of an image that is not clipped.

    Notes
    -----
    A cut of noise with a standard deviation below two steps of the stored values may stay unnoticed.
    """
    if used.runs.size == 0:
        return RangeEnds(low_value=np.nan, high_value=np.nan, low_count=0, high_count=0, pixel_count=0)
    low, high, low_count, high_count = extremes(pixels, used) if found is None else found
    at_low = relation.stored_min is not None and low <= relation.stored_min
    at_high = relation.stored_max is not None and high >= relation.stored_max
    size = used.pixel_count
    if low < high and not (at_low and at_high):
        # most ends hold too few pixels to be looked at any closer
        enough = LEAST_PLATEAU_FRACTION * size
        values = _counts(pixels, used, low, high) if max(low_count, high_count) >= enough else np.zeros(0, np.int64)
        at_low = at_low or (low_count >= enough and _is_plateau(low_count, values, pixels, used, low))
        at_high = at_high or (high_count >= enough and _is_plateau(high_count, values[::-1], pixels, used, high))
    return RangeEnds(
        low_value=float(low),
        high_value=float(high),
        low_count=low_count if at_low else 0,
        high_count=high_count if at_high else 0,
        pixel_count=size,
    )


def used_range_ends(
    signal: SignalImage, region: Region, *, found: tuple[float, float, int, int] | None = None
) -> RangeEnds:
    """Range ends of the pixels in a part of an image, padding left out.

    Parameters
    ----------
    signal : SignalImage
        The image; its stored values count.
    region : pair of slices, 2-D array of bool, or PixelRuns
        The part that a measurement uses.
    found : tuple of (number, number, int, int), optional
        Least and greatest of its pixels and how many have them, where that is known.

    Returns
    -------
    RangeEnds
        The range is that of the part, so that a saturated direct beam elsewhere does not count.
    """
    part = region if isinstance(region, tuple) else None
    pixels = kernel_pixels(signal.radiograph, part)
    padding = None if signal.padding is None else signal.padding[part or ...]
    used = region if isinstance(region, PixelRuns) else all_pixels((pixels.shape[0], pixels.shape[1]))
    if isinstance(region, np.ndarray):
        used = used.without(~region)
    return range_ends(pixels, used.without(padding), signal.radiograph.relation, found=found)


def check_saturation(
    signal: SignalImage, region: Region, *, procedure: str, holding_ends: PixelRuns | None = None
) -> RangeEnds:
    """Range ends of the pixels that a measurement uses, or the refusal where too many are cut off.

    Parameters
    ----------
    signal : SignalImage
        The image.
    region : pair of slices, 2-D array of bool, or PixelRuns
        The part that the measurement uses.
    procedure : str
        What is to be measured, for the message.
    holding_ends : PixelRuns, optional
        Some of these pixels, none of them padding, with all that have the least or the greatest value.

    Returns
    -------
    RangeEnds
        At most 1 % of the pixels are cut off.

    Raises
    ------
    NotMeasurableError
        ``partly_saturated``, with the share that was found.
    """
    found = None if holding_ends is None else extremes(kernel_pixels(signal.radiograph), holding_ends)
    ends = used_range_ends(signal, region, found=found)
    if ends.fraction > SATURATED_FRACTION:
        raise NotMeasurableError(
            "partly_saturated",
            ends.text(),
            needed=f"at most {100.0 * SATURATED_FRACTION:g} % of the pixels used to measure {procedure}",
            remedy="repeat the exposure within the detector's range, or declare shuttered pixels as padding",
            source=signal.source,
        )
    return ends


def saturation_warnings(ends: RangeEnds) -> tuple[str, ...]:
    """What a user of the numbers should know of the range ends."""
    return (ends.text(),) if ends.fraction > NOTED_FRACTION else ()


def _counts(pixels: NDArray[Any], used: PixelRuns, low: float, high: float) -> NDArray[np.int64]:
    """Histogram between the ends: of every value where they are whole and not too many, else of equal bins."""
    if pixels.dtype.kind in "ui" and high - low < EXACT_VALUES:
        return run_histogram(pixels, used.runs, int(low), int(high) - int(low) + 1)
    kept = pixels[used.mask()].astype(np.float64)[None]
    return float_histogram(kept, NOTHING_EXCLUDED, float(low), float(high), FLOAT_BINS)


def _is_plateau(count: int, counts: NDArray[np.int64], pixels: NDArray[Any], used: PixelRuns, end: float) -> bool:
    """Whether the first value stands out from the next ones that occur."""
    following = counts[1:][counts[1:] > 0][:NEXT_VALUES].astype(np.float64)
    if following.max(initial=0) > DOMINANT_SHARE * following.sum():
        return False
    if count > PLATEAU_FACTOR * following.mean():
        return True
    if count <= NEXT_FACTOR * following[0] + NEXT_DEVIATIONS * np.sqrt(following[0]):
        return False
    # noise must span several steps: neighbouring pixels of a row mostly differ, those at the end left out
    pairs, equal = equal_neighbours(pixels, used.runs, pixels.dtype.type(end))
    return equal <= EQUAL_NEIGHBOURS * pairs
