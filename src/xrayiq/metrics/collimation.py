"""The collimated field of a radiograph: where the blades of the collimator cut the beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import field_candidates, field_choice
from xrayiq.metrics._image import PRESENTATION, Image, Pitch, SignalImage, as_signal, provenance_of
from xrayiq.metrics.field_candidates import FieldEvidence, find_evidence, reduce_image, reduction_factor, to_logarithm
from xrayiq.metrics.field_choice import FieldChoice, choose_field
from xrayiq.metrics.field_geometry import clipped_polygon, mean_rotation_deg, polygon_area
from xrayiq.metrics.field_refinement import refine_corners
from xrayiq.model import Measurement, Provenance, Radiograph, Result

Side = Literal["collimated", "at_border", "not_found"]

ALGORITHM_VERSION: Final = 1
PREVIEW_PITCH_MM: Final = 2.0
#: pixels per side of the search grid below which no field can be told
LEAST_GRID_PX: Final = 24
#: natural logarithm of the exposure ratio across a side from which on the contrast leaves no doubt (2 : 1)
CLEAR_CONTRAST: Final = float(np.log(2.0))
#: the other polarity must be supported better by this factor than the one that the photometric interpretation suggests
POLARITY_FACTOR: Final = 1.1
#: and with at least this confidence: the outline of a body in air looks like a field of the other polarity
LEAST_CONFIDENCE_OF_OTHER_POLARITY: Final = 0.8
#: below this confidence a warning says what else may have been found
DOUBTFUL_CONFIDENCE: Final = 0.65


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
        field reaches the border of the image, or neither could be told.
    area_mm2 : float or None
        Area at the detector; None where the pixel pitch is unknown.
    field_fraction : float
        Area over the area of the image.
    confidence : float
        0 to 1; grows with the length of the sides that the image supports and with the fall of exposure across them.
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
        """Area and fraction of the field, its rotation and the confidence."""
        area = () if self.area_mm2 is None else (Measurement(quantity="field_area", value=self.area_mm2),)
        return (
            *area,
            Measurement(quantity="field_fraction", value=self.field_fraction),
            Measurement(quantity="field_rotation", value=self.rotation_deg),
            Measurement(quantity="collimation_confidence", value=self.confidence),
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

    Padding is left out. A field whose corner lies outside the image keeps that corner; area and field fraction are
    those of the part on the image. Where the header does not say how values relate to the exposure (presentation
    images, CR without PixelIntensityRelationship) both polarities are tried: the one that the photometric
    interpretation suggests (exposed parts dark on the screen) is taken unless the other is clearly better supported,
    and a warning says which; their values count as logarithmic. Circular fields are not told apart from
    quadrilaterals; they show by a low confidence and a warning.
    """
    signal = as_signal(
        image, procedure="the collimated field", pixel_pitch_mm=pixel_pitch_mm, needs_pitch=False, needs_signal=False
    )
    cut, values, excluded = _valid_part(signal)
    pitch_mm = _mean_pitch(signal, values.shape)
    factor = reduction_factor(values.shape, pitch_mm)
    reduced, holes = reduce_image(values, excluded, factor)
    if min(reduced.shape) < LEAST_GRID_PX:
        raise NotMeasurableError(
            "image_too_small",
            f"image of {values.shape[0]} × {values.shape[1]} pixels",
            needed=f"at least {LEAST_GRID_PX * factor} pixels along either side to find a collimated field",
            remedy="use the whole image, not a cut-out of it",
            source=signal.source,
        )
    polarity, evidence, choice, warnings = _best_polarity(signal, reduced, holes)
    fine_factor = max(1, factor // 2)
    fine, _ = (reduced, holes) if fine_factor == factor else reduce_image(values, excluded, fine_factor)
    linear = fine if signal.unit != "stored" else np.exp(to_logarithm(polarity * fine, linear=False))
    corners = refine_corners(
        linear,
        _rescaled(choice.corners, factor, fine_factor),
        choice.collimated,
        extent=(values.shape[0] / fine_factor, values.shape[1] / fine_factor),
        pitch_mm=pitch_mm * fine_factor,
    )
    corners = _rescaled(corners, fine_factor, 1) + cut
    sides = _states(evidence, choice)
    first = int(np.argmin(corners.sum(axis=1)))
    corners, sides = np.roll(corners, -first, axis=0), (*sides[first:], *sides[:first])
    shape = (signal.values.shape[0], signal.values.shape[1])
    area_px = polygon_area(clipped_polygon(corners, shape))
    pitch = signal.pixel_pitch_mm
    confidence = _confidence(evidence, choice)
    if "collimated" in sides and confidence < DOUBTFUL_CONFIDENCE:
        warnings = (*warnings, f"confidence {confidence:.2f}: a circular field or edges of anatomy are possible")
    preview, preview_pitch = _preview(signal, image, polarity)
    return Collimation(
        corners_px=corners,
        sides=(sides[0], sides[1], sides[2], sides[3]),
        area_mm2=None if pitch is None else area_px * pitch[0] * pitch[1],
        field_fraction=area_px / (shape[0] * shape[1]),
        confidence=confidence,
        rotation_deg=mean_rotation_deg(corners, [side == "collimated" for side in sides]),
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
                "polarity": polarity,
                "least_contrast": evidence.threshold,
            },
            warnings=warnings,
        ),
    )


