"""Edges of a light field against the sides of an X-ray field, by the markers that show them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import InputError, NotMeasurableError
from xrayiq.metrics._arguments import is_number
from xrayiq.metrics.round_markers import RoundMarker, depths_mm

Floats = NDArray[np.float64]

Placement = Literal["touching", "centred"]
SIDES: Final = ("upper", "right", "lower", "left")
#: markers deeper inside than this part of the field's extent show no edge
_NEAR: Final = 0.25
#: a marker outside touches that inside: distances, over the sum of both radii, along and across the side
_BESIDE: Final = 0.3
_TOUCHING: Final = (0.75, 1.25)
#: greatest rotation of the light field that markers of a side may show, and distance of a marker from their line
_STEEPEST_DEG: Final = 10.0
_MOST_APART_MM: Final = 3.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LightEdges:
    """What markers tell of a light field.

    Parameters
    ----------
    deviations_mm : 1-D array
        Of the upper, right, lower and left side: how far the X-ray field reaches beyond.
    angle_deg : float or None
        Rotation against the X-ray field, clockwise; None where no side has two markers.
    sides : tuple of str
        Side that each marker shows, ``""`` for none.
    points_mm : 2-D array
        Down and right of the edge that each shows, NaN for none.
    outside : int
        Markers that stand outside one that touches the edge from inside.
    """

    deviations_mm: Floats
    angle_deg: float | None
    sides: tuple[str, ...]
    points_mm: Floats
    outside: int


def inset_of(markers: object) -> float | None:
    """What centres lie inside the light field's edge; None for the radius of each."""
    if markers == "touching":
        return None
    if markers == "centred":
        return 0.0
    if is_number(markers) and markers >= 0:
        return float(markers)
    raise InputError(
        f"markers={markers!r}",
        needed='"touching", "centred", or the distance in mm by which their centres lie inside the edge',
        remedy="tell how the markers stood at the edges of the light field",
    )


def light_edges(
    markers: Sequence[RoundMarker], corners_mm: Floats, *, inset_mm: float | None, source: str
) -> LightEdges:
    """Deviations of the sides by markers.

    Parameters
    ----------
    markers : sequence of RoundMarker
        All that were found.
    corners_mm : (4, 2) array
        Corners of the X-ray field, clockwise from the upper left.
    inset_mm : float or None
        What their centres lie inside the light field's edge; None for the radius of each.
    source : str
        Name for messages.

    Returns
    -------
    LightEdges
        The mean over the markers of each side.

    Raises
    ------
    NotMeasurableError
        ``too_few_markers`` or ``markers_disagree``.
    """
    centres = np.array([marker.centre_mm for marker in markers])
    radii = np.array([marker.radius_mm for marker in markers])
    depths = depths_mm(corners_mm, centres)
    nearest = depths.argmin(axis=1)
    depth = depths.min(axis=1)
    # opposite sides together make the extent of the field
    extent = depths[np.arange(len(markers)), nearest] + depths[np.arange(len(markers)), (nearest + 2) % 4]
    side_of = np.where(depth <= _NEAR * extent, nearest, -1)
    along = np.roll(corners_mm, -1, axis=0) - corners_mm
    along /= np.hypot(along[:, 0], along[:, 1])[:, None]
    places = np.sum((centres - corners_mm[nearest]) * along[nearest], axis=1)
    outside = _outside(side_of, depth, places, radii) if inset_mm is None else np.zeros(len(markers), dtype=np.bool_)
    side_of[outside] = -2
    inset = radii if inset_mm is None else np.full(len(markers), inset_mm)
    deviations = depth - inset
    _check(side_of, source)
    turns = [_turn(places[side_of == side], deviations[side_of == side], SIDES[side], source) for side in range(4)]
    weights = np.array([weight for _, weight in turns])
    angle = float(np.array([slope for slope, _ in turns]) @ weights / weights.sum()) if weights.sum() > 0 else None
    inward = np.stack([along[:, 1], -along[:, 0]], axis=1)
    shown = side_of >= 0
    return LightEdges(
        deviations_mm=np.array([float(deviations[side_of == side].mean()) for side in range(4)]),
        angle_deg=None if angle is None else math.degrees(math.atan(angle)),
        sides=tuple(SIDES[side] if side >= 0 else "" for side in side_of),
        points_mm=np.where(shown[:, None], centres - inset[:, None] * inward[nearest], np.nan),
        outside=int(np.count_nonzero(outside)),
    )


def _outside(side_of: NDArray[np.int64], depth: Floats, places: Floats, radii: Floats) -> NDArray[np.bool_]:
    """Markers with another one just inside them, that they touch."""
    found = np.zeros(len(depth), dtype=np.bool_)
    for one in range(len(depth)):
        same = (side_of == side_of[one]) & (side_of >= 0)
        sums = radii[one] + radii
        beside = np.abs(places - places[one]) < _BESIDE * sums
        deeper = (depth - depth[one]) / sums
        found[one] = bool(np.any(same & beside & (deeper > _TOUCHING[0]) & (deeper < _TOUCHING[1])))
    return found


def _check(side_of: NDArray[np.int64], source: str) -> None:
    missing = [name for side, name in enumerate(SIDES) if not np.any(side_of == side)]
    if missing:
        raise NotMeasurableError(
            "too_few_markers",
            f"no marker at the {', '.join(missing)} edge ({len(side_of)} in the field)",
            needed="a round marker at each edge of the light field, most of it in the X-ray field",
            remedy="lay a marker at each edge; where the X-ray field ends before it, use larger ones",
            source=source,
        )


def _turn(places: Floats, deviations: Floats, side: str, source: str) -> tuple[float, float]:
    """Slope of the light field's edge against the side, and the weight that the distance of its markers gives it."""
    away = places - places.mean()
    weight = float(away @ away)
    slope = float(away @ deviations) / weight if weight > 0 else 0.0
    apart = float(np.abs(deviations - deviations.mean() - slope * away).max())
    if abs(slope) > math.tan(math.radians(_STEEPEST_DEG)) or apart > _MOST_APART_MM:
        raise NotMeasurableError(
            "markers_disagree",
            f"markers at the {side} edge that show it {deviations.min():.1f} to {deviations.max():.1f} mm inside the "
            "X-ray field's",
            needed="markers that stand alike at one straight edge",
            remedy="take away what marks no edge, and tell how the markers stand",
            source=source,
        )
    return slope, weight
