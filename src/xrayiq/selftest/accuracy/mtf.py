"""MTF and edge angle: exact edges, encoded edges, and edges with noise."""

from __future__ import annotations

from functools import partial
from typing import Final, Literal

import numpy as np
from numpy.typing import NDArray

from xrayiq.metrics import Mtf, measure_mtf
from xrayiq.model import AccuracyFigure
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, in_kerma, one
from xrayiq_phantoms import Detector, EdgeTruth, simulate_edge

#: with atan(1/N) of whole N, at which rows repeat their phases: the hardest for a slanted edge
_ANGLES_DEG: Final = (1.5, 2.0, 3.0, 5.0, 8.0, *(float(np.degrees(np.arctan(1.0 / n))) for n in range(8, 39)))
_QUICK_ANGLES_DEG: Final = (
    1.5,
    3.0,
    8.0,
    float(np.degrees(np.arctan(1.0 / 8))),
    float(np.degrees(np.arctan(1.0 / 20))),
)
_NOISY_ANGLES_DEG: Final = (1.7, -3.0, 7.125)
_OTHERS: Final = tuple((pitch, blur) for pitch in (0.05, 0.10, 0.15, 0.20) for blur in (0.0, 0.05, 0.10, 0.20))
_RESPONSES: Final[tuple[Literal["linear", "log", "sqrt"], ...]] = ("linear", "log", "sqrt")
_DTYPES: Final = ("uint16", "float32", "float64")
_SIDES: Final[tuple[tuple[int, Literal["columns", "rows"]], ...]] = (
    (-1, "rows"),
    (1, "columns"),
    (-1, "columns"),
    (1, "rows"),
)
_EXACT_CONDITIONS: Final = "1.5° to 8° with atan(1/N), N = 8…38; both axes and signs"

