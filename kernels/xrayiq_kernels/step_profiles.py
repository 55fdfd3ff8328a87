"""Where profiles across an edge rise, how wide they rise, and which blurred step they follow."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel


@kernel
def _mean_between(profile: NDArray[np.float64], begin: int, end: int) -> float:
    """Mean of a part of a profile; 0 of none."""
    total = 0.0
    for index in range(begin, end):
        total += profile[index]
    return total / max(end - begin, 1)


@kernel
def rise_nearest_to_zero(
    profiles: NDArray[np.float64], offsets: NDArray[np.float64], level_from: float
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_]]:
    """Offset at which each profile rises through the mean of its levels, nearest to 0.

    Parameters
    ----------
    profiles : (profiles, offsets) array of float64
        Values from outside to inside.
    offsets : (offsets,) array of float64
        Evenly spaced places in ascending order, at least two.
    level_from : float
        The levels are the means from this offset on, and up to its negative.

    Returns
    -------
    tuple of (profiles,) arrays
        Offsets (linear between the two values), 0 where there is none; inner less outer level; whether the profile
        rises through the mean and its inner level is the greater one.
    """
    count, size = profiles.shape
    step = offsets[1] - offsets[0]
    places = np.zeros(count, dtype=np.float64)
    contrasts = np.zeros(count, dtype=np.float64)
    rises = np.zeros(count, dtype=np.bool_)
    begin, end = size, 0
    for index in range(size - 1, -1, -1):
        if offsets[index] >= level_from:
            begin = index
    for index in range(size):
        if offsets[index] <= -level_from:
            end = index + 1
    for number in range(count):
        profile = profiles[number]
        inside = _mean_between(profile, begin, size)
        outside = _mean_between(profile, 0, end)
        contrasts[number] = inside - outside
        middle = (inside + outside) / 2.0
        nearest = np.inf
        for index in range(size - 1):
            if profile[index] < middle and profile[index + 1] >= middle:
                low, high = profile[index] - middle, profile[index + 1] - middle
                place = offsets[index] - low / (high - low) * step
                if abs(place) < nearest:
                    nearest = abs(place)
                    places[number] = place
        rises[number] = nearest < np.inf and contrasts[number] > 0.0
        if not rises[number]:
            places[number] = 0.0
    return places, contrasts, rises


@kernel
def rise_widths(
    profiles: NDArray[np.float64], offsets: NDArray[np.float64], places: NDArray[np.float64], chosen: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Inner less outer level of profiles, over their slope where they rise.

    Parameters
    ----------
    profiles : (profiles, offsets) array of float64
        Values from outside to inside.
    offsets : (offsets,) array of float64
        Evenly spaced places in ascending order, at least two.
    places : (profiles,) array of float64
        Offsets at which they rise; the slope is the central difference at the nearest place, one-sided at the ends.
    chosen : (profiles,) array of bool
        Profiles that count.

    Returns
    -------
    (chosen profiles,) array of float64
        Widths in the unit of the offsets, inf where a profile does not rise. The levels are the means from offset 0 on
        and before it.
    """
    count, size = profiles.shape
    step = offsets[1] - offsets[0]
    widths = np.empty(count, dtype=np.float64)
    begin = size
    for index in range(size - 1, -1, -1):
        if offsets[index] >= 0.0:
            begin = index
    held = 0
    for number in range(count):
        if not chosen[number]:
            continue
        profile = profiles[number]
        contrast = _mean_between(profile, begin, size) - _mean_between(profile, 0, begin)
        nearest = min(max(int(np.rint((places[number] - offsets[0]) / step)), 0), size - 1)
        before, after = max(nearest - 1, 0), min(nearest + 1, size - 1)
        slope = (profile[after] - profile[before]) / (max(after - before, 1) * step)
        widths[held] = contrast / max(slope, 1e-12) if slope > 0.0 else np.inf
        held += 1
    return widths[:held].copy()


@kernel
def match_steps(
    profiles: NDArray[np.float64],
    lower: NDArray[np.int64],
    parts: NDArray[np.float64],
    templates: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.int64], NDArray[np.float64]]:
    """Products of profiles with shifted steps of unit size.

    Parameters
    ----------
    profiles : (profiles, offsets) array of float64
        Values from outside to inside.
    lower : (places,) array of int64
        Index of the offset before each place of the window.
    parts : (places,) array of float64
        How far the place lies between that offset and the next, 0 to 1.
    templates : (shifts, places) array of float64
        Steps less their mean, the sum of their squares 1; at least three shifts.

    Returns
    -------
    tuple of (profiles, 3), (profiles,) and (profiles,) arrays
        Products with the shift of the greatest absolute product (neither the first nor the last) and its two
        neighbours; the number of that shift; root of the sum of squares of each profile in the window, less its mean.
    """
    count, shifts, size = profiles.shape[0], templates.shape[0], lower.size
    around = np.empty((count, 3), dtype=np.float64)
    best = np.empty(count, dtype=np.int64)
    sizes = np.empty(count, dtype=np.float64)
    cut = np.empty(size, dtype=np.float64)
    products = np.empty(shifts, dtype=np.float64)
    for number in range(count):
        total = 0.0
        for index in range(size):
            place = lower[index]
            cut[index] = profiles[number, place] * (1.0 - parts[index]) + profiles[number, place + 1] * parts[index]
            total += cut[index]
        mean = total / max(size, 1)
        squares = 0.0
        for index in range(size):
            cut[index] -= mean
            squares += cut[index] * cut[index]
        greatest = 0
        for shift in range(shifts):
            product = 0.0
            for index in range(size):
                product += cut[index] * templates[shift, index]
            products[shift] = product
            if abs(product) > abs(products[greatest]):
                greatest = shift
        greatest = min(max(greatest, 1), shifts - 2)
        best[number] = greatest
        around[number] = products[greatest - 1 : greatest + 2]
        sizes[number] = math.sqrt(squares)
    return around, best, sizes
