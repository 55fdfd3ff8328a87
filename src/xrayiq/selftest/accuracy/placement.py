"""Seams of stitched images, geometry of a read-out, light field, ghost factor, the beam's geometry in a flat field."""

from __future__ import annotations

import math
from functools import partial
from typing import Final, Literal

import numpy as np

from xrayiq.errors import NotMeasurableError
from xrayiq.metrics import (
    measure_field_congruence,
    measure_geometry,
    measure_ghost_factor,
    measure_signal_transfer,
    measure_stitching,
    measure_uniformity,
)
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, one
from xrayiq_phantoms import (
    Detector,
    Wire,
    simulate_aluminium,
    simulate_flat,
    simulate_grid,
    simulate_light_field,
    simulate_stitched,
)

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
        key="light_field",
        topic="Light field",
        label="Deviation of a side of the X-ray field from the light field",
        unit="mm",
        conditions="−6 to 12 mm; coins inside the edges (also pairs), discs on them, 6 to 24 mm; field turned by up to "
        "4°, light field by 1°; pitch 0.15 to 0.3 mm; 0.3 to 5 µGy; penumbra 0.2 to 0.8 mm; scatter 3 to 15 %",
        must_reach=0.2,
    ),
    AccuracyFigure(
        key="light_field_refused",
        topic="Light field",
        label="Tests of the light field that are refused",
        unit="fraction",
        conditions="as before",
        must_reach=0.0,
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
    found += [partial(_light_field, seed=seed) for seed in range(24 if full else 2)]
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


def _light_field(*, seed: int) -> Errors:
    generator = np.random.default_rng([seed, 7])
    pitch_mm = float(generator.choice([0.15, 0.2, 0.3]))
    placement: Literal["touching", "centred"] = "centred" if seed % 3 == 2 else "touching"
    # on the edge, more than half of a marker must be seen
    least = 0.0 if placement == "centred" else -6.0
    phantom = simulate_light_field(
        Detector(pixel_pitch_mm=pitch_mm, heel_fraction=0.2),
        shape=(round(230.0 / pitch_mm), round(230.0 / pitch_mm)),
        kerma_ugy=float(np.exp(generator.uniform(np.log(0.3), np.log(5.0)))),
        seed=seed,
        light_size_mm=(float(generator.uniform(120.0, 160.0)), float(generator.uniform(120.0, 160.0))),
        deviations_mm=tuple(generator.uniform(least, 12.0, 4).tolist()),
        placement=placement,
        markers_per_side=int(generator.integers(1, 3)),
        marker_mm=float(generator.uniform(6.0, 16.0) if placement == "centred" else generator.uniform(16.0, 24.0)),
        marker_transmission=float(generator.uniform(0.02, 0.6)),
        pairs=placement == "touching" and bool(generator.integers(2)),
        rotation_deg=float(generator.uniform(-4.0, 4.0)),
        angle_deg=float(generator.uniform(-1.0, 1.0)),
        penumbra_sigma_mm=float(generator.uniform(0.2, 0.8)),
        scatter_fraction=float(generator.uniform(0.03, 0.15)),
    )
    try:
        found = measure_field_congruence(
            phantom.pixels, markers=placement, pixel_pitch_mm=pitch_mm, source_detector_distance_mm=1100.0
        )
    except NotMeasurableError:
        return {"light_field_refused": one(1.0)}
    return {"light_field": found.deviations_mm - phantom.truth.deviations_mm, "light_field_refused": one(0.0)}


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