FIGURES: Final = (
    AccuracyFigure(
        key="mtf_iec",
        topic="MTF",
        label="MTF up to Nyquist without noise, IEC mode",
        unit="MTF",
        conditions=_EXACT_CONDITIONS,
        must_reach=0.001,
    ),
    AccuracyFigure(
        key="mtf_constancy",
        topic="MTF",
        label="MTF up to Nyquist without noise, constancy mode",
        unit="MTF",
        conditions=_EXACT_CONDITIONS,
        must_reach=0.001,
    ),
    AccuracyFigure(
        key="mtf_other_detectors",
        topic="MTF",
        label="MTF up to Nyquist without noise, other detectors",
        unit="MTF",
        conditions="pitch 0.05 to 0.20 mm, blur 0 to 0.20 mm, edge anywhere in a pixel; both modes",
        must_reach=0.001,
    ),
    AccuracyFigure(
        key="mtf_encoded",
        topic="MTF",
        label="MTF up to Nyquist of rounded stored values",
        unit="MTF",
        conditions="linear, log and square-root response; uint16, float32 and float64; both modes",
    ),
    AccuracyFigure(
        key="mtf_noisy",
        topic="MTF",
        label="MTF up to Nyquist, step of 100 times the noise",
        unit="MTF",
        conditions="600 × 600 pixels, constancy mode, 100 seeds at 1.7°, 3° and 7.125°",
        must_reach=0.015,
        statistic="percentile_95",
    ),
    AccuracyFigure(
        key="mtf_noisy_f50",
        topic="MTF",
        label="f50, step of 100 times the noise",
        unit="fraction",
        conditions="as before",
        must_reach=0.01,
        statistic="percentile_95",
    ),
    AccuracyFigure(
        key="edge_angle",
        topic="MTF",
        label="Edge angle, step of 100 times the noise",
        unit="deg",
        conditions="as before",
        must_reach=0.005,
    ),
    AccuracyFigure(
        key="edge_angle_low_dose",
        topic="MTF",
        label="Edge angle at 2.5 µGy",
        unit="deg",
        conditions="quantum and electronic noise, 600 × 600 pixels, 100 seeds at 1.7°, 3° and 7.125°",
        must_reach=0.03,
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Edges of the grid."""
    full = grid == "full"
    found: list[Case] = [
        partial(_exact, angle_deg=sign * angle, across=across)
        for angle in (_ANGLES_DEG if full else _QUICK_ANGLES_DEG)
        for sign, across in (_SIDES if full else _SIDES[:1])
    ]
    found += [partial(_other, pitch_mm=pitch, blur_mm=blur) for pitch, blur in (_OTHERS if full else _OTHERS[5::7])]
    found += [
        partial(_encoded, response=response, dtype=dtype)
        for response in _RESPONSES
        for dtype in (_DTYPES if full else _DTYPES[:1])
    ]
    for seed in range(100 if full else 9):
        angle = _NOISY_ANGLES_DEG[seed % len(_NOISY_ANGLES_DEG)]
        found += [partial(_noisy, angle_deg=angle, seed=seed), partial(_low_dose, angle_deg=angle, seed=seed)]
    return found


def _exact(*, angle_deg: float, across: Literal["columns", "rows"]) -> Errors:
    detector = Detector(pixel_pitch_mm=0.15, blur_sigma_mm=0.10, quantised=False)
    edge = simulate_edge(detector, angle_deg=angle_deg, across=across, noise=False)
    return {
        "mtf_iec": _differences(measure_mtf(edge.pixels, pixel_pitch_mm=0.15, mode="iec"), edge.truth),
        "mtf_constancy": _differences(measure_mtf(edge.pixels, pixel_pitch_mm=0.15), edge.truth),
    }


def _other(*, pitch_mm: float, blur_mm: float) -> Errors:
    detector = Detector(pixel_pitch_mm=pitch_mm, blur_sigma_mm=blur_mm, quantised=False)
    errors = []
    for angle_deg, offset_px in ((2.0, 0.37), (-6.3, 11.81)):
        edge = simulate_edge(detector, angle_deg=angle_deg, offset_px=offset_px, noise=False)
        errors.append(_differences(measure_mtf(edge.pixels, pixel_pitch_mm=pitch_mm, mode="iec"), edge.truth))
        errors.append(_differences(measure_mtf(edge.pixels, pixel_pitch_mm=pitch_mm), edge.truth))
    return {"mtf_other_detectors": np.concatenate(errors)}


def _encoded(*, response: Literal["linear", "log", "sqrt"], dtype: str) -> Errors:
    detector = (
        Detector()
        if response == "linear"
        else Detector(response=response, gain_dn_per_ugy=1500.0, offset_dn=6000.0, bits_stored=14)
    )
    edge = simulate_edge(detector, angle_deg=2.3, noise=False)
    image = in_kerma(edge.pixels.astype(dtype), detector)
    errors = [_differences(measure_mtf(image, mode=mode), edge.truth) for mode in ("iec", "constancy")]
    return {"mtf_encoded": np.concatenate(errors)}


def _noisy(*, angle_deg: float, seed: int) -> Errors:
    kerma_ugy, transmission = 8.0, 0.03
    detector = Detector(
        pixel_pitch_mm=0.15,
        blur_sigma_mm=0.10,
        quantised=False,
        quanta_per_mm2_per_ugy=1e15,  # white noise alone
        electronic_noise_ugy=kerma_ugy * (1.0 - transmission) / 100.0,
    )
    edge = simulate_edge(detector, angle_deg=angle_deg, kerma_ugy=kerma_ugy, transmission=transmission, seed=seed)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15)
    f50 = np.nan if mtf.f50_per_mm is None else mtf.f50_per_mm / edge.truth.f50_per_mm - 1.0
    return {
        "mtf_noisy": _differences(mtf, edge.truth),
        "mtf_noisy_f50": one(f50),
        "edge_angle": one(mtf.edge_angle_deg - edge.truth.edge_angle_deg),
    }


def _low_dose(*, angle_deg: float, seed: int) -> Errors:
    edge = simulate_edge(Detector(), angle_deg=angle_deg, kerma_ugy=2.5, seed=seed)
    mtf = measure_mtf(edge.pixels, pixel_pitch_mm=0.15)
    return {"edge_angle_low_dose": one(mtf.edge_angle_deg - edge.truth.edge_angle_deg)}


def _differences(mtf: Mtf, truth: EdgeTruth) -> NDArray[np.float64]:
    """Measured less true MTF up to the Nyquist frequency."""
    below = mtf.frequencies_per_mm <= mtf.nyquist_per_mm
    return np.asarray(mtf.values - truth.mtf(mtf.frequencies_per_mm), dtype=np.float64)[below]
