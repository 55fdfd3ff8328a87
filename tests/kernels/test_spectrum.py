"""Power-spectrum kernels against their definitions in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq_kernels.spectrum import (
    accumulate_power,
    cut_average,
    gather_rois,
    radial_average,
    residual_moments,
    trend_moments,
)

NONE_EXCLUDED = np.zeros((0, 0), dtype=np.bool_)
#: both sides add up a few thousand float64 numbers
TOLERANCE = 1e-11
SHAPE = (31, 42)


def coordinates(shape: tuple[int, int]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rows and columns from −1 to 1."""
    y, x = np.meshgrid(np.linspace(-1, 1, shape[0]), np.linspace(-1, 1, shape[1]), indexing="ij")
    return y, x


def plain_trend(coefficients: NDArray[np.float64], shape: tuple[int, int]) -> NDArray[np.float64]:
    y, x = coordinates(shape)
    return sum(coefficients[a, b] * y**a * x**b for a in range(3) for b in range(3))


@pytest.mark.parametrize("dtype", ["uint16", "int16", "float32", "float64"])
@pytest.mark.parametrize("masked", [False, True])
def test_trend_moments_match_the_definition(dtype: str, masked: bool) -> None:
    generator = np.random.default_rng(2)
    values = generator.normal(900, 50, SHAPE).astype(dtype)
    excluded = generator.random(SHAPE) < 0.3 if masked else np.zeros(SHAPE, dtype=np.bool_)
    powers, products = trend_moments(values, excluded if masked else NONE_EXCLUDED, 890.0)
    y, x = coordinates(SHAPE)
    kept = ~excluded
    for a in range(5):
        for b in range(5):
            # odd powers cancel to 0 over a symmetric image
            assert powers[a, b] == pytest.approx((y**a * x**b)[kept].sum(), rel=TOLERANCE, abs=1e-9)
    for a in range(3):
        for b in range(3):
            expected = ((values.astype(np.float64) - 890.0) * y**a * x**b)[kept].sum()
            assert products[a, b] == pytest.approx(expected, rel=TOLERANCE, abs=1e-8)


def test_excluded_nan_does_not_enter_the_trend() -> None:
    values = np.ones(SHAPE)
    values[3, 4] = np.nan
    powers, products = trend_moments(values, np.isnan(values), 0.0)
    assert powers[0, 0] == products[0, 0] == values.size - 1


def test_residual_moments_match_the_definition() -> None:
    generator = np.random.default_rng(3)
    values, coefficients = generator.normal(5000, 20, SHAPE), generator.normal(0, 10, (3, 3))
    coefficients[0, 0] += 5000
    included = generator.random(SHAPE) < 0.7
    count, total, squares = residual_moments(values, included, coefficients)
    residual = values - plain_trend(coefficients, SHAPE)
    assert count == np.count_nonzero(included)
    assert total == pytest.approx(values[included].sum(), rel=TOLERANCE)
    assert squares == pytest.approx((residual[included] ** 2).sum(), rel=TOLERANCE)


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_gathered_rois_are_the_image_less_its_trend(dtype: str) -> None:
    generator = np.random.default_rng(4)
    values, coefficients = generator.normal(700, 30, SHAPE).astype(dtype), generator.normal(0, 100, (3, 3))
    row_starts, column_starts = np.array([0, 7, 23]), np.array([34, 0, 11])
    gathered = np.full((4, 8, 8), -1.0)
    gather_rois(values, coefficients, row_starts, column_starts, gathered)
    detrended = values.astype(np.float64) - plain_trend(coefficients, SHAPE)
    for roi, (top, left) in enumerate(zip(row_starts, column_starts, strict=True)):
        np.testing.assert_allclose(gathered[roi], detrended[top : top + 8, left : left + 8], rtol=TOLERANCE, atol=1e-9)
    assert (gathered[3] == -1.0).all()


@pytest.mark.parametrize("dtype", ["complex64", "complex128"])
def test_power_is_added_to_the_sum(dtype: str) -> None:
    generator = np.random.default_rng(5)
    transforms = (generator.normal(size=(3, 6, 4)) + 1j * generator.normal(size=(3, 6, 4))).astype(dtype)
    power = np.full((6, 4), 10.0)
    accumulate_power(transforms, power)
    expected = 10.0 + (np.abs(transforms.astype(np.complex128)) ** 2).sum(axis=0)
    np.testing.assert_allclose(power, expected, rtol=TOLERANCE)


@pytest.mark.parametrize("side", [16, 17, 32])
@pytest.mark.parametrize("ratio", [1.0, 0.4, 2.5])
def test_cut_matches_the_definition(side: int, ratio: float) -> None:
    spectrum = np.random.default_rng(6).random((side, side))
    steps = np.arange(side) - side // 2
    sums, shares = np.zeros(2 * side), np.zeros(2 * side)
    for line in [*range(-3, 0), *range(1, 4)]:
        for column in steps[steps != 0]:
            distance = np.hypot(column, line * ratio)
            # each bin takes 1 − |its distance to the sample|, where that is positive
            share = np.maximum(1.0 - np.abs(np.arange(2 * side) - distance), 0.0)
            shares += share
            sums += share * spectrum[line + side // 2, column + side // 2]
    weights, means = cut_average(spectrum, 3, ratio)
    bins = side // 2 + 1
    np.testing.assert_allclose(weights, shares[:bins], rtol=TOLERANCE, atol=1e-12)
    filled = weights > 0
    np.testing.assert_allclose(means[filled], sums[:bins][filled] / shares[:bins][filled], rtol=1e-9)
    assert np.isnan(means[~filled]).all()


def test_cut_of_a_cone_is_its_radius() -> None:
    steps = np.arange(64) - 32
    cone = np.hypot(steps[:, None], steps[None, :])
    _, means = cut_average(cone, 7, 1.0)
    # distances lie between bins of unit distance, so sharing is exact but for how densely they lie
    np.testing.assert_allclose(means[12:31], np.arange(12, 31), atol=0.05)


@pytest.mark.parametrize("side", [16, 17])
@pytest.mark.parametrize("steps", [(0.1, 0.1), (0.1, 0.25)])
def test_annuli_match_the_definition(side: int, steps: tuple[float, float]) -> None:
    spectrum = np.random.default_rng(7).random((side, side))
    index = np.arange(side) - side // 2
    v, u = np.meshgrid(index * steps[0], index * steps[1], indexing="ij")
    off_axes = (v != 0) & (u != 0)
    radius = np.hypot(u, v)
    width, bins = max(steps), 6
    counts, frequencies, means = radial_average(spectrum, steps[0], steps[1], width, bins)
    for k in range(bins):
        ring = off_axes & (radius >= (k - 0.5) * width) & (radius < (k + 0.5) * width)
        assert counts[k] == np.count_nonzero(ring)
        if counts[k]:
            assert frequencies[k] == pytest.approx(radius[ring].mean(), rel=TOLERANCE)
            assert means[k] == pytest.approx(spectrum[ring].mean(), rel=TOLERANCE)
        else:
            assert np.isnan(frequencies[k])
            assert np.isnan(means[k])
