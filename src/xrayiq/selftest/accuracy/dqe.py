"""DQE and detectability of a simulated detector against their formulas."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.special import j1

from xrayiq.metrics import Mtf, Nps, compute_detectability, compute_dqe, measure_mtf, measure_nps
from xrayiq.metrics.detectability import Observer
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, in_kerma, uncovered
from xrayiq_phantoms import Detector, simulate_edge, simulate_flat

_DETECTOR: Final = Detector(pixel_pitch_mm=0.15, blur_sigma_mm=0.10, gain_dn_per_ugy=1000.0)
_LEAST_MTF: Final = 0.1
_EDGE_UGY: Final = 8.0
_FLUENCE_PER_MM2_UGY: Final = 30000.0
_DISC_CONTRAST: Final = 0.02

FIGURES: Final = (
    AccuracyFigure(
        key="dqe",
        topic="DQE",
        label="DQE at 0.5 mm⁻¹ steps where the MTF is 0.1 or more",
        unit="fraction",
        conditions="16 flats of 1 megapixel, 20 edges at 8 µGy averaged; u and v; flats at 1 to 10 µGy",
        must_reach=0.03,
    ),
    AccuracyFigure(
        key="dqe_coverage",
        topic="DQE",
        label="Share of true DQEs within ±1.96 stated uncertainties, less 95 %",
        unit="fraction",
        conditions="1 flat of 0.4 megapixels and 1 edge of 300 × 300 pixels, 60 seeds",
        must_reach=0.05,
        statistic="shortfall",
    ),
    AccuracyFigure(
        key="detectability",
        topic="DQE",
        label="Detectability d′ of a disc: ideal, NPW and NPWE",
        unit="fraction",
        conditions="discs of 0.3 to 4 mm; 16 flats of 1 megapixel, 20 edges at 8 µGy averaged",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Detectors, levels and repeats of the grid."""
    if grid == "quick":
        return [
            partial(_dqe, kerma_ugy=2.5, seed=50, across=("columns",)),
            *(partial(_coverage, seeds=range(start, start + 5)) for start in range(0, 20, 5)),
        ]
    return [
        *(partial(_dqe, kerma_ugy=kerma, seed=50 + 100 * number) for number, kerma in enumerate((1.0, 2.5, 10.0))),
        *(partial(_coverage, seeds=range(start, start + 5)) for start in range(0, 60, 5)),
    ]


def _dqe(
    *, kerma_ugy: float, seed: int, across: tuple[Literal["columns", "rows"], ...] = ("columns", "rows")
) -> Errors:
    flats = (
        in_kerma(simulate_flat(_DETECTOR, shape=(1024, 1024), kerma_ugy=kerma_ugy, seed=seed + k).pixels, _DETECTOR)
        for k in range(16)
    )
    nps = measure_nps(flats)
    mtfs = [_averaged_mtf(direction, repeats=20, side=400, seed=seed + 900) for direction in across]
    errors = []
    for mtf in mtfs:
        dqe = compute_dqe(mtf, nps, kerma_ugy=kerma_ugy, beam=_FLUENCE_PER_MM2_UGY)
        clear = _DETECTOR.presampled_mtf(dqe.frequencies_per_mm) >= _LEAST_MTF
        truth = _true_dqe(dqe.frequencies_per_mm, mtf.across, kerma_ugy)
        errors.append((dqe.values / truth - 1.0)[clear])
    return {"dqe": np.concatenate(errors), "detectability": _detectability_errors(mtfs[0], nps, kerma_ugy)}


def _coverage(*, seeds: range) -> Errors:
    """Uncertainty of MTF and NNPS alone: kerma and fluence are exact here."""
    inside = []
    for seed in seeds:
        flat = simulate_flat(_DETECTOR, shape=(640, 640), kerma_ugy=2.5, seed=5000 + seed)
        dqe = compute_dqe(
            _averaged_mtf("columns", repeats=1, side=300, seed=6000 + seed),
            measure_nps(in_kerma(flat.pixels, _DETECTOR)),
            kerma_ugy=2.5,
            beam=_FLUENCE_PER_MM2_UGY,
            kerma_uncertainty_fraction=0.0,
            fluence_uncertainty_fraction=0.0,
        )
        deviation = np.abs(dqe.values - _true_dqe(dqe.frequencies_per_mm, "columns", 2.5))
        inside.append(deviation <= 1.96 * dqe.uncertainty)
    return {"dqe_coverage": uncovered(np.concatenate(inside))}


def _detectability_errors(mtf: Mtf, nps: Nps, kerma_ugy: float) -> NDArray[np.float64]:
    errors = []
    observers: tuple[Observer, ...] = ("ideal", "npw", "npwe")
    for diameter_mm in (0.3, 1.0, 4.0):
        for observer in observers:
            found = compute_detectability(
                mtf, nps, diameter_mm=diameter_mm, contrast=_DISC_CONTRAST, observer=observer
            ).detectability
            errors.append(found / _true_detectability(diameter_mm, observer, kerma_ugy) - 1.0)
    return np.array(errors)


def _averaged_mtf(across: Literal["columns", "rows"], *, repeats: int, side: int, seed: int) -> Mtf:
    exposures = [
        simulate_edge(_DETECTOR, shape=(side, side), across=across, kerma_ugy=_EDGE_UGY, seed=seed + number).pixels
        for number in range(repeats)
    ]
    return measure_mtf([in_kerma(pixels, _DETECTOR) for pixels in exposures])


def _true_dqe(frequencies: NDArray[np.float64], across: str, kerma_ugy: float) -> NDArray[np.float64]:
    """T²/(W/K² · K · q) with the detector's own MTF and NPS."""
    u, v = (frequencies, 0.0) if across == "columns" else (0.0, frequencies)
    nnps = _DETECTOR.nps_ugy2_mm2(u, v, kerma_ugy) / kerma_ugy**2
    signal = _DETECTOR.presampled_mtf(frequencies) ** 2
    return np.asarray(signal / (nnps * kerma_ugy * _FLUENCE_PER_MM2_UGY), dtype=np.float64)


def _true_detectability(diameter_mm: float, observer: Observer, kerma_ugy: float) -> float:
    """Radial integral up to the Nyquist frequency, the NNPS as its mean over directions; eye filter at 400 mm."""
    f = np.linspace(0.0, 0.5 / _DETECTOR.pixel_pitch_mm, 8001)[1:]
    angles = np.linspace(0.0, np.pi / 2, 91)[:, None]
    nps = _DETECTOR.nps_ugy2_mm2(f * np.cos(angles), f * np.sin(angles), kerma_ugy)
    nnps = np.trapezoid(nps, angles, axis=0) / (np.pi / 2) / kerma_ugy**2
    disc = _DISC_CONTRAST * diameter_mm / (2.0 * f) * j1(np.pi * diameter_mm * f)
    signal = (disc * _DETECTOR.presampled_mtf(f)) ** 2 * 2.0 * np.pi * f
    if observer == "ideal":
        return float(np.sqrt(np.trapezoid(signal / nnps, f)))
    cycles = f * np.pi / 180.0 * 400.0
    eye = cycles**1.3 * np.exp(-0.0406 * cycles**2) if observer == "npwe" else np.ones_like(f)
    return float(np.trapezoid(signal * eye**2, f) / np.sqrt(np.trapezoid(signal * eye**4 * nnps, f)))
