"""Lines that may be edges of a collimated field: from a reduced image to a few directed lines.

A line is held as (φ, ρ): its inward normal (cos φ, sin φ) in (row, column) points to the brighter side, and
row·cos φ + column·sin φ = ρ, counted from the centre of the reduced image.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._percentiles import percentile
from xrayiq_kernels.edge_points import edge_points
from xrayiq_kernels.field_lines import line_peaks
from xrayiq_kernels.order import tile_medians

#: the search grid has about this many pixels along the longer side of the image …
SEARCH_SIZE_PX: Final = 400
#: … but pixels of at least this size (the grid also carries blurred edges of small images)
SEARCH_PITCH_MIN_MM: Final = 0.7
#: an image without pixel pitch is searched as if its longer side had this length
ASSUMED_LENGTH_MM: Final = 400.0
#: share of the brightest signal that is added before the logarithm, so that noise near zero does not count as structure
LOG_FLOOR_FRACTION: Final = 0.02
#: logarithmic range that images without known relation to kerma are taken to span
ASSUMED_LOG_RANGE: Final = 4.0
#: least difference across an edge that counts: absolute, as a share of the range, and in units of the noise
LEAST_CONTRAST: Final = 0.06
LEAST_CONTRAST_OF_RANGE: Final = 0.03
LEAST_CONTRAST_TO_NOISE: Final = 4.0
#: the gradient of white noise, smoothed alike, has 0.2 of its standard deviation; its peaks stay below this
LEAST_GRADIENT_TO_NOISE: Final = 0.8
TILE_PX: Final = 16
SMOOTHING_PX: Final = 1.0
NOISE_SMOOTHING_PX: Final = 2.0
#: a step is steeper than the picture at this distance from it
STEP_APART_PX: Final = 5.0
VOTE_SPREAD_DEG: Final = 7
LINE_COUNT: Final = 48
#: a line needs edge points along this share of the shorter side of the image
LEAST_LINE_FRACTION: Final = 0.06


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FieldEvidence:
    """Reduced image and what speaks for edges in it.

    Parameters
    ----------
    logarithm : 2-D array of float64
        Smoothed logarithm of the signal on the search grid; grows with the exposure.
    threshold : float
        Least difference across an edge that counts.
    ends : tuple of (float, float)
        First and 99th percentile of the logarithm.
    points : (n, 5) array of float64
        Edge points (`xrayiq_kernels.edge_points.edge_points`).
    weights : (n,) array of float64
        0 to 1, from the strength of the edge.
    lines : (m, 2) array of float64
        Candidates as (φ, ρ), best first.
    """

    logarithm: NDArray[np.float64]
    threshold: float
    ends: tuple[float, float]
    points: NDArray[np.float64]
    weights: NDArray[np.float64]
    lines: NDArray[np.float64]

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns of the search grid."""
        return self.logarithm.shape[0], self.logarithm.shape[1]

    @property
    def centre(self) -> NDArray[np.float64]:
        """Reference point of ρ: row and column."""
        rows, columns = self.logarithm.shape
        return np.array([(rows - 1) / 2.0, (columns - 1) / 2.0])


def reduction_factor(shape: tuple[int, int], pitch_mm: float) -> int:
    """Pixels per pixel of the search grid."""
    length_px = max(shape)
    target_mm = max(length_px * pitch_mm / SEARCH_SIZE_PX, SEARCH_PITCH_MIN_MM)
    return max(1, round(target_mm / pitch_mm))


