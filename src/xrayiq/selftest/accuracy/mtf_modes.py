"""MTF in the manner of ISO 12233 and of all edges of a device, and the low-frequency drop of edges with glare."""

from __future__ import annotations

from functools import partial
from typing import Final

import numpy as np

from xrayiq.metrics import measure_mtf, measure_mtfs
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, one
from xrayiq_phantoms import Detector, simulate_edge, simulate_plate

_ANGLES_DEG: Final = (1.5, 3.0, 5.0, *(float(np.degrees(np.arctan(1.0 / n))) for n in (8, 10, 12, 20)), 8.0)

FIGURES: Final = (
    AccuracyFigure(
        key="mtf_iso12233",
        topic="MTF",
        label="MTF up to Nyquist without noise, ISO 12233 mode",
        unit="MTF",
        conditions="1.5° to 8° with atan(1/N), N = 8, 10, 12 and 20; bins of a quarter of a pixel, not corrected",
    ),
    AccuracyFigure(
        key="mtf_device",
        topic="MTF",
        label="MTF up to Nyquist without noise, four edges of a device",
        unit="MTF",
        conditions="plates turned by −5° to 4°, constancy mode",
        must_reach=0.001,
    ),
    AccuracyFigure(
        key="mtf_drop",
        topic="MTF",
        label="Low-frequency drop",
        unit="MTF",
        conditions="glare of 1 to 12 % over 2.5 to 8 mm",
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Edges of the grid."""
    full = grid == "full"
    found: list[Case] = [partial(_iso, angle_deg=angle) for angle in (_ANGLES_DEG if full else _ANGLES_DEG[1:2])]
    found += [partial(_device, angle_deg=angle) for angle in ((-5.0, -2.0, 2.5, 4.0) if full else (4.0,))]
    found += [
        partial(_drop, fraction=fraction, length_mm=length)
        for fraction in ((0.01, 0.05, 0.12) if full else (0.05,))
        for length in ((2.5, 4.0, 6.0, 8.0) if full else (4.0,))
    ]
    return found


def _iso(*, angle_deg: float) -> Errors:
    edge = simulate_edge(Detector(quantised=False), angle_deg=angle_deg, offset_px=0.3, noise=False)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15, mode="iso12233")
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    return {"mtf_iso12233": (mtf.values - edge.truth.mtf(mtf.frequencies_per_mm))[below]}


def _device(*, angle_deg: float) -> Errors:
    plate = simulate_plate(Detector(quantised=False), angle_deg=angle_deg, noise=False)
    mtfs = measure_mtfs(plate.pixels, pixel_pitch_mm=0.15)
    if len(mtfs) != 4:
        return {"mtf_device": one(np.nan)}
    errors = []
    for mtf in mtfs:
        below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
        errors.append((mtf.values - plate.truth.mtf(mtf.frequencies_per_mm))[below])
    return {"mtf_device": np.concatenate(errors)}


def _drop(*, fraction: float, length_mm: float) -> Errors:
    edge = simulate_edge(
        Detector(quantised=False), angle_deg=3.0, glare_fraction=fraction, glare_length_mm=length_mm, noise=False
    )
    drop = measure_mtf(edge.pixels, pixel_pitch_mm=0.15, mode="iec").low_frequency_drop
    return {"mtf_drop": one(np.nan if drop is None else drop - edge.truth.low_frequency_drop)}
