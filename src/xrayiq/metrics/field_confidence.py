"""What the sides of a field are, and how far the image bears them out."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.field_candidates import FieldEvidence
from xrayiq.metrics.field_choice import (
    INSET_PX,
    STEP_PX,
    FieldChoice,
    strip_level,
    strongest_line,
)
from xrayiq.metrics.field_geometry import clipped_polygon, polygon_area, quadrilateral_on_image

Side = Literal["collimated", "at_border", "not_found"]

#: natural logarithm of the exposure ratio across a side from which on the contrast leaves no doubt (2 : 1)
CLEAR_CONTRAST: Final = float(np.log(2.0))
#: mean width of the shadow outside a blade, in pixels of the search grid, from which on it leaves no doubt
CLEAR_WIDTH_PX: Final = 5.0
#: mean distance between the line on the search grid and the refined side: as it may be with values that are not linear,
#: and where they are different edges
STILL_PX: Final = 3.0
LOST_PX: Final = 6.0


def side_states(evidence: FieldEvidence, choice: FieldChoice) -> tuple[Side, ...]:
    """State of each side; a border in shadow as deep as outside the blades leaves the side open."""
    if not any(choice.collimated):
        return ("at_border",) * 4
    beside = [strip_level(evidence, choice.corners, side, -3.0) for side in range(4)]
    shadow = max(level for level, edge in zip(beside, choice.collimated, strict=True) if edge)
    states: list[Side] = []
    for side, edge in enumerate(choice.collimated):
        if edge:
            states.append("collimated")
        else:
            inside = strip_level(evidence, choice.corners, side, 1.0)
            states.append("at_border" if inside > shadow + evidence.threshold else "not_found")
    return tuple(states)


def field_confidence(evidence: FieldEvidence, choice: FieldChoice, refined: NDArray[np.float64] | None = None) -> float:
    """How far the image bears out a quadrilateral on the search grid, 0 to 1.

    The mean over the length of the collimated sides of what has contrast, times how clear the contrast is, how wide the
    shadow outside, how near the refined side has stayed, and which share of the field on the image a quadrilateral on
    the image can hold. One side alone must cross the image. Without a collimated side it is what the strongest straight
    edge, which might be a blade, leaves of 1.

    Parameters
    ----------
    evidence : FieldEvidence
        Edges of the image.
    choice : FieldChoice
        Quadrilateral that they support best.
    refined : (4, 2) array of float64, optional
        Its corners after refinement, on the search grid.
    """
    if not any(choice.collimated):
        return 1.0 - strongest_line(evidence)
    edges = np.flatnonzero(choice.collimated)
    corners = choice.corners if refined is None else refined
    support = choice.support[edges]
    supported, lengths = support[:, 0], support[:, :3].sum(axis=1)
    factors = np.minimum(support[:, 3] / np.maximum(supported, 1.0) / CLEAR_CONTRAST, 1.0)
    for number, side in enumerate(edges):
        places = _places(choice.corners, int(side), evidence.shape)
        factors[number] *= min(_shadow_width(corners, int(side), evidence.shape) / CLEAR_WIDTH_PX, 1.0)
        moved = _mean_distance(places, corners[side], corners[(side + 1) % 4])
        factors[number] *= np.clip((LOST_PX - moved) / (LOST_PX - STILL_PX), 0.0, 1.0)
    total = float(lengths.sum())
    if total <= 0.0:
        return 0.0
    held, _ = quadrilateral_on_image(corners, evidence.shape)
    share = min(polygon_area(held) / max(polygon_area(clipped_polygon(corners, evidence.shape)), 1e-9), 1.0)
    crossing = min(total / (min(evidence.shape) - 2.0 * INSET_PX), 1.0) if len(edges) == 1 else 1.0
    return float(np.sum(supported * factors) / total * share * crossing)


def _places(corners: NDArray[np.float64], side: int, shape: tuple[int, int]) -> NDArray[np.float64]:
    """Points along the part of a side on the image."""
    start, stop = corners[side], corners[(side + 1) % 4]
    length = float(np.hypot(*(stop - start)))
    places = start + np.arange(0.0, length, STEP_PX)[:, None] * (stop - start) / max(length, 1e-9)
    on_image: NDArray[np.float64] = places[np.all((places >= -0.5) & (places <= np.array(shape) - 0.5), axis=1)]
    return on_image


def _mean_distance(places: NDArray[np.float64], start: NDArray[np.float64], stop: NDArray[np.float64]) -> float:
    """Mean distance of points from a line; inf without points."""
    if len(places) == 0:
        return np.inf
    along = (stop - start) / max(float(np.hypot(*(stop - start))), 1e-9)
    return float(np.abs((places - start) @ np.array([along[1], -along[0]])).mean())


def _shadow_width(corners: NDArray[np.float64], side: int, shape: tuple[int, int]) -> float:
    """Mean distance from a side to the border of the image behind it, over its part on the image."""
    places = _places(corners, side, shape)
    if len(places) == 0:
        return 0.0
    along = corners[(side + 1) % 4] - corners[side]
    outward = np.array([-along[1], along[0]]) / max(float(np.hypot(*along)), 1e-9)
    room = np.where(outward > 0, np.array(shape) - 0.5 - places, places + 0.5) / np.maximum(np.abs(outward), 1e-9)
    return float(room.min(axis=1).mean())
