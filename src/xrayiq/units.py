"""Conversions between the units of headers and reports and the one unit used inside.

Inside: patient kerma and glandular dose mGy, dose-area product Gy·m², exposure mAs, time ms, lengths mm.
Codes are UCUM; dialect spellings met in real reports stand beside them.
"""

from __future__ import annotations

from decimal import Decimal
from types import MappingProxyType
from typing import Final


class UnknownUnitError(ValueError):
    """A unit that is not in the closed table of its dimension."""


#: factor to the inside unit, by dimension and unit code
_FACTORS: Final = MappingProxyType(
    {
        "dose_area_product": MappingProxyType(
            {
                "Gy.m2": 1.0,
                "Gym2": 1.0,
                "dGy.cm2": 1e-5,
                "mGy.cm2": 1e-7,
                "uGy.m2": 1e-6,
                "Gy.cm2": 1e-4,
                "cGy.cm2": 1e-6,
                "uGym2": 1e-6,
            }
        ),
        "dose_length_product": MappingProxyType({"mGy.cm": 1.0, "mGycm": 1.0, "Gy.cm": 1000.0, "uGy.m": 0.1}),
        "kerma": MappingProxyType({"mGy": 1.0, "Gy": 1000.0, "dGy": 100.0, "uGy": 1e-3, "cGy": 10.0}),
        "kerma_rate": MappingProxyType({"mGy/h": 1.0, "uGy/h": 1e-3, "Gy/h": 1000.0, "mGy/min": 60.0, "uGy/min": 0.06}),
        "exposure": MappingProxyType({"mA.s": 1.0, "mAs": 1.0, "uA.s": 1e-3, "uAs": 1e-3}),
        "current": MappingProxyType({"mA": 1.0, "uA": 1e-3, "A": 1000.0}),
        "time": MappingProxyType({"ms": 1.0, "s": 1000.0, "us": 1e-3}),
        "duration": MappingProxyType({"s": 1.0, "ms": 1e-3, "min": 60.0}),
        "rate": MappingProxyType({"{pulse}/s": 1.0, "{frame}/s": 1.0, "/s": 1.0, "1/s": 1.0, "s-1": 1.0, "Hz": 1.0}),
        "voltage": MappingProxyType({"kV": 1.0, "V": 1e-3}),
        "length": MappingProxyType({"mm": 1.0, "cm": 10.0, "m": 1000.0, "um": 1e-3}),
        "area": MappingProxyType({"mm2": 1.0, "cm2": 100.0, "m2": 1e6}),
        "angle": MappingProxyType({"deg": 1.0}),
        "force": MappingProxyType({"N": 1.0, "daN": 10.0}),
        "pressure": MappingProxyType({"kPa": 1.0, "Pa": 1e-3}),
        "fraction": MappingProxyType({"%": 0.01, "1": 1.0}),
        "count": MappingProxyType({"1": 1.0, "{events}": 1.0, "{frames}": 1.0, "{pulses}": 1.0, "no units": 1.0}),
        "number": MappingProxyType({"1": 1.0, "{1}": 1.0, "{ratio}": 1.0, "no units": 1.0}),
    }
)


def units_of(dimension: str) -> tuple[str, ...]:
    """Spellings of the units of a dimension that `to_inside_unit` knows."""
    return tuple(_FACTORS[dimension])


def to_inside_unit(value: float, unit: str, dimension: str) -> float:
    """Value in the one unit that xrayiq uses for its dimension.

    Parameters
    ----------
    value : float
        Number as it stands in the header or report.
    unit : str
        Its unit code (UCUM, or a spelling known from real reports).
    dimension : str
        One of ``dose_area_product`` (to Gy·m²), ``kerma`` (mGy), ``kerma_rate`` (mGy/h), ``exposure`` (mAs),
        ``current`` (mA), ``time`` (ms), ``voltage`` (kV), ``length`` (mm), ``area`` (mm²), ``angle`` (deg), ``number``;
        ``dose_length_product`` (mGy·cm), ``duration`` (s), ``rate`` (1/s), ``force`` (N), ``pressure`` (kPa),
        ``fraction``, ``count``.

    Returns
    -------
    float
        The converted value; 0 stays 0.

    Raises
    ------
    UnknownUnitError
        The unit is not in the closed table of its dimension. Nothing is passed through.
    """
    table = _FACTORS[dimension]
    if unit not in table:
        known = ", ".join(table)
        raise UnknownUnitError(f"unit {unit!r} for {dimension.replace('_', ' ')}; needed one of {known}")
    return decimal_product(value, table[unit])


def decimal_product(value: float, factor: float) -> float:
    """Product of two numbers as they are written: 35300 · 0.001 is 35.3, not the 35.300000000000004 of binary numbers.

    Parameters
    ----------
    value, factor : float
        Numbers; NaN and infinity as for `*`.
    """
    return float(Decimal(repr(float(value))) * Decimal(repr(float(factor))))
