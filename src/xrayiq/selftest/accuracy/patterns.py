"""Artefacts of flat fields, bar patterns and interpolated pixels."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from xrayiq.metrics import find_artefacts, find_defects, measure_bar_pattern
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, one
from xrayiq_phantoms import Defect, Detector, SimulatedLines, SimulatedSeam, simulate_bars, simulate_flat

_PITCH_MM: Final = 0.15
_SHAPE: Final = (700, 800)
_GROUPS_PER_MM: Final = (0.5, 0.7, 0.9, 1.12, 1.4, 1.8, 2.24, 2.8, 3.55)
#: interpolated from the pixels on either side, above and below, on all four sides and all around
_NEIGHBOURS: Final = ("row", "column", "sides", "around")

FIGURES: Final = (
    AccuracyFigure(
        key="seam_step",
        topic="Artefacts",
        label="Step of the signal at a seam",
        unit="1",
        conditions="steps of −2 to 2 % along a whole row or column; heel 30 %; 2.5 µGy",
    ),
    AccuracyFigure(
        key="wave_frequency",
        topic="Artefacts",
        label="Frequency of grid lines",
        unit="/mm",
        conditions="0.7 to 2.6 mm⁻¹, straight and oblique, amplitude 0.5 and 2 %",
    ),
    AccuracyFigure(
        key="wave_amplitude",
        topic="Artefacts",
        label="Amplitude of grid lines",
        unit="fraction",
        conditions="as before",
    ),
    AccuracyFigure(
        key="bar_transfer",
        topic="Bar pattern",
        label="Contrast transfer of bar groups",
        unit="1",
        conditions="0.5 to 3.55 mm⁻¹; tilted by 2° to 9°, both directions; without noise",
    ),
    AccuracyFigure(
        key="interpolated_missed",
        topic="Defects",
        label="Interpolated pixels: share that is missed",
        unit="fraction",
        conditions="from neighbours in the row, in the column, on four sides, all around; 16 flats; 5 µGy",
        must_reach=0.0,
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Flat fields and patterns of the grid."""
    full = grid == "full"
    found: list[Case] = [
        partial(_seam, orientation=orientation, step=step)
        for orientation in (("row", "column") if full else ("row",))
        for step in ((-0.02, -0.01, 0.01, 0.02) if full else (0.01,))
    ]
    found += [
        partial(_wave, frequency_per_mm=frequency, angle_deg=angle, amplitude=amplitude)
        for frequency in ((0.7, 1.3, 2.6) if full else (1.3,))
        for angle in ((0.0, 30.0, 90.0) if full else (0.0,))
        for amplitude in ((0.005, 0.02) if full else (0.02,))
    ]
    found += [
        partial(_bars, angle_deg=angle, across=across)
        for angle in ((2.0, -4.0, 9.0) if full else (3.0,))
        for across in (("columns", "rows") if full else ("columns",))
    ]
    found += [partial(_interpolated, seed=1000 * seed) for seed in range(3 if full else 1)]
    return found


def _seam(*, orientation: str, step: float) -> Errors:
    seam = SimulatedSeam(orientation=orientation, index=320, step=step)  # type: ignore[arg-type]  # row or column
    detector = Detector(heel_fraction=0.3)
    flat = simulate_flat(detector, shape=_SHAPE, kerma_ugy=2.5, seed=1, artefacts=(seam,))
    found = find_artefacts(flat.pixels, pixel_pitch_mm=_PITCH_MM).seams
    return {"seam_step": one(found[0].step_fraction - step if len(found) == 1 else np.inf)}


def _wave(*, frequency_per_mm: float, angle_deg: float, amplitude: float) -> Errors:
    lines = SimulatedLines(frequency_per_mm=frequency_per_mm, angle_deg=angle_deg, amplitude=amplitude)
    flat = simulate_flat(Detector(), shape=_SHAPE, kerma_ugy=5.0, seed=2, artefacts=(lines,))
    found = find_artefacts(flat.pixels, pixel_pitch_mm=_PITCH_MM).peaks
    if not found:
        return {"wave_frequency": one(np.inf), "wave_amplitude": one(np.inf)}
    peak = max(found, key=lambda each: each.amplitude_fraction)
    return {
        "wave_frequency": one(peak.frequency_per_mm - frequency_per_mm),
        "wave_amplitude": one(peak.amplitude_fraction / amplitude - 1.0),
    }


def _bars(*, angle_deg: float, across: str) -> Errors:
    phantom = simulate_bars(
        Detector(quantised=False),
        frequencies_per_mm=_GROUPS_PER_MM,
        angle_deg=angle_deg,
        across=across,  # type: ignore[arg-type]  # columns or rows
        noise=False,
    )
    truth = phantom.truth
    found = measure_bar_pattern(
        phantom.pixels,
        frequencies_per_mm=truth.frequencies_per_mm,
        groups=truth.group_rois_px,
        bright=truth.bright_roi_px,
        dark=truth.dark_roi_px,
        across=truth.across,
        pixel_pitch_mm=_PITCH_MM,
    )
    return {"bar_transfer": found.contrast_transfer - truth.contrast_transfer(found.frequencies_per_mm)}


def _interpolated(*, seed: int) -> Errors:
    places = [(60 + 40 * number, 70 + 55 * number) for number in range(8)]
    pixels = tuple(
        Defect(row=row, column=column, kind="interpolated", neighbours=_NEIGHBOURS[number % len(_NEIGHBOURS)])
        for number, (row, column) in enumerate(places)
    )
    detector = Detector(defects=pixels)
    flats = [
        simulate_flat(detector, shape=(420, 520), kerma_ugy=5.0, seed=seed + number).pixels for number in range(16)
    ]
    found = find_defects(flats).interpolated_px
    told = set() if found is None else {(int(row), int(column)) for row, column in found}
    return {"interpolated_missed": one(len(set(places) - told) / len(places))}
