"""Layouts of contrast-detail objects, from a data file."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any, Final, Literal

from xrayiq.errors import InputError
from xrayiq.model.limit import Confidence

#: row and column direction of corner 0 (upper left), 1 (upper right), 2 (lower left), 3 (lower right)
CORNER_SIGNS: Final = ((-1, -1), (-1, 1), (1, -1), (1, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContrastDetailLayout:
    """Where a contrast-detail object has its discs; lengths in its own plane.

    Parameters
    ----------
    key, name : str
        Short name, and what it stands for.
    detail : {"more", "less"}
        Whether the discs let more kerma through (holes) or less.
    diameters_mm : tuple of float
        Of the discs in each row of cells, falling.
    steps_mm : tuple of float
        Depth or thickness of the discs in each column of cells, rising.
    next_diameter_mm : float
        What a column without any visible disc counts as.
    single_rows : int
        First rows, without corner discs.
    cell_mm : float
        Distance of the grid's lines.
    corner_mm : float
        Distance along each axis from the middle of a cell to that of its corner disc.
    line_mm : float
        Width of the lines.
    rotation_deg : float
        Usual angle of the grid in an image.
    psychometric : bool
        Whether threshold thicknesses are fitted to the shares of corners told right.
    document : str
        Where it stands.
    confidence : {"A", "B", "C"}
        C: not verified against the maker's drawing.
    """

    key: str
    name: str
    detail: Literal["more", "less"]
    diameters_mm: tuple[float, ...]
    steps_mm: tuple[float, ...]
    next_diameter_mm: float
    single_rows: int
    cell_mm: float
    corner_mm: float
    line_mm: float
    rotation_deg: float
    psychometric: bool
    document: str
    confidence: Confidence

    @property
    def side(self) -> int:
        """Cells along a side of the grid."""
        return len(self.diameters_mm)

    @property
    def sign(self) -> int:
        """1 where discs are brighter in kerma, −1 where they are darker."""
        return 1 if self.detail == "more" else -1

    @property
    def warnings(self) -> tuple[str, ...]:
        """What a reader of the numbers must know of the layout."""
        if self.confidence != "C":
            return ()
        return (f"{self.name}: layout not verified against the maker's drawing ({self.document})",)


@functools.cache
def contrast_detail_layouts() -> Mapping[str, ContrastDetailLayout]:
    """All layouts by short name, from ``data/contrast_detail.toml``."""
    text = resources.files("xrayiq").joinpath("data/contrast_detail.toml").read_text(encoding="utf-8")
    return MappingProxyType({key: _layout(key, row) for key, row in tomllib.loads(text).items()})


def _layout(key: str, row: dict[str, Any]) -> ContrastDetailLayout:
    lists = {name: tuple(row[name]) for name in ("diameters_mm", "steps_mm")}
    return ContrastDetailLayout(key=key, **{**row, **lists})


def layout_of(name: object) -> ContrastDetailLayout:
    """Layout of an object by its short name.

    Parameters
    ----------
    name : object
        What the caller gave.

    Returns
    -------
    ContrastDetailLayout
        From the data file.

    Raises
    ------
    InputError
        The name is not on the list.
    """
    known = contrast_detail_layouts()
    if isinstance(name, str) and name in known:
        return known[name]
    raise InputError(f"object={name!r}", needed="one of " + ", ".join(f'"{key}"' for key in known))
