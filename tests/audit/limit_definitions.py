"""Limits of a series with the default settings, one result at a time, written from the definitions."""

from __future__ import annotations

import itertools
import math
from dataclasses import dataclass, field

import numpy as np
from scipy.special import ndtr, ndtri, stdtr, stdtrit


@dataclass
class Limits:
    """Lists with one entry for each result, NaN where there is none."""

    center: list[float] = field(default_factory=list)
    lower: list[float] = field(default_factory=list)
    upper: list[float] = field(default_factory=list)
    ewma: list[float] = field(default_factory=list)
    ewma_lower: list[float] = field(default_factory=list)
    ewma_upper: list[float] = field(default_factory=list)
    scores: list[float] = field(default_factory=list)
    outside: list[bool] = field(default_factory=list)


def limits_by_definition(values: list[float]) -> Limits:
    """Prediction limits of up to ten results before, then of the first ten, from 25 on three sigma if all was quiet."""
    found = Limits()
    center = spread = error = average = math.nan
    freedom, begin, settled = 0, 0, False
    for index, value in enumerate(values):
        if 5 <= index <= 10:
            known = values[:index]
            center, spread = float(np.mean(known)), float(np.std(known, ddof=1))
            freedom, error, average, begin = index - 1, 1.0 / index, center, index
        if index == 25 and not any(found.outside[10:]) and all(abs(score) <= 3.0 for score in found.scores[10:]):
            known = values[:25]
            ranges = [abs(b - a) for a, b in itertools.pairwise(known)]
            center, spread = float(np.mean(known)), float(np.mean(ranges)) * math.sqrt(math.pi) / 2.0
            settled, error, average, begin = True, 1.0 / 25, center, 25
        if settled:
            reach, width = 3.0 * spread, 2.86
            score = (value - center) / spread
        else:
            of_one = spread * math.sqrt(1.0 + error)
            reach = -stdtrit(freedom, ndtr(-3.0)) * of_one
            width = -stdtrit(freedom, ndtr(-2.86))
            ratio = (value - center) / of_one
            score = math.copysign(-ndtri(stdtr(freedom, -abs(ratio))), ratio)
        if index < 5:
            score = reach = math.nan
        found.scores.append(float(score))
        found.center.append(center)
        found.lower.append(center - reach)
        found.upper.append(center + reach)
        deviation = math.nan
        if index >= 10:
            average = 0.2 * value + 0.8 * average
            left = 0.8 ** (index - begin + 1)
            deviation = width * spread * math.sqrt(0.2 / 1.8 * (1.0 - left**2) + (1.0 - left) ** 2 * error)
        found.ewma.append(average if index >= 10 else math.nan)
        found.ewma_lower.append(center - deviation)
        found.ewma_upper.append(center + deviation)
        found.outside.append(bool(abs(average - center) > deviation))
    return found
