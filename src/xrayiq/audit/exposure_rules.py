"""Rules of the exposure audit: classes of the deviation index, and from where on something is told."""

from __future__ import annotations

import dataclasses
import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.errors import InputError, SiteError

_PARTS: Final = ("site_limits", "target_rule", "judging")


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
    numbers : tuple of (str, float)
        Settings by name: those of ``[site_limits]``, ``[target_rule]`` and ``[judging]``.
    shifts : tuple of (str, int)
        Name and hour at which each begins.
    documents : tuple of (str, str)
        Document of ``bands``, ``site_limits``, ``target_rule`` and ``judging``, as printed.
    """

    bands: tuple[Band, ...]
    numbers: tuple[tuple[str, float], ...]
    shifts: tuple[tuple[str, int], ...]
    documents: tuple[tuple[str, str], ...]

    def __getitem__(self, name: str) -> float:
        """A setting."""
        return dict(self.numbers)[name]

    @property
    def sources(self) -> dict[str, str]:
        """Documents by part."""
        return dict(self.documents)

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
    return rules_of(_shipped_tables())


def site_exposure_rules(row: object, source: str) -> ExposureRules:
    """Shipped rules with a site's ``[exposure_audit]`` in their place.

    Parameters
    ----------
    row : dict
        Settings of the shipped file's ``[site_limits]``, ``[target_rule]`` and ``[judging]`` by name, and ``shifts``,
        the hours at which shifts begin by their names.
    source : str
        For messages.

    Raises
    ------
    SiteError
        It is no table, holds an unknown setting or one that is no number of 0 or more, or shifts that are no rising
        hours of the clock.
    """
    shipped = shipped_exposure_rules()
    known = dict(shipped.numbers)
    if not isinstance(row, Mapping) or set(row) - {*known, "shifts"}:
        raise SiteError(
            "exposure_audit that cannot be read", needed="any of " + ", ".join([*known, "shifts"]), source=source
        )
    own = {name: value for name, value in row.items() if name != "shifts"}
    for name, value in own.items():
        if isinstance(value, bool) or not isinstance(value, (int, float)) or not value >= 0.0:
            raise SiteError(f"exposure_audit: {name} = {value!r}", needed="a number of 0 or more", source=source)
    begins = row.get("shifts", dict(shipped.shifts))
    shifts = tuple(begins.items()) if isinstance(begins, Mapping) else ()
    hours = [hour for _, hour in shifts]
    if not hours or not all(type(hour) is int and 0 <= hour < 24 for hour in hours) or hours != sorted(set(hours)):
        raise SiteError("exposure_audit: shifts", needed="names with rising hours of the clock", source=source)
    numbers = known | {name: float(value) for name, value in own.items()}
    told = f"{Path(source).name}, [exposure_audit]"
    changed = {part for part in _PARTS if set(own) & set(_shipped_tables()[part])}
    documents = tuple((part, told if part in changed else text) for part, text in shipped.documents)
    return dataclasses.replace(shipped, numbers=tuple(numbers.items()), shifts=shifts, documents=documents)


@functools.cache
def _shipped_tables() -> Mapping[str, Any]:
    text = resources.files("xrayiq").joinpath("data/exposure_audit.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


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
    numbers = {
        name: float(value)
        for part in _PARTS
        for name, value in tables[part].items()
        if isinstance(value, (int, float)) and not isinstance(value, bool)
    }
    return ExposureRules(
        bands=bands,
        numbers=tuple(numbers.items()),
        shifts=shifts,
        documents=tuple((part, _source(tables[part])) for part in ("bands", *_PARTS)),
    )


def _source(row: Mapping[str, Any]) -> str:
    named = ", ".join(part for part in (row["document"], row["edition"]) if part)
    return f"{named} (numbers not verified against the document)" if row["confidence"] == "C" else named
