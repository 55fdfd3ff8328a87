"""Simulated noise against the spectrum that the detector states."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_edge, simulate_flat

SIZE = 128


def periodogram(noise, pitch):
    """Mean power of non-overlapping regions, p²/N²·|DFT|²."""
    rows, columns = (count // SIZE for count in noise.shape)
    regions = noise[: rows * SIZE, : columns * SIZE].reshape(rows, SIZE, columns, SIZE).swapaxes(1, 2)
    power = np.abs(np.fft.fft2(regions)) ** 2
    return power.reshape(-1, SIZE, SIZE).mean(axis=0) * pitch**2 / SIZE**2, rows * columns


def expected_periodogram(detector, kerma):
    """Expectation of the periodogram of a finite region: the autocovariance weighted by its triangle."""
    pitch, double = detector.pixel_pitch_mm, 2 * SIZE
    axis = np.fft.fftfreq(double, pitch)
    covariance = np.real(np.fft.ifft2(detector.nps_ugy2_mm2(axis[None, :], axis[:, None], kerma)))
    triangle = 1.0 - np.abs(np.fft.fftfreq(double, 1 / double)) / SIZE
    return np.real(np.fft.fft2(covariance * np.outer(triangle, triangle)))[::2, ::2]


@pytest.mark.parametrize(
    "detector",
    [
        Detector(blur_sigma_mm=0.0, electronic_noise_ugy=0.0, quantised=False),
        Detector(quantised=False),
        Detector(blur_sigma_mm=0.25, electronic_noise_ugy=0.01),
        Detector(structured_noise_fraction=0.02, structured_length_mm=0.2, quantised=False),
        Detector(electronic_noise_ugy=0.05, gain_dn_per_ugy=40.0),
    ],
    ids=["white", "coloured", "blurred", "structured", "electronic and rounding"],
)
def test_mean_periodogram_matches_the_stated_nps(detector):
    phantom = simulate_flat(detector, shape=(2048, 2048), kerma_ugy=2.5, seed=11)
    noise = phantom.pixels / detector.gain_dn_per_ugy - 2.5
    power, regions = periodogram(noise, detector.pixel_pitch_mm)
    ratio = power / expected_periodogram(detector, 2.5)
    # a bin's mean has sigma 1/sqrt(regions) and bins come in equal pairs: sigma of a band = 1/sqrt(regions·bins/2).
    # Bands hold different parts of the spectrum, so a wrong colour shows; 5 sigma because there are many of them.
    frequency = np.fft.fftfreq(SIZE)
    radius = np.hypot(frequency[None, :], frequency[:, None])
    for low in np.arange(0.0, 0.7, 0.1):
        band = (radius >= low) & (radius < low + 0.1)
        sigma = 1.0 / np.sqrt(regions * band.sum() / 2)
        assert ratio[band].mean() == pytest.approx(1.0, abs=5 * sigma)


def test_variance_matches_its_closed_form():
    detector = Detector(structured_noise_fraction=0.01)
    phantom = simulate_flat(detector, shape=(1024, 1024), kerma_ugy=4.0, seed=5)
    measured = np.var(phantom.pixels / detector.gain_dn_per_ugy)
    # squared autocorrelation summing to at most 5.6 pixels: sigma <= sqrt(2·5.6/1024²) = 0.33 %
    assert measured == pytest.approx(phantom.truth.variance_ugy2, rel=5 * 0.0033)


def test_quantum_noise_follows_the_local_kerma():
    detector = Detector(electronic_noise_ugy=0.0, quantised=False)
    with_noise = simulate_edge(detector, shape=(500, 500), kerma_ugy=8.0, transmission=0.1, seed=3)
    noise = with_noise.pixels / detector.gain_dn_per_ugy - with_noise.kerma_ugy
    for part, kerma in ((noise[:, :200], 0.8), (noise[:, 300:], 8.0)):
        # 1e5 pixels, squared autocorrelation summing to 3.3 pixels: sigma of the variance = sqrt(2·3.3/1e5) = 0.8 %
        assert part.var() == pytest.approx(float(detector.noise_variance_ugy2(kerma)), rel=5 * 0.008)


def test_gain_of_a_pixel_scales_its_quantum_noise():
    plain, uneven = (
        Detector(electronic_noise_ugy=0.0, quantised=False, gain_nonuniformity_fraction=part) for part in (0.0, 0.2)
    )
    images = [simulate_flat(detector, shape=(64, 64), kerma_ugy=2.5, seed=1) for detector in (plain, uneven)]
    noise = [image.pixels - 500.0 * image.kerma_ugy for image in images]
    # the same random numbers in single precision
    np.testing.assert_allclose(noise[1], noise[0] * images[1].truth.gain_map, rtol=1e-6, atol=1e-6)


def test_noise_comes_from_the_seed_alone():
    detector = Detector(structured_noise_fraction=0.01)
    first, again, other = (simulate_flat(detector, shape=(64, 80), kerma_ugy=2.5, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first.pixels, again.pixels)
    assert np.any(first.pixels != other.pixels)


def test_fixed_pattern_repeats_between_images_and_quantum_noise_does_not():
    detector = Detector(structured_noise_fraction=0.05, electronic_noise_ugy=0.0, quantised=False)
    images = [simulate_flat(detector, shape=(512, 512), kerma_ugy=50.0, seed=seed).pixels for seed in (1, 2)]
    covariance = np.mean((images[0] - images[0].mean()) * (images[1] - images[1].mean())) / 500.0**2
    # squared autocorrelation summing to π·ℓ²/p² = 5.6 pixels: sigma = sqrt(2·5.6/512²) = 0.65 %
    assert covariance == pytest.approx((0.05 * 50.0) ** 2, rel=5 * 0.0065)
