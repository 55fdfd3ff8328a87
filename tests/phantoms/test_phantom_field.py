"""Collimated fields: corners, area and sides agree with the image."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from xrayiq_phantoms import Detector, simulate_field

SHAPE = (400, 500)
DETECTOR = Detector(pixel_pitch_mm=0.4, quantised=False, gain_dn_per_ugy=1.0)


def field(**arguments):
    return simulate_field(DETECTOR, shape=SHAPE, kerma_ugy=5.0, seed=1, noise=False, **arguments)


@pytest.mark.parametrize("rotation_deg", [0.0, 3.0, -12.0, 30.0])
def test_area_agrees_with_the_mask_and_with_the_size(rotation_deg):
    truth = field(size_mm=(80.0, 100.0), rotation_deg=rotation_deg).truth
    assert truth.area_mm2 == pytest.approx(8000.0, rel=1e-12)
    # counting pixel centres errs by at most about half a pixel along the 360 mm outline: 360·0.2/8000
    assert truth.mask.sum() * 0.4**2 == pytest.approx(8000.0, rel=0.009)
    assert truth.sides == ("collimated",) * 4
    assert truth.field_fraction == pytest.approx(8000.0 / (SHAPE[0] * SHAPE[1] * 0.16))


def test_rotation_is_clockwise_on_screen_and_corners_start_at_the_least_sum():
    corners = field(size_mm=(80.0, 100.0), rotation_deg=10.0).truth.corners_px
    sums = corners.sum(axis=1)
    assert sums.argmin() == 0
    assert corners[1, 0] > corners[0, 0], "the upper side falls to the right"
    assert corners[1, 1] > corners[0, 1], "clockwise: the second corner lies to the right"
    expected = np.array([199.5, 249.5]) + _turned([-100.0, -125.0], 10.0)
    np.testing.assert_allclose(corners[0], expected, atol=1e-9)


def _turned(point, angle_deg):
    """Turn (down, right) clockwise on screen: the right axis turns towards down."""
    angle = np.deg2rad(angle_deg)
    down, right = point
    return np.array([down * np.cos(angle) + right * np.sin(angle), right * np.cos(angle) - down * np.sin(angle)])


def test_any_convex_quadrilateral_in_any_order_is_accepted():
    corners_mm = np.array([[120.0, 150.0], [20.0, 30.0], [130.0, 40.0], [30.0, 170.0]])
    truth = field(corners_mm=corners_mm).truth
    np.testing.assert_allclose(truth.corners_px * 0.4, corners_mm[[1, 3, 0, 2]], atol=1e-9)


def test_concave_corners_are_refused():
    with pytest.raises(ValueError, match="convex"):
        field(corners_mm=[[0, 0], [0, 100], [20, 20], [100, 0]])


def test_kerma_is_half_on_the_sides_and_scatter_falls_outside():
    phantom = field(size_mm=(80.0, 100.0), scatter_fraction=0.04, scatter_length_mm=20.0)
    down = phantom.kerma_ugy[:, 250]
    top = phantom.truth.corners_px[0, 0]
    assert top == pytest.approx(99.5)
    # the side lies midway between two rows: their mean is half the primary plus all of the scatter; between the two
    # rows scatter falls by 0.4 mm / (2·20 mm), so the mean is off by 1e-2 of 0.2 µGy
    assert down[99:101].mean() == pytest.approx(5.0 * (0.96 / 2 + 0.04), abs=0.002)
    assert down[200] == pytest.approx(5.0)
    # 20 mm = 50 rows outside the side
    assert np.interp(top - 50, np.arange(400), down) == pytest.approx(5.0 * 0.04 * np.exp(-1.0), rel=1e-3)


def test_penumbra_is_beam_blur_and_aperture_together():
    down = field(size_mm=(80.0, 100.0), scatter_fraction=0.0, penumbra_sigma_mm=0.3).kerma_ugy[97:103, 250] / 5.0
    positions = (np.arange(400) + 0.5) / 400 - 0.5
    for row, seen in zip(range(97, 103), down, strict=True):
        inside_mm = (row - 99.5 + positions) * 0.4
        exact = np.mean(ndtr(inside_mm / np.hypot(0.3, DETECTOR.blur_sigma_mm)))
        # the aperture enters by its variance p²/12 only; what the box's higher moments add stays below 1e-3,
        # while the variance itself is worth about 0.01
        assert seen == pytest.approx(exact, abs=1e-3)


def test_sides_beyond_the_image_are_its_border():
    truth = field(size_mm=(80.0, 400.0)).truth
    assert truth.sides == ("collimated", "at_border", "collimated", "at_border")
    np.testing.assert_allclose(truth.corners_px, [[99.5, -0.5], [99.5, 499.5], [299.5, 499.5], [299.5, -0.5]])
    assert truth.area_mm2 == pytest.approx(80.0 * 500 * 0.4)
    assert truth.mask.sum() == 200 * 500
    whole = field(size_mm=(400.0, 400.0)).truth
    assert whole.sides == ("at_border",) * 4
    assert whole.field_fraction == pytest.approx(1.0)


def test_a_corner_cut_off_by_the_border_keeps_its_sides():
    truth = field(size_mm=(140.0, 170.0), rotation_deg=15.0).truth
    assert truth.sides == ("collimated",) * 4
    # the corners' triangles beyond the image are not exposed
    assert truth.area_mm2 < 140.0 * 170.0
    assert truth.mask.sum() * 0.16 == pytest.approx(truth.area_mm2, rel=0.006)


def test_a_beam_beside_the_image_is_refused():
    with pytest.raises(ValueError, match="meets the image"):
        field(size_mm=(10.0, 10.0), centre_mm=(-50.0, -50.0))


def test_anatomy_weakens_the_beam_inside_only():
    plain = field(size_mm=(120.0, 140.0))
    body = field(size_mm=(120.0, 140.0), anatomy="chest")
    assert np.all(body.kerma_ugy <= plain.kerma_ugy + 1e-12)
    assert np.median(body.kerma_ugy[body.truth.mask]) < 0.6 * np.median(plain.kerma_ugy[plain.truth.mask])
    np.testing.assert_array_equal(body.kerma_ugy[0], plain.kerma_ugy[0])
