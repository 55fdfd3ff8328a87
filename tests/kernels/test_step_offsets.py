"""Blurred steps in profiles against their definition in plain NumPy, and against where they were put."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from xrayiq_kernels.step_offsets import matched_steps, rising_steps

OFFSETS = np.arange(-20, 21) * 0.5
BLUR = 1.2


def steps(places, noise=0.02, seed=2):
    """Blurred steps of different height; every seventh falls."""
    generator = np.random.default_rng(seed)
    heights = generator.uniform(0.5, 2.0, len(places)) * np.where(np.arange(len(places)) % 7 == 3, -1.0, 1.0)
    table = ndtr((OFFSETS[None, :] - places[:, None]) / BLUR) * heights[:, None]
    return 3.0 + table + noise * generator.standard_normal(table.shape)


def matches_by_definition(profiles, expected, blur, reach, least_match, unexplained_half, reversed_weight):
    half = 2.0 * blur + reach
    window = np.arange(-np.floor(half / 0.5), np.floor(half / 0.5) + 1) * 0.5
    shifts = np.arange(-np.floor(2.0 * reach / 0.5), np.floor(2.0 * reach / 0.5) + 1) * 0.25
    cut = np.array([np.interp(expected + window, OFFSETS, profile) for profile in profiles])
    cut -= cut.mean(axis=1, keepdims=True)
    found = []
    heights = []
    for profile in cut:
        products, energies = [], []
        for shift in shifts:
            template = ndtr((window - shift) / blur)
            template -= template.mean()
            energies.append(np.sqrt(template @ template))
            products.append(profile @ template / energies[-1])
        best = int(np.clip(np.argmax(np.abs(products)), 1, len(shifts) - 2))
        before, here, after = np.abs(products[best - 1 : best + 2])
        vertex = -np.polyfit([-1.0, 0.0, 1.0], [before, here, after], 2)[1] / 2.0 / (before / 2.0 - here + after / 2.0)
        match = here / np.sqrt(profile @ profile)
        trust = unexplained_half / (unexplained_half + 1.0 - match**2) if match > least_match else 0.0
        heights.append(here / energies[best])
        found.append(
            [
                expected + shifts[best] + np.clip(vertex, -1.0, 1.0) * 0.25,
                trust * (1.0 if products[best] > 0 else reversed_weight),
            ]
        )
    places, weights = np.array(found).T
    return places, weights * np.minimum(np.array(heights) / np.percentile(heights, 90.0), 1.0)


@pytest.mark.parametrize(("expected", "reach"), [(0.3, 2.0), (-1.4, 1.1), (8.0, 1.0)])
def test_offsets_and_weights_are_those_of_the_definition(expected, reach):
    profiles = steps(np.random.default_rng(5).uniform(-2.0, 2.0, 80))
    settings = (expected, BLUR, reach, 0.9, 0.003, 0.5)
    places, weights = matched_steps(profiles, OFFSETS, *settings)
    expected_places, expected_weights = matches_by_definition(profiles, *settings)
    # the last place of the window is cut by a thousandth of a step; otherwise order of additions only
    np.testing.assert_allclose(weights, expected_weights, atol=1e-9)
    counted = expected_weights > 0
    np.testing.assert_allclose(places[counted], expected_places[counted], atol=1e-9)


def test_steps_lie_where_they_were_put():
    truth = np.random.default_rng(6).uniform(-1.0, 1.0, 50)
    places, weights = matched_steps(steps(truth, noise=0.0), OFFSETS, 0.0, BLUR, 2.0, 0.9, 0.003, 0.5)
    assert (weights > 0).all()
    # steps tried are a quarter apart: the parabola is exact to some hundredths of that
    np.testing.assert_allclose(places, truth, atol=0.02)


def test_rises_tell_the_place_and_the_blur_of_steps():
    truth = np.random.default_rng(7).uniform(0.4, 0.6, 60)
    profiles = steps(truth, noise=0.0)
    place, blur, rises = rising_steps(profiles, OFFSETS, 5.0)
    assert rises
    # the straight line between values half a pixel apart
    assert place == pytest.approx(np.median(truth), abs=0.05)
    # a central difference over one pixel flattens the slope by 3 %, levels from offset 0 on lie within the penumbra
    assert blur == pytest.approx(BLUR, rel=0.1)


def test_falling_profiles_do_not_rise():
    assert rising_steps(-steps(np.zeros(6), noise=0.0)[:3], OFFSETS, 5.0) == (0.0, 0.0, False)
