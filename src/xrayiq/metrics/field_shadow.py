"""Whether the image beyond the sides of a field may lie in the shadow of blades."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._percentiles import percentile
from xrayiq.metrics.field_candidates import FieldEvidence
from xrayiq_kernels.outward_rises import outward_rises

OUTSIDE_MARGIN_PX: Final = 4.0
#: nothing outside a blade is brighter than the upper quarter inside (less this much), or than beside the blade (more
#: this much, natural logarithms): such parts may take this share of the outside, for markers and burnt-in text
BRIGHT_BELOW_INSIDE: Final = 0.15
BRIGHT_ABOVE_BESIDE: Final = 0.5
BRIGHT_SHARE: Final = 0.2
#: and only count where they take this share of the image
BRIGHT_IMAGE_SHARE: Final = 0.005
BRIGHT_STEP_PX: Final = 3
#: in a shadow only scatter is left, which falls outwards: along this share of a side it must not rise again by this
#: many times the least contrast. Enhanced edges have a halo that rises by less, and letters take a smaller share
MOST_RISE: Final = 2.5
RISING_SHARE: Final = 0.4
#: scatter beside thick and beside thin parts differs; the shadows of a field are alike up to this many times the least
#: contrast, where they are wide enough to hold more than the scatter beside the blade
MOST_ABOVE_DARKEST: Final = 8.5
WIDE_SHADOW_PX: Final = 40.0
RAY_APART_PX: Final = 4.0
RAY_STEP_PX: Final = 1.5
RAY_INSET_PX: Final = 2.0


def lies_in_shadow(evidence: FieldEvidence, corners: NDArray[np.float64], collimated: NDArray[np.bool_]) -> bool:
    """Whether what lies beyond the collimated sides is as dark and as smooth as the shadow of blades."""
    if bright_outside(evidence, corners, collimated):
        return False
    shadows = [side_shadow(evidence, corners, int(side)) for side in np.flatnonzero(collimated)]
    if any(shadow.rising_share > RISING_SHARE for shadow in shadows):
        return False
    darkest = min((shadow.level for shadow in shadows), default=0.0)
    limit = darkest + MOST_ABOVE_DARKEST * evidence.threshold
    return not any(shadow.level > limit and shadow.width_px >= WIDE_SHADOW_PX for shadow in shadows)


@dataclass(frozen=True, slots=True, kw_only=True)
class Shadow:
    """What lies beyond a side.

    Parameters
    ----------
    level : float
        Median over the side of the least logarithm beyond it; −inf where too little of the image lies there.
    rising_share : float
        Share of the side beyond which the image gets brighter again, as behind the outline of a body.
    width_px : float
        Median distance from the side to the border of the image behind it; 0 where the side is not on the image.
    """

    level: float
    rising_share: float
    width_px: float


def side_shadow(evidence: FieldEvidence, corners: NDArray[np.float64], side: int) -> Shadow:
    """What lies beyond a side of a quadrilateral on the search grid."""
    start, stop = corners[side], corners[(side + 1) % 4]
    length = float(np.hypot(*(stop - start)))
    along = (stop - start) / max(length, 1e-9)
    outward = np.array([-along[1], along[0]])
    places = start + np.arange(RAY_INSET_PX, length - RAY_INSET_PX, RAY_APART_PX)[:, None] * along
    limit = np.array(evidence.shape) - 0.5
    places = places[np.all((places >= -0.5) & (places < limit), axis=1)]
    if len(places) == 0:
        return Shadow(level=-np.inf, rising_share=0.0, width_px=0.0)
    room = np.where(outward > 0, limit - places, places + 0.5) / np.maximum(np.abs(outward), 1e-9)
    begins = places + OUTSIDE_MARGIN_PX * outward
    found = outward_rises(evidence.logarithm, begins, np.tile(outward, (len(begins), 1)), RAY_STEP_PX)
    read = np.isfinite(found[:, 0])
    if not read.any():
        return Shadow(level=-np.inf, rising_share=0.0, width_px=percentile(room.min(axis=1), 50.0)[0])
    return Shadow(
        level=percentile(found[read, 0], 50.0)[0],
        rising_share=float(np.mean(found[read, 1] > MOST_RISE * evidence.threshold)),
        width_px=percentile(room.min(axis=1), 50.0)[0],
    )


def rises_about(evidence: FieldEvidence, centre: NDArray[np.float64], places: NDArray[np.float64]) -> bool:
    """Whether the image gets brighter again beyond places on a circle."""
    outward = places - centre
    outward = outward / np.maximum(np.hypot(outward[:, 0], outward[:, 1]), 1e-9)[:, None]
    found = outward_rises(evidence.logarithm, places + OUTSIDE_MARGIN_PX * outward, outward, RAY_STEP_PX)
    read = np.isfinite(found[:, 0])
    return bool(read.any() and np.mean(found[read, 1] > MOST_RISE * evidence.threshold) > RISING_SHARE)


def bright_outside(evidence: FieldEvidence, corners: NDArray[np.float64], collimated: NDArray[np.bool_]) -> bool:
    """Whether much of the image beyond a collimated side is too bright to lie in the shadow of a blade."""
    row, column = (np.arange(0, size, BRIGHT_STEP_PX, dtype=np.float64) for size in evidence.shape)
    levels = evidence.logarithm[::BRIGHT_STEP_PX, ::BRIGHT_STEP_PX]
    along = np.roll(corners, -1, axis=0) - corners
    inward = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.hypot(along[:, 0], along[:, 1])[:, None]
    depths = [
        (row[:, None] - corner[0]) * normal[0] + (column[None, :] - corner[1]) * normal[1]
        for corner, normal in zip(corners, inward, strict=True)
    ]
    inside = np.min(depths, axis=0) > 0.0
    if not inside.any():
        return True
    light = percentile(levels[inside], 75.0)[0] - BRIGHT_BELOW_INSIDE
    for side in np.flatnonzero(collimated):
        outside = depths[side] < -OUTSIDE_MARGIN_PX
        beside = levels[outside & (depths[side] > -2.0 * OUTSIDE_MARGIN_PX - BRIGHT_STEP_PX)]
        if beside.size == 0:
            continue
        limit = min(light, percentile(beside, 90.0)[0] + BRIGHT_ABOVE_BESIDE)
        bright = np.count_nonzero(levels[outside] > limit)
        if bright > max(BRIGHT_SHARE * np.count_nonzero(outside), BRIGHT_IMAGE_SHARE * levels.size):
            return True
    return False
