"""Seams of stitched images, geometry of a read-out, ghost factor, and the beam's geometry in a flat field."""

from __future__ import annotations

import math
from functools import partial
from typing import Final

import numpy as np

from xrayiq.metrics import (
    measure_geometry,
    measure_ghost_factor,
    measure_signal_transfer,
    measure_stitching,
    measure_uniformity,
)
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, one
from xrayiq_phantoms import Detector, Wire, simulate_aluminium, simulate_flat, simulate_grid, simulate_stitched

_FINE: Final = Detector(bits_stored=16, gain_dn_per_ugy=2000.0)
_MAMMOGRAPHY: Final = Detector(
    pixel_pitch_mm=0.1, blur_sigma_mm=0.07, gain_dn_per_ugy=200.0, bits_stored=16, quanta_per_mm2_per_ugy=5000.0
)
_WIRES: Final = (
    Wire(place_mm=-24.0, slope=0.25),
    Wire(place_mm=-3.0, slope=-0.2),
    Wire(place_mm=18.0, slope=0.1),
    Wire(place_mm=-22.0, slope=math.inf),
    Wire(place_mm=20.0, slope=math.inf),
)
_KERMAS_UGY: Final = (0.3, 0.6, 1.2, 2.5, 5.0, 10.0, 20.0)
_ENCODINGS: Final = (
    Detector(gain_dn_per_ugy=300.0, offset_dn=120.0),
    Detector(response="log", gain_dn_per_ugy=-1200.0, offset_dn=8000.0),
    Detector(response="sqrt", gain_dn_per_ugy=2500.0, offset_dn=50.0),
)

