"""The stored values of an image: their range, what they stand for, and their reduction to blocks."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._pixel_runs import PixelRuns, all_pixels
from xrayiq.model import Radiograph
from xrayiq_kernels.reduction import (
    block_means,
    join_blocks,
    join_whole_blocks,
    linear_block_means,
    table_block_means,
)
from xrayiq_kernels.runs import run_extremes

NOTHING_EXCLUDED: Final = np.zeros((0, 0), dtype=np.bool_)
#: share of the pixels at one end value above which nothing but saturation was recorded
SATURATED_SHARE: Final = 0.99
#: side of a block whose sum of 16-bit values fits into 32 bits
_GREATEST_FACTOR: Final = 181
#: what stored values stand for counts as proportional to them if it is to this share of its range
_ROUNDING: Final = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class StoredRange:
    """Range of the stored values of an image, padding and values that are not finite left out.

    Parameters
    ----------
    low, high : int or float
        Least and greatest value; NaN where no pixel counts.
    low_count, high_count : int
        Pixels with them.
    used : PixelRuns
        Pixels that count.
    padding : 2-D array of bool or None
        True where a pixel is padding; None where there is none.
    """

    low: float
    high: float
    low_count: int
    high_count: int
    used: PixelRuns
    padding: NDArray[np.bool_] | None


def kernel_pixels(radiograph: Radiograph, part: tuple[slice, slice] | None = None) -> NDArray[Any]:
    """Stored values as kernels take them: contiguous, in the machine's byte order, read-only.

    Parameters
    ----------
    radiograph : Radiograph
        The image.
    part : pair of slices, optional
        Rows and columns; all where not given.

    Returns
    -------
    2-D array
        Usually a view of the image's own pixels.
    """
    pixels = radiograph.pixels if part is None else radiograph.pixels[part]
    native = np.float32 if pixels.dtype == np.float16 else pixels.dtype.newbyteorder("=")
    pixels = np.ascontiguousarray(pixels.astype(native, copy=False)).view()
    pixels.flags.writeable = False
    return pixels


def stored_range(radiograph: Radiograph) -> StoredRange:
    """Range of the stored values, found once per image."""
    return radiograph.kept("stored_range", lambda: _stored_range(radiograph))


def _stored_range(radiograph: Radiograph) -> StoredRange:
    pixels = kernel_pixels(radiograph)
    used = all_pixels((pixels.shape[0], pixels.shape[1]))
    if pixels.dtype.kind == "f" and not np.isfinite(pixels.sum(dtype=np.float64)):
        used = used.without(~np.isfinite(pixels))
    padding = None
    found = extremes(pixels, used)
    declared = radiograph.relation.padding
    if declared is not None and used.runs.size and declared[0] <= found[1] and declared[1] >= found[0]:
        padding = radiograph.padding_mask()
        if padding is not None:
            used = used.without(padding)
            found = extremes(pixels, used)
    low, high, low_count, high_count = found
    return StoredRange(low=low, high=high, low_count=low_count, high_count=high_count, used=used, padding=padding)


def extremes(pixels: NDArray[Any], used: PixelRuns) -> tuple[float, float, int, int]:
    """Least and greatest of the stored values that count, and how many pixels have them; NaN without pixels."""
    if used.runs.size == 0:
        return np.nan, np.nan, 0, 0
    ends, counts = run_extremes(pixels, used.runs)
    return ends[0].item(), ends[1].item(), int(counts[0]), int(counts[1])


def check_range(radiograph: Radiograph) -> None:
    """Refuse images whose pixels hold nothing: no pixel, one value, or one end value nearly everywhere.

    Raises
    ------
    NotMeasurableError
        ``only_padding``, ``constant_image`` or ``all_saturated``.
    """
    found = stored_range(radiograph)
    if found.used.runs.size == 0:
        raise no_pixels(radiograph)
    stored_max = radiograph.relation.stored_max
    if found.low == found.high and (stored_max is None or found.high < stored_max):
        raise NotMeasurableError(
            "constant_image",
            f"every pixel has the value {found.high:g}",
            needed="an exposed image",
            remedy="check the exposure and the detector",
            source=radiograph.source,
        )
    for end, count in ((found.low, found.low_count), (found.high, found.high_count)):
        share = count / found.used.pixel_count
        if share > SATURATED_SHARE:
            raise NotMeasurableError(
                "all_saturated",
                f"{100.0 * share:.1f} % of the pixels have the end value {end:g}",
                needed=f"at most {100.0 * SATURATED_SHARE:g} % at one end of the range",
                remedy="repeat the exposure within the detector's range",
                source=radiograph.source,
            )


def no_pixels(radiograph: Radiograph) -> NotMeasurableError:
    """Refusal of an image that is all padding, or without any finite value."""
    padded = radiograph.padding_mask() is not None
    return NotMeasurableError(
        "only_padding",
        "no pixel that is not padding" if padded else "no pixel with a finite value",
        needed="an image with pixels",
        remedy="check the padding values of the header" if padded else "check how the pixel values were computed",
        source=radiograph.source,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ValueScale:
    """Signal of the stored values of one image, for integers of up to 16 bits.

    Parameters
    ----------
    first : int
        Least stored value that occurs outside padding.
    table : 1-D array of float64
        Signal of every stored value from the first to the greatest that occurs.
    slope, intercept : float or None
        Of the signal over the stored value where it is a straight line, else None.
    """

    first: int
    table: NDArray[np.float64]
    slope: float | None
    intercept: float | None


def value_scale(radiograph: Radiograph, to_signal: Callable[[NDArray[Any]], NDArray[np.float64]]) -> ValueScale | None:
    """Scale of an image's stored values; None for floats and wider integers."""
    pixels = radiograph.pixels
    found = stored_range(radiograph)
    if pixels.dtype.kind not in "ui" or pixels.dtype.itemsize > 2 or found.used.runs.size == 0:
        return None
    first, last = int(found.low), int(found.high)
    stored = np.arange(first, last + 1)
    table = np.asarray(to_signal(stored), dtype=np.float64)
    if not np.isfinite(table).all():
        return ValueScale(first=first, table=table, slope=None, intercept=None)
    slope = float(table[-1] - table[0]) / max(last - first, 1)
    intercept = float(table[0]) - slope * first
    if np.abs(table - (intercept + slope * stored)).max() > _ROUNDING * np.abs(table).max():
        return ValueScale(first=first, table=table, slope=None, intercept=None)
    return ValueScale(first=first, table=table, slope=slope, intercept=intercept)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BlockMeans:
    """Means over the square blocks of an image.

    Parameters
    ----------
    means : 2-D array of float64
        Mean of each block.
    factor : int
        Side of the blocks in pixels; the last row and column of blocks may be narrower.
    shape : tuple of (int, int)
        Rows and columns of the image.
    counts : 2-D array of int64 or None
        Pixels of each block that count; None where all do.
    """

    means: NDArray[np.float64]
    factor: int
    shape: tuple[int, int]
    counts: NDArray[np.int64] | None = None

    @property
    def holes(self) -> NDArray[np.bool_]:
        """True where no pixel of a block counts."""
        if self.counts is None:
            return np.zeros(self.means.shape, dtype=np.bool_)
        holes: NDArray[np.bool_] = self.counts == 0
        return holes

    def joined(self, times: int) -> BlockMeans:
        """Means over groups of that many blocks along either axis."""
        if times == 1:
            return self
        counts = None
        if self.counts is None:
            means = join_whole_blocks(self.means, self.factor, *self.shape, times)
        else:
            means, counts = join_blocks(self.means, self.counts, times)
        return BlockMeans(means=means, factor=self.factor * times, shape=self.shape, counts=counts)


