"""A straight line through points that err, by least absolute deviations and then Tukey's biweight."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from xrayiq_kernels._jit import kernel
from xrayiq_kernels.middle_pair import BRACKET_SIZE, middle_pair

#: rounds of least absolute deviations, and of Tukey's biweight after them
ABSOLUTE_ROUNDS = 12
BIWEIGHT_ROUNDS = 12


@kernel
def robust_line_fit(
    x: NDArray[np.float64],
    y: NDArray[np.float64],
    weights: NDArray[np.float64],
    least_scale: float,
    expected: float,
    precision: float,
    tukey: float,
    per_observation: float,
) -> tuple[float, float, float]:
    """Intercept and slope of y over x, by twelve rounds of least absolute deviations and twelve of the biweight.

    Each round is a weighted least-squares fit with the expected slope as one more observation. The scale is 1.4826
    times the median of the absolute deviations, and that of the thirteenth round from there on.

    Parameters
    ----------
    x, y, weights : (points,) arrays of float64
        At least one point; weights above 0.
    least_scale : float
        Least scale, above 0: deviations below count as equal.
    expected : float
        Slope that is expected.
    precision : float
        One over its variance.
    tukey : float
        Deviations beyond this many times the scale have no weight in the biweight, above 0.
    per_observation : float
        Points that count as one observation.

    Returns
    -------
    tuple of (float, float, float)
        Intercept, slope, and the slope's standard deviation without the expected one; inf where nothing is known.
    """
    size = x.size
    intercept = float(np.median(y))
    slope = 0.0
    deviation = np.inf
    scale = np.inf
    sizes = np.empty(size, dtype=np.float64)
    weight = np.empty(size, dtype=np.float64)
    few = np.empty(size, dtype=np.float64)
    bracket = np.empty(BRACKET_SIZE, dtype=np.float64)
    middle = 0.0
    for turn in range(ABSOLUTE_ROUNDS + BIWEIGHT_ROUNDS):
        for index in range(size):
            sizes[index] = abs(y[index] - intercept - slope * x[index])
        if turn <= ABSOLUTE_ROUNDS:
            middle, beyond = middle_pair(sizes, middle, few, bracket)
            scale = max(1.4826 * ((middle + beyond) / 2.0), least_scale)
        total, sum_x, sum_y = 0.0, 0.0, 0.0
        for index in range(size):
            if turn < ABSOLUTE_ROUNDS:
                here = weights[index] * scale / max(sizes[index], least_scale)
            else:
                far = sizes[index] / (tukey * scale)
                kept = max(1.0 - far * far, 0.0)
                here = weights[index] * (kept * kept)
            weight[index] = here
            total += here
            sum_x += here * x[index]
            sum_y += here * y[index]
        if total <= 0.0:
            break
        mean_x, mean_y = sum_x / total, sum_y / total
        squares, products = 0.0, 0.0
        for index in range(size):
            away = x[index] - mean_x
            squares += weight[index] * (away * away)
            products += weight[index] * (away * (y[index] - mean_y))
        variance = per_observation * scale * scale
        information = squares / variance
        if information + precision <= 0.0:
            break
        slope = (products / variance + precision * expected) / (information + precision)
        intercept = mean_y - slope * mean_x
        deviation = 1.0 / math.sqrt(information) if information > 0.0 else np.inf
    return intercept, slope, deviation
