"""Where a slanted edge runs, to a small part of a pixel, and what lies on its two sides."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from xrayiq.metrics.edge_spread import normal_cosine
from xrayiq_kernels.slanted_edge import derivative_centroids, half_level_crossings

Floats = NDArray[np.float64]

_BOX_PX: Final = 9
#: the derivative's window for the refined location reaches this far to either side
_WINDOW_PX: Final = 6
_ROUNDS: Final = 6
#: the sides of the edge are judged from here to `_FAR_MM`
_NEAR_MM: Final = 1.5
_FAR_MM: Final = 10.0
#: pixels beyond this many times the deviation that this share stays within are no noise (1 standard deviation)
_NOISE_REACH: Final = 5.0
_NOISE_SHARE: Final = 0.6827


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeLine:
    """Straight line through the edge's place on each line of the image.

    Parameters
    ----------
    intercept_px, slope : float
        Column ``intercept_px + slope · line``.
    residual_px : float
        Standard deviation of the places around it.
    curvature_px : float
        Sag of a parabola through the places, from the middle to the ends.
    curvature_error_px : float
        Its standard error.
    used_fraction : float
        Share of the lines whose place was found and kept.
    """

    intercept_px: float
    slope: float
    residual_px: float
    curvature_px: float
    curvature_error_px: float
    used_fraction: float


@dataclass(frozen=True, slots=True, kw_only=True)
class EdgeSides:
    """Signal and noise on both sides of an edge.

    Parameters
    ----------
    before, behind : float
        Mean signal on the side of lower and of higher columns.
    noise_before, noise_behind : float
        Standard deviation of one pixel around a plane fitted to the side, defects left out.
    """

    before: float
    behind: float
    noise_before: float
    noise_behind: float

    @property
    def sign(self) -> int:
        """+1 if the signal rises with the column, −1 if it falls."""
        return 1 if self.behind >= self.before else -1

    @property
    def contrast_to_noise(self) -> float:
        """Step over the root mean square of both sides' noise; inf where the noise is mere rounding."""
        step = abs(self.behind - self.before)
        noise = float(np.sqrt((self.noise_before**2 + self.noise_behind**2) / 2.0))
        return float("inf") if noise <= 1e-9 * step else step / noise


def edge_sides(
    values: Floats, *, intercept_px: float, slope: float, pitch_mm: tuple[float, float], reach_mm: tuple[float, float]
) -> EdgeSides | None:
    """Means and noise beside an edge; None where a side has too few pixels.

    Parameters
    ----------
    values : (lines, columns) array
        Signal; NaN is left out.
    intercept_px, slope : float
        The edge.
    pitch_mm : tuple of float
        Distance of lines and of columns.
    reach_mm : tuple of float
        How far the sides extend before and behind the edge.
    """
    lines, columns = np.arange(values.shape[0])[:, None], np.arange(values.shape[1])
    distance = (columns - intercept_px - slope * lines) * (pitch_mm[1] * normal_cosine(slope, pitch_mm))
    found = []
    for sign, reach in ((-1, reach_mm[0]), (1, reach_mm[1])):
        near, far = min(_NEAR_MM, reach / 2.0), min(_FAR_MM, reach)
        side = np.nonzero((sign * distance > near) & (sign * distance < far) & np.isfinite(values))
        if side[0].size < 100:
            return None
        found.append(_plane_statistics(values[side], side[0], side[1]))
    return EdgeSides(before=found[0][0], behind=found[1][0], noise_before=found[0][1], noise_behind=found[1][1])


