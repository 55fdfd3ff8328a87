"""Detectability from curves beside model observers at work on simulated images."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest
from dqe_builders import make_mtf, make_nps
from numpy.typing import NDArray
from scipy.special import j1

from xrayiq.metrics import Mtf, Nps, compute_detectability, measure_mtf, measure_nps
from xrayiq_phantoms import Detector, simulate_edge, simulate_flat

Floats = NDArray[np.float64]
PITCH = 0.15
KERMA = 2.5
CONTRAST = 0.01
SIDE = 1024
DETECTOR = Detector(pixel_pitch_mm=PITCH, blur_sigma_mm=0.10, gain_dn_per_ugy=1500.0)


def flat(seed: int) -> Floats:
    return simulate_flat(DETECTOR, shape=(SIDE, SIDE), kerma_ugy=KERMA, seed=seed).pixels / 1500.0


@cache
def measured() -> tuple[Mtf, Nps]:
    """MTF and NPS of the detector, from images that the observers do not see."""
    edges = [
        simulate_edge(DETECTOR, shape=(400, 400), across="columns", kerma_ugy=8.0, seed=seed).pixels / 1500.0
        for seed in range(4)
    ]
    return measure_mtf(edges, pixel_pitch_mm=PITCH), measure_nps(map(flat, range(8)), pixel_pitch_mm=PITCH)


def signal_spectrum(diameter_mm: float) -> tuple[Floats, Floats, Floats]:
    """Spectrum of the disc as the detector images it (µGy mm²), and the axes of its frequencies."""
    u, v = np.meshgrid(np.fft.fftfreq(SIDE, PITCH), np.fft.fftfreq(SIDE, PITCH))
    f = np.hypot(u, v)
    disc = np.full(f.shape, np.pi * diameter_mm**2 / 4)
    disc[f > 0] = diameter_mm / (2 * f[f > 0]) * j1(np.pi * diameter_mm * f[f > 0])
    seen = np.exp(-2 * (np.pi * 0.10 * f) ** 2) * np.sinc(u * PITCH) * np.sinc(v * PITCH)
    return CONTRAST * KERMA * disc * seen, u, v


def observer_filter(observer: str, spectrum: Floats, u: Floats, v: Floats) -> Floats:
    """What the observer correlates the image with, in frequencies."""
    if observer == "ideal":
        return spectrum / DETECTOR.nps_ugy2_mm2(u, v, KERMA)
    if observer == "npw":
        return spectrum
    cycles_per_degree = np.hypot(u, v) * np.pi / 180 * 400
    return spectrum * (cycles_per_degree**1.3 * np.exp(-0.0406 * cycles_per_degree**2)) ** 2


@pytest.mark.parametrize("observer", ["ideal", "npw", "npwe"])
@pytest.mark.parametrize("diameter_mm", [1.0, 2.0])
def test_template_matching_on_images_finds_the_detectability(observer: Any, diameter_mm: float) -> None:
    spectrum, u, v = signal_spectrum(diameter_mm)
    template = observer_filter(observer, spectrum, u, v)
    # the observer's answer to the disc itself, and its scatter over places without a disc, far enough apart
    answer = np.sum(template * spectrum) / (SIDE * PITCH) ** 2
    apart = round(2.0 * diameter_mm / PITCH)
    answers = []
    for seed in (500, 501, 502):
        image = flat(seed)
        correlated = np.fft.ifft2(np.fft.fft2(image - image.mean()) * template).real
        answers.append(correlated[apart:-apart:apart, apart:-apart:apart].ravel())
    scatter = np.concatenate(answers).std()
    mtf, nps = measured()
    found = compute_detectability(mtf, nps, diameter_mm=diameter_mm, contrast=CONTRAST, observer=observer)
    # some 4000 places for 2 mm, of which the eye filter makes fewer independent: 1.5 %; the corners of the frequency
    # plane, which the curves leave out, and the square aperture 1 %
    assert answer / scatter == pytest.approx(found.detectability, rel=0.04)


def test_white_noise_example_of_the_reference_is_met() -> None:
    # standards reference, §5.3: C √(πd²/4 / NNPS) = 2.413 for d = 1 mm, C = 0.01, NNPS = 1.349e-5 mm², all frequencies
    assert 0.01 * np.sqrt(np.pi / 4 / 1.349e-5) == pytest.approx(2.413, abs=5e-4)
    pitch, side = 0.001, 256
    frequencies = np.arange(1, side // 2 + 1) / (side * pitch)
    nps = make_nps(
        np.full((side, side), 1.349e-5),
        pitch=pitch,
        mean=1.0,
        radial_frequencies_per_mm=frequencies,
        radial_values=np.full(side // 2, 1.349e-5),
    )
    mtf = make_mtf(np.ones_like, pitch=pitch)
    for observer in ("ideal", "npw"):
        found = compute_detectability(mtf, nps, diameter_mm=1.0, contrast=0.01, observer=observer)  # type: ignore[arg-type]  # both are choices
        # what lies beyond 500 mm⁻¹: 1/(π² d f) of the energy, 0.02 %
        assert found.detectability == pytest.approx(2.413, abs=1e-3)
