"""Scales of exposure indicators: how each maker's number goes with the kerma at the receptor."""

from __future__ import annotations

import functools
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from xrayiq.dose.sourced import Source, shipped_table, source_of
from xrayiq.errors import InputError

Formula = Literal["linear", "reciprocal", "exponential", "square", "none"]
#: attributes of an acquisition that hold indicators, and their keywords
ATTRIBUTES: Final[Mapping[str, str]] = {
    "exposure_index": "ExposureIndex",
    "relative_exposure": "RelativeXRayExposure",
    "sensitivity": "Sensitivity",
}
#: the index of the standard, which any maker may write
STANDARD: Final = "IEC EI"
#: of the exponential scale with a speed class: that of the scale's constants
_REFERENCE_SPEED: Final = 400.0
_PATTERNS: Final = ("manufacturer", "model", "software", "modality")


@dataclass(frozen=True, slots=True, kw_only=True)
class IndicatorScale:
    """One maker's exposure indicator.

    Parameters
    ----------
    name, unit : str
        As reports call it.
    patterns : tuple of (str, re.Pattern)
        Manufacturer, model, software and modality that it is known by; all must be found.
    attributes : tuple of str
        Fields of an acquisition that may hold it, the likeliest first.
    converted_from : tuple of str
        Of these, those whose number is surely this indicator.
    suspect_above : float or None
        From where on a number in ExposureIndex without a target is probably of this scale.
    low, high : float
        What the indicator can be.
    formula : {"linear", "reciprocal", "exponential", "square", "none"}
        How kerma goes with it.
    factor, base, zero, step : float
        Its constants; `factor` in µGy per unit, or µGy.
    needs : tuple of str
        What else must be known.
    condition : str
        What must hold for the formula and no header tells.
    reference_beam : str
        Beam that the kerma is of.
    relative_uncertainty : float
        How far the kerma may be off; NaN without a formula.
    checks : tuple of (float, float)
        Kerma in µGy, and the indicator of the document's rounded table.
    source : Source
        Document, edition and confidence.
    """

    name: str
    unit: str
    patterns: tuple[tuple[str, re.Pattern[str]], ...]
    attributes: tuple[str, ...]
    converted_from: tuple[str, ...]
    suspect_above: float | None
    low: float
    high: float
    formula: Formula
    factor: float
    base: float
    zero: float
    step: float
    needs: tuple[str, ...]
    condition: str
    reference_beam: str
    relative_uncertainty: float
    checks: tuple[tuple[float, float], ...]
    source: Source

    def is_of(self, **told: str) -> bool:
        """Whether a header's manufacturer, model, software and modality are those of the scale."""
        return bool(self.attributes) and all(pattern.search(told.get(name, "")) for name, pattern in self.patterns)

    def receptor_kerma_ugy(self, values: ArrayLike, **local: float) -> NDArray[np.float64]:
        """Kerma at the receptor that indicators stand for.

        Parameters
        ----------
        values : array
            The indicators.
        **local : float
            What the scale `needs`: ``speed_class``, ``target_kerma_ugy``, ``reference_value``,
            ``reference_kerma_ugy``.

        Returns
        -------
        array
            µGy of the reference beam, without backscatter, of the shape of `values`; NaN where an indicator is NaN or
            outside what it can be, and throughout where the scale has no formula or what it needs is not given.
        """
        numbers = np.asarray(values, dtype=np.float64)
        nothing = np.full(numbers.shape, np.nan)
        if self.formula == "none" or any(not local.get(name, 0.0) > 0.0 for name in self.needs):
            return nothing
        known = (numbers >= self.low) & (numbers <= self.high)
        known &= (numbers > 0.0) | (self.formula == "exponential")
        fit = np.where(known, numbers, 1.0)
        if self.formula == "linear":
            kerma = self.factor * fit
        elif self.formula == "reciprocal":
            kerma = self.factor / fit
        elif self.formula == "square":
            kerma = local["reference_kerma_ugy"] * (fit / local["reference_value"]) ** 2
        else:
            factor = local.get("target_kerma_ugy", self.factor) if "target_kerma_ugy" in self.needs else self.factor
            speed = _REFERENCE_SPEED / local["speed_class"] if "speed_class" in self.needs else 1.0
            kerma = factor * speed * self.base ** ((fit - self.zero) / self.step)
        return np.where(known, kerma, nothing)


@functools.cache
def indicator_scales() -> tuple[IndicatorScale, ...]:
    """Rows of `data/exposure_indicators.toml`, in their order."""
    return tuple(_scale(row) for row in shipped_table("exposure_indicators")["indicator"])


def indicator_scale(name: str) -> IndicatorScale:
    """Scale of a name.

    Raises
    ------
    InputError
        There is no such scale.
    """
    for scale in indicator_scales():
        if scale.name == name:
            return scale
    raise InputError(
        f"exposure indicator {name!r}", needed="one of " + ", ".join(one.name for one in indicator_scales())
    )


@functools.lru_cache(maxsize=4096)
def makers_scales(*, manufacturer: str, model: str, software: str, modality: str) -> tuple[IndicatorScale, ...]:
    """Scales of a header's maker, besides the standard's."""
    told = {"manufacturer": manufacturer, "model": model, "software": software, "modality": modality}
    return tuple(scale for scale in indicator_scales() if scale.name != STANDARD and scale.is_of(**told))


def legacy_scale_of(scales: tuple[IndicatorScale, ...], exposure_index: float) -> IndicatorScale | None:
    """Older scale that a number in ExposureIndex without a target is probably of; None for one of the standard."""
    for scale in scales:
        if scale.suspect_above is not None and exposure_index > scale.suspect_above:
            return scale
    return None


def _scale(row: Mapping[str, Any]) -> IndicatorScale:
    low, high = row["range"]
    return IndicatorScale(
        name=row["name"],
        unit=row["unit"],
        patterns=tuple((name, re.compile(row[name], re.IGNORECASE)) for name in _PATTERNS if name in row),
        attributes=tuple(row.get("attributes", ())),
        converted_from=tuple(row.get("converted_from", ())),
        suspect_above=row.get("suspect_above"),
        low=low,
        high=high,
        formula=row["formula"],
        factor=row.get("factor", np.nan),
        base=row.get("base", np.nan),
        zero=row.get("zero", 0.0),
        step=row.get("step", 1.0),
        needs=tuple(row.get("needs", ())),
        condition=row.get("condition", ""),
        reference_beam=row["reference_beam"],
        relative_uncertainty=row.get("relative_uncertainty", np.nan),
        checks=tuple((float(kerma), float(value)) for kerma, value in row.get("checks", ())),
        source=source_of(row),
    )