def finest_factor(search_factor: int) -> int:
    """Pixels per pixel of the finer grid on which sides are refined; other grids are put together from its pixels."""
    return max(1, search_factor // 2)


def fill_holes(means: NDArray[np.float64], holes: NDArray[np.bool_]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Block means with the holes filled from the nearest block, and where the holes are."""
    if holes.any():
        # nearest filled pixel: label image of the distance transform to the filled ones
        _, labels = cv2.distanceTransformWithLabels(
            holes.astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
        )
        table = np.zeros(int(labels.max()) + 1)
        table[labels[~holes]] = means[~holes]
        means = table[labels.astype(np.int64)]
    return means, holes


def to_logarithm(reduced: NDArray[np.float64], *, linear: bool) -> NDArray[np.float64]:
    """Logarithm of linear values above a floor; other values scaled to an assumed logarithmic range."""
    if linear:
        below = float(reduced.min())
        shifted = reduced - min(0.0, *percentile(reduced, 1.0)) if below < 0.0 else reduced
        top = max(*percentile(shifted, 99.0), float(np.finfo(np.float64).tiny))
        result: NDArray[np.float64] = np.log(np.maximum(shifted, 0.0) / top + LOG_FLOOR_FRACTION)
        return result
    low, high = percentile(reduced, 0.5, 99.5)
    scale = ASSUMED_LOG_RANGE / (high - low) if high > low else 0.0
    scaled: NDArray[np.float64] = (reduced - high) * scale
    return scaled


def find_evidence(logarithm: NDArray[np.float64], holes: NDArray[np.bool_]) -> FieldEvidence:
    """Edge points and the lines on which many of them lie."""
    smooth = _blurred(logarithm, SMOOTHING_PX)
    noise = _noise(logarithm)
    low, high = percentile(smooth, 1.0, 99.0)
    # smoothing with 1 px leaves 0.28 of white noise
    noisy = LEAST_CONTRAST_TO_NOISE * 0.28 * _upper_quartile(noise, smooth.shape)
    threshold = max(LEAST_CONTRAST, LEAST_CONTRAST_OF_RANGE * (high - low), noisy)
    # the step of an edge is spread over about four pixels after smoothing
    points = edge_points(smooth, threshold / 4.0, STEP_APART_PX)
    tiles = np.rint(points[:, :2]).astype(np.int64) // TILE_PX
    points = points[points[:, 4] > LEAST_GRADIENT_TO_NOISE * noise[tiles[:, 0], tiles[:, 1]]]
    if holes.any():
        near = cv2.dilate(holes.astype(np.uint8), np.ones((9, 9), np.uint8)).astype(np.bool_)
        points = points[~near[np.rint(points[:, 0]).astype(int), np.rint(points[:, 1]).astype(int)]]
    weights = np.minimum(2.0 * points[:, 4] / threshold, 1.0)
    return FieldEvidence(
        logarithm=smooth,
        threshold=threshold,
        ends=(low, high),
        points=points,
        weights=weights,
        lines=_lines(smooth.shape, points, weights),
    )


def _blurred(values: NDArray[np.float64], sigma_px: float) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE), dtype=np.float64)


def _noise(logarithm: NDArray[np.float64]) -> NDArray[np.float64]:
    """Standard deviation of the noise in each tile of the grid, from the median over it."""
    # single precision errs by some 1e-7 of a residual that is a thousandth and more
    single = logarithm.astype(np.float32)
    residual = np.abs(single - cv2.GaussianBlur(single, (0, 0), NOISE_SMOOTHING_PX, borderType=cv2.BORDER_REPLICATE))
    rows, columns = residual.shape
    tall, wide = -(-rows // TILE_PX), -(-columns // TILE_PX)
    padded = cv2.copyMakeBorder(
        residual, 0, tall * TILE_PX - rows, 0, wide * TILE_PX - columns, borderType=cv2.BORDER_REFLECT_101
    )
    return 1.4826 * tile_medians(padded, TILE_PX)


def _upper_quartile(noise: NDArray[np.float64], shape: tuple[int, ...]) -> float:
    """75th percentile of the noise over the pixels of the grid."""
    tall, wide = (
        np.minimum(TILE_PX, size - TILE_PX * np.arange(count)) for size, count in zip(shape, noise.shape, strict=True)
    )
    ordered = np.argsort(noise, axis=None)
    up_to = np.cumsum(np.outer(tall, wide).reshape(-1)[ordered])
    place = 0.75 * (int(up_to[-1]) - 1)
    rank = int(place)
    lower, upper = noise.reshape(-1)[ordered[np.searchsorted(up_to, [rank, rank + 1], side="right")]]
    return float(lower + (upper - lower) * (place - rank))


def _lines(shape: tuple[int, ...], points: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Peaks of the votes, each fitted to its points."""
    rows, columns = shape
    reach = int(np.hypot(rows, columns) / 2.0) + 2
    return line_peaks(
        points,
        weights,
        (rows - 1) / 2.0,
        (columns - 1) / 2.0,
        VOTE_SPREAD_DEG,
        reach,
        LEAST_LINE_FRACTION * min(rows, columns),
        LINE_COUNT,
    )
