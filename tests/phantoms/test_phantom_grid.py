"""Wires of the simulated grid lie where the formula has them."""

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_grid

DETECTOR = Detector(pixel_pitch_mm=0.2, quantised=False, gain_dn_per_ugy=1.0)


def test_wires_are_dark_at_their_places_and_symmetrical():
    image = simulate_grid(DETECTOR, shape=(101, 201), kerma_ugy=10.0, seed=0, noise=False).pixels
    # 10 mm are 50 pixels; the middle pixel (50, 100) is a crossing
    row = image[25]
    assert np.argmin(row[80:120]) + 80 == 100
    np.testing.assert_allclose(row[150 - 10 : 150], row[150 + 10 : 150 : -1], rtol=1e-9)  # rounding
    assert row[75] == pytest.approx(10.0, rel=1e-9)  # far from any wire
    # a wire of 0.5 mm absorbs 70 % over its width
    assert np.sum(10.0 - row[90:111]) * 0.2 == pytest.approx(0.7 * 10.0 * 0.5, rel=1e-3)  # sampled erf


def test_scales_and_offsets_move_the_wires():
    offsets = np.zeros(101)
    offsets[30] = 2.0
    image = simulate_grid(
        DETECTOR, shape=(101, 201), kerma_ugy=10.0, seed=0, noise=False, scale_columns=1.2, row_offsets_px=offsets
    ).pixels
    assert np.argmin(image[25, 130:190]) + 130 == 160
    assert np.argmin(image[30, 130:190]) + 130 == 162
