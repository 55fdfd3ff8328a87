"""Contrast details: each disc removes its contrast times its area."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import j1

from xrayiq_phantoms import Detail, Detector, detail_grid, simulate_contrast_details

DETECTOR = Detector(quantised=False, gain_dn_per_ugy=1.0)


def image(details, shape=(120, 120)):
    return simulate_contrast_details(DETECTOR, shape=shape, kerma_ugy=4.0, details=details, seed=0, noise=False)


@pytest.mark.parametrize("diameter_mm", [0.3, 1.0, 5.0])
@pytest.mark.parametrize("contrast", [0.1, -0.3])
def test_summed_contrast_is_contrast_times_area(diameter_mm, contrast):
    phantom = image([Detail(centre_px=(60.3, 58.8), diameter_mm=diameter_mm, contrast=contrast)])
    removed = np.sum(4.0 - phantom.pixels) / 4.0 * 0.15**2
    # outline on a grid of 0.019 mm: 1e-3 of the area
    assert removed == pytest.approx(contrast * np.pi * diameter_mm**2 / 4, rel=2e-3)


def test_disc_lies_on_its_centre_and_is_flat_inside():
    phantom = image([Detail(centre_px=(60.3, 58.8), diameter_mm=5.0, contrast=0.2)])
    absorbed = 1.0 - phantom.pixels / 4.0
    rows, columns = np.indices(absorbed.shape)
    centre = [np.sum(absorbed * axis) / absorbed.sum() for axis in (rows, columns)]
    np.testing.assert_allclose(centre, (60.3, 58.8), atol=0.01)
    assert absorbed[60, 59] == pytest.approx(0.2, rel=1e-6)


def test_pixels_are_the_disc_through_blur_and_aperture():
    diameter, contrast, size, finer = 0.6, 0.2, 64, 4
    phantom = image([Detail(centre_px=(32.0, 32.0), diameter_mm=diameter, contrast=contrast)], shape=(size, size))
    # transform of the disc times blur times aperture, on a grid four times finer: aliases are below 1e-10
    pitch = 0.15
    f = np.fft.fftfreq(size * finer, pitch / finer)
    radial = np.hypot(f[None, :], f[:, None])
    with np.errstate(invalid="ignore"):
        disc = np.where(radial > 0, diameter / 2 * j1(np.pi * diameter * radial) / radial, np.pi * diameter**2 / 4)
    seen = disc * np.exp(-2 * (np.pi * 0.10 * radial) ** 2) * np.sinc(f * pitch)[None, :] * np.sinc(f * pitch)[:, None]
    expected = contrast * np.fft.fftshift(np.real(np.fft.ifft2(seen)))[::finer, ::finer] * (finer / pitch) ** 2
    np.testing.assert_allclose(1.0 - phantom.pixels / 4.0, expected, atol=2e-3 * contrast)


def test_discs_are_cut_at_the_border():
    phantom = image([Detail(centre_px=(-0.5, 60.0), diameter_mm=3.0, contrast=0.1)])
    removed = np.sum(4.0 - phantom.pixels) / 4.0 * 0.15**2
    assert removed == pytest.approx(0.1 * np.pi * 9 / 8, rel=2e-3)


def test_grid_has_a_row_for_each_diameter_and_a_column_for_each_contrast():
    details = detail_grid((100, 200), pixel_pitch_mm=0.15, diameters_mm=(1.0, 2.0), contrasts=(0.1, 0.2, 0.3, 0.4))
    assert [(detail.diameter_mm, detail.contrast) for detail in details[:5]] == [
        (1.0, 0.1), (1.0, 0.2), (1.0, 0.3), (1.0, 0.4), (2.0, 0.1),
    ]  # fmt: skip
    assert details[0].centre_px == (24.5, 24.5)
    with pytest.raises(ValueError, match="cell"):
        detail_grid((100, 200), pixel_pitch_mm=0.15, diameters_mm=(8.0, 9.0), contrasts=(0.1,))
