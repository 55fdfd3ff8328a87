"""Edge points on a circle against their definition in plain NumPy."""

from __future__ import annotations

import numpy as np

from xrayiq_kernels.field_circles import near_circle


def test_points_near_a_circle_point_to_its_centre():
    generator = np.random.default_rng(4)
    angles, turns = generator.uniform(0.0, 2.0 * np.pi, 400), generator.normal(0.0, 0.3, 400)
    radii = 20.0 + generator.normal(0.0, 3.0, 400)
    places = np.array([31.0, 44.0]) - radii[:, None] * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    normals = np.stack([np.cos(angles + turns), np.sin(angles + turns)], axis=1)
    found = near_circle(np.hstack([places, normals, np.ones((400, 1))]), 31.0, 44.0, 20.0, 2.5, np.cos(0.25))
    np.testing.assert_array_equal(found, (np.abs(radii - 20.0) < 2.5) & (np.abs(turns) < 0.25))
    assert 100 < found.sum() < 300


def test_a_point_at_the_centre_is_not_near_a_circle():
    assert not near_circle(np.array([[3.0, 4.0, 1.0, 0.0]]), 3.0, 4.0, 9.0, 1.0, 0.5).any()
