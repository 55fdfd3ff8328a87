"""The collimated field of a radiograph: where the blades of the collimator cut the beam."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics._image import Image, Pitch, as_radiograph, as_signal, provenance_of
from xrayiq.metrics.field_confidence import Side
from xrayiq.metrics.field_geometry import clipped_polygon, mean_rotation_deg, polygon_area, snapped_to_border
from xrayiq.metrics.field_outline import FieldOutline, outline_field
from xrayiq.metrics.field_preview import field_preview
from xrayiq.model import Measurement, Provenance, Radiograph, Result, pitch_pair

ALGORITHM_VERSION: Final = 3
#: below this confidence a warning says what else may have been found
DOUBTFUL_CONFIDENCE: Final = 0.65
#: corners are told to lie beyond the image from this distance on
BEYOND_PX: Final = 0.5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Collimation(Result):
    """Collimated field found in one image.

    Parameters
    ----------
    corners_px : (4, 2) array of float
        Row and column of the corners, clockwise as seen on the screen, the first being the one with the least row +
        column. Centres of pixels are integers from 0, so a corner on the border of the image stands at −0.5 or n − 0.5.
        Corners lie beyond the image where its border cuts the field: at the point where the sides would meet. The field
        is the part of the quadrilateral on the image.
    sides : 4-tuple of {"collimated", "at_border", "not_found"}
        State of the sides between corners 1–2, 2–3, 3–4, 4–1 (upper, right, lower, left): a blade's edge was found, the
        field reaches the border of the image data (of the image, or of what is not padding), or neither could be told.
    area_mm2 : float or None
        Area at the detector of the part on the image; None where the pixel pitch is unknown.
    field_fraction : float
        That area over the area of the image.
    confidence : float
        0 to 1, the probability that the field is right: intersection over union of at least 0.95 (0.93 where it is
        shorter than 15 cm) and no corner off by more than 3 mm. A logistic model of what speaks for the field, fitted
        on simulated clinical images (``data/field_confidence.toml``); 0 for a circular field, at most 0.2 where
        straight sides cut one.
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

    Nothing in the shadow of a blade gets brighter again farther out, and the shadows of one field are alike: that tells
    a blade from the outline of a body beside air, and a field from metal and bones, which have two edges. Of a rotated
    field the border of the image may leave only a short piece of a side, at a corner of the image: such pieces are
    looked for parallel or square to the sides that were found. Padding is left out. A circular field, also one cut by
    blades, is no quadrilateral: it has a confidence below 0.3 and a warning that no rectangular field fits.

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
    outline = outline_field(signal)
    found = outline.finding
    corners = snapped_to_border(outline.corners, outline.extent) + np.array(outline.begin, dtype=np.float64)
    first = int(np.argmin(corners.sum(axis=1)))
    corners, sides = np.roll(corners, -first, axis=0), outline.sides[first:] + outline.sides[:first]
    shape = signal.shape
    area_px = polygon_area(clipped_polygon(outline.corners, outline.extent))
    pitch = signal.pixel_pitch_mm
    preview, preview_pitch = (
        field_preview(signal, found.polarity, finest=outline.fine_factor) if shown else (None, None)
    )
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
                "search_pitch_mm": outline.search_pitch_mm,
                "polarity": found.polarity,
                "least_contrast": found.evidence.threshold,
            },
            warnings=(*found.warnings, *_warnings(outline, padded=outline.extent != shape)),
        ),
    )


def _warnings(outline: FieldOutline, *, padded: bool) -> tuple[str, ...]:
    """What a reader of the numbers must know about the field."""
    warnings: list[str] = []
    if padded and "at_border" in outline.sides:
        warnings.append("the image has padding: the field ends at the border of the image data")
    if outline.finding.circle is not None:
        warnings.append(
            "no rectangular field fits: the edge is circular, the corners are those of a rectangle about it"
        )
    elif outline.finding.cut_circle:
        warnings.append("no rectangular field fits: the edge is circular between straight sides")
    elif "collimated" in outline.sides and outline.confidence < DOUBTFUL_CONFIDENCE:
        warnings.append(
            f"confidence {outline.confidence:.2f}: edges of anatomy or a field that is no rectangle are possible"
        )
    beyond = np.maximum(-0.5 - outline.corners, outline.corners - (np.array(outline.extent) - 0.5)).max()
    if beyond > BEYOND_PX:
        warnings.append("the border of the image cuts the field: corners lie beyond it, where the sides would meet")
    return tuple(warnings)


def _has_no_text(radiograph: Radiograph) -> bool:
    """Whether the header excludes burnt-in text."""
    return (radiograph.acquisition.burned_in_annotation or "").strip().upper() == "NO"
