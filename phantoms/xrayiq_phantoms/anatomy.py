"""Anatomy-like bodies from ellipsoids and rods, as water-equivalent thickness inside a collimated field.

Lengths across the image scale with the field (−1 to 1 from side to side), thicknesses are in mm of water. Air is left
between the body and at least two sides of the field. The numbers are plausible, not taken from patients.
"""

from __future__ import annotations

import functools
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import affine_transform, gaussian_filter

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.shapes import Point, add_ellipsoid, add_rod, empty_grid

AnatomyKind = Literal["chest", "hand", "abdomen", "knee", "skull"]

#: effective attenuation of water for the beam that is usual for each anatomy
_ATTENUATION_PER_MM: Final = {"chest": 0.018, "hand": 0.025, "abdomen": 0.02, "knee": 0.023, "skull": 0.021}
_GRID_SIZE: Final = 640
#: less water than this is not counted as anatomy
_SKIN_MM: Final = 2.0
_METAL_MM: Final = 600.0
_MARKER_MM: Final = 250.0


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Anatomy:
    """What an anatomy lets through.

    Parameters
    ----------
    transmission : 2-D array of float32
        Primary kerma as a part of the direct beam, blurred by the detector; 1 where there is no body.
    mask : 2-D array of bool
        True where the body (without metal) is.
    """

    transmission: NDArray[np.float32]
    mask: NDArray[np.bool_]


def simulate_transmission(
    detector: Detector,
    kind: AnatomyKind,
    *,
    shape: tuple[int, int],
    beam_corners_px: NDArray[np.float64],
    seed: int,
    thickness_factor: float = 1.0,
    metal: bool = False,
    marker: bool = False,
) -> Anatomy:
    """Transmission of an anatomy that fills a field.

    Parameters
    ----------
    detector : Detector
        Gives the blur.
    kind : {"chest", "hand", "abdomen", "knee", "skull"}
        Which anatomy.
    shape : (int, int)
        Rows and columns of the image.
    beam_corners_px : 4×2 array
        Corners of the field, clockwise as seen on screen.
    seed : int
        Varies position, size and details of the body.
    thickness_factor : float
        Multiplies all thicknesses: thin and stout bodies.
    metal : bool
        With an implant in the body.
    marker : bool
        With a lead letter in the air beside the body.

    Returns
    -------
    Anatomy
        Beyond the field the body goes on as it is at the field's side.
    """
    if kind not in _BUILDERS:
        raise ValueError(f"anatomy {kind!r}; needed one of {', '.join(_BUILDERS)}")
    body = _body(kind, seed) * np.float32(thickness_factor)
    dense = empty_grid(_GRID_SIZE)
    if metal:
        add_rod(dense, ((0.15, 0.12), (0.55, 0.2)), 0.06, _METAL_MM)
    if marker:
        add_rod(dense, ((-0.93, -0.95), (-0.8, -0.95), (-0.8, -0.88)), 0.015, _MARKER_MM)
    to_grid, offset = _grid_coordinates(beam_corners_px)
    attenuation = np.float32(_ATTENUATION_PER_MM[kind])
    thickness = affine_transform(body, to_grid, offset=offset, output_shape=shape, order=1, mode="nearest")
    mask = thickness > _SKIN_MM
    if metal or marker:
        extra = affine_transform(dense, to_grid, offset=offset, output_shape=shape, order=1)
        mask &= extra < _SKIN_MM
        thickness = thickness + extra
    transmission = np.exp(-attenuation * thickness)
    sigma_px = detector.blur_sigma_mm / detector.pixel_pitch_mm
    return Anatomy(transmission=gaussian_filter(transmission, sigma_px, truncate=4.0), mask=mask)


@functools.lru_cache(maxsize=32)
def _body(kind: AnatomyKind, seed: int) -> NDArray[np.float32]:
    """Water-equivalent thickness over the field, of a body of usual thickness."""
    body = empty_grid(_GRID_SIZE)
    _BUILDERS[kind](body, np.random.default_rng([seed, 2]))
    np.maximum(body, 0.0, out=body)
    body.flags.writeable = False
    return body


