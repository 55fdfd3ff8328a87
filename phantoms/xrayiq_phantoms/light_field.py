"""Test of the light field: round markers at its edges, in an X-ray field that deviates from it by known lengths."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.blurred_disc import pixel_patch
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.field import FieldTruth, beam_map, field_truth, scatter_map
from xrayiq_phantoms.phantom import Phantom
from xrayiq_phantoms.polygon import rectangle

Placement = Literal["touching", "centred"]
_SIDES = ("upper", "right", "lower", "left")
#: markers stand within this part of a side's length, from its middle
_SPREAD = 0.3


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LightFieldTruth:
    """Truth of a test of the light field; lengths at the detector.

    Parameters
    ----------
    deviations_mm : 1-D array
        How far the X-ray field reaches beyond the light field at the upper, right, lower and left side, the mean over
        the side's markers.
    angle_deg : float
        Rotation of the light field against the X-ray field, clockwise as seen on screen.
    centre_offset_mm : tuple of (float, float)
        Centre of the X-ray field below and to the right of the light field's, as seen along the light field's sides.
    light_corners_px : 4×2 array
        Row and column of the light field's corners, clockwise, from the upper left.
    marker_centres_px : 2-D array
        Row and column of the markers at the edges, side by side.
    marker_sides : tuple of str
        Side that each of them stands at.
    field : FieldTruth
        The X-ray field.
    """

    deviations_mm: NDArray[np.float64]
    angle_deg: float
    centre_offset_mm: tuple[float, float]
    light_corners_px: NDArray[np.float64]
    marker_centres_px: NDArray[np.float64]
    marker_sides: tuple[str, ...]
    field: FieldTruth


def simulate_light_field(
    detector: Detector,
    *,
    shape: tuple[int, int],
    kerma_ugy: float,
    seed: int,
    light_size_mm: tuple[float, float],
    deviations_mm: tuple[float, float, float, float] = (0.0, 0.0, 0.0, 0.0),
    placement: Placement = "touching",
    markers_per_side: int = 1,
    marker_mm: float = 20.0,
    pairs: bool = False,
    centre_marker_mm: float = 0.0,
    further_mm: tuple[tuple[float, float, float], ...] = (),
    marker_transmission: float = 0.3,
    rotation_deg: float = 0.0,
    angle_deg: float = 0.0,
    offset_mm: tuple[float, float] = (0.0, 0.0),
    penumbra_sigma_mm: float = 0.3,
    scatter_fraction: float = 0.03,
    scatter_length_mm: float = 40.0,
    noise: bool = True,
) -> Phantom[LightFieldTruth]:
    """Image of round markers at the edges of a light field.

    Parameters
    ----------
    detector : Detector
        What sees it.
    shape : (int, int)
        Rows and columns.
    kerma_ugy : float
        Kerma inside the field, scatter included.
    seed : int
        Of the noise.
    light_size_mm : (float, float)
        Height and width of the light field.
    deviations_mm : 4 floats
        How far the X-ray field reaches beyond its upper, right, lower and left side, before `angle_deg` turns it.
    placement : {"touching", "centred"}
        Markers touch the edge from inside, or their centres lie on it.
    markers_per_side : int
        Evenly spread over the middle 60 % of each side.
    marker_mm : float
        Diameter of the markers.
    pairs : bool
        With a second marker outside each, touching the edge from there.
    centre_marker_mm : float
        Diameter of a marker in the middle of the light field; none where 0.
    further_mm : tuple of (down, right, diameter)
        Further markers, from the middle of the light field along its sides, as one that shows the orientation.
    marker_transmission : float
        What markers let through.
    rotation_deg : float
        Rotation of the light field, clockwise as seen on screen.
    angle_deg : float
        Rotation of the light field against the X-ray field: that is turned by its opposite, about its own centre.
    offset_mm : (float, float)
        Centre of the light field below and to the right of the middle of the image.
    penumbra_sigma_mm, scatter_fraction, scatter_length_mm
        Of the beam, as in `simulate_field`.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `LightFieldTruth`. Markers are the exact integral over blur and pixels; where one meets the penumbra of
        the field, their product stands for it.
    """
    pitch = detector.pixel_pitch_mm
    middle = (np.array(shape) - 1.0) / 2.0 + np.array(offset_mm) / pitch
    frame = _turned(rotation_deg)  # rows: the directions down and to the right of the light field
    upper, right, lower, left = deviations_mm
    centre_offset = ((lower - upper) / 2.0, (right - left) / 2.0)
    beam = rectangle(
        centre_px=_pair(middle + np.array(centre_offset) @ frame / pitch),
        size_px=((light_size_mm[0] + upper + lower) / pitch, (light_size_mm[1] + left + right) / pitch),
        rotation_deg=rotation_deg - angle_deg,
    )
    field = field_truth(beam, shape, pixel_pitch_mm=pitch)
    places, points = _markers(light_size_mm, placement, markers_per_side, marker_mm)
    centres, edge_points = (middle + each @ frame / pitch for each in (places, points))
    discs = [(centre, marker_mm) for centre in centres]
    if pairs:
        discs += [(2.0 * point - centre, marker_mm) for centre, point in zip(centres, edge_points, strict=True)]
    if centre_marker_mm > 0:
        discs.append((middle, centre_marker_mm))
    discs += [(middle + np.array([down, across]) @ frame / pitch, size) for down, across, size in further_mm]
    passed = np.ones(shape)
    for centre, diameter in discs:
        _absorb(passed, centre, diameter, detector, marker_transmission)
    primary = beam_map(detector, field.beam_corners_px, shape, penumbra_sigma_mm=penumbra_sigma_mm) * passed
    scatter = scatter_map(detector, field.beam_corners_px, shape, length_mm=scatter_length_mm)
    half = np.array(light_size_mm) / 2.0
    corners = np.array([(-half[0], -half[1]), (-half[0], half[1]), (half[0], half[1]), (half[0], -half[1])])
    truth = LightFieldTruth(
        deviations_mm=_deviations(beam, edge_points.reshape(4, markers_per_side, 2)) * pitch,
        angle_deg=angle_deg,
        centre_offset_mm=centre_offset,
        light_corners_px=middle + corners @ frame / pitch,
        marker_centres_px=centres,
        marker_sides=tuple(side for side in _SIDES for _ in range(markers_per_side)),
        field=field,
    )
    kerma = kerma_ugy * ((1.0 - scatter_fraction) * primary + scatter_fraction * scatter)
    return expose(detector, kerma, truth, seed=seed, noise=noise)


def _turned(rotation_deg: float) -> NDArray[np.float64]:
    """Unit vectors (row, column) of the directions down and to the right of a frame turned clockwise."""
    alpha = np.deg2rad(rotation_deg)
    return np.array([[np.cos(alpha), -np.sin(alpha)], [np.sin(alpha), np.cos(alpha)]])


def _markers(
    size_mm: tuple[float, float], placement: Placement, per_side: int, marker_mm: float
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres of the markers, and the points of the light field's edge that they show, from its centre."""
    if placement not in ("touching", "centred"):
        raise ValueError(f"placement {placement!r}; needed touching or centred")
    inset = marker_mm / 2.0 if placement == "touching" else 0.0
    along = np.linspace(-_SPREAD, _SPREAD, per_side) if per_side > 1 else np.zeros(1)
    centres, points = [], []
    for outward in ((-1.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.0, -1.0)):
        normal = np.array(outward)
        for place in along:
            point = normal * np.array(size_mm) / 2.0 + place * normal[::-1] * np.array(size_mm)
            points.append(point)
            centres.append(point - inset * normal)
    return np.array(centres), np.array(points)


