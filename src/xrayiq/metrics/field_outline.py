"""Outline of the collimated field in the pixels of an image, with how sure it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import field_candidates
from xrayiq.metrics._image import SignalImage
from xrayiq.metrics.field_candidates import fill_holes, finest_factor, reduction_factor, to_logarithm
from xrayiq.metrics.field_circle import bounding_corners
from xrayiq.metrics.field_confidence import Side, confidence_features, field_confidence, lone_side_share, side_states
from xrayiq.metrics.field_finding import FieldFinding, find_field
from xrayiq.metrics.field_refinement import refine_corners

#: pixels per side of the search grid below which no field can be told
LEAST_GRID_PX: Final = 24
#: greatest confidence of straight sides that cut a circular field
CUT_CIRCLE_CONFIDENCE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FieldOutline:
    """Quadrilateral in pixels of the part of the image that is not padding, beyond which it may reach.

    Parameters
    ----------
    corners : (4, 2) array of float64
        Row and column, clockwise on the screen.
    sides : tuple of Side
        What the sides from each corner to the next are.
    confidence : float
        Probability that it is right.
    features : dict of str to float
        What that goes by; empty for a circular field.
    finding : FieldFinding
        The field on the search grid.
    begin : tuple of (int, int)
        First row and column of that part.
    extent : tuple of (int, int)
        Its rows and columns.
    search_pitch_mm : float or None
        Pixel pitch of the search grid; None where that of the image is unknown.
    fine_factor : int
        Pixels per pixel of the refinement grid.
    """

    corners: NDArray[np.float64]
    sides: tuple[Side, ...]
    confidence: float
    features: dict[str, float]
    finding: FieldFinding
    begin: tuple[int, int]
    extent: tuple[int, int]
    search_pitch_mm: float | None
    fine_factor: int


def outline_field(signal: SignalImage) -> FieldOutline:
    """Outline of the field, or of the rectangle about it where it is circular.

    Raises
    ------
    NotMeasurableError
        ``image_too_small``.
    """
    part = _valid_part(signal)
    extent = (part[0].stop - part[0].start, part[1].stop - part[1].start)
    pitch_mm = _mean_pitch(signal, extent)
    factor = reduction_factor(extent, pitch_mm)
    fine_factor = finest_factor(factor)
    reduced, holes = fill_holes(*signal.block_means(factor, part, finest=fine_factor))
    if min(reduced.shape) < LEAST_GRID_PX:
        raise NotMeasurableError(
            "image_too_small",
            f"image of {extent[0]} × {extent[1]} pixels",
            needed=f"at least {LEAST_GRID_PX * factor} pixels along either side to find a collimated field",
            remedy="use the whole image, not a cut-out of it",
            source=signal.source,
        )
    found = find_field(signal, reduced, holes)
    sides: tuple[Side, ...] = ("not_found",) * 4
    features: dict[str, float] = {}
    confidence = 0.0
    if found.circle is None:
        fine, _ = fill_holes(*signal.block_means(fine_factor, part, finest=fine_factor))
        linear = fine if signal.unit != "stored" else np.exp(to_logarithm(found.polarity * fine, linear=False))
        refined = refine_corners(
            linear,
            _rescaled(found.choice.corners, factor, fine_factor),
            found.choice.collimated,
            extent=(extent[0] / fine_factor, extent[1] / fine_factor),
            pitch_mm=pitch_mm * fine_factor,
        )
        sides = side_states(found.evidence, found.choice)
        features = confidence_features(found.evidence, found.choice, _rescaled(refined, fine_factor, factor), sides)
        most = CUT_CIRCLE_CONFIDENCE if found.cut_circle else lone_side_share(found.evidence, found.choice)
        confidence = min(field_confidence(features), most)
        corners = _rescaled(refined, fine_factor, 1)
    else:
        # a rectangle about a circle, which is known not to be the field
        bounds = _rescaled(bounding_corners(found.circle, found.evidence.shape), factor, 1)
        corners = np.minimum(bounds, np.array(extent) - 0.5)
    return FieldOutline(
        corners=corners,
        sides=sides,
        confidence=confidence,
        features=features,
        finding=found,
        begin=(part[0].start, part[1].start),
        extent=extent,
        search_pitch_mm=None if signal.pixel_pitch_mm is None else pitch_mm * factor,
        fine_factor=fine_factor,
    )


def _valid_part(signal: SignalImage) -> tuple[slice, slice]:
    """Rows and columns of the smallest rectangle that holds all pixels that are not padding."""
    if signal.padding is None:
        return slice(0, signal.shape[0]), slice(0, signal.shape[1])
    rows = np.flatnonzero(~signal.padding.all(axis=1))
    columns = np.flatnonzero(~signal.padding.all(axis=0))
    return slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)


def _mean_pitch(signal: SignalImage, shape: tuple[int, ...]) -> float:
    if signal.pixel_pitch_mm is None:
        return field_candidates.ASSUMED_LENGTH_MM / max(shape)
    return float(np.sqrt(signal.pixel_pitch_mm[0] * signal.pixel_pitch_mm[1]))


def _rescaled(corners: NDArray[np.float64], factor: int, new_factor: int) -> NDArray[np.float64]:
    """Positions on a grid of blocks as positions on a grid of other blocks."""
    return (corners * factor + (factor - new_factor) / 2.0) / new_factor
