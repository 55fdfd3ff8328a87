"""Groups of patients of like size, in which doses are compared."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray

from xrayiq.model import patient_bands

ADULT: Final = "adult"
#: adults outside the weights that typical values are taken of
ADULT_OTHER: Final = "adult, other size"


def size_bands(age_years: ArrayLike, weight_kg: ArrayLike) -> pd.DataFrame:
    """Size band of each patient, by the bounds of `patient_bands`.

    Parameters
    ----------
    age_years, weight_kg : 1-D arrays
        NaN where not told.

    Returns
    -------
    pandas.DataFrame
        `band` (`ADULT`, `ADULT_OTHER` or a band of children) and `weight_told`. A patient of unknown age counts as an
        adult; an adult of unknown weight counts as one of standard size; a child without weight goes by age; one of
        80 kg and more by the last band.
    """
    bands = patient_bands()
    age = np.asarray(age_years, dtype=np.float64)
    weight = np.asarray(weight_kg, dtype=np.float64)
    told = weight > 0.0
    child = age < bands.adult_age_years
    names = np.array(bands.children)
    by_weight = np.searchsorted(bands.weights_kg[1:], np.where(told, weight, 0.0), side="right")
    by_age = np.searchsorted(bands.ages_years[1:], np.where(child, age, 0.0), side="right")
    place = np.minimum(np.where(told, by_weight, by_age), len(names) - 1)
    low, high = bands.adult_weights_kg
    standard = ~told | ((weight >= low) & (weight <= high))
    band = np.where(child, names[place], np.where(standard, ADULT, ADULT_OTHER))
    return pd.DataFrame({"band": band, "weight_told": told})


def patients_of(band: pd.Series) -> NDArray[np.str_]:
    """``"adult"`` or ``"child"`` by size band."""
    return np.where(band.isin([ADULT, ADULT_OTHER]), "adult", "child")
