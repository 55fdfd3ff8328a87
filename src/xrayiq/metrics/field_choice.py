"""The quadrilateral that the edges of an image support best."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._percentiles import percentile
from xrayiq.metrics.field_candidates import FieldEvidence
from xrayiq.metrics.field_geometry import border_lines, intersections
from xrayiq.metrics.field_shadow import OUTSIDE_MARGIN_PX, lies_in_shadow
from xrayiq_kernels.field_sides import side_support, weight_outside

#: sides of one field may differ from a rectangle by this angle
SKEW_DEG: Final = 10.0
LINES_PER_SIDE: Final = 5
#: lines that are mostly darker inside: thick anatomy may be darker than the scatter beside it
REVERSED_PER_SIDE: Final = 2
FAMILY_COUNT: Final = 4
#: what a pixel of length without contrast, with reversed contrast, and an edge point left outside cost
NEUTRAL_COST: Final = 0.35
REVERSED_COST: Final = 0.4
OUTSIDE_COST: Final = 0.7
#: what a pixel of image border in shadow costs as a side, and a pixel of side per degree that it leaves the rectangle
DARK_COST: Final = 0.15
DARK_FRACTION: Final = 0.35
SKEW_COST_PER_DEG: Final = 0.02
#: natural logarithm of the exposure ratio from which on supported length counts in full
FULL_CONTRAST: Final = 0.3
INSET_PX: Final = 2.0
REACH_PX: Final = 3
STEP_PX: Final = 2.0
#: quadrilaterals of one family whose outside is looked at
COUNTED_OUTSIDE: Final = 200
#: a collimated side needs contrast along this share of its length, and the field this share of the image
LEAST_SUPPORT: Final = 0.12
LEAST_AREA_FRACTION: Final = 0.02


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FieldChoice:
    """Quadrilateral on the search grid.

    Parameters
    ----------
    corners : (4, 2) array of float64
        Row and column, clockwise on the screen.
    collimated : 4-tuple of bool
        Whether the side between corners k and k + 1 is an edge, not the border of the image.
    support : (4, 4) array of float64
        As `xrayiq_kernels.field_sides.side_support`.
    score : float
        Supported length less the costs, in pixels of the grid; 0 for the whole image.
    """

    corners: NDArray[np.float64]
    collimated: tuple[bool, bool, bool, bool]
    support: NDArray[np.float64]
    score: float


def choose_field(evidence: FieldEvidence) -> FieldChoice:
    """Quadrilateral of candidate lines and borders with the best score; the whole image where none is above 0."""
    rows, columns = evidence.shape
    best = FieldChoice(
        corners=np.array([[-0.5, -0.5], [-0.5, columns - 0.5], [rows - 0.5, columns - 0.5], [rows - 0.5, -0.5]]),
        collimated=(False, False, False, False),
        support=np.zeros((4, 4)),
        score=0.0,
    )
    for rotation in _rotations(evidence.lines[:, 0]):
        choice = _best_of_family(evidence, rotation)
        if choice is not None and choice.score > best.score:
            best = choice
    return best


def strip_level(evidence: FieldEvidence, corners: NDArray[np.float64], side: int, inward_px: float) -> float:
    """Median of the logarithm along a side, that far inside it; only where the side lies on the image."""
    start, stop = corners[side], corners[(side + 1) % 4]
    length = float(np.hypot(*(stop - start)))
    along = (stop - start) / max(length, 1e-9)
    inward = np.array([along[1], -along[0]])
    places = start + np.arange(0.0, length, 1.0)[:, None] * along
    limit = np.array(evidence.shape) - 1
    places = places[np.all((places >= -0.5) & (places <= limit + 0.5), axis=1)] + inward_px * inward
    if len(places) == 0:
        return -np.inf
    nearest = np.clip(np.rint(places).astype(np.int64), 0, limit)
    return percentile(evidence.logarithm[nearest[:, 0], nearest[:, 1]], 50.0)[0]


def strongest_line(evidence: FieldEvidence) -> float:
    """Greatest share of its length on the image along which a candidate line has contrast, 0 to 1."""
    if len(evidence.lines) == 0:
        return 0.0
    ends = 4.0 * sum(evidence.shape) * np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]])
    shares = []
    for angle, distance in evidence.lines:
        inward, along = np.array([np.cos(angle), np.sin(angle)]), np.array([-np.sin(angle), np.cos(angle)])
        corners = evidence.centre + inward * distance + ends[:, :1] * inward + inward * 4.0 * sum(evidence.shape)
        corners = corners + ends[:, 1:] * along
        first = np.concatenate([corners[0], corners[1]])[None]
        supported, neutral, reverse, _ = side_support(
            evidence.logarithm, first, evidence.threshold, INSET_PX, REACH_PX, STEP_PX
        )[0]
        shares.append(supported / max(supported + neutral + reverse, 1.0))
    return float(max(shares))


def _rotations(angles: NDArray[np.float64]) -> list[float]:
    """Rotations in degrees (−45 to 45) that the best lines share."""
    found: list[float] = []
    for angle in np.rad2deg(angles):
        rotation = float((angle + 45.0) % 90.0 - 45.0)
        if not any(abs((rotation - other + 45.0) % 90.0 - 45.0) < SKEW_DEG / 2.0 for other in found):
            found.append(rotation)
    return found[:FAMILY_COUNT]


def _best_of_family(evidence: FieldEvidence, rotation: float) -> FieldChoice | None:
    shape = evidence.shape
    borders = border_lines(shape)
    sides: list[list[tuple[float, float, bool]]] = []
    for side, towards in enumerate((0.0, 270.0, 180.0, 90.0)):
        near = _lines_towards(evidence.lines, towards + rotation)[:LINES_PER_SIDE]
        turned = _lines_towards(evidence.lines, towards + rotation + 180.0)[:REVERSED_PER_SIDE]
        candidates = np.concatenate([near, np.stack([turned[:, 0] + np.pi, -turned[:, 1]], axis=1)])
        options = [(float(angle), float(distance), True) for angle, distance in candidates]
        sides.append([*options, (float(borders[side, 0]), float(borders[side, 1]), False)])
    chosen = np.indices([len(side) for side in sides]).reshape(4, -1).T[:-1]
    if len(chosen) == 0:
        return None
    table = np.stack([np.array(side)[chosen[:, number]] for number, side in enumerate(sides)], axis=1)
    lines, collimated = table[..., :2], table[..., 2].astype(np.bool_)
    corners = intersections(lines) + evidence.centre
    usable = _usable(corners, shape)
    corners, collimated = corners[usable], collimated[usable]
    support = _support(evidence, corners, collimated, chosen[usable])
    scores, sound = _scores(support, collimated)
    scores = scores - DARK_COST * _dark_border_length(evidence, corners, collimated)
    scores = scores - SKEW_COST_PER_DEG * _skew(corners, collimated)
    # points outside only lower the score: the best few need the count
    ahead = np.flatnonzero(sound)[np.argsort(-scores[sound], kind="stable")[:COUNTED_OUTSIDE]]
    if len(ahead) == 0:
        return None
    outside = weight_outside(evidence.points, evidence.weights, corners[ahead], OUTSIDE_MARGIN_PX)
    totals = scores[ahead] - OUTSIDE_COST * outside
    order = [int(number) for number in np.argsort(-totals, kind="stable") if totals[number] > 0.0]
    dark = (number for number in order if lies_in_shadow(evidence, corners[ahead[number]], collimated[ahead[number]]))
    first = next(dark, None)
    if first is None:
        return None
    best = int(ahead[first])
    states = [bool(state) for state in collimated[best]]
    return FieldChoice(
        corners=corners[best],
        collimated=(states[0], states[1], states[2], states[3]),
        support=support[best],
        score=float(totals[first]),
    )


def _support(
    evidence: FieldEvidence, corners: NDArray[np.float64], collimated: NDArray[np.bool_], options: NDArray[np.int64]
) -> NDArray[np.float64]:
    """Support of the collimated sides, 0 of the others; sides that quadrilaterals share are looked at once."""
    size = int(options.max(initial=0)) + 1
    # a side is known by its own line and those before and after it
    keys = (np.roll(options, 1, axis=1) * size + options) * size + np.roll(options, -1, axis=1)
    keys = (keys + size**3 * np.arange(4))[collimated]
    ways = np.concatenate([corners, np.roll(corners, -1, axis=1)], axis=2)[collimated]
    example = np.full(4 * size**3, -1, dtype=np.int64)
    example[keys] = np.arange(len(keys))
    known = np.flatnonzero(example >= 0)
    found = np.zeros((len(example), 4))
    found[known] = measured_support(evidence, ways[example[known], :2], ways[example[known], 2:])
    support = np.zeros((*collimated.shape, 4))
    support[collimated] = found[keys]
    return support


def _lines_towards(lines: NDArray[np.float64], degrees: float) -> NDArray[np.float64]:
    off = (np.rad2deg(lines[:, 0]) - degrees + 180.0) % 360.0 - 180.0
    return lines[np.abs(off) <= SKEW_DEG]


def _dark_border_length(
    evidence: FieldEvidence, corners: NDArray[np.float64], collimated: NDArray[np.bool_]
) -> NDArray[np.float64]:
    """Length of the sides on the border along which the image is nearly as dark as anywhere."""
    low, high = evidence.ends
    dark = evidence.logarithm < low + DARK_FRACTION * (high - low)
    total = np.zeros(len(corners))
    for side, strip in enumerate((dark[0], dark[:, -1], dark[-1], dark[:, 0])):
        along = 1 - side % 2
        ends = np.sort(np.stack([corners[:, side, along], corners[:, (side + 1) % 4, along]], axis=1), axis=1)
        counts = np.concatenate([[0], np.cumsum(strip)])
        index = np.clip(np.rint(ends + 0.5), 0, strip.size).astype(np.int64)
        total += np.where(collimated[:, side], 0, counts[index[:, 1]] - counts[index[:, 0]])
    return total


def _skew(corners: NDArray[np.float64], collimated: NDArray[np.bool_]) -> NDArray[np.float64]:
    """Length of the collimated sides times their angle in degrees to the mean direction of these sides."""
    along = np.roll(corners, -1, axis=1) - corners
    length = np.where(collimated, np.hypot(along[..., 0], along[..., 1]), 0.0)
    angle = np.rad2deg(np.arctan2(along[..., 0], along[..., 1]))
    first = np.take_along_axis(angle, np.argmax(length, axis=1)[:, None], axis=1)
    off = (angle - first + 45.0) % 90.0 - 45.0
    mean = (length * off).sum(axis=1) / np.maximum(length.sum(axis=1), 1e-9)
    skew: NDArray[np.float64] = (length * np.abs(off - mean[:, None])).sum(axis=1)
    return skew


def _usable(corners: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.bool_]:
    """Convex quadrilaterals, clockwise, with corners not far outside and enough area."""
    rows, columns = shape
    finite = np.asarray(np.isfinite(corners).all(axis=(1, 2)), dtype=np.bool_)
    safe = np.where(finite[:, None, None], corners, 0.0)
    along = np.roll(safe, -1, axis=1) - safe
    following = np.roll(along, -1, axis=1)
    turns = along[..., 1] * following[..., 0] - along[..., 0] * following[..., 1]
    far = np.abs(safe - np.array([rows / 2.0, columns / 2.0])).max(axis=(1, 2)) > 3.0 * max(rows, columns)
    area = np.minimum(np.abs(turns).sum(axis=1) / 4.0, rows * columns)
    usable: NDArray[np.bool_] = finite & ~far & (turns.min(axis=1) > 0) & (area > LEAST_AREA_FRACTION * rows * columns)
    return usable


def measured_support(
    evidence: FieldEvidence, starts: NDArray[np.float64], stops: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Support (n, 4) of sides from (n, 2) starts to (n, 2) stops, as `xrayiq_kernels.field_sides.side_support`."""
    ways = np.concatenate([starts, stops], axis=1)
    return side_support(evidence.logarithm, ways, evidence.threshold, INSET_PX, REACH_PX, STEP_PX)


def side_gains(support: NDArray[np.float64]) -> NDArray[np.float64]:
    """Supported length of sides (…, 4) less what their parts without or with reversed contrast cost, in pixels."""
    supported, neutral, reverse = support[..., 0], support[..., 1], support[..., 2]
    clear = np.minimum(1.0, support[..., 3] / np.maximum(supported, 1.0) / FULL_CONTRAST)
    gains: NDArray[np.float64] = clear * supported - NEUTRAL_COST * neutral - REVERSED_COST * reverse
    return gains


def _scores(
    support: NDArray[np.float64], collimated: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    length = np.maximum(support[..., :3].sum(axis=-1), 1.0)
    share = np.where(collimated, support[..., 0] / length, 1.0)
    return np.where(collimated, side_gains(support), 0.0).sum(axis=1), share.min(axis=1) >= LEAST_SUPPORT
