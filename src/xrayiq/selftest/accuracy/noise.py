"""Noise components of a simulated detector against the coefficients it was built from."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from xrayiq.metrics import Noise, measure_noise
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, in_kerma, one, uncovered
from xrayiq_phantoms import Detector, simulate_flat

#: electronic in µGy², quantum in µGy, structured without unit: variance = α + β·K + γ·K²
_ALPHA, _BETA, _GAMMA = 2e-3, 1.5e-3, 1e-4
_KERMA_UGY: Final = tuple(float(level) for level in np.geomspace(0.3, 20.0, 7))
_PITCH_MM: Final = 0.15
#: ten tiles of 10 mm in both directions
_SIDE_PX: Final = 10 * round(10.0 / _PITCH_MM)
_CONDITIONS: Final = (
    f"7 levels of 0.3 to 20 µGy, 100 tiles of 10 mm, α = {_ALPHA:g} µGy², β = {_BETA:g} µGy, γ = {_GAMMA:g}, 40 seeds"
)

FIGURES: Final = (
    *(
        AccuracyFigure(
            key=f"noise_{name}",
            topic="Noise components",
            label=f"{name.capitalize()} noise",
            unit="fraction",
            conditions=_CONDITIONS if name == "electronic" else "as before",
            must_reach=must_reach,
        )
        for name, must_reach in (("electronic", 0.03), ("quantum", 0.01), ("structured", 0.03))
    ),
    AccuracyFigure(
        key="noise_coverage",
        topic="Noise components",
        label="Share of true components within their 95 % intervals, less 95 %",
        unit="fraction",
        conditions="as before",
        must_reach=0.05,
        statistic="shortfall",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Series of flat fields of the grid."""
    return [partial(_components, seed=100 * seed) for seed in range(40 if grid == "full" else 4)]


def _components(*, seed: int) -> Errors:
    # without blur a pixel's quantum variance is K/(q·p²)
    detector = Detector(
        pixel_pitch_mm=_PITCH_MM,
        blur_sigma_mm=0.0,
        quantised=False,
        quanta_per_mm2_per_ugy=1.0 / (_BETA * _PITCH_MM**2),
        electronic_noise_ugy=float(np.sqrt(_ALPHA)),
        structured_noise_fraction=float(np.sqrt(_GAMMA)),
        structured_length_mm=0.0,
        pattern_seed=seed,
    )
    flats = [
        simulate_flat(detector, shape=(_SIDE_PX, _SIDE_PX), kerma_ugy=level, seed=seed + number)
        for number, level in enumerate(_KERMA_UGY, start=1)
    ]
    found = measure_noise([in_kerma(flat.pixels, detector) for flat in flats], kerma_ugy=_KERMA_UGY, border_mm=0.0)
    return {
        "noise_electronic": one(found.electronic / _ALPHA - 1.0),
        "noise_quantum": one(found.quantum / _BETA - 1.0),
        "noise_structured": one(found.structured / _GAMMA - 1.0),
        "noise_coverage": uncovered(_covered(found)),
    }


def _covered(found: Noise) -> list[bool]:
    return [
        low <= truth <= high
        for (low, high), truth in (
            (found.electronic_interval, _ALPHA),
            (found.quantum_interval, _BETA),
            (found.structured_interval, _GAMMA),
        )
    ]