def _plane_statistics(values: Floats, lines: NDArray[np.int64], columns: NDArray[np.int64]) -> tuple[float, float]:
    """Mean, and standard deviation around a fitted plane, of all but the outlying values.

    Those beyond 5 robust standard deviations are left out in rounds, so that a defective pixel or line is not taken for
    noise; Gaussian noise is left whole. The deviation that 68 % stay within is taken for one, not the median's: half of
    the pixels of a side clipped at 0 have no deviation at all.
    """
    plane = np.column_stack((np.ones(values.size), lines - lines.mean(), columns - columns.mean()))
    residual = values - np.median(values)
    used = np.zeros(values.size, dtype=np.bool_)
    for _ in range(_ROUNDS):
        size = np.abs(residual)
        within = size <= max(_NOISE_REACH * float(np.quantile(size, _NOISE_SHARE)), float(np.ptp(values)) * 1e-12)
        if np.array_equal(within, used):
            break
        used = within
        mean = values[used].mean()
        coefficients = np.linalg.solve(plane[used].T @ plane[used], plane[used].T @ (values[used] - mean))
        residual = values - mean - plane @ coefficients
    left = residual[used]
    return float(values[used].mean()), float(np.sqrt(left @ left / (left.size - 3)))


def fit_edge_line(
    values: Floats, *, intercept_px: float, slope: float, reach_px: float, level: float, sign: int
) -> EdgeLine | None:
    """Line through the edge, from a rough one; None where too few lines cross the level.

    Parameters
    ----------
    values : (lines, columns) array
        Signal, without NaN.
    intercept_px, slope : float
        Rough edge.
    reach_px : float
        How far from it the edge may lie.
    level : float
        Signal half way between the sides.
    sign : int
        +1 for an edge that rises with the column, −1 for one that falls.

    Returns
    -------
    EdgeLine or None
        Smoothed half-level crossings start it, a trimmed fit keeps stray crossings out, and centroids of the signed
        derivative in a narrow window refine it: centroids over whole lines are biased by noise (standards reference,
        §3.2).
    """
    lines = np.arange(values.shape[0], dtype=np.float64)
    smoothed = ndimage.uniform_filter(values, _BOX_PX, mode="nearest")
    places = half_level_crossings(smoothed, intercept_px + slope * lines, reach_px, level, sign)
    margin = _BOX_PX // 2  # these lines were smoothed with copies of the border
    places[:margin] = places[places.size - margin :] = np.nan
    fitted = _trimmed_fit(lines, places)
    for _ in range(3):
        if fitted is None:
            return None
        places = derivative_centroids(values, fitted.intercept_px + fitted.slope * lines, _WINDOW_PX, sign)
        # noise can throw the centroid of a faint step far off
        stray = np.abs(places - fitted.intercept_px - fitted.slope * lines) > _WINDOW_PX
        places[stray] = np.nan
        fitted = _trimmed_fit(lines, places)
    return fitted


def _trimmed_fit(lines: Floats, places: Floats) -> EdgeLine | None:
    """Least squares through the finite places, those beyond 3 robust standard deviations left out in rounds."""
    found = np.isfinite(places)
    used = found
    coefficients = np.zeros(2)
    middle = (lines[-1] + lines[0]) / 2.0
    for _ in range(_ROUNDS):
        if np.count_nonzero(used) < max(20.0, 0.2 * lines.size):
            return None
        coefficients = np.polyfit(lines[used] - middle, places[used], 1)
        residual = places - np.polyval(coefficients, lines - middle)
        centred = residual - np.median(residual[found])
        spread = max(3.0 * 1.4826 * float(np.median(np.abs(centred[found]))), 0.02)
        used = found & (np.abs(centred) <= spread)
    half = lines.size / 2.0
    parabola, covariance = _parabola((lines[used] - middle) / half, places[used])
    return EdgeLine(
        intercept_px=float(coefficients[1] - coefficients[0] * middle),
        slope=float(coefficients[0]),
        residual_px=float(np.std(places[used] - np.polyval(coefficients, lines[used] - middle))),
        curvature_px=abs(parabola),
        curvature_error_px=covariance,
        used_fraction=float(np.count_nonzero(used) / lines.size),
    )


def _parabola(lines: Floats, places: Floats) -> tuple[float, float]:
    """Quadratic coefficient over −1 … 1 and its standard error."""
    design = np.column_stack((np.ones(lines.size), lines, lines**2))
    inverse = np.linalg.inv(design.T @ design)
    coefficients = inverse @ design.T @ places
    residual = places - design @ coefficients
    return float(coefficients[2]), float(np.sqrt(inverse[2, 2] * (residual @ residual) / (lines.size - 3)))
