"""Star pattern: pixels against a direct integral, and convergence of its fine grid."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from xrayiq_phantoms import Detector, simulate_star

DETECTOR = Detector(quantised=False, gain_dn_per_ugy=1.0)
STAR = {
    "shape": (200, 210),
    "focal_spot_mm": (1.0, 0.6),
    "magnification": 2.0,
    "star_diameter_mm": 13.0,
    "spoke_angle_deg": 3.0,
    "centre_px": (95.3, 107.8),
    "rotation_deg": 7.0,
    "noise": False,
}


def box_kernel(lags_mm, spot_mm, sigma_mm, pitch_mm):
    """Rectangle convolved with the pixel and the Gaussian: a second difference of the blurred ramp."""

    def ramp(x):
        t = x / sigma_mm
        return sigma_mm * (t * ndtr(t) + np.exp(-t * t / 2) / np.sqrt(2 * np.pi))

    half, rest = (spot_mm + pitch_mm) / 2, (spot_mm - pitch_mm) / 2
    return (ramp(lags_mm + half) - ramp(lags_mm + rest) - ramp(lags_mm - rest) + ramp(lags_mm - half)) / (
        spot_mm * pitch_mm
    )


@pytest.mark.parametrize("pixel", [(95, 150), (40, 107), (60, 70), (130, 128), (95, 194)])
def test_pixels_are_the_star_through_spot_blur_and_aperture(pixel):
    seen = simulate_star(DETECTOR, subdivision=4, **STAR).kerma_ugy[pixel] / 10.0
    step = 0.004
    lags = np.arange(-1.4, 1.4, step) + step / 2
    weights = np.outer(box_kernel(lags, 1.0, 0.10, 0.15), box_kernel(lags, 0.6, 0.10, 0.15)) * step**2
    down = (pixel[0] - 95.3) * 0.15 + lags[:, None]
    right = (pixel[1] - 107.8) * 0.15 + lags[None, :]
    turns = (np.arctan2(down, right) - np.deg2rad(7.0)) / np.deg2rad(6.0)
    covered = (turns % 1.0 < 0.5) & (np.hypot(down, right) < 13.0)
    # the sum's own grid leaves 3e-4, the fine grid as much
    assert seen == pytest.approx(1.0 - 0.8 * np.sum(weights * covered), abs=1e-3)


def test_fine_grid_has_converged():
    coarse, fine = (simulate_star(DETECTOR, subdivision=count, **STAR).kerma_ugy / 10.0 for count in (3, 8))
    rows, columns = np.indices(coarse.shape)
    outside = np.hypot(rows - 95.3, columns - 107.8) > 20.0  # spokes of a pixel and more
    assert np.abs(coarse - fine)[outside].max() < 1e-3


def test_a_star_that_does_not_close_is_refused():
    with pytest.raises(ValueError, match="part of 180"):
        simulate_star(DETECTOR, **{**STAR, "spoke_angle_deg": 7.0})


def test_ring_without_contrast_has_the_spots_width_as_period():
    truth = simulate_star(DETECTOR, **STAR).truth
    # period of the spokes on a ring: circumference over 60 pairs
    for diameter, size in zip(truth.blur_diameters_mm, (1.0, 0.6), strict=True):
        assert np.pi * diameter / 60 == pytest.approx(size * (2.0 - 1.0))
