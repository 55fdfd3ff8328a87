"""Rules of the exposure audit: classes of the deviation index, and from where on something is told."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from types import MappingProxyType
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class Band:
    """A class of deviation indices.

    Parameters
    ----------
    name, label, action : str
        Stable word, how it is called on paper, and what the document says to do.
    below : float
        Its upper end.
    inclusive : bool
        Whether that belongs to it.
    """

    name: str
    label: str
    action: str
    below: float
    inclusive: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class ExposureRules:
    """All rules of an exposure audit, as ``data/exposure_audit.toml`` has them.

    Parameters
    ----------
    bands : tuple of Band
        From far too low to far too high.
    numbers : mapping of str to float
        Settings by name: those of ``[site_limits]``, ``[target_rule]`` and ``[judging]``.
    shifts : tuple of (str, int)
        Name and hour at which each begins.
    sources : mapping of str to str
        Document of ``bands``, ``site_limits``, ``target_rule`` and ``judging``, as printed.
    """

    bands: tuple[Band, ...]
    numbers: Mapping[str, float]
    shifts: tuple[tuple[str, int], ...]
    sources: Mapping[str, str]

    def __getitem__(self, name: str) -> float:
        """A setting."""
        return self.numbers[name]

    def band_places(self, deviations: ArrayLike) -> NDArray[np.int64]:
        """Place of the class of each deviation index among `bands`; −1 where it is NaN."""
        values = np.round(np.asarray(deviations, dtype=np.float64), 9)  # logarithms of round ratios meet the ends
        ends = [np.nextafter(band.below, np.inf) if band.inclusive else band.below for band in self.bands[:-1]]
        places = np.searchsorted(ends, values, side="right")
        return np.where(np.isnan(values), -1, places).astype(np.int64)

    def shift_of(self, hours: ArrayLike) -> NDArray[np.str_]:
        """Name of the shift of each hour of the clock (0 to 23)."""
        begins = np.array([hour for _, hour in self.shifts])
        names = np.array([name for name, _ in self.shifts])
        return names[np.searchsorted(begins, np.asarray(hours), side="right") - 1]  # before the first: the last one's


@functools.cache
def shipped_exposure_rules() -> ExposureRules:
    """Rules of ``data/exposure_audit.toml``."""
    text = resources.files("xrayiq").joinpath("data/exposure_audit.toml").read_text(encoding="utf-8")
    return rules_of(tomllib.loads(text))


def rules_of(tables: Mapping[str, Any]) -> ExposureRules:
    """Rules out of the tables of a file.

    Raises
    ------
    InputError
        Bands or shifts are not in the order of their ends.
    """
    bands = tuple(Band(**row) for row in tables["bands"]["row"])
    shifts = tuple((row["name"], int(row["begins"])) for row in tables["shift"])
    for name, ends in (("bands", [one.below for one in bands]), ("shifts", [float(hour) for _, hour in shifts])):
        if ends != sorted(set(ends)):
            raise InputError(f"{name} with ends {ends}", needed="rising ends")
    parts = ("site_limits", "target_rule", "judging")
    numbers = {
        name: float(value)
        for part in parts
        for name, value in tables[part].items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return ExposureRules(
        bands=bands,
        numbers=MappingProxyType(numbers),
        shifts=shifts,
        sources=MappingProxyType({part: _source(tables[part]) for part in ("bands", *parts)}),
    )


def _source(row: Mapping[str, Any]) -> str:
    named = ", ".join(part for part in (row["document"], row["edition"]) if part)
    return f"{named} (numbers not verified against the document)" if row["confidence"] == "C" else named