def _grid_coordinates(corners_px: NDArray[Any]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Matrix and offset that take (row, column) to grid indices; the mean parallelogram of the field is the grid."""
    centre = corners_px.mean(axis=0)
    right = 0.25 * (corners_px[1] + corners_px[2] - corners_px[0] - corners_px[3])
    down = 0.25 * (corners_px[2] + corners_px[3] - corners_px[0] - corners_px[1])
    matrix = np.linalg.inv(np.stack([down, right], axis=1)) * (_GRID_SIZE / 2)
    return matrix, np.full(2, (_GRID_SIZE - 1) / 2) - matrix @ centre


def _build_chest(grid: NDArray[np.float32], generator: np.random.Generator) -> None:
    """Torso with neck, lungs, heart, spine, liver, ribs and clavicles."""
    wide, high = generator.uniform(0.94, 1.04, 2)
    add_ellipsoid(grid, (0.55, 0.0), (1.28 * high, 0.78 * wide), 170.0, power=4.0)
    add_ellipsoid(grid, (-0.75, 0.0), (0.5, 0.2 * wide), 110.0, power=3.0)
    for side in (-1.0, 1.0):
        add_ellipsoid(grid, (0.0, side * 0.38 * wide), (0.6 * high, 0.27 * wide), -110.0, rotation_deg=-side * 6.0)
        add_rod(grid, ((-0.6, side * 0.05), (-0.68, side * 0.6 * wide)), 0.035, 18.0)
        for number in range(8):
            top = -0.48 + 0.14 * number
            arc = np.linspace(0.0, 1.0, 6)
            points = tuple(
                (float(top + 0.2 * t**2), float(side * wide * (0.06 + 0.6 * np.sin(np.pi / 2 * t)))) for t in arc
            )
            add_rod(grid, points, 0.022, 9.0)
    add_ellipsoid(grid, (0.28, 0.14), (0.3, 0.27 * generator.uniform(0.9, 1.1)), 70.0, rotation_deg=20.0)
    add_rod(grid, ((-1.2, 0.0), (1.2, 0.0)), 0.09, 55.0)
    add_ellipsoid(grid, (0.85, -0.3), (0.4, 0.45), 60.0, power=3.0)


def _build_hand(grid: NDArray[np.float32], generator: np.random.Generator) -> None:
    """Palm, wrist and five fingers with their bones."""
    turn = generator.uniform(-0.04, 0.04)
    add_ellipsoid(grid, (0.3, 0.0), (0.36, 0.4), 26.0, power=3.0)
    add_rod(grid, ((0.55, 0.0), (1.4, 0.0)), 0.27, 34.0)
    tips: tuple[tuple[Point, Point], ...] = (
        ((0.08, -0.32), (-0.42, -0.5)),
        ((0.0, -0.12), (-0.68, -0.2)),
        ((0.0, 0.08), (-0.74, 0.06)),
        ((0.06, 0.27), (-0.6, 0.34)),
        ((0.3, 0.36), (-0.1, 0.72)),
    )
    for root, tip in tips:
        end = (tip[0], tip[1] + turn)
        add_rod(grid, (root, end), 0.085, 16.0)
        wrist = (0.6, 0.25 * root[1])
        joints = [wrist, root, *(_between(root, end, part) for part in (0.45, 0.72, 0.95))]
        for first, second in pairwise(joints):
            add_rod(grid, (_between(first, second, 0.06), _between(first, second, 0.94)), 0.036, 16.0)
    for row, column in ((0.66, -0.1), (0.66, 0.0), (0.66, 0.1), (0.74, -0.06), (0.74, 0.06)):
        add_ellipsoid(grid, (row, column), (0.05, 0.055), 16.0)
    add_rod(grid, ((0.85, -0.1), (1.4, -0.1)), 0.07, 26.0)
    add_rod(grid, ((0.85, 0.11), (1.4, 0.11)), 0.06, 22.0)


def _build_abdomen(grid: NDArray[np.float32], generator: np.random.Generator) -> None:
    """Trunk with spine, pelvis, kidneys, liver and bubbles of gas."""
    wide = generator.uniform(0.94, 1.02)
    add_ellipsoid(grid, (0.0, 0.0), (1.7, 0.84 * wide), 190.0, power=4.0)
    add_rod(grid, ((-1.2, 0.0), (0.62, 0.0)), 0.1, 26.0)
    for row in np.arange(-0.95, 0.6, 0.22):
        add_ellipsoid(grid, (float(row), 0.0), (0.085, 0.13), 16.0, power=4.0)
    for side in (-1.0, 1.0):
        add_ellipsoid(grid, (0.55, side * 0.45), (0.3, 0.24), 26.0, rotation_deg=-side * 25.0)
        add_rod(grid, ((0.9, side * 0.5), (1.3, side * 0.55)), 0.08, 30.0)
        add_ellipsoid(grid, (-0.3, side * 0.34), (0.2, 0.1), 12.0, rotation_deg=side * 10.0)
    add_ellipsoid(grid, (-0.65, -0.45), (0.4, 0.3), 14.0, power=3.0)
    for _ in range(14):
        row, column = generator.uniform(-0.5, 0.8), generator.uniform(-0.55, 0.55)
        add_ellipsoid(
            grid, (row, column), tuple(generator.uniform(0.04, 0.1, 2).tolist()), -generator.uniform(8.0, 25.0)
        )


def _build_knee(grid: NDArray[np.float32], generator: np.random.Generator) -> None:
    """Leg with straight outlines, femur, tibia, fibula and kneecap."""
    wide = generator.uniform(0.85, 1.1)
    add_rod(grid, ((-1.6, -0.04), (0.0, 0.0)), 0.52 * wide, 115.0)
    add_rod(grid, ((0.0, 0.0), (1.6, 0.05)), 0.43 * wide, 100.0)
    add_rod(grid, ((-1.6, -0.04), (-0.16, 0.0)), 0.17 * wide, 38.0)
    add_rod(grid, ((0.14, 0.0), (1.6, 0.03)), 0.15 * wide, 34.0)
    add_rod(grid, ((0.25, 0.25 * wide), (1.6, 0.24 * wide)), 0.05, 14.0)
    for row in (-0.15, 0.13):
        add_ellipsoid(grid, (row, 0.0), (0.13, 0.33 * wide), 36.0, power=4.0)
    add_ellipsoid(grid, (-0.2, 0.04), (0.14, 0.13), 18.0)


def _build_skull(grid: NDArray[np.float32], generator: np.random.Generator) -> None:
    """Head with a rim of bone, orbits, sinuses and jaw on a neck."""
    wide = generator.uniform(0.9, 1.1)
    add_ellipsoid(grid, (-0.1, 0.0), (0.78, 0.6 * wide), 175.0)
    add_ellipsoid(grid, (-0.1, 0.0), (0.76, 0.58 * wide), 60.0)
    add_ellipsoid(grid, (-0.1, 0.0), (0.71, 0.53 * wide), -50.0)
    add_ellipsoid(grid, (0.5, 0.0), (0.35, 0.38 * wide), 50.0, power=3.0)
    for side in (-1.0, 1.0):
        add_ellipsoid(grid, (0.1, side * 0.24 * wide), (0.12, 0.14), -20.0)
        add_rod(grid, ((0.25, side * 0.4 * wide), (0.72, side * 0.22 * wide)), 0.05, 16.0)
    add_rod(grid, ((0.6, 0.0), (1.4, 0.0)), 0.3 * wide, 110.0)
    add_rod(grid, ((0.6, 0.0), (1.4, 0.0)), 0.1, 35.0)


def _between(first: Point, second: Point, part: float) -> Point:
    """Point at a part of the way from the first to the second."""
    return first[0] + part * (second[0] - first[0]), first[1] + part * (second[1] - first[1])


_BUILDERS: Final = {
    "chest": _build_chest,
    "hand": _build_hand,
    "abdomen": _build_abdomen,
    "knee": _build_knee,
    "skull": _build_skull,
}
