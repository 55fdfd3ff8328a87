"""Aluminium square and ghost: levels, edges and sums by their formulas."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_aluminium

DETECTOR = Detector(quantised=False, gain_dn_per_ugy=1.0, pixel_pitch_mm=0.1)


def test_square_takes_away_contrast_times_its_area():
    phantom = simulate_aluminium(
        DETECTOR, shape=(200, 220), kerma_ugy=4.0, contrast=0.2, centre_px=(90.3, 120.8), noise=False
    )
    absorbed = 1.0 - phantom.kerma_ugy / 4.0
    assert absorbed.sum() * 0.1**2 == pytest.approx(0.2 * 10.0**2, rel=1e-9)  # rounding
    assert absorbed[90, 120] == pytest.approx(0.2, rel=1e-9)
    rows, columns = np.indices(absorbed.shape)
    centre = [np.sum(absorbed * axis) / absorbed.sum() for axis in (rows, columns)]
    np.testing.assert_allclose(centre, (90.3, 120.8), atol=1e-9)


@pytest.mark.parametrize("axis", ["rows", "columns"])
def test_ghost_scales_the_signal_beyond_its_line(axis):
    phantom = simulate_aluminium(
        DETECTOR,
        shape=(200, 200),
        kerma_ugy=4.0,
        contrast=0.1,
        centre_px=(60.0, 60.0),
        ghost_fraction=-0.02,
        ghost_from_px=120.25,
        ghost_axis=axis,
        noise=False,
    )
    seen = phantom.kerma_ugy if axis == "rows" else phantom.kerma_ugy.T
    # pixel 120 reaches from 119.5 to 120.5 and lies in the ghost by a quarter
    np.testing.assert_allclose(seen[[118, 120, 130], 190], [4.0, 4.0 * (1 - 0.02 * 0.25), 4.0 * 0.98], rtol=1e-9)
    square, beside, ghost = seen[60, 60], seen[60, 190], seen[190, 190]
    assert phantom.truth.ghost_factor == pytest.approx((ghost - beside) / (square - beside), rel=1e-9)


def test_sdnr_is_contrast_times_kerma_over_noise():
    phantom = simulate_aluminium(DETECTOR, shape=(400, 400), kerma_ugy=4.0, contrast=0.1, seed=1)
    corner = phantom.pixels[:140, :400]
    # 56 000 correlated pixels know their standard deviation to 1 %
    assert phantom.truth.sdnr == pytest.approx(0.4 / corner.std(), rel=0.03)
