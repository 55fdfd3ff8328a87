"""Defective pixels of a simulated detector."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

DefectKind = Literal["dead", "hot", "gain", "offset"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Defect:
    """A rectangle of wrong pixels: one pixel, a cluster or (part of) a line.

    Parameters
    ----------
    row, column : int
        First pixel.
    rows, columns : int or None
        Extent; None runs to the image border, so ``rows=None`` is a column line.
    kind : {"dead", "hot", "gain", "offset"}
        ``dead`` sees no kerma, ``hot`` sits at the top of the stored range, ``gain`` multiplies the kerma by
        1 + amplitude, ``offset`` adds the amplitude in µGy.
    amplitude : float
        Strength of ``gain`` and ``offset`` defects.
    """

    row: int
    column: int
    rows: int | None = 1
    columns: int | None = 1
    kind: DefectKind = "dead"
    amplitude: float = 0.0

    def __post_init__(self) -> None:
        if self.kind not in ("dead", "hot", "gain", "offset"):
            raise ValueError(f"defect kind {self.kind!r}; needed dead, hot, gain or offset")
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
