"""Wires across the seam of two images put together."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.edge import edge_profile
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """Straight wire in the object, by its place on the seam's line.

    Parameters
    ----------
    place_mm : float
        Where it crosses the seam, along columns from the middle of the image; for a cross wire how far below the seam's
        line it lies.
    slope : float
        Columns per row along it; infinite for a cross wire, which runs along columns.
    """

    place_mm: float
    slope: float


@dataclass(frozen=True, slots=True, kw_only=True)
class StitchTruth:
    """Truth of a stitched image whose seam runs along a row; the lower part is displaced against the upper one.

    Parameters
    ----------
    offset_along_mm, offset_across_mm : float
        Displacement of the lower part along columns and along rows, at the middle of the seam.
    angle_deg : float
        Its rotation about there, from growing columns towards growing rows.
    signal_step_fraction : float
        Its signal over that of the upper part, less 1.
    seam_px : float
        Row of the seam: half way between the last row of the upper part and the first of the lower one.
    wires : tuple of Wire
        The object.
    detector : Detector
        Gives blur and noise.
    """

    offset_along_mm: float
    offset_across_mm: float
    angle_deg: float
    signal_step_fraction: float
    seam_px: float
    wires: tuple[Wire, ...]
    detector: Detector


def simulate_stitched(
    detector: Detector,
    *,
    shape: tuple[int, int],
    wires: tuple[Wire, ...],
    seam_row: int,
    offset_along_mm: float = 0.0,
    offset_across_mm: float = 0.0,
    angle_deg: float = 0.0,
    signal_step_fraction: float = 0.0,
    wire_mm: float = 0.8,
    transmission: float = 0.5,
    kerma_ugy: float = 5.0,
    seed: int = 0,
    noise: bool = True,
) -> Phantom[StitchTruth]:
    """Image of wires put together from an upper and a displaced lower part.

    Parameters
    ----------
    detector : Detector
        What sees it.
    shape : (int, int)
        Rows and columns.
    wires : tuple of Wire
        Flat strips that cross the seam, and cross wires.
    seam_row : int
        First row of the lower part.
    offset_along_mm, offset_across_mm, angle_deg, signal_step_fraction : float
        Displacement, rotation and signal of the lower part; see `StitchTruth`.
    wire_mm : float
        Width of a strip.
    transmission : float
        Of a strip; where strips cross, both absorb.
    kerma_ugy : float
        Kerma beside the strips, of the upper part.
    seed : int
        Of the noise.
    noise : bool
        With or without noise and fixed pattern.

    Returns
    -------
    Phantom
        With a `StitchTruth`; the pixels of each part are exact away from crossings.
    """
    seam = seam_row - 0.5
    pitch = detector.pixel_pitch_mm
    rows = (np.arange(shape[0])[:, None] - seam) * pitch
    columns = (np.arange(shape[1])[None, :] - (shape[1] - 1) / 2) * pitch
    kerma = np.full(shape, kerma_ugy)
    turn = math.radians(angle_deg)
    for part, displaced in ((slice(None, seam_row), False), (slice(seam_row, None), True)):
        for wire in wires:
            point, direction = _line(wire)
            if displaced:
                point = _turned(point, turn)
                point = (point[0] + offset_across_mm, point[1] + offset_along_mm)
                direction = _turned(direction, turn)
            normal = (direction[1], -direction[0])
            distance = (rows[part] - point[0]) * normal[0] + (columns - point[1]) * normal[1]
            angle = math.degrees(math.atan2(normal[0], normal[1]))
            kerma[part] *= 1.0 - (1.0 - transmission) * _strip(distance, wire_mm, angle, detector)
    kerma[seam_row:] *= 1.0 + signal_step_fraction
    truth = StitchTruth(
        offset_along_mm=offset_along_mm,
        offset_across_mm=offset_across_mm,
        angle_deg=angle_deg,
        signal_step_fraction=signal_step_fraction,
        seam_px=seam,
        wires=wires,
        detector=detector,
    )
    return expose(detector, kerma, truth, seed=seed, noise=noise)


def _line(wire: Wire) -> tuple[tuple[float, float], tuple[float, float]]:
    """Point (row, column) on the wire in mm, and its direction."""
    if math.isinf(wire.slope):
        return (wire.place_mm, 0.0), (0.0, 1.0)
    length = math.hypot(1.0, wire.slope)
    return (0.0, wire.place_mm), (1.0 / length, wire.slope / length)


def _turned(vector: tuple[float, float], angle_rad: float) -> tuple[float, float]:
    """Vector (row, column) turned from growing columns towards growing rows."""
    row, column = vector
    cosine, sine = math.cos(angle_rad), math.sin(angle_rad)
    return row * cosine + column * sine, column * cosine - row * sine


def _strip(
    distance_mm: NDArray[np.float64], width_mm: float, angle_deg: float, detector: Detector
) -> NDArray[np.float64]:
    """Mean of a blurred strip over each pixel, evaluated only where blur and aperture reach."""
    strip = np.zeros(distance_mm.shape)
    near = np.abs(distance_mm) < width_mm / 2 + 9.0 * detector.blur_sigma_mm + detector.pixel_pitch_mm
    start, stop = (
        edge_profile(
            distance_mm[near] + shift,
            pitch_mm=detector.pixel_pitch_mm,
            sigma_mm=detector.blur_sigma_mm,
            angle_deg=angle_deg,
        )
        for shift in (width_mm / 2, -width_mm / 2)
    )
    strip[near] = start - stop
    return strip
