"""Profiles across an edge against definitions in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from xrayiq_kernels.step_profiles import match_steps, rise_nearest_to_zero, rise_widths

OFFSETS = np.arange(-20, 21) * 0.5


def profiles(count=60, seed=2):
    """Blurred steps at random offsets with noise; some fall, some stay level, some rise twice."""
    generator = np.random.default_rng(seed)
    places = generator.uniform(-3.0, 3.0, count)
    steps = ndtr((OFFSETS[None, :] - places[:, None]) / 1.2) * generator.uniform(-0.5, 2.0, count)[:, None]
    steps[::7] += np.sin(OFFSETS)
    steps[::11] = 1.0
    return 1.0 + steps + 0.02 * generator.standard_normal((count, OFFSETS.size)) * (np.arange(count) % 11 > 0)[:, None]


def rise_by_definition(profile, level_from):
    inside, outside = profile[level_from <= OFFSETS].mean(), profile[-level_from >= OFFSETS].mean()
    middle = (inside + outside) / 2.0
    rises = [
        OFFSETS[k] + (middle - profile[k]) / (profile[k + 1] - profile[k]) * 0.5
        for k in range(len(profile) - 1)
        if profile[k] < middle <= profile[k + 1]
    ]
    found = bool(rises) and inside > outside
    return (min(rises, key=abs) if found else 0.0), inside - outside, found


def test_rises_are_those_of_the_definition():
    table = profiles()
    places, contrasts, rises = rise_nearest_to_zero(table, OFFSETS, 4.0)
    expected = [rise_by_definition(profile, 4.0) for profile in table]
    assert 20 < rises.sum() < 60
    np.testing.assert_array_equal(rises, [found for _, _, found in expected])
    # order of additions only
    np.testing.assert_allclose(places, [place for place, _, _ in expected], atol=1e-10)
    np.testing.assert_allclose(contrasts, [contrast for _, contrast, _ in expected], atol=1e-12)


def test_widths_are_level_difference_over_slope():
    table = profiles()
    places, _, rises = rise_nearest_to_zero(table, OFFSETS, 4.0)
    places[:3] = (-10.0, 10.0, 0.0)
    found = rise_widths(table, OFFSETS, places, rises)
    slopes = np.gradient(table, 0.5, axis=1)[np.arange(60), np.rint((places + 10.0) / 0.5).astype(int)]
    contrast = table[:, OFFSETS >= 0].mean(axis=1) - table[:, OFFSETS < 0].mean(axis=1)
    expected = np.where(slopes > 0, contrast / np.where(slopes > 0, slopes, 1.0), np.inf)[rises]
    # order of additions only
    np.testing.assert_allclose(found, expected, rtol=1e-10)


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_matches_are_products_with_every_shifted_step(sign):
    table = sign * profiles()
    places = np.arange(-6, 7) * 0.5 + 0.13
    lower = np.floor((places + 10.0) / 0.5).astype(np.int64)
    parts = (places + 10.0) / 0.5 - lower
    shifts = np.arange(-4, 5) * 0.25
    templates = ndtr((places[None, :] - shifts[:, None]) / 1.2)
    templates -= templates.mean(axis=1, keepdims=True)
    templates /= np.sqrt(np.square(templates).sum(axis=1, keepdims=True))
    around, best, sizes = match_steps(table, lower, parts, templates)
    cut = np.array([np.interp(places, OFFSETS, profile) for profile in table])
    cut -= cut.mean(axis=1, keepdims=True)
    products = cut @ templates.T
    np.testing.assert_allclose(sizes, np.sqrt(np.square(cut).sum(axis=1)), atol=1e-12)
    chosen = np.clip(np.argmax(np.abs(products), axis=1), 1, len(shifts) - 2)
    # the first of all-but-equal products depends on rounding where a profile is level
    clear = sizes > 1e-9
    np.testing.assert_array_equal(best[clear], chosen[clear])
    expected = products[np.arange(60)[:, None], best[:, None] + np.arange(-1, 2)]
    np.testing.assert_allclose(around, expected, atol=1e-12)
