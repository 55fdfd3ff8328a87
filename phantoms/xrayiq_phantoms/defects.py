"""Defective pixels of a simulated detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

DefectKind = Literal["dead", "hot", "gain", "offset", "interpolated"]
NeighbourKind = Literal["row", "column", "sides", "around"]

#: neighbours at a side, and at a corner, as steps of rows and columns
_SIDES = ((-1, 0), (1, 0), (0, -1), (0, 1))
_CORNERS = ((-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A rectangle of wrong pixels: one pixel, a cluster or (part of) a line.

    Parameters
    ----------
    row, column : int
        First pixel.
    rows, columns : int or None
        Extent; None runs to the image border, so ``rows=None`` is a column line.
    kind : {"dead", "hot", "gain", "offset", "interpolated"}
        ``dead`` sees no kerma, ``hot`` sits at the top of the stored range, ``gain`` multiplies the kerma by
        1 + amplitude, ``offset`` adds the amplitude in µGy, ``interpolated`` holds what its neighbours say.
    amplitude : float
        Strength of ``gain`` and ``offset`` defects.
    neighbours : {"row", "column", "sides", "around"}
        What an ``interpolated`` pixel holds: ``row`` the straight line between the good pixels to the left and right of
        the rectangle, ``column`` the same above and below, ``sides`` the mean of the good ones of its 4 neighbours at a
        side, ``around`` of its 8 neighbours.
    """

    row: int
    column: int
    rows: int | None = 1
    columns: int | None = 1
    kind: DefectKind = "dead"
    amplitude: float = 0.0
    neighbours: NeighbourKind = "around"

    def __post_init__(self) -> None:
        if self.kind not in ("dead", "hot", "gain", "offset", "interpolated"):
            raise ValueError(f"defect kind {self.kind!r}; needed dead, hot, gain, offset or interpolated")
        if self.row < 0 or self.column < 0:
            raise ValueError(f"defect at row {self.row}, column {self.column}; needed a pixel of the image")

    @property
    def area(self) -> tuple[slice, slice]:
        """Index of the pixels, clipped by the image when used."""
        last_row = None if self.rows is None else self.row + self.rows
        last_column = None if self.columns is None else self.column + self.columns
        return slice(self.row, last_row), slice(self.column, last_column)


def defect_mask(defects: tuple[Defect, ...], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """True where a pixel belongs to any of the defects."""
    mask = np.zeros(shape, dtype=np.bool_)
    for defect in defects:
        mask[defect.area] = True
    return mask


def interpolate(pixels: NDArray[Any], defect: Defect) -> None:
    """Replace the pixels of a rectangle in place by what its neighbours hold, as a manufacturer's correction does.

    Parameters
    ----------
    pixels : 2-D array of integer or float
        Stored values; integers are rounded.
    defect : Defect
        Of kind ``interpolated``. A pixel without any good neighbour of the kind wanted is an error.
    """
    rows, columns = (range(*part.indices(size)) for part, size in zip(defect.area, pixels.shape, strict=True))
    if defect.neighbours == "row":
        values = _between(pixels[rows.start : rows.stop].astype(np.float64), columns)
    elif defect.neighbours == "column":
        values = _between(pixels[:, columns.start : columns.stop].T.astype(np.float64), rows).T
    else:
        values = _mean_of_good(pixels.astype(np.float64), rows, columns, corners=defect.neighbours == "around")
    pixels[defect.area] = np.rint(values) if np.issubdtype(pixels.dtype, np.integer) else values


def _between(lines: NDArray[np.float64], gap: range) -> NDArray[np.float64]:
    """Straight line over the gap along the second axis; at the border the one good end."""
    ends = [place for place in (gap.start - 1, gap.stop) if 0 <= place < lines.shape[1]]
    return np.stack([np.interp(gap, ends, line[ends]) for line in lines])


def _mean_of_good(pixels: NDArray[np.float64], rows: range, columns: range, *, corners: bool) -> NDArray[np.float64]:
    steps = _SIDES + _CORNERS if corners else _SIDES
    values = np.empty((len(rows), len(columns)))
    for row in rows:
        for column in columns:
            near = [(row + down, column + right) for down, right in steps]
            good = [
                pixels[place]
                for place in near
                if 0 <= place[0] < pixels.shape[0]
                and 0 <= place[1] < pixels.shape[1]
                and not (place[0] in rows and place[1] in columns)
            ]
            if not good:
                raise ValueError(f"no good neighbour of row {row}, column {column}; needed a smaller rectangle")
            values[row - rows.start, column - columns.start] = np.mean(good)
    return values
