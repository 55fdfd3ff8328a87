"""What the tests of tube and generator compare with: least half-value layers and permitted errors."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np

from xrayiq.errors import InputError


def minimum_half_value_layer(voltage_kv: float) -> tuple[float, float]:
    """Least half-value layer permitted at a tube voltage (21 CFR 1020.30(m), other X-ray systems).

    Parameters
    ----------
    voltage_kv : float
        Measured tube voltage.

    Returns
    -------
    before_2006_mm_al, from_2006_mm_al : float
        For systems certified before, and on or after, 10 June 2006; linear between the rows of the table.

    Raises
    ------
    InputError
        The voltage is outside the table, 51 to 150 kV.
    """
    low, high = minimum_range_kv()
    if not low <= voltage_kv <= high:
        raise InputError(f"tube voltage of {voltage_kv:g} kV", needed=f"{low:g} to {high:g} kV, the range of the table")
    before, since = (
        float(np.interp(voltage_kv, _table()["minimum_half_value_layer"]["voltages_kv"], column))
        for column in _minimum_columns()
    )
    return before, since


def minimum_range_kv() -> tuple[float, float]:
    """Range of tube voltages of the table of least half-value layers."""
    voltages = _table()["minimum_half_value_layer"]["voltages_kv"]
    return float(voltages[0]), float(voltages[-1])


def permitted_time_error_ms(set_time_ms: float) -> float:
    """Permitted error of an exposure time: a part of it and an absolute part."""
    rule = _table()["exposure_time"]
    return float(rule["relative"] * set_time_ms + rule["absolute_ms"])


def long_time_ms() -> float:
    """Exposure time above which its relative error alone is judged."""
    return float(_table()["exposure_time"]["long_ms"])


def permitted_charge_error_mas(set_exposure_mas: float) -> float:
    """Permitted error of an exposure in mAs: a part of it and an absolute part."""
    rule = _table()["charge"]
    return float(rule["relative"] * set_exposure_mas + rule["absolute_mas"])


def guard_timer_voltage_kv() -> float:
    """Tube voltage from which on the guard timer has the lower of its two limits."""
    return float(_table()["guard_timer"]["voltage_kv"])


def _minimum_columns() -> tuple[list[float], list[float]]:
    rows = _table()["minimum_half_value_layer"]
    return rows["before_2006_mm_al"], rows["from_2006_mm_al"]


@functools.cache
def _table() -> Mapping[str, Any]:
    text = resources.files("xrayiq").joinpath("data/generator.toml").read_text(encoding="utf-8")
    return MappingProxyType(tomllib.loads(text))
