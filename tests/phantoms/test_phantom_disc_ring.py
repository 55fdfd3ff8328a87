"""Disc ring: discs take their contrast away where the truth says, bars and plate are as drawn."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Detector, simulate_disc_ring

DETECTOR = Detector(quantised=False, gain_dn_per_ugy=1.0, pixel_pitch_mm=0.25)


@pytest.mark.parametrize(("rotation_deg", "mirrored"), [(0.0, False), (40.0, True)])
def test_discs_take_their_contrast_times_their_area_in_their_order(rotation_deg, mirrored):
    options = {"rotation_deg": rotation_deg, "mirrored": mirrored, "outside_fraction": 2.0, "noise": False}
    phantom = simulate_disc_ring(DETECTOR, shape=(800, 800), kerma_ugy=4.0, seed=0, **options)
    absorbed, truth = 1 - phantom.kerma_ugy / 4.0, phantom.truth
    rows, columns = np.indices(absorbed.shape)
    for number, centre in enumerate(truth.disc_centres_px):
        near = np.hypot(rows - centre[0], columns - centre[1]) < 30
        taken = absorbed[near].sum() * 0.25**2
        assert taken == pytest.approx(truth.contrasts[number] * np.pi * 11**2 / 4, rel=1e-3)
        angle = np.arctan2(centre[1] - truth.centre_px[1], truth.centre_px[0] - centre[0])
        expected = np.deg2rad(rotation_deg + (-20 if mirrored else 20) * (number + 1))
        assert np.cos(angle - expected) == pytest.approx(1.0, abs=1e-9)
    assert absorbed[0, 0] == pytest.approx(-1.0) and absorbed[400, 400] == pytest.approx(0.0, abs=1e-9)
    angle = np.deg2rad(rotation_deg)
    bars = np.hypot(rows - 399.5 + 260 * np.cos(angle), columns - 399.5 - 260 * np.sin(angle)) < 60
    assert absorbed[bars].sum() * 0.25**2 == pytest.approx(5 * 0.3 * 1.5 * 10.0, rel=0.02)
