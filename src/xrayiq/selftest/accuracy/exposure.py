"""Response, collimation, exposure index and clinical noise against their simulated truth."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np

from xrayiq.metrics import assess_exposure_index, find_collimation, fit_response, measure_clinical_noise
from xrayiq.model import AccuracyFigure, Acquisition, Radiograph
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, in_kerma, one
from xrayiq_phantoms import AnatomyKind, Detector, simulate_clinical, simulate_field, simulate_flat

_RESPONSES: Final[tuple[dict[str, Any], ...]] = (
    {"response": "linear", "gain_dn_per_ugy": 500.0},
    {"response": "log", "gain_dn_per_ugy": 1500.0, "offset_dn": 6000.0},
    {"response": "sqrt", "gain_dn_per_ugy": 3000.0},
)
_ANATOMIES: Final[tuple[AnatomyKind, ...]] = ("chest", "hand", "abdomen")

FIGURES: Final = (
    AccuracyFigure(
        key="response",
        topic="Response",
        label="Kerma from stored values through a fitted response",
        unit="fraction",
        conditions="linear, log and square-root detectors; 7 flats of 0.3 to 20 µGy; read back at 50 levels between",
    ),
    AccuracyFigure(
        key="collimation",
        topic="Collimation",
        label="Farthest corner of fields whose sides are all reported as found",
        unit="mm",
        conditions="rotation −45° to 45°; no anatomy, chest, hand, abdomen; pitch 0.15 to 0.30 mm; 0.2 to 5 µGy; "
        "penumbra 0.2 to 1 mm; scatter 3 to 20 %",
        must_reach=1.0,
    ),
    AccuracyFigure(
        key="collimation_not_found",
        topic="Collimation",
        label="Fields of which a side is reported as not found",
        unit="fraction",
        conditions="as before",
    ),
    AccuracyFigure(
        key="deviation_index",
        topic="Exposure index",
        label="Deviation index of stated indices",
        unit="1",
        conditions="EI 20 to 5000, target 100 to 800",
        must_reach=1e-12,
    ),
    AccuracyFigure(
        key="estimated_exposure_index",
        topic="Exposure index",
        label="Exposure index estimated from the pixels",
        unit="fraction",
        conditions="chest, hand and abdomen; linear and log response; 0.5 to 8 µGy",
    ),
    AccuracyFigure(
        key="clinical_noise",
        topic="Clinical noise",
        label="Median SNR of the anatomy",
        unit="fraction",
        conditions="as before",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Exposures of the grid."""
    full = grid == "full"
    found: list[Case] = [
        partial(_response, options=options, seed=seed)
        for options in _RESPONSES
        for seed in ((1, 2, 3) if full else (1,))
    ]
    found += [
        partial(_field, rotation_deg=rotation, anatomy=anatomy, seed=10 * number + kind)
        for number, rotation in enumerate((-45.0, -20.0, -7.0, 0.0, 1.0, 12.0, 20.0, 40.0) if full else (7.0,))
        for kind, anatomy in enumerate((None, *_ANATOMIES)[: None if full else 2])
    ]
    found.append(_deviation_index)
    found += [
        partial(_anatomy, anatomy=anatomy, options=options, kerma_ugy=kerma)
        for anatomy in (_ANATOMIES if full else _ANATOMIES[:1])
        for options in _RESPONSES[:2]
        for kerma in ((0.5, 2.5, 8.0) if full else (2.5,))
    ]
    return found


def _response(*, options: dict[str, Any], seed: int) -> Errors:
    detector = Detector(**options)
    levels = np.geomspace(0.3, 20.0, 7)
    means = [
        float(simulate_flat(detector, shape=(512, 512), kerma_ugy=level, seed=100 * seed + number).pixels.mean())
        for number, level in enumerate(levels)
    ]
    response = fit_response(means, levels)
    between = np.geomspace(0.3, 20.0, 50)
    unrounded = Detector(**options, quantised=False).stored_values(between)
    return {"response": response.to_kerma_ugy(unrounded) / between - 1.0}


def _field(*, rotation_deg: float, anatomy: AnatomyKind | None, seed: int) -> Errors:
    generator = np.random.default_rng(seed)
    pitch_mm = float(generator.choice([0.15, 0.2, 0.3]))
    side_px = round(270.0 / pitch_mm)
    phantom = simulate_field(
        Detector(pixel_pitch_mm=pitch_mm),
        shape=(side_px, side_px),
        kerma_ugy=float(np.exp(generator.uniform(np.log(0.2), np.log(5.0)))),
        seed=seed,
        centre_mm=(float(generator.uniform(120.0, 150.0)), float(generator.uniform(120.0, 150.0))),
        size_mm=(float(generator.uniform(80.0, 130.0)), float(generator.uniform(90.0, 150.0))),
        rotation_deg=rotation_deg,
        scatter_fraction=float(generator.uniform(0.03, 0.20)),
        penumbra_sigma_mm=float(generator.uniform(0.2, 1.0)),
        anatomy=anatomy,
    )
    found = find_collimation(phantom.pixels, pixel_pitch_mm=pitch_mm)
    if found.sides != phantom.truth.sides:
        return {"collimation_not_found": one(1.0)}
    # at 45° two corners have the least sum, so the first may differ
    turns = [np.roll(phantom.truth.corners_px, turn, axis=0) for turn in range(4)]
    farthest = min(float(np.hypot(*(found.corners_px - corners).T).max()) for corners in turns)
    return {"collimation": one(farthest * pitch_mm), "collimation_not_found": one(0.0)}


def _deviation_index() -> Errors:
    errors = []
    for index in (20.0, 100.0, 319.0, 500.0, 5000.0):
        for target in (100.0, 250.0, 800.0):
            stated = Acquisition(exposure_index=index, target_exposure_index=target)
            image = Radiograph.from_array(np.arange(100.0).reshape(10, 10), pixel_pitch_mm=0.2, acquisition=stated)
            found = assess_exposure_index(image).deviation_index
            errors.append(np.nan if found is None else found - 10.0 * np.log10(index / target))
    return {"deviation_index": np.array(errors)}


def _anatomy(*, anatomy: AnatomyKind, options: dict[str, Any], kerma_ugy: float) -> Errors:
    detector = Detector(pixel_pitch_mm=0.3, **options)
    phantom = simulate_clinical(
        detector, anatomy=anatomy, shape=(900, 1000), kerma_ugy=kerma_ugy, seed=6, rotation_deg=4.0
    )
    image = in_kerma(phantom.pixels, detector)
    estimate = assess_exposure_index(image).estimated_exposure_index
    return {
        "estimated_exposure_index": one(
            np.nan if estimate is None else estimate / (100.0 * phantom.truth.median_kerma_ugy) - 1.0
        ),
        "clinical_noise": one(measure_clinical_noise(image).snr / phantom.truth.median_snr - 1.0),
    }
