"""The edge's long-range glare against numerical convolution and transformation."""

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_edge
from xrayiq_phantoms.edge import edge_profile

EXACT = Detector(quantised=False, gain_dn_per_ugy=1.0)


@pytest.mark.parametrize("sigma", [0.0, 0.1])
@pytest.mark.parametrize("angle", [0.0, 3.0])
def test_the_glare_of_an_edge_is_its_convolution_with_the_exponential(angle, sigma):
    length, step = 2.0, 0.002
    fine = np.arange(-45.0, 45.0 + step / 2, step)
    sharp = edge_profile(fine, pitch_mm=0.15, sigma_mm=sigma, angle_deg=angle)
    wanted = np.array([-3.0, -0.4, -0.05, 0.0, 0.11, 0.9, 4.0])
    spread = np.exp(-np.abs(wanted[:, None] - fine) / length) / (2.0 * length)
    behind = 0.5 * np.exp(-(fine[-1] - wanted) / length)  # the step goes on beyond the axis
    convolved = np.trapezoid(spread * sharp, dx=step, axis=1) + behind
    found = edge_profile(wanted, pitch_mm=0.15, sigma_mm=sigma, angle_deg=angle, glare_length_mm=length)
    np.testing.assert_allclose(found, convolved, rtol=0, atol=5e-7)  # trapezium rule across the kink of the exponential


def test_the_true_mtf_with_glare_is_the_transform_of_the_profile():
    edge = simulate_edge(EXACT, shape=(8, 8), angle_deg=3.0, glare_fraction=0.08, glare_length_mm=3.0, noise=False)
    places = np.arange(-60.0, 60.0, 0.005)
    pixel = {"pitch_mm": 0.15, "sigma_mm": 0.10, "angle_deg": 3.0}
    profile = 0.92 * edge_profile(places, **pixel) + 0.08 * edge_profile(places, glare_length_mm=3.0, **pixel)
    middles = (places[1:] + places[:-1]) / 2.0
    frequencies = np.array([0.0, 0.02, 0.05, 0.1, 0.3, 0.5, 1.0, 3.0])
    transform = np.abs(np.exp(-2j * np.pi * np.outer(frequencies, middles)) @ np.diff(profile))
    # differences over 5 µm pass sinc(f · 5 µm), at 3 per mm 1 − 4e-4
    truth = edge.truth.mtf(frequencies) * np.sinc(frequencies * 0.005)
    np.testing.assert_allclose(transform, truth, rtol=0, atol=1e-7)
    assert edge.truth.low_frequency_drop == 0.08


def test_an_edge_without_glare_is_as_it_was():
    plain = simulate_edge(EXACT, shape=(40, 40), noise=False)
    spread = simulate_edge(EXACT, shape=(40, 40), noise=False, glare_fraction=0.1, glare_length_mm=1e-3)
    # glare of a micrometre is none: its variance is 2e-6 mm² against 0.01 mm² of the blur, on a tenth of the signal
    np.testing.assert_allclose(spread.pixels, plain.pixels, rtol=0, atol=8.0 * 1e-5)
    assert plain.truth.low_frequency_drop == 0.0
