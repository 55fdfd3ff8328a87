"""Profiles across a side against resampling with SciPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import map_coordinates, uniform_filter1d

from xrayiq_kernels.side_profiles import side_profiles

OFFSETS = np.arange(-8, 9) * 0.5


@pytest.mark.parametrize(
    ("start", "turn_deg"),
    [((20.3, 15.7), 3.0), ((1.2, 4.0), 10.0), ((40.0, 70.0), 178.0), ((-6.0, 30.0), 92.0)],
    ids=["inside", "near the border", "backwards", "from outside"],
)
def test_profiles_are_means_of_neighbours_along_the_normal(start, turn_deg):
    values = np.random.default_rng(3).normal(10.0, 2.0, (50, 80))
    angle = np.deg2rad(turn_deg)
    along = np.array([np.sin(angle), np.cos(angle)])
    inward = np.array([np.cos(angle), -np.sin(angle)])
    positions = np.arange(1.5, 60.0, 1.25)
    places = np.array(start) + positions[:, None] * along
    on_image = np.all((places >= -0.5) & (places <= [49.5, 79.5]), axis=1)
    points = places[on_image][:, None, :] + OFFSETS[None, :, None] * inward
    single = map_coordinates(values, [points[..., 0], points[..., 1]], order=1, mode="nearest")
    kept, profiles = side_profiles(values, np.array(start), along, inward, positions, OFFSETS)
    np.testing.assert_array_equal(kept, positions[on_image])
    assert len(kept) > 10
    # order of additions only
    np.testing.assert_allclose(profiles, uniform_filter1d(single, 3, axis=0, mode="nearest"), atol=1e-10)


def test_a_side_off_the_image_has_no_profiles():
    kept, profiles = side_profiles(
        np.ones((10, 10)), np.array([-5.0, 0.0]), np.array([0.0, 1.0]), np.array([1.0, 0.0]), np.arange(9.0), OFFSETS
    )
    assert kept.shape == (0,)
    assert profiles.shape == (0, OFFSETS.size)