def _valid_part(
    signal: SignalImage,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.bool_] | None]:
    """First pixel, values and padding of the smallest rectangle that holds all pixels that are not padding."""
    if signal.padding is None:
        return np.zeros(2), signal.values, None
    rows = np.flatnonzero(~signal.padding.all(axis=1))
    columns = np.flatnonzero(~signal.padding.all(axis=0))
    part = slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1)
    cut = np.array([float(rows[0]), float(columns[0])])
    return cut, np.ascontiguousarray(signal.values[part]), np.ascontiguousarray(signal.padding[part])


def _mean_pitch(signal: SignalImage, shape: tuple[int, ...]) -> float:
    if signal.pixel_pitch_mm is None:
        return field_candidates.ASSUMED_LENGTH_MM / max(shape)
    return float(np.sqrt(signal.pixel_pitch_mm[0] * signal.pixel_pitch_mm[1]))


def _rescaled(corners: NDArray[np.float64], factor: int, new_factor: int) -> NDArray[np.float64]:
    """Positions on a grid of blocks as positions on a grid of other blocks."""
    return (corners * factor + (factor - new_factor) / 2.0) / new_factor


def _best_polarity(
    signal: SignalImage, reduced: NDArray[np.float64], holes: NDArray[np.bool_]
) -> tuple[int, FieldEvidence, FieldChoice, tuple[str, ...]]:
    """Evidence and choice, with the sign that makes values grow with the exposure."""
    relation = signal.radiograph.relation.relation
    linear = signal.unit != "stored"

    def weigh(sign: int) -> tuple[FieldEvidence, FieldChoice]:
        evidence = find_evidence(to_logarithm(sign * reduced, linear=linear), holes)
        return evidence, choose_field(evidence)

    if linear or (relation == "log" and signal.intent != PRESENTATION):
        return 1, *weigh(1), ()
    shown = (signal.radiograph.acquisition.photometric_interpretation or "").strip().upper()
    # on the screen exposed parts are dark: MONOCHROME1 shows high values dark, MONOCHROME2 low ones
    likely = 1 if shown == "MONOCHROME1" else -1
    evidence, choice = weigh(likely)
    other_evidence, other_choice = weigh(-likely)
    polarity = likely
    clear = _confidence(other_evidence, other_choice) > LEAST_CONFIDENCE_OF_OTHER_POLARITY
    if clear and other_choice.score > POLARITY_FACTOR * choice.score:
        polarity, evidence, choice = -likely, other_evidence, other_choice
    course = "grow" if polarity > 0 else "fall"
    found = (
        "as its edges suggest" if polarity != likely else f"as usual for {shown or 'its photometric interpretation'}"
    )
    return (
        polarity,
        evidence,
        choice,
        (f"the header does not say how values relate to the exposure: taken to {course} with it, {found}",),
    )


def _states(evidence: FieldEvidence, choice: FieldChoice) -> tuple[Side, ...]:
    """State of each side; a border in shadow as deep as outside the blades leaves the side open."""
    if not any(choice.collimated):
        return ("at_border",) * 4
    beside = [field_choice.strip_level(evidence, choice.corners, side, -3.0) for side in range(4)]
    shadow = max(level for level, edge in zip(beside, choice.collimated, strict=True) if edge)
    states: list[Side] = []
    for side, edge in enumerate(choice.collimated):
        if edge:
            states.append("collimated")
        else:
            inside = field_choice.strip_level(evidence, choice.corners, side, 1.0)
            states.append("at_border" if inside > shadow + evidence.threshold else "not_found")
    return tuple(states)


def _confidence(evidence: FieldEvidence, choice: FieldChoice) -> float:
    """Share of the collimated sides' length with contrast, times how clear it is; without any, what no line reaches."""
    supported, neutral, reverse, contrast = choice.support[np.array(choice.collimated)].sum(axis=0)
    length = supported + neutral + reverse
    if length <= 0:
        return 1.0 - field_choice.strongest_line(evidence)
    clear = min(1.0, contrast / max(supported, 1.0) / CLEAR_CONTRAST)
    return float(supported / length * clear)


def _preview(
    signal: SignalImage, image: Image, polarity: int
) -> tuple[NDArray[np.uint8] | None, tuple[float, float] | None]:
    """Small grey picture whose pixels are too large to read text or recognise a person."""
    annotated = (signal.radiograph.acquisition.burned_in_annotation or "").strip().upper() != "NO"
    if signal.pixel_pitch_mm is None or (isinstance(image, Radiograph) and annotated):
        return None, None
    factor = int(np.ceil(PREVIEW_PITCH_MM / min(signal.pixel_pitch_mm) - 1e-9))
    means, _ = reduce_image(signal.values, signal.padding, max(factor, 1))
    logarithm = to_logarithm(polarity * means, linear=signal.unit != "stored")
    low, high = np.percentile(logarithm, [0.5, 99.5])
    grey = 255.0 * (high - logarithm) / max(high - low, 1e-12)
    pitch = (signal.pixel_pitch_mm[0] * factor, signal.pixel_pitch_mm[1] * factor)
    return np.clip(np.rint(grey), 0, 255).astype(np.uint8), pitch
