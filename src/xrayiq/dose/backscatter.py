"""Backscatter: entrance surface air kerma over incident air kerma."""

from __future__ import annotations

import functools
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.dose.sourced import Source, shipped_table, source_of
from xrayiq.errors import InputError

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Backscatter:
    """Backscatter factor of one beam.

    Parameters
    ----------
    factor : float
        Entrance surface air kerma over incident air kerma, of water.
    relative_uncertainty : float
        Relative standard uncertainty (k = 1).
    source : Source
        Of the table, or of the common value.
    assumptions : tuple of str
        What was taken for granted.
    """

    factor: float
    relative_uncertainty: float
    source: Source
    assumptions: tuple[str, ...] = ()


def equivalent_side_mm(width_mm: float, height_mm: float) -> float:
    """Side of the square field that scatters as a rectangle does: 2·w·h / (w + h), four times area over perimeter.

    Parameters
    ----------
    width_mm, height_mm : float
        Sides of the field at the skin.

    Returns
    -------
    float
        In mm.
    """
    for name, value in (("width_mm", width_mm), ("height_mm", height_mm)):
        if not (np.isfinite(value) and value > 0):
            raise InputError(f"{name} of {value:g}", needed="a finite side above 0")
    return 2.0 * width_mm * height_mm / (width_mm + height_mm)


def backscatter_factor(
    *, half_value_layer_mm_al: float | None = None, field_side_mm: float | None = None
) -> Backscatter:
    """Backscatter factor of a beam, or the common value where it is not known.

    Parameters
    ----------
    half_value_layer_mm_al : float, optional
        First half-value layer.
    field_side_mm : float, optional
        Side of the field at the skin, or its `equivalent_side_mm`.

    Returns
    -------
    Backscatter
        By half-value layer and side, bilinear between the points of ``data/backscatter.toml``; fields beyond the table
        as its largest. 1.35 with a larger uncertainty where either is missing or the half-value layer is outside.

    Raises
    ------
    InputError
        A half-value layer or side that is not above 0.
    """
    unknown = shipped_table("backscatter")["unknown"]
    for name, value in (("half_value_layer_mm_al", half_value_layer_mm_al), ("field_side_mm", field_side_mm)):
        if value is not None and not (np.isfinite(value) and value > 0):
            raise InputError(f"{name} of {value:g}", needed="a finite value above 0")
    layers, sides, _ = _table()
    missing = ""
    if half_value_layer_mm_al is None or field_side_mm is None:
        missing = "half-value layer or field at the skin not known"
    elif not layers[0] <= half_value_layer_mm_al <= layers[-1]:
        missing = f"half-value layer of {half_value_layer_mm_al:.3g} mm Al outside the table"
    if half_value_layer_mm_al is None or field_side_mm is None or missing:
        return Backscatter(
            factor=unknown["factor"],
            relative_uncertainty=unknown["relative_uncertainty"],
            source=source_of(unknown),
            assumptions=(f"backscatter factor of {unknown['factor']:g}: {missing}",),
        )
    table = shipped_table("backscatter")["table"]
    beyond = field_side_mm > sides[-1]
    return Backscatter(
        factor=float(backscatter_factors(half_value_layer_mm_al, field_side_mm)),
        relative_uncertainty=table["relative_uncertainty"],
        source=source_of(table),
        assumptions=(f"backscatter of a field of {sides[-1]:g} mm for one of {field_side_mm:.0f} mm",)
        if beyond
        else (),
    )


def backscatter_factors(half_value_layers_mm_al: ArrayLike, field_sides_mm: ArrayLike) -> Floats:
    """Backscatter factors of many beams, bilinear in half-value layer and side, held at the edges of the table.

    Parameters
    ----------
    half_value_layers_mm_al, field_sides_mm : array-like
        Of one shape, or of shapes that broadcast.

    Returns
    -------
    array
        Factors; 1 for a field without sides.
    """
    layers, sides, factors = _table()
    wanted = np.clip(np.asarray(half_value_layers_mm_al, dtype=np.float64), layers[0], layers[-1])
    lengths = np.clip(np.asarray(field_sides_mm, dtype=np.float64), sides[0], sides[-1])
    row, down = _place(layers, wanted)
    column, across = _place(sides, lengths)
    upper = (1.0 - across) * factors[row, column] + across * factors[row, column + 1]
    lower = (1.0 - across) * factors[row + 1, column] + across * factors[row + 1, column + 1]
    return np.asarray((1.0 - down) * upper + down * lower, dtype=np.float64)


def backscatter_reach() -> tuple[float, float]:
    """Least and greatest half-value layer of the table, in mm Al."""
    layers = _table()[0]
    return float(layers[0]), float(layers[-1])


def _place(axis: Floats, values: Floats) -> tuple[NDArray[np.intp], Floats]:
    """Interval that each value lies in, and how far along it."""
    low = np.clip(np.searchsorted(axis, values, side="right") - 1, 0, axis.size - 2)
    return low, (values - axis[low]) / (axis[low + 1] - axis[low])


@functools.cache
def _table() -> tuple[Floats, Floats, Floats]:
    table = shipped_table("backscatter")["table"]
    layers, sides, factors = (
        np.array(table[name], dtype=np.float64) for name in ("half_value_layers_mm_al", "field_sides_mm", "factors")
    )
    return layers, sides, factors
