"""Flat fields: heel, gain, lag and defects are where the truth says."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_phantoms import Defect, Detector, simulate_flat, simulate_lag


def test_flat_without_noise_is_kerma_times_heel_times_gain():
    detector = Detector(heel_fraction=0.1, gain_nonuniformity_fraction=0.02, quantised=False, offset_dn=7.0)
    phantom = simulate_flat(detector, shape=(30, 40), kerma_ugy=3.0, seed=0, noise=False)
    expected = 3.0 * phantom.truth.heel_map * phantom.truth.gain_map
    np.testing.assert_allclose(phantom.kerma_ugy, expected, rtol=1e-14)
    np.testing.assert_allclose(phantom.pixels, 7.0 + 500.0 * expected, rtol=1e-14)


def test_lag_decays_by_the_same_part_from_frame_to_frame():
    detector = Detector(lag_fraction=0.02, quantised=False)
    first = simulate_flat(detector, shape=(8, 8), kerma_ugy=10.0, seed=0, noise=False)
    frames = simulate_lag(detector, first=first, kermas_ugy=(0.0, 0.0, 5.0), seed=1, noise=False)
    values = [frame.kerma_ugy[3, 3] for frame in frames]
    np.testing.assert_allclose(values, [0.2, 0.004, 5.0 + 0.02 * 0.004], rtol=1e-12)


def test_defects_lie_where_they_were_put():
    detector = Detector(
        electronic_noise_ugy=0.0,
        defects=(
            Defect(row=2, column=3),
            Defect(row=5, column=6, rows=2, columns=3, kind="hot"),
            Defect(row=0, column=12, rows=None, kind="gain", amplitude=-0.5),
            Defect(row=9, column=0, columns=None, kind="offset", amplitude=1.0),
        ),
    )
    phantom = simulate_flat(detector, shape=(10, 15), kerma_ugy=4.0, seed=0, noise=False)
    pixels = phantom.pixels.copy()
    assert pixels[2, 3] == 0
    assert np.all(pixels[5:7, 6:9] == 16383)
    assert np.all(pixels[:9, 12] == 1000)
    assert np.all(pixels[9, :12] == 2500)
    assert np.all(pixels[~phantom.truth.defect_mask] == 2000)
    assert phantom.truth.defect_mask.sum() == 1 + 6 + 10 + 14


def test_hot_defects_reach_the_top_of_the_range_in_unrounded_images_too():
    detector = Detector(quantised=False, defects=(Defect(row=0, column=0, kind="hot"),))
    assert simulate_flat(detector, shape=(4, 4), kerma_ugy=1.0, seed=0).pixels[0, 0] == 16383


def test_negative_kerma_is_refused():
    with pytest.raises(ValueError, match="needed 0 or more"):
        simulate_flat(Detector(), shape=(4, 4), kerma_ugy=-1.0, seed=0)


def test_unknown_defects_are_refused():
    with pytest.raises(ValueError, match="needed dead"):
        Defect(row=0, column=0, kind="sleepy")
