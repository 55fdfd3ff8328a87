"""Rises along rays against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.outward_rises import outward_rises


def defined(values, place, direction, step_px):
    """Least mean of three neighbours, and the greatest of a mean less those before it."""
    read = []
    place = np.array(place, dtype=np.float64)
    while np.all(place >= -0.5) and np.all(place < np.array(values.shape) - 0.5):
        nearest = np.floor(place + 0.5).astype(int)
        read.append(values[nearest[0], nearest[1]])
        place = place + step_px * np.asarray(direction)
    means = [sum(read[k : k + 3]) / 3.0 for k in range(len(read) - 2)]
    return min(means, default=np.inf), max((m - min(means[: k + 1]) for k, m in enumerate(means)), default=0.0)


@pytest.mark.parametrize("step_px", [1.0, 1.5])
def test_rays_read_the_least_value_and_the_greatest_rise(step_px):
    generator = np.random.default_rng(5)
    values = generator.normal(0.0, 1.0, (40, 60))
    places = generator.uniform(-3.0, 43.0, (50, 2))
    angles = generator.uniform(0.0, 2.0 * np.pi, 50)
    directions = np.stack([np.sin(angles), np.cos(angles)], axis=1)
    found = outward_rises(values, places, directions, step_px)
    wanted = [defined(values, place, way, step_px) for place, way in zip(places, directions, strict=True)]
    # order of additions only
    np.testing.assert_allclose(found, wanted, atol=1e-12)


def test_a_ray_that_only_falls_has_no_rise():
    values = np.tile(np.linspace(5.0, 1.0, 30), (4, 1))
    found = outward_rises(values, np.array([[1.0, 0.0]]), np.array([[0.0, 1.0]]), 1.0)
    np.testing.assert_allclose(found, [[values[0, -3:].mean(), 0.0]])