def _deviations(beam_corners_px: NDArray[Any], points_px: NDArray[Any]) -> NDArray[np.float64]:
    """Mean distance by which the points of each side lie inside the line of the beam's side."""
    found = []
    for start, end, points in zip(beam_corners_px, np.roll(beam_corners_px, -1, axis=0), points_px, strict=True):
        along = (end - start) / np.hypot(*(end - start))
        found.append(np.mean(along[1] * (points[:, 0] - start[0]) - along[0] * (points[:, 1] - start[1])))
    return np.array(found)


def _absorb(
    passed: NDArray[np.float64],
    centre_px: NDArray[np.float64],
    diameter_mm: float,
    detector: Detector,
    transmission: float,
) -> None:
    """Let less pass behind a disc, in place; what lies off the image is left out."""
    whole = np.rint(centre_px).astype(int)
    patch, reach = pixel_patch(
        offset_px=_pair(centre_px - whole),
        radius_mm=diameter_mm / 2.0,
        sigma_mm=detector.blur_sigma_mm,
        pitch_mm=detector.pixel_pitch_mm,
    )
    low, high = np.maximum(whole - reach, 0), np.minimum(whole + reach + 1, passed.shape)
    if np.all(low < high):
        first, last = low - whole + reach, high - whole + reach
        passed[low[0] : high[0], low[1] : high[1]] *= (
            1.0 - (1.0 - transmission) * patch[first[0] : last[0], first[1] : last[1]]
        )


def _pair(values: NDArray[Any]) -> tuple[float, float]:
    return float(values[0]), float(values[1])
