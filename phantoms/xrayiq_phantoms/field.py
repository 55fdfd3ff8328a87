"""Collimated fields: convex quadrilaterals with penumbra, and scatter outside."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import ndtr

from xrayiq_phantoms.anatomy import AnatomyKind, simulate_transmission
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom
from xrayiq_phantoms.polygon import (
    clip_to_image,
    inside_distances,
    line_crossing,
    ordered_corners,
    polygon_area,
    rectangle,
    side_on_image,
)

SideState = Literal["collimated", "at_border"]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class FieldTruth:
    """Truth of a collimated field.

    Parameters
    ----------
    corners_px : 4×2 array
        Corners (row, column) of the field as it can be seen: a side beyond the image is replaced by the image border
        (half a pixel outside the outer pixel centres). Clockwise as seen on screen, first the least row + column.
    beam_corners_px : 4×2 array
        Corners of the whole beam, also beyond the image, in the same order.
    sides : tuple of 4 {"collimated", "at_border"}
        Upper, right, lower and left side: from corner 0 to 1, 1 to 2, 2 to 3 and 3 to 0.
    area_mm2 : float
        Area of the beam on the image.
    field_fraction : float
        Its part of the image.
    mask : 2-D array of bool
        True on pixels whose centre lies in the beam.
    pixel_pitch_mm : float
        Distance of pixels.
    """

    corners_px: NDArray[np.float64]
    beam_corners_px: NDArray[np.float64]
    sides: tuple[SideState, SideState, SideState, SideState]
    area_mm2: float
    field_fraction: float
    mask: NDArray[np.bool_]
    pixel_pitch_mm: float


def field_truth(beam_corners_px: ArrayLike, shape: tuple[int, int], *, pixel_pitch_mm: float) -> FieldTruth:
    """What a beam of given corners is on an image of given shape.

    Raises
    ------
    ValueError
        The corners are not convex, or the beam misses the image.
    """
    corners = ordered_corners(beam_corners_px)
    on_image = clip_to_image(corners, shape)
    if len(on_image) < 3:
        raise ValueError(f"beam corners {corners.tolist()} on an image of {shape}; needed a beam that meets the image")
    area_px = polygon_area(on_image)
    borders = _border_lines(shape)
    seen: list[bool] = []
    lines: list[tuple[NDArray[np.float64], NDArray[np.float64]]] = []
    for number in range(4):
        start, end = corners[number], corners[(number + 1) % 4]
        seen.append(side_on_image(start, end, shape) > 0.0)
        lines.append((start, end) if seen[number] else borders[number])
    visible = np.array([line_crossing(lines[number - 1], lines[number]) for number in range(4)])
    states: list[SideState] = ["collimated" if side else "at_border" for side in seen]
    mask = np.ones(shape, dtype=np.bool_)
    for distance in inside_distances(corners, shape):
        mask &= distance >= 0
    return FieldTruth(
        corners_px=visible,
        beam_corners_px=corners,
        sides=(states[0], states[1], states[2], states[3]),
        area_mm2=area_px * pixel_pitch_mm**2,
        field_fraction=area_px / (shape[0] * shape[1]),
        mask=mask,
        pixel_pitch_mm=pixel_pitch_mm,
    )


def _border_lines(shape: tuple[int, int]) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Image borders in the order upper, right, lower, left."""
    last_row, last_column = shape[0] - 0.5, shape[1] - 0.5
    corners = np.array([[-0.5, -0.5], [-0.5, last_column], [last_row, last_column], [last_row, -0.5]])
    return [(corners[number], corners[(number + 1) % 4]) for number in range(4)]


def beam_map(
    detector: Detector, beam_corners_px: NDArray[np.float64], shape: tuple[int, int], *, penumbra_sigma_mm: float
) -> NDArray[np.float64]:
    """Relative primary kerma of a beam: 1 inside, falling to 0 over the penumbra.

    The product over the sides of Φ(d/σ) with the distance d inside a side and σ² = penumbra² + blur² + p²/12; exact for
    a Gaussian spread wherever sides meet at right angles, and away from the corners for all others.
    """
    pitch = detector.pixel_pitch_mm
    sigma_px = np.sqrt(penumbra_sigma_mm**2 + detector.blur_sigma_mm**2 + pitch**2 / 12.0) / pitch
    beam = np.ones(shape)
    for distance in inside_distances(beam_corners_px, shape):
        beam[distance < -8.5 * sigma_px] = 0.0
        near = np.abs(distance) <= 8.5 * sigma_px
        beam[near] *= ndtr(distance[near] / sigma_px)
    return beam


