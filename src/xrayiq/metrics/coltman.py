"""Coltman's series: from the contrast of square waves to the MTF."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.interpolate import PchipInterpolator

Floats = NDArray[np.float64]


def coltman_sign(order: int) -> int:
    """Sign of the term C(kf)/k of Coltman's series for MTF·4/π, 0 for terms that there are not.

    Parameters
    ----------
    order : int
        k, above 0.

    Returns
    -------
    int
        For odd k of m different primes, (−1)^m · (−1)^((k − 1) / 2); 0 for even k and for k with a square in it.
    """
    if order % 2 == 0:
        return 0
    left, primes, factor = order, 0, 3
    while left > 1:
        if left % factor:
            factor += 2
            continue
        left //= factor
        if left % factor == 0:
            return 0
        primes += 1
    return 1 if (primes + (order - 1) // 2) % 2 == 0 else -1


def mtf_from_contrast(frequencies_per_mm: Floats, contrast: Floats) -> tuple[Floats, NDArray[np.int64], Floats]:
    """MTF at frequencies at which the contrast transfer of square waves is known (Coltman 1954).

    Parameters
    ----------
    frequencies_per_mm : 1-D array
        Rising, above 0.
    contrast : 1-D array
        Contrast transfer, 1 at frequency 0.

    Returns
    -------
    mtf : 1-D array
        π/4 of the series over the terms whose frequency is not above the highest.
    terms : 1-D array of int
        Their number.
    missing : 1-D array
        π/4 times the first term that is missing, with the contrast of the highest frequency.
    """
    highest = float(frequencies_per_mm[-1])
    between = PchipInterpolator(np.append(0.0, frequencies_per_mm), np.append(1.0, contrast))
    mtf, terms, missing = np.zeros(contrast.size), np.zeros(contrast.size, dtype=np.int64), np.zeros(contrast.size)
    for index, (frequency, own) in enumerate(zip(frequencies_per_mm, contrast, strict=True)):
        last = int(highest / frequency * (1.0 + 1e-9))
        orders = [order for order in range(3, last + 1) if coltman_sign(order) != 0]
        following = next(order for order in range(last + 1, last + 20) if order > 1 and coltman_sign(order) != 0)
        higher = sum(coltman_sign(order) * float(between(order * frequency)) / order for order in orders)
        mtf[index] = np.pi / 4.0 * (float(own) + higher)
        terms[index] = 1 + len(orders)
        missing[index] = np.pi / 4.0 * abs(float(contrast[-1])) / following
    return mtf, terms, missing
