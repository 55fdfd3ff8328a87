"""Where in each profile across an edge a blurred step lies, and how well it does."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel
from xrayiq_kernels.order import percentiles
from xrayiq_kernels.step_profiles import match_steps, rise_nearest_to_zero, rise_widths


@kernel
def _percentile(values: NDArray[np.float64], percent: float) -> float:
    """Percentile of at least one value."""
    found: float = percentiles(values, np.array([percent]), values.min(), values.max())[0]
    return found


@kernel
def _templates(
    window: NDArray[np.float64], shifts: NDArray[np.float64], blur: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Blurred steps of height 1, less their mean and divided by their energy; and these energies."""
    templates = np.empty((shifts.size, window.size), dtype=np.float64)
    energies = np.empty(shifts.size, dtype=np.float64)
    for shift in range(shifts.size):
        template = templates[shift]
        total = 0.0
        for index in range(window.size):
            template[index] = 0.5 * math.erfc((shifts[shift] - window[index]) / (blur * math.sqrt(2.0)))
            total += template[index]
        mean = total / max(window.size, 1)
        squares = 0.0
        for index in range(window.size):
            template[index] -= mean
            squares += template[index] * template[index]
        energies[shift] = math.sqrt(squares)
        for index in range(window.size):
            template[index] /= max(energies[shift], 1e-300)
    return templates, energies


@kernel
def matched_steps(
    profiles: NDArray[np.float64],
    offsets: NDArray[np.float64],
    expected: float,
    blur: float,
    reach: float,
    least_match: float,
    unexplained_half: float,
    reversed_weight: float,
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Offset near an expected one at which a blurred step follows each profile best, and how well it does.

    The window of a profile reaches two standard deviations of the blur and `reach` about the expected offset, and steps
    are tried up to twice `reach` away from it, half a step of the offsets apart.

    Parameters
    ----------
    profiles : (profiles, offsets) array of float64
        Values from outside to inside; at least one profile.
    offsets : (offsets,) array of float64
        Evenly spaced places in ascending order, at least three.
    expected : float
        Offset about which steps are tried.
    blur : float
        Standard deviation of the blur, above 0.
    reach : float
        At least half a step of the offsets.
    least_match : float
        Correlation with the step below which the weight is 0.
    unexplained_half : float
        Share of a profile's variance left unexplained that halves its weight, above 0.
    reversed_weight : float
        What steps that fall count.

    Returns
    -------
    tuple of (profiles,) arrays
        Offsets, between those tried by a parabola through the products; weights from 0 to 1, which also fall with the
        height of the step below the 90th percentile of the heights.
    """
    step = offsets[1] - offsets[0]
    wide = math.floor((2.0 * blur + reach) / step)
    far = math.floor(2.0 * reach / step)
    window = (np.arange(2 * wide + 1) - wide) * step
    shifts = (np.arange(2 * far + 1) - far) * (step / 2.0)
    lower = np.empty(window.size, dtype=np.int64)
    parts = np.empty(window.size, dtype=np.float64)
    for index in range(window.size):
        place = min(max((expected + window[index] - offsets[0]) / step, 0.0), offsets.size - 1.001)
        lower[index] = int(place)
        parts[index] = place - lower[index]
    templates, energies = _templates(window, shifts, blur)
    around, best, sizes = match_steps(profiles, lower, parts, templates)
    count = profiles.shape[0]
    places = np.empty(count, dtype=np.float64)
    weights = np.empty(count, dtype=np.float64)
    heights = np.empty(count, dtype=np.float64)
    for number in range(count):
        before, here, after = abs(around[number, 0]), abs(around[number, 1]), abs(around[number, 2])
        bend = before - 2.0 * here + after
        move = 0.5 * (before - after) / bend if bend < 0.0 else 0.0
        places[number] = expected + shifts[best[number]] + min(max(move, -1.0), 1.0) * (step / 2.0)
        match = here / max(sizes[number], 1e-12)
        unexplained = max(1.0 - match * match, 0.0)
        weights[number] = unexplained_half / (unexplained_half + unexplained) if match > least_match else 0.0
        if around[number, 1] <= 0.0:
            weights[number] *= reversed_weight
        heights[number] = here / max(energies[best[number]], 1e-300)
    strong = max(_percentile(heights, 90.0), 1e-12)
    for number in range(count):
        weights[number] *= min(heights[number] / strong, 1.0)
    return places, weights


@kernel
def rising_steps(
    profiles: NDArray[np.float64], offsets: NDArray[np.float64], level_from: float
) -> tuple[float, float, bool]:
    """Where profiles rise, and with which blur, by those of clear contrast.

    Parameters
    ----------
    profiles : (profiles, offsets) array of float64
        Values from outside to inside; at least one profile.
    offsets : (offsets,) array of float64
        Evenly spaced places in ascending order, at least two.
    level_from : float
        As for `rise_nearest_to_zero`.

    Returns
    -------
    tuple of (float, float, bool)
        Median of the offsets at which the profiles with more than half the 90th percentile of the contrast rise; the
        standard deviation of the blur, from the slope there that one in four of them exceeds; whether any rises.
    """
    places, contrasts, rises = rise_nearest_to_zero(profiles, offsets, level_from)
    if not rises.any():
        return 0.0, 0.0, False
    strong = max(_percentile(contrasts[rises], 90.0), 1e-12)
    clear = np.empty(rises.size, dtype=np.bool_)
    most = 0.0
    for number in range(rises.size):
        if rises[number]:
            most = max(most, min(contrasts[number] / strong, 1.0))
    for number in range(rises.size):
        clear[number] = rises[number] and min(contrasts[number] / strong, 1.0) > 0.5 * most
    widths = rise_widths(profiles, offsets, places, clear)
    return float(np.median(places[clear])), _percentile(widths, 25.0) / math.sqrt(2.0 * math.pi), True
