"""Means over discs that tile a uniform area, and how much they scatter about its course."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._discs import disc_coverage
from xrayiq.metrics._flat_geometry import quadratic_equations, quadratic_surface, solve_quadratic

Floats = NDArray[np.float64]

#: coefficients of the quadratic that is removed
_COEFFICIENTS: Final = 6
#: neighbours (rows, columns) whose correlation is looked at
_LAGS: Final = ((0, 1), (1, 0), (1, 1), (1, -1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Scatter:
    """Scatter of disc means in one image.

    Parameters
    ----------
    count : int
        Discs.
    mean : float
        Mean of their means.
    square_sum : float
        Sum of their squared relative deviations from the quadratic.
    freedom : int
        Degrees of freedom: discs less the coefficients of the quadratic.
    correlation : float
        1 + 2Σρ² over the correlations ρ with the neighbours: what the degrees of freedom are worth less by.
    """

    count: int
    mean: float
    square_sum: float
    freedom: int
    correlation: float


def disc_weights(diameter_mm: float, pitch_mm: tuple[float, float]) -> Floats:
    """Coverage of the pixels of the smallest tile that holds a disc, which lies in its middle."""
    diameters = (diameter_mm / pitch_mm[0], diameter_mm / pitch_mm[1])
    rows, columns = (int(np.ceil(side - 1e-9)) for side in diameters)
    return disc_coverage((rows, columns), centre_px=((rows - 1) / 2, (columns - 1) / 2), diameters_px=diameters)


def effective_pixels(weights: Floats) -> float:
    """Number N of white pixels whose mean has the variance σ²/N of the weighted mean."""
    return float(weights.sum() ** 2 / np.sum(weights**2))


def tile_counts(shape: tuple[int, int], weights: Floats) -> tuple[int, int]:
    """Rows and columns of tiles that fit in."""
    return shape[0] // weights.shape[0], shape[1] // weights.shape[1]


def disc_means(values: Floats, masked: NDArray[np.bool_] | None, weights: Floats) -> Floats:
    """Weighted mean of each tile, the tiles about the middle of the area; NaN where the disc holds a masked pixel.

    Parameters
    ----------
    values : 2-D array of float64
        Signal of the area.
    masked : 2-D array of bool or None
        Pixels without meaning.
    weights : 2-D array of float64
        Of the pixels of a tile.

    Returns
    -------
    2-D array of float64
        One value for each tile.
    """
    rows, columns = tile_counts((values.shape[0], values.shape[1]), weights)
    height, width = weights.shape
    top, left = (values.shape[0] - rows * height) // 2, (values.shape[1] - columns * width) // 2
    part = slice(top, top + rows * height), slice(left, left + columns * width)
    shares = weights / weights.sum()
    if masked is None or not masked[part].any():
        return _over_tiles(values[part], shares)
    means = _over_tiles(np.where(masked[part], 0.0, values[part]), shares)
    means[_over_tiles(masked[part].astype(np.float64), shares) > 0] = np.nan
    return means


def scatter_about_quadratic(means: Floats) -> Scatter | None:
    """Scatter of disc means about their least-squares quadratic in row and column.

    Parameters
    ----------
    means : 2-D array of float64
        Disc means, NaN where there is none.

    Returns
    -------
    Scatter or None
        None where the discs do not determine a quadratic and some scatter about it, or their mean is not above zero.
    """
    valid = np.isfinite(means)
    count = int(np.count_nonzero(valid))
    if count <= _COEFFICIENTS:
        return None
    mean = float(means[valid].mean())
    if not mean > 0:
        return None
    relative = np.where(valid, means / mean - 1.0, 0.0)
    matrix, right = quadratic_equations(relative, ~valid)
    if np.linalg.matrix_rank(matrix) < _COEFFICIENTS:
        return None
    relative -= quadratic_surface(solve_quadratic(matrix, right), relative.shape)
    relative[~valid] = 0.0
    return Scatter(
        count=count,
        mean=mean,
        square_sum=float(np.sum(relative**2)),
        freedom=count - _COEFFICIENTS,
        correlation=_correlation(relative, valid),
    )


def _over_tiles(values: Floats, shares: Floats) -> Floats:
    height, width = shares.shape
    tiles = values.reshape(values.shape[0] // height, height, values.shape[1] // width, width)
    return np.asarray(np.einsum("aibj,ij->ab", tiles, shares), dtype=np.float64)


def _correlation(residuals: Floats, valid: NDArray[np.bool_]) -> float:
    total = 1.0
    power = float(np.sum(residuals**2)) / np.count_nonzero(valid)
    for down, right in _LAGS:
        rows, columns = residuals.shape
        here = slice(0, rows - down), slice(max(0, -right), columns - max(0, right))
        there = slice(down, rows), slice(max(0, right), columns + min(0, right))
        pairs = int(np.count_nonzero(valid[here] & valid[there]))
        if pairs == 0 or power == 0:
            continue
        correlation = float(np.sum(residuals[here] * residuals[there])) / pairs / power
        total += 2.0 * max(correlation**2 - 1.0 / pairs, 0.0)
    return total
