"""Row and column noise, and temporal against structured noise, of simulated flat fields."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np

from xrayiq.metrics import measure_line_noise, measure_temporal_noise
from xrayiq.model import AccuracyFigure, Radiograph
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, one
from xrayiq_phantoms import Detector, simulate_flat

_WHITE_UGY: Final = 0.02
#: white noise alone, stored as kerma
_PLAIN: Final[dict[str, Any]] = {
    "blur_sigma_mm": 0.0,
    "quantised": False,
    "gain_dn_per_ugy": 1.0,
    "electronic_noise_ugy": _WHITE_UGY,
    "quanta_per_mm2_per_ugy": 1e12,
}

FIGURES: Final = (
    AccuracyFigure(
        key="line_noise",
        topic="Row and column noise",
        label="Amplitude of row and of column noise",
        unit="fraction",
        conditions="3 to 10 nGy beside white noise of 20 nGy; 8 flats of 480 × 520 pixels; 2.5 µGy; sampling noise 1 %",
    ),
    AccuracyFigure(
        key="temporal_noise",
        topic="Temporal noise",
        label="Share of the structured noise in the variance",
        unit="1",
        conditions="pattern of 0.1 to 0.4 % of 5 µGy beside random noise of 20 nGy; 4 repeats of 100 tiles; 5 seeds",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Repeated flat fields of the grid."""
    full = grid == "full"
    found: list[Case] = [
        partial(_lines, column_ugy=column, row_ugy=row, seed=seed)
        for column, row in (((0.004, 0.006), (0.003, 0.01), (0.008, 0.004)) if full else ((0.004, 0.006),))
        for seed in ((10, 20) if full else (10,))
    ]
    found += [
        partial(_temporal, structured=structured, seed=seed)
        for structured in ((0.001, 0.002, 0.004) if full else (0.002,))
        for seed in range(5 if full else 1)
    ]
    return found


def _lines(*, column_ugy: float, row_ugy: float, seed: int) -> Errors:
    kerma_ugy, pitch_mm = 2.5, 0.5
    detector = Detector(
        **{**_PLAIN, "pixel_pitch_mm": pitch_mm, "column_noise_ugy": column_ugy, "row_noise_ugy": row_ugy}
    )
    flats = [
        Radiograph.from_array(
            simulate_flat(detector, shape=(480, 520), kerma_ugy=kerma_ugy, seed=seed + k).pixels,
            pixel_pitch_mm=pitch_mm,
        )
        for k in range(8)
    ]
    found = measure_line_noise(flats)
    amplitudes = np.array([found.columns.noise_fraction, found.rows.noise_fraction]) * kerma_ugy
    return {"line_noise": amplitudes / np.array([column_ugy, row_ugy]) - 1.0}


def _temporal(*, structured: float, seed: int) -> Errors:
    kerma_ugy, pitch_mm, tile_px = 5.0, 0.625, 16
    detector = Detector(
        **{
            **_PLAIN,
            "pixel_pitch_mm": pitch_mm,
            "structured_noise_fraction": structured,
            "structured_length_mm": 0.0,
            "pattern_seed": seed,
        }
    )
    side = 10 * tile_px
    flats = [
        np.array(simulate_flat(detector, shape=(side, side), kerma_ugy=kerma_ugy, seed=100 * seed + k).pixels)
        for k in range(4)
    ]
    found = measure_temporal_noise(flats, pixel_pitch_mm=pitch_mm, border_mm=0.0)
    pattern = (structured * kerma_ugy) ** 2
    share = 1.0 - found.random_variance / (found.random_variance + found.structured_variance)
    return {"temporal_noise": one(share - pattern / (pattern + _WHITE_UGY**2))}
