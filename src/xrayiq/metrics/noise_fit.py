"""Electronic, quantum and structured noise fitted to variances over kerma, with intervals from the tiles' scatter."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls
from scipy.special import fdtrc, stdtrit

from xrayiq.metrics.noise_levels import Levels

CONFIDENCE: Final = 0.95
#: times that the weights are taken anew from the fitted curve
ITERATIONS: Final = 2
#: scatter about the curve that sampling alone gives less often than this widens the intervals: early, for a kerma error
#: as large as the sampling error is seldom significant and yet leaves intervals short …
_WIDENING_PROBABILITY: Final = 0.3
#: … and is said where it is this rare
_MISFIT_PROBABILITY: Final = 0.01
#: tiles from which on a smooth course of the variance over the field (heel) is told from scatter
_LEAST_TILES_FOR_TREND: Final = 20
#: relative standard error of a variance below which it is rounding
_EXACT: Final = 1e-9

Interval = tuple[float, float]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ComponentFit:
    """Coefficients of σ²(K) = α + βK + γK².

    Parameters
    ----------
    coefficients : array of shape (3,)
        α, β, γ, none below zero.
    intervals : tuple of three (low, high) pairs
        95 % confidence intervals.
    fitted : 1-D array
        The curve at each level.
    variance_errors : 1-D array
        Standard error of each level's variance, from the scatter of its tiles.
    misfit : float or None
        Relative standard deviation of the levels about the curve, where it is more than the tiles' scatter explains.
    below_zero : tuple of bool
        Which coefficients would lie below zero, with their whole interval, if they were free to.
    """

    coefficients: NDArray[np.float64]
    intervals: tuple[Interval, Interval, Interval]
    fitted: NDArray[np.float64]
    variance_errors: NDArray[np.float64]
    misfit: float | None
    below_zero: tuple[bool, bool, bool]


def fit_components(levels: Levels) -> ComponentFit:
    """Weighted non-negative least squares of the three components.

    Parameters
    ----------
    levels : Levels
        Tile variances of four levels or more.

    Returns
    -------
    ComponentFit
        Weights are images / σ⁴, first with the measured variances, then twice with the fitted ones. The intervals are
        those of the same linear estimator without bounds, whose covariance follows from the covariance of the levels
        over the tiles: correlated noise, and a fixed pattern that all levels share, count as they are.
    """
    variances = levels.totals.mean(axis=0)
    design = levels.kerma_ugy[:, None] ** np.arange(3)
    weights = levels.image_counts / variances**2
    for _ in range(ITERATIONS + 1):
        coefficients = _non_negative(design, variances, weights)
        fitted = design @ coefficients
        used, weights = weights, levels.image_counts / fitted**2
    estimator = _estimator(design, used)
    free = estimator @ variances
    covariance, freedom = tile_covariance(levels.totals, levels.rows, levels.columns)
    errors = np.sqrt(np.diag(covariance))
    sampling = np.diag(estimator @ covariance @ estimator.T)
    # tiles that vary alike at all levels leave a component without scatter, but for rounding on either side of zero
    half = stdtrit(freedom, 0.5 + CONFIDENCE / 2) * np.sqrt(np.maximum(sampling, 0.0))
    misfit, wider = _misfit(levels, used, coefficients, errors, freedom)
    half = np.maximum(half, wider)
    intervals = [interval_at_zero(*each) for each in zip(free, half, coefficients, strict=True)]
    below = [bool(value < -width) for value, width in zip(free, half, strict=True)]
    return ComponentFit(
        coefficients=coefficients,
        intervals=(intervals[0], intervals[1], intervals[2]),
        fitted=fitted,
        variance_errors=errors,
        misfit=misfit,
        below_zero=(below[0], below[1], below[2]),
    )


def structured_from_repeats(levels: Levels, fitted: NDArray[np.float64]) -> tuple[float, Interval] | None:
    """Structured coefficient γ from what repeats have in common, and its interval; None without repeats.

    Parameters
    ----------
    levels : Levels
        With two images or more at one level at least.
    fitted : 1-D array
        Variance of each level by the fit, for the weights.

    Returns
    -------
    tuple of (float, (low, high)) or None
        Weighted least squares of (total − random) = γK² over the levels with repeats.
    """
    repeated = levels.image_counts > 1
    if not repeated.any():
        return None
    squares = levels.kerma_ugy[repeated] ** 2
    weights = levels.image_counts[repeated] / fitted[repeated] ** 2
    per_tile = (levels.totals - levels.randoms)[:, repeated] @ (weights * squares) / np.sum(weights * squares**2)
    covariance, freedom = tile_covariance(per_tile[:, None], levels.rows, levels.columns)
    half = float(stdtrit(freedom, 0.5 + CONFIDENCE / 2) * np.sqrt(covariance[0, 0]))
    free = float(per_tile.mean())
    value = max(free, 0.0)
    return value, interval_at_zero(free, half, value)


def tile_covariance(
    values: NDArray[np.float64], rows: NDArray[np.float64], columns: NDArray[np.float64]
) -> tuple[NDArray[np.float64], int]:
    """Covariance of the means over the tiles, and its degrees of freedom.

    Values have one line for each tile, rows and columns are the tiles' places from −1 to 1 over the field.
    A polynomial of second degree over the field is taken out first where there are tiles enough: the heel changes the
    variance from tile to tile, but not from one set of exposures to the next.
    """
    count = values.shape[0]
    y, x = rows, columns
    terms = [np.ones(count)]
    if count >= _LEAST_TILES_FOR_TREND:
        terms += [y, x, y * y, x * y, x * x]
    basis = np.column_stack(terms)
    solution, _, rank, _ = np.linalg.lstsq(basis, values, rcond=None)
    residuals = values - basis @ solution
    freedom = count - int(rank)
    return residuals.T @ residuals / (freedom * count), freedom


def interval_at_zero(free: float, half: float, value: float) -> Interval:
    """Interval about an estimate without bounds, cut at zero and wide enough to hold the bounded estimate.

    Below zero it is the interval about zero, so that it never shrinks to a point.
    """
    return float(max(min(free - half, value), 0.0)), float(max(max(free, 0.0) + half, value))


def _non_negative(
    design: NDArray[np.float64], variances: NDArray[np.float64], weights: NDArray[np.float64]
) -> NDArray[np.float64]:
    rows = np.sqrt(weights)
    scaled = design * rows[:, None]
    lengths = np.linalg.norm(scaled, axis=0)
    solution, _ = nnls(scaled / lengths, variances * rows)
    return np.asarray(solution / lengths, dtype=np.float64)


def _estimator(design: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Matrix that turns variances into coefficients of the weighted fit without bounds."""
    rows = np.sqrt(weights)
    scaled = design * rows[:, None]
    lengths = np.linalg.norm(scaled, axis=0)
    return np.asarray(np.linalg.pinv(scaled / lengths) / lengths[:, None] * rows, dtype=np.float64)


