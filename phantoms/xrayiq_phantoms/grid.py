"""A grid of wires for tests of geometry: scale, rotation and jitter of the read-out are known."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import erf

from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.exposure import expose
from xrayiq_phantoms.phantom import Phantom


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class GridTruth:
    """Truth of an image of a grid.

    Parameters
    ----------
    spacing_mm : float
        Distance of its wires.
    rotation_deg : float
        Of the grid against the pixel matrix, clockwise as seen on screen.
    scale_rows, scale_columns : float
        Length in the image over true length, downwards and to the right.
    row_offsets_px : 1-D array
        Displacement of each row to the right.
    """

    spacing_mm: float
    rotation_deg: float
    scale_rows: float
    scale_columns: float
    row_offsets_px: NDArray[np.float64]


def simulate_grid(
    detector: Detector,
    *,
    shape: tuple[int, int],
    kerma_ugy: float,
    seed: int,
    spacing_mm: float = 10.0,
    wire_mm: float = 0.5,
    absorbed: float = 0.7,
    rotation_deg: float = 0.0,
    scale_rows: float = 1.0,
    scale_columns: float = 1.0,
    row_offsets_px: NDArray[np.float64] | None = None,
    noise: bool = True,
) -> Phantom[GridTruth]:
    """Image of two crossed sets of parallel wires on the detector.

    Parameters
    ----------
    detector : Detector
        What sees it.
    shape : (int, int)
        Rows and columns.
    kerma_ugy : float
        Kerma beside the wires.
    seed : int
        Of the noise.
    spacing_mm, wire_mm : float
        Distance of the wires from middle to middle, and their width.
    absorbed : float
        Part of the kerma that a wire absorbs.
    rotation_deg : float
        Rotation of the grid, clockwise as seen on screen.
    scale_rows, scale_columns : float
        Length in the image over true length, downwards and to the right.
    row_offsets_px : 1-D array, optional
        Displacement of each row to the right, as by a laser that jitters; none by default.
    noise : bool
        With or without noise.

    Returns
    -------
    Phantom
        With a `GridTruth`. Each wire is a box blurred by a Gaussian of the detector's blur and pixel, symmetrical about
        its true place.
    """
    offsets = np.zeros(shape[0]) if row_offsets_px is None else np.asarray(row_offsets_px, dtype=np.float64)
    pitch, angle = detector.pixel_pitch_mm, np.deg2rad(rotation_deg)
    rows, columns = np.indices(shape, dtype=np.float64)
    right = (columns - (shape[1] - 1) / 2.0 - offsets[:, None]) * pitch / scale_columns
    down = (rows - (shape[0] - 1) / 2.0) * pitch / scale_rows
    across = right * np.cos(angle) + down * np.sin(angle)
    along = down * np.cos(angle) - right * np.sin(angle)
    blur = float(np.hypot(detector.blur_sigma_mm, pitch / np.sqrt(12.0)))
    left = np.ones(shape)
    for place in (across, along):
        distance = place - spacing_mm * np.rint(place / spacing_mm)
        edges = [(distance + side * wire_mm / 2.0) / (np.sqrt(2.0) * blur) for side in (1.0, -1.0)]
        left *= 1.0 - absorbed * 0.5 * (erf(edges[0]) - erf(edges[1]))
    truth = GridTruth(
        spacing_mm=spacing_mm,
        rotation_deg=rotation_deg,
        scale_rows=scale_rows,
        scale_columns=scale_columns,
        row_offsets_px=offsets,
    )
    return expose(detector, kerma_ugy * left, truth, seed=seed, noise=noise)
