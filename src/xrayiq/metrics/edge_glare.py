"""What long-range glare takes from an MTF within the lowest frequencies."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

#: range that is extrapolated to 0 (standards reference, §3.4)
FIRST_PER_MM: Final = 0.2
LAST_PER_MM: Final = 0.5
#: a shorter edge spread function holds too little of the glare
LEAST_REACH_MM: Final = 10.0


def low_frequency_drop(frequencies_per_mm: Floats, values: Floats, *, reach_mm: float) -> float | None:
    """Part of an MTF that is lost below the frequencies of 0.2 to 0.5 mm⁻¹.

    Parameters
    ----------
    frequencies_per_mm, values : 1-D arrays
        MTF, 1 at frequency 0, from an edge spread function without window.
    reach_mm : float
        How far that function extends, on the nearer side.

    Returns
    -------
    float or None
        1 − A, where A·exp(−c·f²), as any symmetric blur of short range starts, is fitted to ln MTF by least squares;
        None where the reach is below 10 mm or the MTF not above 0.
    """
    used = (frequencies_per_mm > FIRST_PER_MM - 1e-9) & (frequencies_per_mm < LAST_PER_MM + 1e-9)
    if reach_mm < LEAST_REACH_MM or np.count_nonzero(used) < 3 or not (values[used] > 0.0).all():
        return None
    return float(1.0 - np.exp(np.polyfit(frequencies_per_mm[used] ** 2, np.log(values[used]), 1)[1]))