def scatter_map(
    detector: Detector, beam_corners_px: NDArray[np.float64], shape: tuple[int, int], *, length_mm: float
) -> NDArray[np.float64]:
    """Relative scatter: 1 in the beam, exp(−d/length) at the distance d beyond the farthest side's line."""
    outside = np.full(shape, 0.0)
    for distance in inside_distances(beam_corners_px, shape):
        np.maximum(outside, -distance, out=outside)
    return np.asarray(np.exp(outside * (-detector.pixel_pitch_mm / length_mm)), dtype=np.float64)


def simulate_field(
    detector: Detector,
    *,
    shape: tuple[int, int],
    kerma_ugy: float,
    seed: int,
    corners_mm: ArrayLike | None = None,
    centre_mm: tuple[float, float] | None = None,
    size_mm: tuple[float, float] | None = None,
    rotation_deg: float = 0.0,
    scatter_fraction: float = 0.03,
    scatter_length_mm: float = 40.0,
    penumbra_sigma_mm: float = 0.3,
    anatomy: AnatomyKind | None = None,
    noise: bool = True,
) -> Phantom[FieldTruth]:
    """Image of a collimated field, given by its corners or by centre, size and rotation.

    Parameters
    ----------
    detector : Detector
        What sees it.
    shape : (int, int)
        Rows and columns.
    kerma_ugy : float
        Kerma of the direct beam inside the field, scatter included.
    seed : int
        Of noise and anatomy.
    corners_mm : 4×2 array, optional
        Corners (down, right) in mm from the centre of pixel (0, 0): any convex quadrilateral, also beyond the image.
    centre_mm : (float, float), optional
        Centre (down, right) of a rectangular field; the middle of the image if not given.
    size_mm : (float, float), optional
        Height and width of a rectangular field.
    rotation_deg : float
        Rotation of that field, clockwise as seen on screen.
    scatter_fraction : float
        Kerma just outside the field as a part of `kerma_ugy`.
    scatter_length_mm : float
        Distance over which it falls to 1/e.
    penumbra_sigma_mm : float
        Standard deviation of the beam's penumbra, before the detector's own blur.
    anatomy : {"chest", "hand", "abdomen", "knee", "skull"}, optional
        Attenuates the primary beam inside the field.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `FieldTruth`.
    """
    pitch = detector.pixel_pitch_mm
    if corners_mm is not None:
        corners = ordered_corners(np.asarray(corners_mm, dtype=np.float64) / pitch)
    elif size_mm is not None:
        corners = rectangle(
            centre_px=((shape[0] - 1) / 2, (shape[1] - 1) / 2)
            if centre_mm is None
            else (centre_mm[0] / pitch, centre_mm[1] / pitch),
            size_px=(size_mm[0] / pitch, size_mm[1] / pitch),
            rotation_deg=rotation_deg,
        )
    else:
        raise ValueError("neither corners_mm nor size_mm; needed the field's corners or its size")
    truth = field_truth(corners, shape, pixel_pitch_mm=pitch)
    primary = beam_map(detector, truth.beam_corners_px, shape, penumbra_sigma_mm=penumbra_sigma_mm)
    if anatomy is not None:
        primary = (
            primary
            * simulate_transmission(
                detector, anatomy, shape=shape, beam_corners_px=truth.beam_corners_px, seed=seed
            ).transmission
        )
    scatter = scatter_map(detector, truth.beam_corners_px, shape, length_mm=scatter_length_mm)
    kerma = kerma_ugy * ((1.0 - scatter_fraction) * primary + scatter_fraction * scatter)
    return expose(detector, kerma, truth, seed=seed, noise=noise)
