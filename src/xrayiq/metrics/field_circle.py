"""Circular fields, of an image intensifier, a shutter or a round diaphragm, which no quadrilateral describes."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import cv2
import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._percentiles import percentile
from xrayiq.metrics.field_candidates import FieldEvidence
from xrayiq.metrics.field_choice import FieldChoice
from xrayiq.metrics.field_shadow import BRIGHT_BELOW_INSIDE, BRIGHT_SHARE, rises_about
from xrayiq_kernels.field_circles import near_circle

#: pairs of edge points tried as normals of one circle, and the points that such a circle is checked with
PAIR_COUNT: Final = 600
CHECKED_POINTS: Final = 1500
SEED: Final = 1
#: least radius as a share of the shorter, greatest as a share of the longer side of the image
LEAST_RADIUS: Final = 0.1
GREATEST_RADIUS: Final = 0.75
#: edge points of a circle lie this close to it, their normals this close to its radius
BAND_PX: Final = 2.0
NORMAL_DEG: Final = 12.0
#: contrast along this share of the arcs on the image makes a circle the field; less where a shutter is drawn outside
LEAST_SHARE: Final = 0.6
LEAST_SHARE_OF_SHUTTER: Final = 0.5
#: and along arcs of this angle, less where they lie all around: a short arc is the outline of a body
LEAST_CLEAR_DEG: Final = 120.0
LEAST_CLEAR_AROUND_DEG: Final = 40.0
#: length of the mean of their directions below which arcs lie all around
AROUND: Final = 0.3
#: a circle between straight blades: contrast along this share of the arcs between them, and arcs of this angle
LEAST_SHARE_BETWEEN: Final = 0.7
LEAST_ARC_BETWEEN_DEG: Final = 90.0
ARC_STEP_DEG: Final = 0.5
#: distances across the circle at which its contrast is read, as for straight sides
ACROSS_PX: Final = (1.5, 2.5, 3.5)
MARGIN_PX: Final = 4.0
#: distance of the pixels that tell how bright it is inside and outside a circle
LEVEL_STEP_PX: Final = 3
#: a shutter is drawn with one value: inside this share of the range lies the middle half of what is outside it
UNIFORM_FRACTION: Final = 0.01


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Circle:
    """Circle on the search grid.

    Parameters
    ----------
    centre : (2,) array of float64
        Row and column.
    radius : float
        In pixels of the grid.
    places : (n, 2) array of float64
        Points of its arcs on the image.
    clear : (n,) array of bool
        Where the inside is brighter than the outside by the least contrast.
    """

    centre: NDArray[np.float64]
    radius: float
    places: NDArray[np.float64]
    clear: NDArray[np.bool_]

    @property
    def share(self) -> float:
        """Share of the arcs on the image along which the inside is brighter."""
        return float(self.clear.mean()) if self.clear.size else 0.0


def find_circle(evidence: FieldEvidence) -> Circle | None:
    """Circle on which most edge points lie, brighter inside; None where there is none of a field's size."""
    points = evidence.points
    if len(points) < CHECKED_POINTS // 50:
        return None
    generator = np.random.default_rng(SEED)
    pairs = generator.integers(0, len(points), (PAIR_COUNT, 2))
    centres, radii = _circles_through(points[pairs[:, 0]], points[pairs[:, 1]], evidence.shape)
    if len(radii) == 0:
        return None
    step = -(-len(points) // CHECKED_POINTS)
    some, weights = points[::step], evidence.weights[::step]
    votes = [weights[_near(some, centre, radius, BAND_PX)].sum() for centre, radius in zip(centres, radii, strict=True)]
    best = int(np.argmax(votes))
    centre, radius = centres[best], float(radii[best])
    for _ in range(3):
        near = _near(points, centre, radius, BAND_PX)
        if np.count_nonzero(near) < 8:
            return None
        centre, radius = _fitted(points[near, :2], evidence.weights[near])
    if not _usual_radius(np.array([radius]), evidence.shape)[0]:
        return None
    return _measured(evidence, centre, radius)


def is_the_field(circle: Circle, evidence: FieldEvidence, choice: FieldChoice) -> bool:
    """Whether a circle explains the edges better than the quadrilateral chosen."""
    least = LEAST_SHARE_OF_SHUTTER if is_shutter(circle, evidence) else LEAST_SHARE
    clear_deg = ARC_STEP_DEG * float(np.count_nonzero(circle.clear))
    if circle.share < least or clear_deg < LEAST_CLEAR_AROUND_DEG or _is_bright_outside(circle, evidence):
        return False
    if rises_about(evidence, circle.centre, circle.places):
        return False
    directions = (circle.places[circle.clear] - circle.centre) / circle.radius
    around = float(np.hypot(*directions.mean(axis=0))) < AROUND
    if clear_deg < LEAST_CLEAR_DEG and not around:
        return False
    return bool(np.deg2rad(clear_deg) * circle.radius > choice.score)


def is_cut_by(circle: Circle, choice: FieldChoice) -> bool:
    """Whether the quadrilateral is a circle cut by straight blades: round between them, its corners outside."""
    depths = _depths(choice.corners, circle.places)
    between = (depths > MARGIN_PX).all(axis=1)
    if np.count_nonzero(between) * ARC_STEP_DEG < LEAST_ARC_BETWEEN_DEG:
        return False
    if circle.clear[between].mean() < LEAST_SHARE_BETWEEN:
        return False
    outside = np.hypot(*(choice.corners - circle.centre).T) > circle.radius + 2.0 * MARGIN_PX
    return bool(np.count_nonzero(outside) >= 3)


def is_shutter(circle: Circle, evidence: FieldEvidence) -> bool:
    """Whether the image has one value outside the circle."""
    outside = _levels(evidence)[_away(circle, evidence.shape) > MARGIN_PX]
    if outside.size < 100 / LEVEL_STEP_PX**2:
        return False
    low, high = percentile(outside, 25.0, 75.0)
    return bool(high - low < UNIFORM_FRACTION * np.ptp(evidence.logarithm))


def _is_bright_outside(circle: Circle, evidence: FieldEvidence) -> bool:
    """Whether much of the image outside the circle is too bright for the shadow of a blade."""
    away = _away(circle, evidence.shape)
    inside, outside = _levels(evidence)[away < 0.0], _levels(evidence)[away > MARGIN_PX]
    if inside.size == 0 or outside.size == 0:
        return True
    light = percentile(inside, 75.0)[0] - BRIGHT_BELOW_INSIDE
    return bool(np.count_nonzero(outside > light) > BRIGHT_SHARE * outside.size)


def _levels(evidence: FieldEvidence) -> NDArray[np.float64]:
    """Pixels that tell how bright it is inside and outside a circle."""
    return evidence.logarithm[::LEVEL_STEP_PX, ::LEVEL_STEP_PX]


def _away(circle: Circle, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Distance of each of these pixels outside the circle, negative inside."""
    row, column = np.ogrid[0 : shape[0] : LEVEL_STEP_PX, 0 : shape[1] : LEVEL_STEP_PX]
    away: NDArray[np.float64] = np.hypot(row - circle.centre[0], column - circle.centre[1]) - circle.radius
    return away


def bounding_corners(circle: Circle, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Corners of the rectangle about the part of the circle on the image, clockwise from the upper left."""
    low = np.maximum(circle.centre - circle.radius, -0.5)
    high = np.minimum(circle.centre + circle.radius, np.array(shape) - 0.5)
    return np.array([[low[0], low[1]], [low[0], high[1]], [high[0], high[1]], [high[0], low[1]]])


def _circles_through(
    first: NDArray[np.float64], second: NDArray[np.float64], shape: tuple[int, int]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres and radii of circles on which both points of a pair lie with their normals."""
    turn = first[:, 2] * second[:, 3] - first[:, 3] * second[:, 2]
    safe = np.where(np.abs(turn) < 0.3, np.nan, turn)
    apart = second[:, :2] - first[:, :2]
    reach = (apart[:, 0] * second[:, 3] - apart[:, 1] * second[:, 2]) / safe
    other = (apart[:, 0] * first[:, 3] - apart[:, 1] * first[:, 2]) / safe
    usable = np.isfinite(reach) & (np.abs(reach - other) < 0.1 * np.abs(reach)) & (reach > 0)
    reach, other, first = reach[usable], other[usable], first[usable]
    radii = (reach + other) / 2.0
    usual = _usual_radius(radii, shape)
    return (first[:, :2] + radii[:, None] * first[:, 2:4])[usual], radii[usual]


def _usual_radius(radii: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    usual: NDArray[np.bool_] = (radii > LEAST_RADIUS * min(shape)) & (radii < GREATEST_RADIUS * max(shape))
    return usual


def _near(points: NDArray[np.float64], centre: NDArray[np.float64], radius: float, band: float) -> NDArray[np.bool_]:
    """Points within a band about the circle whose normals point to its centre."""
    return near_circle(points, centre[0], centre[1], radius, band, np.cos(np.deg2rad(NORMAL_DEG)))


def _fitted(places: NDArray[np.float64], weights: NDArray[np.float64]) -> tuple[NDArray[np.float64], float]:
    """Circle of least squares: |p|² = 2 p·c + (r² − |c|²) is linear in c and the last term."""
    middle = places.mean(axis=0)
    centred = places - middle
    root = np.sqrt(weights)
    table = np.column_stack([2.0 * centred, np.ones(len(places))]) * root[:, None]
    solution, *_ = np.linalg.lstsq(table, np.square(centred).sum(axis=1) * root, rcond=None)
    return middle + solution[:2], float(np.sqrt(max(solution[2] + np.square(solution[:2]).sum(), 0.0)))


def _measured(evidence: FieldEvidence, centre: NDArray[np.float64], radius: float) -> Circle:
    angles = np.deg2rad(np.arange(0.0, 360.0, ARC_STEP_DEG))
    outward = np.stack([np.cos(angles), np.sin(angles)], axis=1)
    places = centre + radius * outward
    limit = np.array(evidence.shape) - 0.5
    # at least the pixels just outside the circle must be on the image
    beyond = places + ACROSS_PX[1] * outward
    seen = np.all((beyond > -0.5) & (beyond < limit), axis=1)
    places, outward = places[seen], outward[seen]
    picture = evidence.logarithm.astype(np.float32)
    across = np.array(ACROSS_PX)
    points = places[:, None, :] + np.concatenate([across, -across])[None, :, None] * outward[:, None, :]
    if len(points) == 0:
        return Circle(centre=centre, radius=radius, places=places, clear=np.zeros(0, dtype=np.bool_))
    levels = cv2.remap(
        picture,
        points[..., 1].astype(np.float32),
        points[..., 0].astype(np.float32),
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    outside, inside = levels[:, : len(across)].mean(axis=1), levels[:, len(across) :].mean(axis=1)
    return Circle(centre=centre, radius=radius, places=places, clear=inside - outside > evidence.threshold)


def _depths(corners: NDArray[np.float64], places: NDArray[np.float64]) -> NDArray[np.float64]:
    """Distance of places inside each side of a quadrilateral."""
    along = np.roll(corners, -1, axis=0) - corners
    inward = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.hypot(along[:, 0], along[:, 1])[:, None]
    depths: NDArray[np.float64] = ((places[:, None, :] - corners) * inward).sum(axis=2)
    return depths
