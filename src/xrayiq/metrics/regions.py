"""Regions of an image that a user names: rectangles or masks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError

#: (row_start, row_stop, column_start, column_stop), or a boolean mask of the image's size
Region = tuple[int, int, int, int] | NDArray[np.bool_]

_CORNERS: Final = 4


def each_region(regions: Region | Sequence[Region]) -> list[Region]:
    """One region or a sequence of them as a list.

    Parameters
    ----------
    regions : region or sequence of regions
        Four whole numbers are a rectangle, a 2-D array of bool is a mask; anything else is a sequence.

    Returns
    -------
    list of regions
        At least one.

    Raises
    ------
    InputError
        There is none.
    """
    if _is_mask(regions) or _is_rectangle(regions):
        return [regions]  # type: ignore[list-item]  # told apart just above
    if not isinstance(regions, (Sequence, np.ndarray)) or isinstance(regions, str) or len(regions) == 0:
        raise InputError(
            f"regions given as {type(regions).__name__}" if not isinstance(regions, Sequence) else "no region",
            needed="(row_start, row_stop, column_start, column_stop), a mask, or a sequence of these",
        )
    return list(regions)


def region_mask(region: Region, shape: tuple[int, int], *, name: str) -> NDArray[np.bool_]:
    """Mask of a region.

    Parameters
    ----------
    region : region
        Rectangle or mask.
    shape : (int, int)
        Of the image.
    name : str
        What the region is, for messages.

    Returns
    -------
    2-D array of bool
        True inside.

    Raises
    ------
    InputError
        The region is neither, is of another size than the image, reaches beyond it, or is empty.
    """
    if _is_mask(region):
        mask = np.asarray(region)
        if mask.shape != shape:
            raise InputError(
                f"{name} mask of {mask.shape[0]} × {mask.shape[1]} pixels",
                needed=f"a mask of the image's {shape[0]} × {shape[1]} pixels",
            )
        if not mask.any():
            raise InputError(f"{name} mask without any pixel", needed="a region with pixels")
        return mask
    if not _is_rectangle(region):
        raise InputError(
            f"{name} region {region!r}",
            needed="(row_start, row_stop, column_start, column_stop) in whole pixels, or a mask of bool",
        )
    top, bottom, left, right = (int(value) for value in region)
    if bottom <= top or right <= left:
        raise InputError(
            f"{name} region of rows {top} to {bottom}, columns {left} to {right}, which is empty",
            needed="a stop beyond the start in both directions",
        )
    if top < 0 or left < 0 or bottom > shape[0] or right > shape[1]:
        raise InputError(
            f"{name} region of rows {top} to {bottom}, columns {left} to {right}",
            needed=f"a region inside the image of {shape[0]} × {shape[1]} pixels",
        )
    mask = np.zeros(shape, dtype=np.bool_)
    mask[top:bottom, left:right] = True
    return mask


def bounding_box(mask: NDArray[np.bool_]) -> tuple[int, int, int, int]:
    """Rectangle about the pixels of a mask."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(rows[-1]) + 1, int(columns[0]), int(columns[-1]) + 1


def _is_mask(region: object) -> bool:
    return isinstance(region, np.ndarray) and region.ndim == 2 and region.dtype == np.bool_


def _is_rectangle(region: object) -> bool:
    if not isinstance(region, (Sequence, np.ndarray)) or isinstance(region, str) or len(region) != _CORNERS:
        return False
    return all(isinstance(value, (int, np.integer)) and not isinstance(value, (bool, np.bool_)) for value in region)