def _misfit(
    levels: Levels,
    weights: NDArray[np.float64],
    coefficients: NDArray[np.float64],
    errors: NDArray[np.float64],
    freedom: int,
) -> tuple[float | None, NDArray[np.float64]]:
    """Scatter about the curve where sampling does not explain it, and the half widths of the intervals it gives, or 0.

    The scatter is laid once on the kerma (one relative error for all levels), once on the variances; the wider counts.
    """
    kerma, variances = levels.kerma_ugy, levels.totals.mean(axis=0)
    design = kerma[:, None] ** np.arange(3)
    estimator = _estimator(design, weights)
    to_residuals = np.eye(kerma.size) - design @ estimator
    residuals = to_residuals @ variances
    left = kerma.size - design.shape[1]
    sampling = np.hypot(errors, _EXACT * variances)
    probability = float(fdtrc(left, freedom, np.sum((residuals / sampling) ** 2) / left))
    if probability > _WIDENING_PROBABILITY:
        return None, np.zeros(design.shape[1])
    half = np.zeros(design.shape[1])
    slope = design @ (np.arange(3) * coefficients)
    for shape in (slope**2, 1.0 / weights):
        expected = float(np.sum(weights[:, None] * to_residuals**2 * shape))
        if expected > 0:
            scale = float(np.sum(weights * residuals**2)) / expected
            half = np.maximum(half, np.sqrt(scale * np.sum(estimator**2 * shape, axis=1)))
    relative = float(np.sqrt(np.sum((residuals / variances) ** 2) / left))
    misfit = relative if probability < _MISFIT_PROBABILITY else None
    return misfit, np.asarray(stdtrit(left, 0.5 + CONFIDENCE / 2) * half, dtype=np.float64)
