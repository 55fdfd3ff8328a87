"""Sides of a rotated field of which the border of the image leaves only a short piece, at a corner of the image."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics.field_candidates import FieldEvidence
from xrayiq.metrics.field_choice import FieldChoice, measured_support, side_gains, strip_level
from xrayiq.metrics.field_geometry import intersections, lines_of
from xrayiq.metrics.field_shadow import lies_in_shadow

#: pieces are looked for from the corner of the image up to this share of its shorter side
DEPTH_FRACTION: Final = 0.3
#: below this angle to the border a side is as long as the border, and a line of its own
LEAST_ANGLE_DEG: Final = 1.0
#: a piece needs contrast along this length and this share of its length
LEAST_SUPPORT_PX: Final = 8.0
LEAST_SHARE: Final = 0.6
#: distance from the side at which the shadow is read
BESIDE_PX: Final = 2.5
#: by which share of the step from there to the inside, or times the least contrast, it may be brighter than beyond the
#: other sides, which are farther from the border
MOST_OF_STEP: Final = 1.0 / 3.0
MOST_ABOVE: Final = 2.0


def with_cut_corners(evidence: FieldEvidence, choice: FieldChoice) -> FieldChoice:
    """Field with the sides that run across a corner of the image, parallel or square to those that were found.

    Parameters
    ----------
    evidence : FieldEvidence
        Edges of the image.
    choice : FieldChoice
        Quadrilateral that they support best.

    Returns
    -------
    FieldChoice
        The same where no such piece parts bright from as dark as beyond the other sides.
    """
    edges = np.flatnonzero(choice.collimated)
    if len(edges) == 0 or len(edges) == len(choice.corners):
        return choice
    lines = lines_of(choice.corners - evidence.centre)
    longest = edges[int(np.argmax(choice.support[edges, 0]))]
    angle = float(lines[longest, 0])
    if abs((np.rad2deg(angle) + 45.0) % 90.0 - 45.0) < LEAST_ANGLE_DEG:
        return choice
    shadow = max(strip_level(evidence, choice.corners, int(side), -BESIDE_PX) for side in edges)
    for side in range(4):
        if not choice.collimated[side]:
            choice = _with_piece(evidence, choice, side, angle + np.pi / 2.0 * float(longest - side), shadow)
    return choice


def _with_piece(evidence: FieldEvidence, choice: FieldChoice, side: int, angle: float, shadow: float) -> FieldChoice:
    """Field with the best piece of one side in a given direction."""
    rows, columns = evidence.shape
    borders = 0.5 * np.array([[-rows, -columns], [-rows, columns], [rows, columns], [rows, -columns]])
    first = float((borders @ np.array([np.cos(angle), np.sin(angle)])).min())
    distances = first + np.arange(1.0, DEPTH_FRACTION * min(rows, columns), 1.0)
    lines = np.tile(lines_of(choice.corners - evidence.centre), (len(distances), 1, 1))
    lines[:, side, 0], lines[:, side, 1] = angle % (2.0 * np.pi), distances
    corners = intersections(lines) + evidence.centre
    is_side = np.arange(4) == side
    support = measured_support(evidence, corners[:, side], corners[:, (side + 1) % 4])
    gains = side_gains(support)
    length = np.maximum(support[:, :3].sum(axis=1), 1.0)
    usable = (support[:, 0] >= LEAST_SUPPORT_PX) & (support[:, 0] >= LEAST_SHARE * length) & (gains > 0.0)
    if not usable.any():
        return choice
    best = int(np.argmax(np.where(usable, gains, -np.inf)))
    found = corners[best]
    inside, outside = (strip_level(evidence, found, side, away) for away in (BESIDE_PX, -BESIDE_PX))
    above = max(MOST_OF_STEP * (inside - shadow), MOST_ABOVE * evidence.threshold)
    if outside > shadow + above or not lies_in_shadow(evidence, found, is_side):
        return choice
    states = [bool(state) for state in is_side | np.array(choice.collimated)]
    supports: NDArray[np.float64] = choice.support.copy()
    supports[side] = support[best]
    return replace(
        choice,
        corners=found,
        collimated=(states[0], states[1], states[2], states[3]),
        support=supports,
        score=choice.score + float(gains[best]),
    )
