"""Mean signal of a region from small tiles, so that differences and ratios of images know their uncertainty."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics.regions import Region, bounding_box, each_region, region_mask

#: least number of pixels of a region
LEAST_PIXELS: Final = 400
#: tiles that a region is parted into, about; their side is no less than this
_TILES: Final = 64
_LEAST_SIDE_PX: Final = 4
#: tiles with less than this part of their pixels in the region are left out of the scatter
_LEAST_SHARE: Final = 0.5

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TiledRegion:
    """A region of an image, parted into tiles.

    Parameters
    ----------
    mask : 2-D array of bool
        True inside, of the image's size.
    tile_of : 1-D array of int
        Number of the tile of each pixel inside.
    boxes_px : 2-D array of int
        Rectangle about each part: row_start, row_stop, column_start, column_stop.
    name : str
        What it is, for messages.
    """

    mask: NDArray[np.bool_]
    tile_of: NDArray[np.int64]
    boxes_px: NDArray[np.int64]
    name: str

    def means(self, signal: SignalImage) -> TileMeans:
        """Tile means of an image; padding and pixels that are not finite are left out.

        Raises
        ------
        InputError
            Less than 400 pixels are left.
        """
        values = signal.values[self.mask]
        usable = np.ones(values.shape, dtype=np.bool_) if signal.padding is None else ~signal.padding[self.mask]
        if np.count_nonzero(usable) < LEAST_PIXELS:
            raise InputError(
                f"{self.name} region of {np.count_nonzero(usable)} pixels that are not padding",
                needed=f"{LEAST_PIXELS} or more",
                remedy="give a larger region",
                source=signal.source,
            )
        count = int(self.tile_of.max()) + 1
        numbers = np.bincount(self.tile_of[usable], minlength=count)
        sums = np.bincount(self.tile_of[usable], weights=values[usable], minlength=count)
        whole = np.bincount(self.tile_of, minlength=count).max()
        return TileMeans(
            values=np.divide(sums, numbers, out=np.zeros(count), where=numbers > 0),
            weights=np.where(numbers >= _LEAST_SHARE * whole, numbers, 0).astype(np.float64),
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class TileMeans:
    """Means of a region's tiles in one image, or a difference or ratio of such means.

    Parameters
    ----------
    values : 1-D array
        Mean of each tile.
    weights : 1-D array
        Pixels of each tile; 0 where it does not count.
    """

    values: Floats
    weights: Floats

    def minus(self, other: TileMeans) -> TileMeans:
        """Difference tile by tile: a pattern that both images have drops out."""
        return TileMeans(values=self.values - other.values, weights=np.minimum(self.weights, other.weights))

    def over(self, other: TileMeans) -> TileMeans:
        """Ratio tile by tile; tiles without signal in the other do not count."""
        usable = other.values > 0
        ratio = np.divide(self.values, other.values, out=np.zeros_like(self.values), where=usable)
        return TileMeans(values=ratio, weights=np.where(usable, np.minimum(self.weights, other.weights), 0.0))

    def mean(self) -> tuple[float, float]:
        """Mean over the region and its standard uncertainty from the scatter of the tiles."""
        used = self.weights > 0
        count = int(np.count_nonzero(used))
        if count < 2:
            return float("nan"), float("nan")
        weights = self.weights[used] / self.weights[used].sum()
        mean = float(np.sum(weights * self.values[used]))
        variance = count / (count - 1) * float(np.sum((weights * (self.values[used] - mean)) ** 2))
        return mean, float(np.sqrt(variance))


def tiled_region(region: Region | Sequence[Region], shape: tuple[int, int], *, name: str) -> TiledRegion:
    """A region, or several as one, parted into tiles.

    Parameters
    ----------
    region : region or sequence of regions
        Rectangles or masks.
    shape : (int, int)
        Of the images.
    name : str
        What it is, for messages.

    Returns
    -------
    TiledRegion
        About 64 squares of at least 4 pixels.

    Raises
    ------
    InputError
        A region is malformed, empty or off the image, or all together have less than 400 pixels.
    """
    masks = [region_mask(each, shape, name=name) for each in each_region(region)]
    mask = np.logical_or.reduce(masks)
    rows, columns = np.nonzero(mask)
    if rows.size < LEAST_PIXELS:
        raise InputError(
            f"{name} region of {rows.size} pixels", needed=f"{LEAST_PIXELS} or more", remedy="give a larger region"
        )
    side = max(_LEAST_SIDE_PX, int(np.sqrt(rows.size / _TILES)))
    across = shape[1] // side + 1
    _, tile_of = np.unique(
        (rows - rows.min()) // side * across + (columns - columns.min()) // side, return_inverse=True
    )
    boxes = np.array([bounding_box(each) for each in masks], dtype=np.int64)
    return TiledRegion(mask=mask, tile_of=tile_of.astype(np.int64), boxes_px=boxes, name=name)


def check_apart(first: TiledRegion, second: TiledRegion) -> None:
    """Refuse regions that share pixels."""
    shared = int(np.count_nonzero(first.mask & second.mask))
    if shared:
        raise InputError(
            f"{first.name} and {second.name} regions that share {shared} pixels", needed="regions that do not overlap"
        )
