"""From cells that were seen to thresholds: neighbours, least diameters, IQF, psychometric curves."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit

Floats = NDArray[np.float64]
Marks = NDArray[np.bool_]

#: share of corners told right by chance
GUESS: Final = 0.25
#: slopes of the psychometric curve per unit of the step's logarithm that a fit may have
_SLOPES: Final = (0.5, 20.0, 40)
#: thresholds that are tried, and how far beyond the steps in logarithms
_PLACES: Final = 601
_BEYOND: Final = 1.0
_LEAST_SHARE: Final = 1e-9


def neighbour_correction(seen: Marks) -> Marks:
    """Cells after the rule of the four neighbours.

    Parameters
    ----------
    seen : 2-D array of bool
        Cells that were seen.

    Returns
    -------
    2-D array of bool
        A seen cell stays with two seen neighbours or more, one that was not becomes seen with three; in the corners of
        the grid, which have two neighbours, with one and with both.
    """
    framed = np.pad(seen.astype(np.int64), 1)
    around = framed[:-2, 1:-1] + framed[2:, 1:-1] + framed[1:-1, :-2] + framed[1:-1, 2:]
    frame = np.pad(np.ones(seen.shape, dtype=np.int64), 1)
    existing = frame[:-2, 1:-1] + frame[2:, 1:-1] + frame[1:-1, :-2] + frame[1:-1, 2:]
    return np.asarray(np.where(seen, around >= np.minimum(2, existing - 1), around >= np.minimum(3, existing)))


def least_diameters_mm(seen: Marks, diameters_mm: Floats, next_diameter_mm: float) -> Floats:
    """Least diameter seen in each column; the next size above the largest where there is none."""
    sizes = np.where(seen, diameters_mm[:, None], next_diameter_mm)
    return np.asarray(sizes.min(axis=0), dtype=np.float64)


def inverse_image_quality_figure(steps_mm: Floats, diameters_mm: Floats) -> float:
    """IQF_inv = 100 / Σ Cᵢ·D_i,min over the columns (mm⁻²)."""
    return float(100.0 / np.sum(steps_mm * diameters_mm))


def psychometric_thresholds(
    right: NDArray[np.int64], trials: NDArray[np.int64], steps_mm: Floats
) -> tuple[Floats, Floats, float]:
    """Steps of which half the discs beyond chance are told right, by maximum likelihood.

    Parameters
    ----------
    right, trials : 2-D arrays of int
        Corners told right, and cells read, of each row (diameter) and column (step).
    steps_mm : 1-D array
        Depth or thickness of each column, rising.

    Returns
    -------
    thresholds_mm, uncertainties : 1-D arrays
        Of each row, with relative standard uncertainties; NaN where the threshold lies outside the steps.
    slope : float
        Of all rows together.

    Notes
    -----
    The share told right is ¼ + ¾ / (1 + exp(−f·(ln t − ln t_T))), with a threshold t_T for each row and one slope f.
    """
    logs = np.log(steps_mm)
    places = np.linspace(logs[0] - _BEYOND, logs[-1] + _BEYOND, _PLACES)
    slopes = np.geomspace(*_SLOPES)
    share = GUESS + (1.0 - GUESS) * expit(slopes[:, None, None] * (logs - places[:, None]))
    share = np.clip(share, _LEAST_SHARE, 1.0 - _LEAST_SHARE)
    # likelihood of each row for each slope and threshold
    likelihood = np.log(share) @ right.T + np.log1p(-share) @ (trials - right).T
    slope = int(np.argmax(likelihood.max(axis=1).sum(axis=1)))
    best = np.argmax(likelihood[slope], axis=0)
    rise = np.gradient(share[slope], places, axis=0)
    information = (rise**2 / (share * (1.0 - share))[slope]) @ trials.T
    thresholds, errors = np.full(len(right), np.nan), np.full(len(right), np.nan)
    for row, place in enumerate(best):
        if logs[0] <= places[place] <= logs[-1] and information[place, row] > 0:
            thresholds[row], errors[row] = np.exp(places[place]), 1.0 / np.sqrt(information[place, row])
    return thresholds, errors, float(slopes[slope])