FIGURES: Final = (
    AccuracyFigure(
        key="signal_transfer",
        topic="Signal transfer",
        label="Kerma by the response measured on flat fields",
        unit="fraction",
        conditions="linear, log and square-root detectors; 7 flats of 0.3 to 20 µGy; 5 seeds",
    ),
    AccuracyFigure(
        key="stitch_offset",
        topic="Stitching",
        label="Offset along and across the seam",
        unit="mm",
        conditions="−1.2 to 2.1 mm, −1.5° to 0.5°, signal steps of −6 to 3 %; 5 µGy",
    ),
    AccuracyFigure(
        key="stitch_angle", topic="Stitching", label="Angle at the seam", unit="deg", conditions="as before"
    ),
    AccuracyFigure(
        key="geometry_scale",
        topic="Geometry",
        label="Scale along rows and columns",
        unit="fraction",
        conditions="grid of wires, rotated by −2.5° to 4°; scales 0.98 to 1.03",
    ),
    AccuracyFigure(
        key="ghost_factor",
        topic="Ghost factor",
        label="Ghost factor of mammography",
        unit="1",
        conditions="ghosts of −3 to 2 % beside aluminium of 10 %; 60 µGy; 5 seeds",
    ),
    AccuracyFigure(
        key="geometry_removal",
        topic="Uniformity",
        label="Signal non-uniformity left of the heel by a 0°/180° pair and by a quadratic fit",
        unit="1",
        conditions="heel of 5 to 30 %; 5 µGy, noise of the tile means included",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Objects of the grid."""
    full = grid == "full"
    found: list[Case] = [
        partial(_transfer, encoding=encoding, seed=100 * seed)
        for encoding in range(len(_ENCODINGS))
        for seed in range(5 if full else 1)
    ]
    seams = [(0.0, 0.0, 0.0, 0.02), (0.4, -0.6, 0.5, 0.03), (-1.2, 2.1, -1.5, -0.06)]
    found += [partial(_stitching, *seam) for seam in (seams if full else seams[1:2])]
    found += [
        partial(_geometry, rotation_deg=rotation, columns=columns, rows=rows)
        for rotation in ((0.0, 0.7, -2.5, 4.0) if full else (0.7,))
        for columns, rows in (((1.0, 1.0), (1.03, 1.03)) if full else ((1.0, 1.0),))
    ]
    found += [
        partial(_ghost, fraction=fraction, seed=seed)
        for fraction in ((-0.03, -0.01, 0.02) if full else (-0.01,))
        for seed in range(5 if full else 1)
    ]
    found += [partial(_heel, fraction=fraction) for fraction in ((0.05, 0.1, 0.3) if full else (0.1,))]
    return found


def _transfer(*, encoding: int, seed: int) -> Errors:
    detector = _ENCODINGS[encoding]
    flats = [
        simulate_flat(detector, shape=(300, 320), kerma_ugy=kerma, seed=seed + number).pixels
        for number, kerma in enumerate(_KERMAS_UGY)
    ]
    found = measure_signal_transfer(flats, kerma_ugy=_KERMAS_UGY)
    model, a, b, c = detector.response_coefficients
    kerma = np.geomspace(_KERMAS_UGY[0], _KERMAS_UGY[-1], 50)
    truth = a + b * (np.log(kerma) if model == "log" else kerma**c)
    return {"signal_transfer": found.response.to_kerma_ugy(truth) / kerma - 1.0}


def _stitching(along_mm: float, across_mm: float, angle_deg: float, step: float) -> Errors:
    phantom = simulate_stitched(
        _FINE,
        shape=(380, 460),
        wires=_WIRES,
        seam_row=200,
        offset_along_mm=along_mm,
        offset_across_mm=across_mm,
        angle_deg=angle_deg,
        signal_step_fraction=step,
        seed=2,
    )
    found = measure_stitching(phantom.pixels, pixel_pitch_mm=_FINE.pixel_pitch_mm)
    offsets = np.array([found.offset_along_mm - along_mm, found.offset_across_mm - across_mm])
    return {"stitch_offset": offsets, "stitch_angle": one(found.angle_deg - angle_deg)}


def _geometry(*, rotation_deg: float, columns: float, rows: float) -> Errors:
    phantom = simulate_grid(
        Detector(),
        shape=(700, 800),
        kerma_ugy=10.0,
        seed=1,
        rotation_deg=rotation_deg,
        scale_columns=columns,
        scale_rows=rows,
    )
    found = measure_geometry(phantom.pixels, spacing_mm=10.0, pixel_pitch_mm=0.15)
    errors = [found.scale_error_columns - (columns - 1.0), found.scale_error_rows - (rows - 1.0)]
    return {"geometry_scale": np.array(errors)}


def _ghost(*, fraction: float, seed: int) -> Errors:
    phantom = simulate_aluminium(
        _MAMMOGRAPHY,
        shape=(400, 440),
        kerma_ugy=60.0,
        contrast=0.1,
        centre_px=(190.0, 140.0),
        ghost_fraction=fraction,
        ghost_from_px=220.0,
        seed=seed,
    )
    found = measure_ghost_factor(
        phantom.pixels,
        pixel_pitch_mm=0.1,
        aluminium=(165, 215, 115, 165),
        reference=(290, 340, 115, 165),
        ghost=(290, 340, 275, 325),
    )
    return {"ghost_factor": one(found.ghost_factor - phantom.truth.ghost_factor)}


def _heel(*, fraction: float) -> Errors:
    detector = Detector(heel_fraction=fraction, bits_stored=16, gain_dn_per_ugy=5000.0)
    flat = simulate_flat(detector, shape=(600, 600), kerma_ugy=5.0, seed=1).pixels
    # the second exposure: the tube turned by 180 degrees about the detector, other noise
    turned = simulate_flat(detector, shape=(600, 600), kerma_ugy=5.0, seed=2).pixels[::-1, ::-1]
    pair = measure_uniformity([flat, turned], geometry="pair", pixel_pitch_mm=0.15)
    fitted = measure_uniformity(flat, geometry="quadratic", pixel_pitch_mm=0.15)
    return {
        "geometry_removal": np.array([pair.signal_nonuniformity_global, fitted.signal_nonuniformity_global]),
    }
