"""Numbers in the units of spreadsheets, brought to the one unit of their quantity."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from xrayiq.model import quantity
from xrayiq.units import UnknownUnitError, to_inside_unit

#: dimension of `to_inside_unit` by the unit of a quantity, and what its inside unit is worth in that
_DIMENSIONS: Final = MappingProxyType(
    {
        "1": ("number", 1.0),
        "Gy.m2": ("dose_area_product", 1.0),
        "mGy": ("kerma", 1.0),
        "uGy": ("kerma", 1000.0),
        "mGy/h": ("kerma_rate", 1.0),
        "mA.s": ("exposure", 1.0),
        "mm": ("length", 1.0),
        "mm2": ("area", 1.0),
        "deg": ("angle", 1.0),
    }
)
#: what other spellings are worth in the unit of a quantity
_OTHERS: Final = MappingProxyType(
    {
        "1": MappingProxyType({"%": 0.01, "percent": 0.01, "-": 1.0}),
        "/mm": MappingProxyType(
            {
                "1/mm": 1.0,
                "mm-1": 1.0,
                "lp/mm": 1.0,
                "cy/mm": 1.0,
                "cycles/mm": 1.0,
                "1/cm": 0.1,
                "lp/cm": 0.1,
                "/cm": 0.1,
            }
        ),
        "deg": MappingProxyType({"°": 1.0, "degree": 1.0, "degrees": 1.0}),
    }
)


def to_quantity_unit(value: float, unit: str, name: str) -> float:
    """Value in the unit of its quantity.

    Parameters
    ----------
    value : float
        As it stands in a table.
    unit : str
        Its unit there: that of the quantity (UCUM), that on paper, or another of the same dimension.
    name : str
        Quantity of the closed list.

    Returns
    -------
    float
        The converted value; 0 stays 0.

    Raises
    ------
    UnknownUnitError
        The unit is none of this quantity. Nothing is passed through.
    """
    known = quantity(name)
    key = _plain(unit)
    if key == _plain(known.unit):
        return value
    if known.display_unit and key == _plain(known.display_unit):
        return value / known.display_factor
    if key in _OTHERS.get(known.unit, {}):
        return value * _OTHERS[known.unit][key]
    dimension, worth = _DIMENSIONS.get(known.unit, ("", 1.0))
    if not key or not dimension:
        raise UnknownUnitError(f"unit {unit!r} for {name}; needed {known.unit}")
    return to_inside_unit(value, key, dimension) * worth


def _plain(unit: str) -> str:
    """Unit without spaces, its signs as in UCUM."""
    text = "".join(unit.split()).replace("µ", "u").replace("μ", "u").replace("²", "2").replace("⁻¹", "-1")
    return text.replace("·", ".").replace("^", "").replace("mmAl", "mm")
