"""Noise power spectra of simulated flat fields against their closed formula."""

from __future__ import annotations

from functools import partial
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammainc

from xrayiq.metrics import Nps, measure_nps
from xrayiq.model import AccuracyFigure, Radiograph
from xrayiq.selftest.accuracy.case import Case, Errors, Grid, in_kerma, one
from xrayiq_phantoms import Detector, simulate_flat

#: half-overlapping 256² regions use all of its 4 megapixels
_SHAPE: Final = (2048, 2048)
_KERMA_UGY: Final = 2.5
_LEAST_FREQUENCY_PER_MM: Final = 0.3
_LEAST_PART_OF_PEAK: Final = 0.05
#: 1 % level of Kolmogorov and Smirnov's test: the distance times the root of the number of bins stays below
_KS_1_PERCENT: Final = 1.628
_COLOURED: Final[tuple[dict[str, Any], ...]] = (
    {"blur_sigma_mm": 0.10},
    {"blur_sigma_mm": 0.20},
    {"blur_sigma_mm": 0.10, "pixel_pitch_mm": 0.10},
    {"blur_sigma_mm": 0.10, "pixel_pitch_mm": 0.20},
    {"blur_sigma_mm": 0.10, "quantised": True},
    {"blur_sigma_mm": 0.10, "quantised": True, "response": "log", "gain_dn_per_ugy": 1500.0, "offset_dn": 6000.0},
    {"blur_sigma_mm": 0.10, "quantised": True, "response": "sqrt", "gain_dn_per_ugy": 3000.0},
)

FIGURES: Final = (
    AccuracyFigure(
        key="nps_white",
        topic="NPS",
        label="White noise, mean ratio to truth",
        unit="fraction",
        conditions="u, v and radial from 4 megapixels; pitch 0.10 to 0.20 mm; from 0.3 mm⁻¹; sampling noise 0.3 %",
        must_reach=0.005,
        statistic="bias",
    ),
    AccuracyFigure(
        key="nps_coloured",
        topic="NPS",
        label="Coloured noise, mean ratio to truth",
        unit="fraction",
        conditions="u, v and radial from 4 megapixels; blur 0.10 and 0.20 mm; pitch 0.10 to 0.20 mm; linear, log and "
        "square-root response; bins from 0.3 mm⁻¹ of 5 % of the peak",
        must_reach=0.02,
    ),
    AccuracyFigure(
        key="nps_floor",
        topic="NPS",
        label="Detector with an electronic floor, mean ratio over all bins",
        unit="fraction",
        conditions="u, v and radial from 4 megapixels; 10 to 50 % of the variance electronic",
        must_reach=0.02,
    ),
    AccuracyFigure(
        key="nps_integral",
        topic="NPS",
        label="Integral of the spectrum against the true variance",
        unit="fraction",
        conditions="all of the above",
    ),
    AccuracyFigure(
        key="nps_single_bins",
        topic="NPS",
        label="Single bins against their χ² distribution (KS distance × √bins)",
        unit="KS",
        conditions="white noise, 64 separate regions; 1 % level",
        must_reach=_KS_1_PERCENT,
    ),
    AccuracyFigure(
        key="nps_peak",
        topic="NPS",
        label="Frequency of a peak, in bins",
        unit="bin",
        conditions="sines of 0.4 to 2.9 mm⁻¹ along both axes; half a bin is the resolution",
        must_reach=0.5,
    ),
)


def cases(grid: Grid) -> list[Case]:
    """Flat fields of the grid."""
    full = grid == "full"
    found: list[Case] = [
        partial(_white, pitch_mm=pitch, seed=seed)
        for pitch in ((0.10, 0.15, 0.20) if full else (0.15,))
        for seed in (range(20, 24) if full else (20,))
    ]
    found += [
        partial(_coloured, detector=Detector(**{"quantised": False, "electronic_noise_ugy": 0.0, **options}), seed=seed)
        for options in (_COLOURED if full else _COLOURED[1:2])
        for seed in ((3, 4) if full else (3,))
    ]
    found += [
        partial(_with_floor, electronic_fraction=part, seed=5) for part in ((0.1, 0.25, 0.5) if full else (0.25,))
    ]
    found += [partial(_single_bins, seed=seed) for seed in range(6, 12 if full else 7)]
    found += [
        partial(_peak, frequency_per_mm=frequency, along_columns=along)
        for frequency in ((0.4, 0.73, 1.0, 1.51, 2.2, 2.9) if full else (1.0,))
        for along in (True, False)
    ]
    return found


