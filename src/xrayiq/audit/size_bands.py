"""Groups of patients of like size, in which doses are compared."""

from __future__ import annotations

from typing import Final

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike

ADULT: Final = "adult"
#: adults outside the weights that typical values are taken of
ADULT_OTHER: Final = "adult, other size"
#: bands of children by weight (kg, upper end) and the ages (years, upper end) that stand for them where no weight is
#: told: EC Radiation Protection 185 (2018), 5.2 (confidence C)
CHILDREN: Final = (
    ("< 5 kg", 5.0, 1.0 / 12.0),
    ("5 to < 15 kg", 15.0, 4.0),
    ("15 to < 30 kg", 30.0, 10.0),
    ("30 to < 50 kg", 50.0, 14.0),
    ("50 to < 80 kg", 80.0, 18.0),
)
#: from here on a patient is an adult
ADULT_AGE_YEARS: Final = 18.0
#: standard adults: ICRP Publication 135 (2017), 2.6 (confidence C)
ADULT_WEIGHTS_KG: Final = (50.0, 90.0)
BANDS: Final = (ADULT, ADULT_OTHER, *(name for name, _, _ in CHILDREN))


def size_bands(age_years: ArrayLike, weight_kg: ArrayLike) -> pd.DataFrame:
    """Size band of each patient.

    Parameters
    ----------
    age_years, weight_kg : 1-D arrays
        NaN where not told.

    Returns
    -------
    pandas.DataFrame
        `band` (one of `BANDS`) and `weight_told`. A patient of unknown age counts as an adult; an adult of unknown
        weight counts as one of standard size; a child without weight goes by age; one of 80 kg and more by the last
        band.
    """
    age = np.asarray(age_years, dtype=np.float64)
    weight = np.asarray(weight_kg, dtype=np.float64)
    told = weight > 0.0
    child = age < ADULT_AGE_YEARS
    names = np.array([name for name, _, _ in CHILDREN])
    by_weight = np.searchsorted([end for _, end, _ in CHILDREN], np.where(told, weight, 0.0), side="right")
    by_age = np.searchsorted([end for _, _, end in CHILDREN], np.where(child, age, 0.0), side="right")
    place = np.minimum(np.where(told, by_weight, by_age), len(CHILDREN) - 1)
    low, high = ADULT_WEIGHTS_KG
    standard = ~told | ((weight >= low) & (weight <= high))
    band = np.where(child, names[place], np.where(standard, ADULT, ADULT_OTHER))
    return pd.DataFrame({"band": band, "weight_told": told})
