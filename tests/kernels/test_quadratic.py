"""Sums and values of quadratic polynomials against their definition, and in one order whatever the threads."""

from __future__ import annotations

import numpy as np
import pytest
from threadpoolctl import threadpool_limits

from xrayiq_kernels.quadratic import quadratic_moments, quadratic_values

NONE_EXCLUDED = np.zeros((0, 0), dtype=np.bool_)
#: running sums over some thousand float64 numbers
TOLERANCE = 1e-11


@pytest.mark.parametrize("masked", [False, True])
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (23, 31)])
def test_sums_match_the_definition(shape: tuple[int, int], masked: bool) -> None:
    generator = np.random.default_rng(7)
    values = generator.normal(1000.0, 10.0, shape)
    excluded = generator.random(shape) < 0.3 if masked else np.zeros(shape, dtype=np.bool_)
    down, across = generator.uniform(-1.0, 1.0, shape[0]), generator.uniform(-1.0, 1.0, shape[1])
    seen = np.where(excluded, np.nan, values)
    places, products = quadratic_moments(seen, excluded if masked else NONE_EXCLUDED, down, across)
    for a, b in np.ndindex(5, 5):
        terms = np.outer(down**a, across**b)
        np.testing.assert_allclose(places[a, b], terms[~excluded].sum(), rtol=TOLERANCE, atol=TOLERANCE)
        if max(a, b) < 3:
            expected = (terms * values)[~excluded].sum()
            np.testing.assert_allclose(products[a, b], expected, rtol=TOLERANCE, atol=1e3 * TOLERANCE)


def test_values_match_the_definition() -> None:
    generator = np.random.default_rng(8)
    coefficients = generator.normal(0.0, 1.0, (3, 3))
    down, across = np.linspace(-1.0, 1.0, 13), np.linspace(-2.0, 1.0, 17)
    expected = sum(coefficients[a, b] * np.outer(down**a, across**b) for a, b in np.ndindex(3, 3))
    np.testing.assert_allclose(quadratic_values(coefficients, down, across), expected, rtol=TOLERANCE, atol=TOLERANCE)


def test_sums_are_the_same_with_every_number_of_threads() -> None:
    values = np.random.default_rng(9).normal(1000.0, 10.0, (300, 400))
    down, across = np.linspace(-1.0, 1.0, 300), np.linspace(-1.0, 1.0, 400)
    found = []
    for threads in (1, 2):
        with threadpool_limits(threads):
            found.append(quadratic_moments(values, NONE_EXCLUDED, down, across)[1].tobytes())
    assert found[0] == found[1]
