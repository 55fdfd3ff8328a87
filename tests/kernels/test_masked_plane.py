"""A plane through chosen pixels against NumPy's least squares."""

from __future__ import annotations

import numpy as np

from xrayiq_kernels.masked_plane import above_plane, plane_moments


def test_the_normal_equations_give_the_plane_of_least_squares():
    generator = np.random.default_rng(2)
    values, chosen = generator.normal(3.0, 1.0, (23, 31)), generator.random((23, 31)) < 0.4
    row, column = np.nonzero(chosen)
    table = np.stack([np.ones(row.size), row / 23, column / 31], axis=1)
    moments, products = plane_moments(np.where(chosen, values, np.nan), chosen)
    # order of additions only
    np.testing.assert_allclose(moments, table.T @ table, rtol=1e-12)
    np.testing.assert_allclose(products, table.T @ values[chosen], rtol=1e-12)


def test_pixels_above_a_plane_are_brighter_than_its_exponential():
    generator = np.random.default_rng(3)
    values, chosen = generator.uniform(0.5, 3.0, (23, 31)), generator.random((23, 31)) < 0.7
    row, column = np.mgrid[0:23, 0:31] / np.array([23, 31])[:, None, None]
    level = np.minimum(np.exp(0.1 + 0.8 * row - 0.3 * column), 2.0)
    found = above_plane(values, chosen, np.array([0.1, 0.8, -0.3]), 2.0)
    np.testing.assert_array_equal(found, chosen & (values > level))
    assert found.any()
