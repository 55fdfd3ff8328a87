"""The edge image against numerical integration over blur and pixel."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from xrayiq_phantoms import Detector, simulate_edge
from xrayiq_phantoms.edge import edge_profile

EXACT = Detector(quantised=False, gain_dn_per_ugy=1.0)
ANGLES = [0.0, 1.5, -3.0, 8.0, float(np.rad2deg(np.arctan(1 / 8))), float(np.rad2deg(np.arctan(1 / 20))), 45.0]


def integrated_pixels(shape, angle_deg, across, *, pitch, sigma, offset_px=0.0, nodes=60):
    """Mean of the blurred half plane over each pixel by a Gauss–Legendre product rule; 1 on the far side."""
    points, weights = np.polynomial.legendre.leggauss(nodes)
    slope = np.tan(np.deg2rad(angle_deg))
    total = np.zeros(shape)
    middle = [(count - 1) / 2 for count in shape]
    for u, wu in zip(points / 2, weights / 2, strict=True):
        for v, wv in zip(points / 2, weights / 2, strict=True):
            rows = np.arange(shape[0])[:, None] - middle[0] + u
            columns = np.arange(shape[1])[None, :] - middle[1] + v
            along, beside = (columns, rows) if across == "columns" else (rows, columns)
            distance = (along - offset_px - slope * beside) / np.hypot(1.0, slope) * pitch
            total += wu * wv * ndtr(distance / sigma)
    return total


@pytest.mark.parametrize("across", ["columns", "rows"])
@pytest.mark.parametrize("angle_deg", ANGLES)
def test_edge_pixels_are_the_integral_over_blur_and_aperture(angle_deg, across):
    phantom = simulate_edge(
        EXACT,
        shape=(31, 24),
        angle_deg=angle_deg,
        across=across,
        kerma_ugy=5.0,
        transmission=0.1,
        offset_px=0.3,
        noise=False,
    )
    step = integrated_pixels((31, 24), angle_deg, across, pitch=0.15, sigma=0.10, offset_px=0.3)
    # 60 nodes per axis are exact to rounding for this smooth integrand; second differences lose a few digits
    np.testing.assert_allclose(phantom.pixels, 0.5 + 4.5 * step, atol=1e-11)


def test_edge_without_blur_is_the_area_of_the_pixel_beyond_the_line():
    sharp = Detector(quantised=False, gain_dn_per_ugy=1.0, blur_sigma_mm=0.0)
    phantom = simulate_edge(sharp, shape=(3, 3), angle_deg=45.0, kerma_ugy=1.0, transmission=0.0, noise=False)
    # the line runs through the corners of the diagonal's pixels: half of each lies beyond
    np.testing.assert_allclose(phantom.pixels, [[0.5, 1, 1], [0, 0.5, 1], [0, 0, 0.5]], atol=1e-12)


@pytest.mark.parametrize(("across", "sides"), [("columns", ("left", "right")), ("rows", ("upper", "lower"))])
def test_polarities_add_up_to_both_kermas(across, sides):
    images = [
        simulate_edge(EXACT, shape=(40, 50), angle_deg=4.0, across=across, dark_side=side, kerma_ugy=2.0, noise=False)
        for side in sides
    ]
    np.testing.assert_allclose(images[0].pixels + images[1].pixels, 2.0 * 1.03, atol=1e-12)
    corner = images[0].pixels[0, 0]
    assert corner == pytest.approx(2.0 * 0.03)
    assert images[0].truth.dark_side == sides[0]


def test_positive_angle_moves_the_edge_to_higher_columns_with_the_row():
    phantom = simulate_edge(EXACT, shape=(101, 101), angle_deg=5.0, noise=False)
    half = (phantom.truth.bright_ugy + phantom.truth.dark_ugy) / 2
    crossings = [np.interp(half, line, np.arange(101)) for line in (phantom.pixels[0], phantom.pixels[100])]
    # linear interpolation between pixels of a blurred step: within 0.05 pixel
    assert crossings[1] - crossings[0] == pytest.approx(100 * np.tan(np.deg2rad(5.0)), abs=0.1)
    assert np.mean(crossings) == pytest.approx(phantom.truth.point_px[1], abs=0.05)


@pytest.mark.parametrize("angle_deg", [2.0, -7.0])
def test_truth_mtf_is_the_transform_of_the_profile(angle_deg):
    truth = simulate_edge(EXACT, shape=(8, 8), angle_deg=angle_deg, noise=False).truth
    positions = np.linspace(-1.5, 1.5, 6001)
    profile = edge_profile(positions, pitch_mm=0.15, sigma_mm=0.10, angle_deg=angle_deg)
    line_spread = np.diff(profile)
    centres = (positions[1:] + positions[:-1]) / 2
    frequencies = np.array([0.0, 1.0, 2.0, 3.3, 5.0])
    transform = np.abs([np.sum(line_spread * np.exp(-2j * np.pi * f * centres)) for f in frequencies])
    # finite differences over δ = 0.5 µm damp by sinc(fδ): below (π·5·0.0005)²/6 = 1e-5
    np.testing.assert_allclose(truth.mtf(frequencies), transform, atol=2e-5)
    assert float(truth.mtf(truth.f50_per_mm)) == pytest.approx(0.5, abs=1e-10)
    assert float(truth.mtf(truth.f10_per_mm)) == pytest.approx(0.1, abs=1e-10)
    assert truth.edge_angle_deg == abs(angle_deg)


def test_f50_of_the_reference_detector_agrees_with_the_published_check_value():
    # sigma 0.10 mm, pitch 0.15 mm, 2 degrees: 1.717 per mm
    assert simulate_edge(Detector(), shape=(8, 8), angle_deg=2.0).truth.f50_per_mm == pytest.approx(1.717, abs=5e-4)


def test_a_dark_side_along_the_edge_is_refused():
    with pytest.raises(ValueError, match="needed a side"):
        simulate_edge(EXACT, across="rows", dark_side="left")
