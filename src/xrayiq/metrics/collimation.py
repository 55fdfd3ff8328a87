"""The collimated field of a radiograph: where the blades of the collimator cut the beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import field_candidates
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_radiograph, as_signal, provenance_of
from xrayiq.metrics.field_candidates import FieldEvidence, fill_holes, finest_factor, reduction_factor, to_logarithm
from xrayiq.metrics.field_circle import Circle, bounding_corners
from xrayiq.metrics.field_confidence import Side, field_confidence, side_states
from xrayiq.metrics.field_finding import FieldFinding, find_field
from xrayiq.metrics.field_geometry import clipped_polygon, mean_rotation_deg, polygon_area, quadrilateral_on_image
from xrayiq.metrics.field_preview import field_preview
from xrayiq.metrics.field_refinement import refine_corners
from xrayiq.model import Measurement, Provenance, Radiograph, Result, pitch_pair

ALGORITHM_VERSION: Final = 2
#: pixels per side of the search grid below which no field can be told
LEAST_GRID_PX: Final = 24
#: below this confidence a warning says what else may have been found
DOUBTFUL_CONFIDENCE: Final = 0.65
#: greatest confidence of straight sides that cut a circular field
CUT_CIRCLE_CONFIDENCE: Final = 0.2


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Collimation(Result):
    """Collimated field found in one image.

    Parameters
    ----------
    corners_px : (4, 2) array of float
        Row and column of the corners, clockwise as seen on the screen, the first being the one with the least row +
        column. Centres of pixels are integers from 0, so a corner on the border of the image stands at −0.5 or n − 0.5.
    sides : 4-tuple of {"collimated", "at_border", "not_found"}
        State of the sides between corners 1–2, 2–3, 3–4, 4–1 (upper, right, lower, left): a blade's edge was found, the
        field reaches the border of the image data (of the image, or of what is not padding), or neither could be told.
    area_mm2 : float or None
        Area at the detector; None where the pixel pitch is unknown.
    field_fraction : float
        Area over the area of the image.
    confidence : float
        0 to 1, how far the image bears out that this polygon is the field. It grows with the length of the collimated
        sides that have contrast, with the fall of exposure across them and with the width of the shadow outside; 0 for
        a circular field. With four sides ``"at_border"`` no blade was called: then it says how little any straight
        edge in the image, such as one of anatomy, resembles a blade.
    rotation_deg : float
        Rotation of the collimated sides against the pixel axes, −45 to 45, positive clockwise on the screen; 0 where
        no side is collimated.
    image_shape_px : tuple of (int, int)
        Rows and columns of the image, the frame in which the corners stand.
    pixel_pitch_mm : tuple of (float, float) or None
        Distance of neighbouring rows and of neighbouring columns.
    preview : 2-D array of uint8 or None
        Small picture with pixels of 2 mm or more, light where the exposure is low; None where the pitch is unknown or
        the header does not exclude burnt-in text.
    preview_pitch_mm : tuple of (float, float) or None
        Distance of the preview's rows and of its columns.
    provenance : Provenance
        Algorithm, parameters and warnings.
    """

    corners_px: NDArray[np.float64]
    sides: tuple[Side, Side, Side, Side]
    area_mm2: float | None
    field_fraction: float
    confidence: float
    rotation_deg: float
    image_shape_px: tuple[int, int]
    pixel_pitch_mm: tuple[float, float] | None
    preview: NDArray[np.uint8] | None
    preview_pitch_mm: tuple[float, float] | None
    provenance: Provenance

    def measurements(self) -> tuple[Measurement, ...]:
        """Area and fraction of the field, rotation, confidence, sides seen and at the border, and size and place."""
        area = () if self.area_mm2 is None else (Measurement(quantity="field_area", value=self.area_mm2),)
        return (
            *area,
            Measurement(quantity="field_fraction", value=self.field_fraction),
            Measurement(quantity="field_rotation", value=self.rotation_deg),
            Measurement(quantity="collimation_confidence", value=self.confidence),
            Measurement(quantity="field_sides_at_border", value=float(self.sides.count("at_border"))),
            Measurement(quantity="field_sides_collimated", value=float(self.sides.count("collimated"))),
            *self._placement(),
        )

    def _placement(self) -> tuple[Measurement, ...]:
        """Height, width and place of the field in mm; nothing where the pixel pitch is unknown."""
        if self.pixel_pitch_mm is None:
            return ()
        pitch, corners = np.array(self.pixel_pitch_mm), np.asarray(self.corners_px)
        middles = (corners + np.roll(corners, -1, axis=0)) / 2.0 * pitch
        height, width = (float(np.hypot(*(middles[side] - middles[(side + 2) % 4]))) for side in (0, 1))
        offset = (corners.mean(axis=0) - (np.array(self.image_shape_px) - 1.0) / 2.0) * pitch
        return (
            Measurement(quantity="field_height", value=height),
            Measurement(quantity="field_width", value=width),
            Measurement(quantity="field_offset_down", value=float(offset[0])),
            Measurement(quantity="field_offset_right", value=float(offset[1])),
        )


def find_collimation(image: Image, *, pixel_pitch_mm: Pitch | None = None) -> Collimation:
    """Collimated field of a radiograph, its sides to a part of a pixel.

    Parameters
    ----------
    image : Radiograph or 2-D array
        FOR PROCESSING or FOR PRESENTATION. A bare array is taken as linear: brighter means more exposed.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Wins over the header's. Without any pitch the field is found in pixels and its area in mm² stays open.

    Returns
    -------
    Collimation
        Corners, states of the sides, area and confidence. The whole image with four sides ``"at_border"`` where nothing
        is collimated.

    Raises
    ------
    InputError
        The array is not a non-empty 2-D array of numbers, or the pitch is not positive.
    NotMeasurableError
        ``only_padding``, ``constant_image``, ``all_saturated`` or ``image_too_small``.

    Notes
    -----
    The image is reduced to about 400 pixels and its logarithm taken, so that edges of little exposure count as much as
    those of air. Edge points vote for directed lines; quadrilaterals of such lines and the borders of the image are
    ranked by the length of their sides that parts brighter from darker, less what has no or reversed contrast and the
    edges left outside, where a blade leaves only smooth scatter. Each side then moves to the half level of its averaged
    penumbra, by a robust line through profiles across it. Directed gradients and a ranking of hypotheses follow the
    published work on shutter detection (Hough line candidates with a search for the best polygon).

    Padding is left out. Where a corner of the field lies outside the image, area and field fraction are those of the
    part on the image, and the confidence falls by what the quadrilateral leaves out of it. A quadrilateral beyond whose
    sides the image is as bright as inside is no field: metal and bones have two edges. A circular field, also one cut
    by blades, is no quadrilateral: it has a confidence below 0.3 and a warning that no rectangular field fits.

    Where the header does not say how values relate to the exposure (presentation images, CR without
    PixelIntensityRelationship) both polarities are tried: the one that the photometric interpretation suggests (exposed
    parts dark on the screen) is taken unless the other is clearly better supported, and a warning says which; their
    values count as logarithmic.
    """
    radiograph = as_radiograph(image)
    given = None if pixel_pitch_mm is None else pitch_pair(pixel_pitch_mm)
    shown = radiograph is not image or _has_no_text(radiograph)
    return radiograph.kept(("collimation", given, shown), lambda: _find_collimation(radiograph, given, shown))


def _find_collimation(radiograph: Radiograph, given: Pitch | None, shown: bool) -> Collimation:
    signal = as_signal(
        radiograph, procedure="the collimated field", pixel_pitch_mm=given, needs_pitch=False, needs_signal=False
    )
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
    if found.circle is None:
        fine, _ = fill_holes(*signal.block_means(fine_factor, part, finest=fine_factor))
        outline = _refined(found, fine, signal, extent=extent, factors=(factor, fine_factor), pitch_mm=pitch_mm)
    else:
        outline = _about_circle(found.circle, found.evidence, factor, extent)
    corners, lies_on = quadrilateral_on_image(outline.corners, extent)
    off_image: tuple[Side, Side] = ("not_found", "at_border")
    sides = [off_image[side] if side < 0 else outline.sides[side] for side in lies_on]
    warnings = (*found.warnings, *_warnings(found, outline, corners, padded=extent != signal.shape))
    corners = corners + np.array([float(part[0].start), float(part[1].start)])
    first = int(np.argmin(corners.sum(axis=1)))
    corners, sides = np.roll(corners, -first, axis=0), sides[first:] + sides[:first]
    shape = signal.shape
    area_px = polygon_area(clipped_polygon(outline.corners, extent))
    pitch = signal.pixel_pitch_mm
    preview, preview_pitch = field_preview(signal, found.polarity, finest=fine_factor) if shown else (None, None)
    return Collimation(
        corners_px=corners,
        sides=(sides[0], sides[1], sides[2], sides[3]),
        area_mm2=None if pitch is None else area_px * pitch[0] * pitch[1],
        field_fraction=area_px / (shape[0] * shape[1]),
        confidence=outline.confidence,
        rotation_deg=mean_rotation_deg(outline.corners, [side == "collimated" for side in outline.sides]),
        image_shape_px=shape,
        pixel_pitch_mm=pitch,
        preview=preview,
        preview_pitch_mm=preview_pitch,
        provenance=provenance_of(
            signal,
            algorithm="collimation",
            version=ALGORITHM_VERSION,
            parameters={
                "search_pitch_mm": None if pitch is None else pitch_mm * factor,
                "polarity": found.polarity,
                "least_contrast": found.evidence.threshold,
            },
            warnings=warnings,
        ),
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Outline:
    """Quadrilateral in pixels of the valid part, which may reach beyond it."""

    corners: NDArray[np.float64]
    sides: tuple[Side, ...]
    confidence: float


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


def _refined(
    found: FieldFinding,
    fine: NDArray[np.float64],
    signal: SignalImage,
    *,
    extent: tuple[int, int],
    factors: tuple[int, int],
    pitch_mm: float,
) -> _Outline:
    """Quadrilateral with its sides at the half level of their penumbra, in pixels of the valid part."""
    factor, fine_factor = factors
    linear = fine if signal.unit != "stored" else np.exp(to_logarithm(found.polarity * fine, linear=False))
    choice = found.choice
    corners = refine_corners(
        linear,
        _rescaled(choice.corners, factor, fine_factor),
        choice.collimated,
        extent=(extent[0] / fine_factor, extent[1] / fine_factor),
        pitch_mm=pitch_mm * fine_factor,
    )
    confidence = field_confidence(found.evidence, choice, _rescaled(corners, fine_factor, factor))
    if found.cut_circle:
        confidence = min(confidence, CUT_CIRCLE_CONFIDENCE)
    return _Outline(
        corners=_rescaled(corners, fine_factor, 1), sides=side_states(found.evidence, choice), confidence=confidence
    )


def _about_circle(circle: Circle, evidence: FieldEvidence, factor: int, extent: tuple[int, int]) -> _Outline:
    """Rectangle about a circular field, which is known not to be the field."""
    corners = np.minimum(_rescaled(bounding_corners(circle, evidence.shape), factor, 1), np.array(extent) - 0.5)
    return _Outline(corners=corners, sides=("not_found",) * 4, confidence=0.0)


def _warnings(found: FieldFinding, outline: _Outline, corners: NDArray[np.float64], *, padded: bool) -> tuple[str, ...]:
    """What a reader of the numbers must know about the field."""
    warnings: list[str] = []
    if padded and "at_border" in outline.sides:
        warnings.append("the image has padding: the field ends at the border of the image data")
    if found.circle is not None:
        warnings.append(
            "no rectangular field fits: the edge is circular, the corners are those of a rectangle about it"
        )
    elif found.cut_circle:
        warnings.append("no rectangular field fits: the edge is circular between straight sides")
    elif "collimated" in outline.sides and outline.confidence < DOUBTFUL_CONFIDENCE:
        warnings.append(
            f"confidence {outline.confidence:.2f}: edges of anatomy or a field that is no rectangle are possible"
        )
    if not np.allclose(corners, outline.corners, rtol=0.0, atol=0.5):
        warnings.append("the field reaches beyond the image: the corners are those of the greatest quadrilateral on it")
    return tuple(warnings)


def _has_no_text(radiograph: Radiograph) -> bool:
    """Whether the header excludes burnt-in text."""
    return (radiograph.acquisition.burned_in_annotation or "").strip().upper() == "NO"
