"""Congruence of light field and X-ray field, from round markers at the edges of the light field."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics._arguments import as_length_mm
from xrayiq.metrics._image import Image, Pitch, SignalImage, as_radiograph, as_signal, provenance_of
from xrayiq.metrics.collimation import DOUBTFUL_CONFIDENCE, Collimation, find_collimation
from xrayiq.metrics.field_candidates import fill_holes, to_logarithm
from xrayiq.metrics.light_edges import SIDES, LightEdges, Placement, inset_of, light_edges
from xrayiq.metrics.round_markers import find_round_markers
from xrayiq.model import Measurement, Provenance, Result

ALGORITHM_VERSION: Final = 1
#: difference of the detector's size and the image's from which the image is a part of it
_CUT_MM: Final = 5.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class FieldCongruence(Result):
    """How far the X-ray field deviates from the light field; lengths at the detector.

    Parameters
    ----------
    deviations_mm : 1-D array
        How far the X-ray field reaches beyond the light field at its upper, right, lower and left side; negative where
        it ends before.
    misalignment_rows_fraction, misalignment_columns_fraction : float
        Sum of the amounts of both deviations along an axis over the distance from source to detector: of the upper and
        lower, and of the left and right side.
    centre_offset_mm : tuple of (float, float)
        Centre of the X-ray field below and to the right of that of the light field, along the sides of the X-ray field.
    receptor_offset_mm : tuple of (float, float) or None
        Centre of the X-ray field below and to the right of the middle of the image; None where the image is known to
        be a part of the detector's.
    angle_deg : float or None
        Rotation of the light field against the X-ray field, clockwise as seen on screen; None where no side has two
        markers.
    source_detector_distance_mm : float
        Distance that fractions are of.
    corners_px : (4, 2) array
        Row and column of the X-ray field's corners, clockwise, the first the upper left one.
    markers_px : 2-D array
        Row and column of all markers.
    marker_radii_mm : 1-D array
        Their radii.
    marker_sides : tuple of str
        Side that each shows the light field's edge at (``"upper"``, ``"right"``, ``"lower"``, ``"left"``), or ``""``.
    light_points_px : 2-D array
        Row and column of the light field's edge by each marker, NaN for those that show none.
    image_shape_px : tuple of (int, int)
        Rows and columns of the image.
    pixel_pitch_mm : tuple of (float, float)
        Pitch that lengths were taken with.
    preview : 2-D array of uint8 or None
        Small picture, as of a `Collimation`.
    provenance : Provenance
        Where the numbers come from.
    """

    deviations_mm: NDArray[np.float64]
    misalignment_rows_fraction: float
    misalignment_columns_fraction: float
    centre_offset_mm: tuple[float, float]
    receptor_offset_mm: tuple[float, float] | None
    angle_deg: float | None
    source_detector_distance_mm: float
    corners_px: NDArray[np.float64]
    markers_px: NDArray[np.float64]
    marker_radii_mm: NDArray[np.float64]
    marker_sides: tuple[str, ...]
    light_points_px: NDArray[np.float64]
    image_shape_px: tuple[int, int]
    pixel_pitch_mm: tuple[float, float]
    preview: NDArray[np.uint8] | None
    provenance: Provenance

    @property
    def deviation_fractions(self) -> NDArray[np.float64]:
        """Deviations of the four sides over the distance from source to detector."""
        return np.asarray(self.deviations_mm / self.source_detector_distance_mm, dtype=np.float64)

    @property
    def centre_offset_fraction(self) -> float:
        """Distance of the centres of both fields over that from source to detector."""
        return math.hypot(*self.centre_offset_mm) / self.source_detector_distance_mm

    def measurements(self) -> tuple[Measurement, ...]:
        """Misalignment along each axis, the greatest deviation, offsets of the centres, each side, angle."""
        distance = self.source_detector_distance_mm
        receptor, angle = self.receptor_offset_mm, self.angle_deg
        return (
            Measurement(
                quantity="light_field_misalignment", value=self.misalignment_columns_fraction, direction="columns"
            ),
            Measurement(quantity="light_field_misalignment", value=self.misalignment_rows_fraction, direction="rows"),
            Measurement(quantity="light_field_edge_deviation", value=float(np.abs(self.deviation_fractions).max())),
            Measurement(quantity="light_field_centre_offset", value=self.centre_offset_fraction),
            *(
                ()
                if receptor is None
                else (Measurement(quantity="receptor_centre_offset", value=math.hypot(*receptor) / distance),)
            ),
            *(
                Measurement(quantity=f"light_field_deviation_{side}", value=float(value))
                for side, value in zip(SIDES, self.deviations_mm, strict=True)
            ),
            *(() if angle is None else (Measurement(quantity="light_field_angle", value=angle),)),
        )


def measure_field_congruence(
    image: Image,
    *,
    markers: Placement | float,
    source_detector_distance_mm: float | None = None,
    pixel_pitch_mm: Pitch | None = None,
) -> FieldCongruence:
    """Deviation of the X-ray field from the light field, by round markers at the light field's edges.

    Parameters
    ----------
    image : Radiograph or 2-D array
        Image of coins, washers or beads at all four edges of the light field, whose X-ray field ends on the image on
        all four sides. An image without linear signal will do; its edges are then less certain.
    markers : {"touching", "centred"} or float
        How the markers stand: they touch the light field's edge from inside (a second one that touches it from outside
        changes nothing), their centres lie on it, or their centres lie so many mm inside it, seen at the detector, as
        the balls of a test plate whose frame the light field was set to.
    source_detector_distance_mm : float, optional
        Wins over the header's, and is needed where that has none.
    pixel_pitch_mm : float or (rows, columns) pair, optional
        Needed for arrays; wins over the header's.

    Returns
    -------
    FieldCongruence
        Deviations in mm and, over the distance, as fractions.

    Raises
    ------
    InputError
        `markers` or a length is none of what is taken.
    NotMeasurableError
        ``no_distance`` where neither header nor argument tells it; ``field_edge_not_visible`` where a side of the X-ray
        field is not on the image, or the field is not sure; ``no_markers`` without any; ``too_few_markers`` where a
        side has none; ``markers_disagree`` where those of one side show edges that no straight line joins; or as any
        image without pixel pitch or content.

    Notes
    -----
    The X-ray field's sides are those of `find_collimation`, at the middle of their penumbra; markers are found by
    `xrayiq.metrics.round_markers.find_round_markers`. A marker counts for the side that it is nearest to, if that is
    nearer than a quarter of the field; one farther inside, as in the middle or to show the orientation, counts for
    none. The deviation of a side is the mean over its markers of their centre's distance from the X-ray field's side,
    less what it lies inside the light field: the radius of a marker that touches the edge.

    Markers above the detector are magnified, and so is the deviation that they show: as a part of the distance from the
    source it is the same in both planes. The radius of a marker is measured in the image, so it needs no correction.

    Sources of limits: 21 CFR 1020.31 (sum of both deviations along an axis 2 % of the distance; centre of the X-ray
    field 2 % of it from that of the receptor).
    """
    inset = inset_of(markers)
    given = source_detector_distance_mm
    given = None if given is None else as_length_mm("source_detector_distance_mm", given)
    radiograph = as_radiograph(image)
    signal = as_signal(
        radiograph, procedure="the congruence of the fields", pixel_pitch_mm=pixel_pitch_mm, needs_signal=False
    )
    pitch = signal.pitch
    field = find_collimation(image, pixel_pitch_mm=pixel_pitch_mm)
    corners_mm = np.asarray(field.corners_px) * pitch
    values, warnings = _linear(signal, field)
    found, others = find_round_markers(values, corners_mm, pitch=pitch)
    if not found:
        seen = f"{others} dark spots, none of them round" if others else "nothing darker than the field"
        raise NotMeasurableError(
            "no_markers",
            f"no round marker in the field: {seen}",
            needed="round markers of 2 mm or more at the edges of the light field",
            remedy="lay coins, washers or beads at the middle of each edge of the light field",
            source=signal.source,
        )
    _check_field(field, signal.source)
    distance = _distance_mm(signal) if given is None else given
    edges = light_edges(found, corners_mm, inset_mm=inset, source=signal.source)
    deviations = edges.deviations_mm
    upper, right, lower, left = (float(value) for value in deviations)
    return FieldCongruence(
        deviations_mm=deviations,
        misalignment_rows_fraction=(abs(upper) + abs(lower)) / distance,
        misalignment_columns_fraction=(abs(left) + abs(right)) / distance,
        centre_offset_mm=((lower - upper) / 2.0, (right - left) / 2.0),
        receptor_offset_mm=_receptor_offset(signal, corners_mm),
        angle_deg=edges.angle_deg,
        source_detector_distance_mm=distance,
        corners_px=field.corners_px,
        markers_px=np.array([marker.centre_mm for marker in found]) / pitch,
        marker_radii_mm=np.array([marker.radius_mm for marker in found]),
        marker_sides=edges.sides,
        light_points_px=edges.points_mm / pitch,
        image_shape_px=signal.shape,
        pixel_pitch_mm=pitch,
        preview=field.preview,
        provenance=provenance_of(
            signal,
            algorithm="field_congruence",
            version=ALGORITHM_VERSION,
            parameters={
                "markers": markers,
                "source_detector_distance_mm": distance,
                "distance_source": "header" if given is None else "argument",
            },
            warnings=(*warnings, *_warnings(edges, others)),
        ),
    )


def _distance_mm(signal: SignalImage) -> float:
    told = signal.radiograph.acquisition.source_detector_distance_mm
    if told is None or not told > 0:
        raise NotMeasurableError(
            "no_distance",
            "no distance from source to detector" if told is None else f"distance from source to detector of {told} mm",
            needed="that distance, which deviations are a part of",
            remedy="give source_detector_distance_mm",
            source=signal.source,
        )
    return float(told)


def _check_field(field: Collimation, source: str) -> None:
    missing = [name for name, state in zip(SIDES, field.sides, strict=True) if state != "collimated"]
    if missing or field.confidence < DOUBTFUL_CONFIDENCE:
        raise NotMeasurableError(
            "field_edge_not_visible",
            f"no edge of the X-ray field at the {', '.join(missing)} side"
            if missing
            else f"an X-ray field of confidence {field.confidence:.2f}",
            needed="an X-ray field that ends on the image on all four sides",
            remedy="set a smaller field, and keep the image whole",
            source=source,
        )


def _linear(signal: SignalImage, field: Collimation) -> tuple[NDArray[np.float64], tuple[str, ...]]:
    """Signal of all pixels that grows with the kerma, and what is not certain about it."""
    values = signal.values
    if signal.padding is not None:
        values, _ = fill_holes(np.where(signal.padding, np.nan, values), signal.padding)
    if signal.unit != "stored":
        return values, ()
    polarity = int(dict(field.provenance.parameters)["polarity"] or 1)
    return np.exp(to_logarithm(polarity * values, linear=False)), (
        "values are not linear in kerma: edges may be off by a part of their penumbra",
    )


def _receptor_offset(signal: SignalImage, corners_mm: NDArray[np.float64]) -> tuple[float, float] | None:
    """Centre of the X-ray field from the middle of the image; None where the detector is known to be larger."""
    extent = np.array(signal.shape) * signal.pitch
    active = signal.radiograph.header.detail.detector_active_dimensions_mm
    if active and np.any(np.array([active[0], active[-1]]) - extent > _CUT_MM):
        return None
    down, right = corners_mm.mean(axis=0) - (np.array(signal.shape) - 1.0) / 2.0 * signal.pitch
    return float(down), float(right)


def _warnings(edges: LightEdges, others: int) -> tuple[str, ...]:
    left_out = {
        "dark spots that are not round": others,
        "markers away from the edges": edges.sides.count("") - edges.outside,
        "markers outside the light field": edges.outside,
    }
    return tuple(f"left out: {name} ({number})" for name, number in left_out.items() if number)
