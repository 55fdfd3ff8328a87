"""Pixels at the ends of the range of stored values: where a detector saturates, and where processing cuts."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._image import SignalImage
from xrayiq.model import PixelRelation
from xrayiq_kernels.histogram import float_histogram, integer_histogram

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


def range_ends(pixels: NDArray[Any], used: NDArray[np.bool_] | None, relation: PixelRelation) -> RangeEnds:
    """Pixels at the stored limits, or at plateaus that end the occupied range.

    Parameters
    ----------
    pixels : 2-D array
        Stored values.
    used : 2-D array of bool or None
        True where a pixel counts: no padding, and finite; None where all do.
    relation : PixelRelation
        Stored limits.

    Returns
    -------
    RangeEnds
        A count is 0 where the range ends in a few single values, as that of an image that is not clipped.

    Notes
    -----
    A cut of noise with a standard deviation below two steps of the stored values may stay unnoticed.
    """
    kept = pixels if used is None else pixels[used]
    if kept.size == 0:
        return RangeEnds(low_value=np.nan, high_value=np.nan, low_count=0, high_count=0, pixel_count=0)
    low, high = kept.min().item(), kept.max().item()
    low_count, high_count = int(np.count_nonzero(kept == low)), int(np.count_nonzero(kept == high))
    at_low = relation.stored_min is not None and low <= relation.stored_min
    at_high = relation.stored_max is not None and high >= relation.stored_max
    if low < high and not (at_low and at_high):
        counts = _counts(kept, low, high)
        at_low = at_low or _is_plateau(low_count, counts, pixels, used, low)
        at_high = at_high or _is_plateau(high_count, counts[::-1], pixels, used, high)
    return RangeEnds(
        low_value=float(low),
        high_value=float(high),
        low_count=low_count if at_low else 0,
        high_count=high_count if at_high else 0,
        pixel_count=int(kept.size),
    )


def used_range_ends(signal: SignalImage, region: tuple[slice, slice] | NDArray[np.bool_]) -> RangeEnds:
    """Range ends of the pixels in a part of an image, padding left out.

    Parameters
    ----------
    signal : SignalImage
        The image; its stored values count.
    region : pair of slices, or 2-D array of bool
        The part that a measurement uses.

    Returns
    -------
    RangeEnds
        The range is that of the part, so that a saturated direct beam elsewhere does not count.
    """
    pixels, padding = signal.radiograph.pixels, signal.padding
    if isinstance(region, tuple):
        used = None if padding is None else ~padding[region]
        return range_ends(pixels[region], used, signal.radiograph.relation)
    return range_ends(pixels, region if padding is None else region & ~padding, signal.radiograph.relation)


def check_saturation(
    signal: SignalImage, region: tuple[slice, slice] | NDArray[np.bool_], *, procedure: str
) -> RangeEnds:
    """Range ends of the pixels that a measurement uses, or the refusal where too many are cut off.

    Parameters
    ----------
    signal : SignalImage
        The image.
    region : pair of slices, or 2-D array of bool
        The part that the measurement uses.
    procedure : str
        What is to be measured, for the message.

    Returns
    -------
    RangeEnds
        At most 1 % of the pixels are cut off.

    Raises
    ------
    NotMeasurableError
        ``partly_saturated``, with the share that was found.
    """
    ends = used_range_ends(signal, region)
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


def _counts(pixels: NDArray[Any], low: float, high: float) -> NDArray[np.int64]:
    """Histogram between the ends: of every value where they are whole and not too many, else of equal bins."""
    rows = np.ascontiguousarray(pixels if pixels.ndim == 2 else pixels.reshape(1, -1))
    nothing_excluded = np.zeros((0, 0), dtype=np.bool_)
    if pixels.dtype.kind in "ui" and high - low < EXACT_VALUES:
        return integer_histogram(rows, nothing_excluded, int(low), int(high) - int(low) + 1)
    return float_histogram(rows.astype(np.float64), nothing_excluded, float(low), float(high), FLOAT_BINS)


def _is_plateau(
    count: int, counts: NDArray[np.int64], pixels: NDArray[Any], used: NDArray[np.bool_] | None, end: float
) -> bool:
    """Whether the first value stands out from the next ones that occur."""
    following = counts[1:][counts[1:] > 0][:NEXT_VALUES].astype(np.float64)
    if count < LEAST_PLATEAU_FRACTION * counts.sum() or following.max(initial=0) > DOMINANT_SHARE * following.sum():
        return False
    if count > PLATEAU_FACTOR * following.mean():
        return True
    stands_out = count > NEXT_FACTOR * following[0] + NEXT_DEVIATIONS * np.sqrt(following[0])
    return bool(stands_out) and _noise_spans_steps(pixels, used, end)


def _noise_spans_steps(pixels: NDArray[Any], used: NDArray[np.bool_] | None, end: float) -> bool:
    """Whether neighbouring pixels of a row mostly differ, those at the end of the range left out."""
    counted = pixels != end
    if used is not None:
        counted &= used
    pairs = counted[:, 1:] & counted[:, :-1]
    equal = np.count_nonzero(pairs & (pixels[:, 1:] == pixels[:, :-1]))
    return bool(equal <= EQUAL_NEIGHBOURS * np.count_nonzero(pairs))
