"""Patients of like size, in which doses are compared and reference levels are given."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from importlib import resources


@dataclass(frozen=True, slots=True, kw_only=True)
class PatientBands:
    """Bands of children by weight, and adults of standard size (``data/patient_bands.toml``).

    Parameters
    ----------
    weights_kg : tuple of float
        Bounds of the bands of children, ascending from 0; each belongs to the band above it.
    ages_years : tuple of float
        Age that stands for each of these weights where no weight is told.
    adult_age_years : float
        Age from which on a patient is an adult.
    adult_weights_kg : tuple of float
        Least and greatest weight of an adult of standard size, both included.
    """

    weights_kg: tuple[float, ...]
    ages_years: tuple[float, ...]
    adult_age_years: float
    adult_weights_kg: tuple[float, float]

    @property
    def children(self) -> tuple[str, ...]:
        """Names of the bands of children, the lightest first."""
        return tuple(
            band_text(low, high, "kg") for low, high in zip(self.weights_kg, self.weights_kg[1:], strict=False)
        )

    def ages_for(self, low_kg: float, high_kg: float) -> tuple[float, float] | None:
        """Ages that stand for two of the bounds by weight, the upper excluded; None where these are none."""
        ages = dict(zip(self.weights_kg, self.ages_years, strict=True))
        return (ages[low_kg], ages[high_kg]) if low_kg in ages and high_kg in ages else None


def band_text(low: float, high: float, unit: str) -> str:
    """Name of a range whose upper bound is excluded, as ``"5 to < 15 kg"`` or ``"< 5 kg"``."""
    return f"{low:g} to < {high:g} {unit}" if low else f"< {high:g} {unit}"


@functools.cache
def patient_bands() -> PatientBands:
    """Bands of the shipped table."""
    table = tomllib.loads(resources.files("xrayiq").joinpath("data/patient_bands.toml").read_text(encoding="utf-8"))
    low, high = table["adults"]["weights_kg"]
    return PatientBands(
        weights_kg=tuple(table["children"]["weights_kg"]),
        ages_years=tuple(table["children"]["ages_years"]),
        adult_age_years=table["adults"]["from_age_years"],
        adult_weights_kg=(low, high),
    )
