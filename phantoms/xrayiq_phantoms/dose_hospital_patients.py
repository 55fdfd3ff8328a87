"""Patients of the hospital whose doses are simulated."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

_USUAL_KG: Final = 70.0
_USUAL_M: Final = 1.70
#: weight in kg of children by age in years, from which age is told
_GROWTH: Final = (
    (0.0, 3.3),
    (0.08, 4.3),
    (0.5, 7.5),
    (1.0, 10.0),
    (4.0, 16.0),
    (10.0, 32.0),
    (14.0, 50.0),
    (17.5, 75.0),
)
_DAYS_A_YEAR: Final = 365.25


@dataclass(frozen=True, slots=True, kw_only=True)
class DosePatient:
    """One patient.

    Parameters
    ----------
    weight_kg, size_m, sex, age_days
        As headers state them; the age by the birth date.
    thickness_factor : float
        Thickness by that of a patient of usual size.
    """

    weight_kg: float
    size_m: float
    sex: str
    age_days: int
    thickness_factor: float

    @property
    def age_years(self) -> int:
        """Whole years."""
        return int(self.age_days / _DAYS_A_YEAR)


def draw_patient(
    rng: np.random.Generator,
    *,
    rank: float,
    child_kg: tuple[float, float] | None = None,
    uniform: bool = False,
    outside: bool = False,
    stout: bool = False,
) -> DosePatient:
    """Patient drawn at random.

    Parameters
    ----------
    rng : Generator
        Source of all but the weight.
    rank : float
        Place of the weight among all patients, 0 (lightest) to 1: weights have a triangular distribution.
    child_kg : (float, float), optional
        A child of weights from here to there.
    uniform : bool
        An adult of 62 to 78 kg.
    outside : bool
        An adult lighter than 50 or heavier than 90 kg.
    stout : bool
        An adult of 90 kg, who is far thicker than the weight says.
    """
    chance, height, age = rng.random(), float(np.clip(rng.normal(), -1.6, 1.6)), rng.random()
    sex = str(rng.choice(["F", "M"]))
    spread = math.sqrt(rank / 2.0) if rank < 0.5 else 1.0 - math.sqrt((1.0 - rank) / 2.0)
    if child_kg is not None:
        low, high = child_kg
        weight = round(low + (high - low) * spread, 1)
        ages, weights = zip(*_GROWTH, strict=True)
        years = float(np.interp(weight, weights, ages))
        factor = math.sqrt(weight / math.sqrt(low * high))
        return DosePatient(
            weight_kg=weight,
            size_m=round(0.27 * weight**0.42, 2),
            sex=sex,
            age_days=round(_DAYS_A_YEAR * years),
            thickness_factor=1.0 + 0.5 * (factor - 1.0),
        )
    weight = round(62.0 + 16.0 * spread, 1) if uniform else round(50.0 + 40.0 * spread, 1)
    if outside:
        weight = round(42.0 + 7.0 * spread, 1) if chance < 0.25 else round(92.0 + 30.0 * spread, 1)
    if stout:
        weight = 90.0
    size = round(_USUAL_M + 0.06 * height + 0.003 * (min(weight, 100.0) - _USUAL_KG), 2)
    return DosePatient(
        weight_kg=weight,
        size_m=size,
        sex=sex,
        age_days=round(_DAYS_A_YEAR * (19.0 + 72.0 * float(age))),
        thickness_factor=math.sqrt(weight / _USUAL_KG * _USUAL_M / size),
    )