def scaled_block_means(
    pixels: NDArray[Any], excluded: NDArray[np.bool_] | None, scale: ValueScale, factor: int
) -> BlockMeans:
    """Means of the signal over square blocks.

    Parameters
    ----------
    pixels : 2-D array of integers of up to 16 bits
        Stored values, C-contiguous.
    excluded : 2-D array of bool or None
        True where a pixel does not count.
    scale : ValueScale
        What they stand for.
    factor : int
        Side of the blocks in pixels.

    Returns
    -------
    BlockMeans
        NaN where no pixel of a block counts.
    """
    slope, intercept = scale.slope, scale.intercept
    shape = (pixels.shape[0], pixels.shape[1])
    if excluded is None and slope is not None and intercept is not None and factor <= _GREATEST_FACTOR:
        return BlockMeans(means=linear_block_means(pixels, slope, intercept, factor), factor=factor, shape=shape)
    masked = NOTHING_EXCLUDED if excluded is None else excluded
    means, counts = table_block_means(pixels, masked, scale.table, scale.first, factor)
    return BlockMeans(means=means, factor=factor, shape=shape, counts=None if excluded is None else counts)


def float_block_means(values: NDArray[np.float64], excluded: NDArray[np.bool_] | None, factor: int) -> BlockMeans:
    """Means of values over square blocks, NaN where no pixel counts."""
    means, counts = block_means(values, NOTHING_EXCLUDED if excluded is None else excluded, factor)
    shape = (values.shape[0], values.shape[1])
    return BlockMeans(means=means, factor=factor, shape=shape, counts=None if excluded is None else counts)
