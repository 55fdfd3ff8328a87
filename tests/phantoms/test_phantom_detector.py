"""The detector's closed forms against sums and integrals written from their definitions."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Detector


def test_presampled_mtf_is_blur_times_projected_aperture():
    detector = Detector(pixel_pitch_mm=0.2, blur_sigma_mm=0.07)
    frequencies = np.array([0.0, 0.5, 1.0, 2.5])
    angle = np.deg2rad(10.0)
    x = 0.2 * np.cos(angle) * (np.arange(2000) + 0.5 - 1000) / 2000
    y = 0.2 * np.sin(angle) * (np.arange(2000) + 0.5 - 1000) / 2000
    expected = [
        np.mean(np.cos(2 * np.pi * f * x)) * np.mean(np.cos(2 * np.pi * f * y)) * np.exp(-2 * (np.pi * f * 0.07) ** 2)
        for f in frequencies
    ]
    # midpoint rule with 2000 points: relative error below (π·f·p/2000)²/6 ≈ 1e-7
    np.testing.assert_allclose(detector.presampled_mtf(frequencies, angle_deg=10.0), expected, atol=1e-6)


@pytest.mark.parametrize("sigma_mm", [0.03, 0.10, 0.25])
def test_quantum_nps_is_the_sum_over_all_aliases(sigma_mm):
    detector = Detector(blur_sigma_mm=sigma_mm, electronic_noise_ugy=0.0, quantised=False)
    pitch, kerma = detector.pixel_pitch_mm, 2.5
    u, v = np.array([0.0, 0.7, 2.1, 1 / 0.3]), np.array([0.0, 1.3, 3.0, 1 / 0.3])
    orders = np.arange(-400, 401) / pitch

    def aliases(frequencies):
        f = frequencies[:, None] + orders
        return np.sum((np.exp(-2 * (np.pi * sigma_mm * f) ** 2) * np.sinc(f * pitch)) ** 2, axis=1)

    expected = kerma / detector.quanta_per_mm2_per_ugy * aliases(u) * aliases(v)
    # both are sums of a few terms in double precision; the absolute floor is rounding against the zero-frequency value
    np.testing.assert_allclose(detector.nps_ugy2_mm2(u, v, kerma), expected, rtol=1e-9, atol=1e-14 * expected[0])


def test_noise_without_blur_is_white():
    detector = Detector(blur_sigma_mm=0.0, electronic_noise_ugy=0.0, quantised=False)
    spectrum = detector.nps_ugy2_mm2(np.linspace(0, 3, 7), 1.0, 2.0)
    np.testing.assert_allclose(spectrum, 2.0 / detector.quanta_per_mm2_per_ugy, rtol=1e-12)


@pytest.mark.parametrize("response", ["linear", "log", "sqrt"])
def test_variance_is_the_integral_of_the_nps(response):
    detector = Detector(response=response, structured_noise_fraction=0.01, structured_length_mm=0.3)
    pitch = detector.pixel_pitch_mm
    axis = np.fft.fftfreq(128, pitch)
    # a cosine series shorter than 128 terms is integrated exactly by 128 equidistant points
    integral = detector.nps_ugy2_mm2(axis[None, :], axis[:, None], 3.0).sum() * (1 / (128 * pitch)) ** 2
    assert float(detector.noise_variance_ugy2(3.0)) == pytest.approx(integral, rel=1e-10)


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        ("linear", lambda k: 40 + 300 * k),
        ("log", lambda k: 40 + 300 * np.log(k)),
        ("sqrt", lambda k: 40 + 300 * np.sqrt(k)),
    ],
)
def test_response_has_its_stated_form(response, expected):
    detector = Detector(response=response, gain_dn_per_ugy=300.0, offset_dn=40.0, quantised=False)
    kerma = np.array([[0.5, 1.0, 8.0]])
    np.testing.assert_allclose(detector.stored_values(kerma), expected(kerma), rtol=1e-14)
    model, a, b, c = detector.response_coefficients
    general = {"linear": a + b * kerma, "log": a + b * np.log(kerma), "power": a + b * kerma**c}[model]
    np.testing.assert_allclose(general, expected(kerma), rtol=1e-14)


@pytest.mark.parametrize("response", ["linear", "log", "sqrt"])
def test_rounding_noise_is_a_twelfth_of_a_stored_value_squared(response):
    detector = Detector(response=response, quantised=False)
    step = 1e-6
    low, high = detector.stored_values(np.array([[3.0 - step, 3.0 + step]]))[0]
    slope = (high - low) / (2 * step)
    rounding = float(Detector(response=response).rounding_variance_ugy2(3.0))
    # central difference in double precision: 1e-16·1500/1e-6 of 500
    assert rounding == pytest.approx(1 / (12 * slope**2), rel=1e-8)
    assert float(detector.rounding_variance_ugy2(3.0)) == 0.0


def test_stored_values_are_rounded_and_clipped_to_the_stored_range():
    kerma = np.array([[-1.0, 0.00149, 0.0051, 500.0]])
    unsigned = Detector(bits_stored=10, gain_dn_per_ugy=1000.0).stored_values(kerma)
    assert unsigned.dtype == np.uint16
    assert unsigned.tolist() == [[0, 1, 5, 1023]]
    signed = Detector(bits_stored=12, signed=True, gain_dn_per_ugy=1000.0, offset_dn=-2000.0).stored_values(kerma)
    assert signed.dtype == np.int16
    assert signed.tolist() == [[-2048, -1999, -1995, 2047]]


def test_falling_response_keeps_its_sign():
    detector = Detector(gain_dn_per_ugy=-100.0, offset_dn=4000.0, bits_stored=12)
    assert detector.stored_values(np.array([[1.0, 2.0]])).tolist() == [[3900, 3800]]


def test_maps_have_their_stated_size():
    detector = Detector(heel_fraction=0.2, heel_axis="columns", gain_nonuniformity_fraction=0.03)
    heel, gain = detector.heel_map((5, 9)), detector.gain_map((5, 9))
    np.testing.assert_allclose(heel[:, [0, 4, 8]], np.tile([1.1, 1.0, 0.9], (5, 1)), rtol=1e-14)
    assert gain[0, 0] == pytest.approx(1.03)
    assert gain[2, 0] == pytest.approx(0.97)


@pytest.mark.parametrize(
    "wrong",
    [
        {"pixel_pitch_mm": 0.0},
        {"blur_sigma_mm": -1.0},
        {"response": "cubic"},
        {"bits_stored": 8},
        {"gain_dn_per_ugy": 0},
    ],
)
def test_impossible_detectors_are_refused(wrong):
    with pytest.raises(ValueError, match="needed"):
        Detector(**wrong)
