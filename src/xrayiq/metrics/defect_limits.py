"""Limits that a pixel is judged by, and what the noise makes of them."""

from __future__ import annotations

import numpy as np

from xrayiq.errors import InputError
from xrayiq.metrics._arguments import is_number
from xrayiq.metrics.defect_pixels import Deviations


def check_limits(dead: float, under: float, over: float, nonuniform: float, noise: float, noisy: float) -> None:
    """Refuse limits that are no rising row of positive numbers.

    Parameters
    ----------
    dead, under, over, nonuniform, noise, noisy : float
        As `find_defects` takes them.

    Raises
    ------
    InputError
        One is no number above 0, dead < under < 1 < over does not hold, or noisy is not above 1.
    """
    limits = (dead, under, over, nonuniform, noise, noisy)
    if all(is_number(limit) and limit > 0 for limit in limits) and dead < under < 1.0 < over and noisy > 1.0:
        return
    raise InputError(
        f"limits dead_below={dead}, under_below={under}, over_above={over}, nonuniform_beyond={nonuniform}, "
        f"noise_limit_sd={noise}, noisy_above={noisy}",
        needed="numbers above 0 with dead_below < under_below < 1 < over_above, and noisy_above > 1",
        remedy="give limits as parts of the local median",
    )


def limit_warnings(deviations: Deviations, limit_sd: float, limits: tuple[float, float, float]) -> list[str]:
    """Say which limits of response the noise reaches over.

    Parameters
    ----------
    deviations : Deviations
        With the noise of the field.
    limit_sd : float
        Standard deviations of noise that are tolerated.
    limits : tuple of three float
        Relative deviations at the limits of no response, under-response and over-response.

    Returns
    -------
    list of str
        One sentence for each.
    """
    reach = limit_sd * float(np.median(deviations.noise))
    words = (
        f"of no response, {100.0 * limits[0]:g} %",
        f"of under-response, {100.0 * limits[1]:g} %",
        f"of over-response, {100.0 * limits[2]:g} %",
    )
    return [
        f"{limit_sd:g} standard deviations of noise are {100.0 * reach:.3g} % of the signal, above the limit {word}; "
        "give more images or a higher exposure"
        for word, limit in zip(words, limits, strict=True)
        if reach > limit
    ]