def _white(*, pitch_mm: float, seed: int) -> Errors:
    detector = Detector(pixel_pitch_mm=pitch_mm, blur_sigma_mm=0.0, quantised=False, electronic_noise_ugy=0.0)
    nps = _measured(detector, seed)
    return {"nps_white": _ratios(nps, detector), "nps_integral": _integral(nps, detector)}


def _coloured(*, detector: Detector, seed: int) -> Errors:
    nps = _measured(detector, seed)
    return {"nps_coloured": _ratios(nps, detector), "nps_integral": _integral(nps, detector)}


def _with_floor(*, electronic_fraction: float, seed: int) -> Errors:
    quantum = Detector(quantised=False, electronic_noise_ugy=0.0)
    share = electronic_fraction / (1.0 - electronic_fraction)
    electronic_ugy = float(np.sqrt(share * quantum.noise_variance_ugy2(_KERMA_UGY)))
    detector = Detector(quantised=False, electronic_noise_ugy=electronic_ugy)
    nps = _measured(detector, seed)
    return {
        "nps_floor": _ratios(nps, detector, least_per_mm=0.0, least_part=0.0),
        "nps_integral": _integral(nps, detector),
    }


def _single_bins(*, seed: int) -> Errors:
    """Bins of white noise from M regions are χ² with 2M degrees of freedom; half a plane of them is independent."""
    detector = Detector(blur_sigma_mm=0.0, quantised=False, electronic_noise_ugy=0.0)
    flat = simulate_flat(detector, shape=_SHAPE, kerma_ugy=_KERMA_UGY, seed=seed)
    nps = measure_nps(in_kerma(flat.pixels, detector), overlap=0.0)
    half = nps.spectrum[1 : nps.roi_px // 2]  # without the lines that are their own mirror image
    ratios = np.sort(half.ravel()) / float(detector.nps_ugy2_mm2(0.0, 0.0, _KERMA_UGY))
    expected = gammainc(nps.roi_count, nps.roi_count * ratios)
    steps = np.arange(ratios.size + 1) / ratios.size
    distance = max(float((steps[1:] - expected).max()), float((expected - steps[:-1]).max()))
    return {"nps_single_bins": one(distance * np.sqrt(ratios.size))}


def _peak(*, frequency_per_mm: float, along_columns: bool) -> Errors:
    detector = Detector(quantised=False)
    flat = simulate_flat(detector, shape=(768, 768), kerma_ugy=_KERMA_UGY, seed=12)
    sine = 0.3 * detector.gain_dn_per_ugy * np.sin(2.0 * np.pi * frequency_per_mm * np.arange(768) * 0.15)
    pixels = flat.pixels + (sine if along_columns else sine[:, None])
    nps = measure_nps(Radiograph.from_array(pixels, pixel_pitch_mm=0.15))
    axis, values = (
        (nps.frequencies_per_mm, nps.u_axis_values) if along_columns else (nps.v_frequencies_per_mm, nps.v_axis_values)
    )
    return {"nps_peak": one((axis[np.argmax(values)] - frequency_per_mm) * nps.roi_px * 0.15)}


def _measured(detector: Detector, seed: int) -> Nps:
    flat = simulate_flat(detector, shape=_SHAPE, kerma_ugy=_KERMA_UGY, seed=seed)
    return measure_nps(in_kerma(flat.pixels, detector))


def _ratios(
    nps: Nps,
    detector: Detector,
    *,
    least_per_mm: float = _LEAST_FREQUENCY_PER_MM,
    least_part: float = _LEAST_PART_OF_PEAK,
) -> NDArray[np.float64]:
    """Mean ratio to truth less 1 of the cuts along u and v and of the radial curve."""
    peak = float(detector.nps_ugy2_mm2(0.0, 0.0, _KERMA_UGY))
    angles = np.linspace(0.0, np.pi / 2, 91)[1:-1, None]  # annuli leave out both axes
    radial = nps.radial_frequencies_per_mm
    found = []
    for frequencies, values, u, v in (
        (nps.frequencies_per_mm, nps.u_values, nps.frequencies_per_mm, 0.0),
        (nps.v_frequencies_per_mm, nps.v_values, 0.0, nps.v_frequencies_per_mm),
        (radial, nps.radial_values, radial * np.cos(angles), radial * np.sin(angles)),
    ):
        truth = np.atleast_2d(detector.nps_ugy2_mm2(u, v, _KERMA_UGY)).mean(axis=0)
        counted = (frequencies >= least_per_mm) & (truth >= least_part * peak)
        found.append(float(np.mean(values[counted] / truth[counted])) - 1.0)
    return np.array(found)


def _integral(nps: Nps, detector: Detector) -> NDArray[np.float64]:
    return one(nps.integral / float(detector.noise_variance_ugy2(_KERMA_UGY)) - 1.0)
