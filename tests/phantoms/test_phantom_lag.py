"""Simulated decay and ghost follow their formulas."""

import math

import numpy as np
import pytest

from xrayiq_phantoms import (
    Detector,
    LagComponent,
    lag_at,
    simulate_decay,
    simulate_field,
    simulate_flat,
    simulate_ghost,
)

EXACT = Detector(quantised=False, offset_dn=0.0, gain_dn_per_ugy=1.0)
TWO = [LagComponent(amplitude=0.1, time_constant_frames=1.0), LagComponent(amplitude=0.02, time_constant_frames=5.0)]


def test_dark_frames_hold_the_sum_of_exponentials():
    first = simulate_flat(EXACT, shape=(4, 5), kerma_ugy=10.0, seed=0, noise=False)
    frames = simulate_decay(EXACT, first=first, kermas_ugy=[0.0, 0.0, 0.0], components=TWO, seed=1, noise=False)
    for number, frame in enumerate(frames, 1):
        expected = 0.1 * math.exp(-number) + 0.02 * math.exp(-number / 5.0)
        assert frame.truth.lag_fraction == pytest.approx(expected, rel=1e-12)  # rounding
        np.testing.assert_allclose(frame.pixels, 10.0 * expected, rtol=1e-12)


def test_each_exposure_leaves_its_own_lag():
    first = simulate_flat(EXACT, shape=(4, 5), kerma_ugy=10.0, seed=0, noise=False)
    frames = simulate_decay(EXACT, first=first, kermas_ugy=[4.0, 0.0], components=TWO, seed=1, noise=False)
    expected = 10.0 * lag_at(TWO, 2) + 4.0 * lag_at(TWO, 1)
    np.testing.assert_allclose(frames[1].pixels, expected, rtol=1e-12)  # rounding
    assert frames[0].detector is EXACT


def test_the_ghost_follows_the_kerma_of_the_exposure_before():
    first = simulate_field(
        EXACT, shape=(80, 80), kerma_ugy=20.0, seed=0, size_mm=(4, 4), scatter_fraction=0.0, noise=False
    )
    ghost = simulate_ghost(EXACT, first=first, kerma_ugy=3.0, ghost_fraction=-0.02, seed=1, noise=False)
    assert ghost.pixels[40, 40] == pytest.approx(3.0 * 0.98, rel=1e-6)  # the field's map is float32
    assert ghost.pixels[2, 2] == pytest.approx(3.0, rel=1e-6)
    assert ghost.truth.ghosting() == pytest.approx(1.0 / 0.98 - 1.0, rel=1e-12)
    assert ghost.truth.ghosting(shadow_transmission=1.0) == 0.0
