"""Power of half-overlapping regions against its definition in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq_kernels.half_overlap import BLOCK_SHAPE, HALF, POSITIONS, SIDE, add_band_power, detrend_band

#: single precision of transforms of 256 × 256 numbers of one size: 10⁻⁷ times a few, against the mean power
TOLERANCE = 1e-5
BLOCKS = 3


@pytest.fixture(scope="module")
def bands() -> NDArray[np.float32]:
    """Two rows of blocks of noise about a slope."""
    noise = np.random.default_rng(1).normal(0, 10, (2, HALF, BLOCKS * HALF))
    return (noise + 0.05 * np.arange(BLOCKS * HALF)).astype(np.float32)


@pytest.fixture(scope="module")
def added(bands: NDArray[np.float32]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Power of the second of the two regions, and of the frequencies at both ends of the columns."""
    above = np.zeros((BLOCKS, *BLOCK_SHAPE), dtype=np.float32)
    power, ends = np.zeros((SIDE, HALF)), np.zeros((2, SIDE))
    for band, used in zip(bands, ([False, False], [False, True]), strict=True):
        add_band_power(band, np.array(used), above, power, ends)
    return power, ends


@pytest.fixture(scope="module")
def expected(bands: NDArray[np.float32]) -> NDArray[np.float64]:
    """|DFT|² at [vertical frequency, horizontal frequency]."""
    region = bands.astype(np.float64).reshape(SIDE, -1)[:, HALF:]
    return np.abs(np.fft.fft2(region)) ** 2


def test_power_is_that_of_the_used_region(
    added: tuple[NDArray[np.float64], NDArray[np.float64]], expected: NDArray[np.float64]
) -> None:
    found = added[0][POSITIONS].T / 4
    np.testing.assert_allclose(found[1:], expected[1:HALF], rtol=1e-4, atol=TOLERANCE * expected[1:HALF].mean())


def test_both_ends_of_the_columns_are_told_apart(
    added: tuple[NDArray[np.float64], NDArray[np.float64]], expected: NDArray[np.float64]
) -> None:
    ends = added[1][:, POSITIONS] / 16
    for found, wanted in zip(ends, expected[[0, HALF]], strict=True):
        np.testing.assert_allclose(found, wanted, rtol=1e-4, atol=TOLERANCE * expected.mean())


def test_places_are_digits_of_base_four_in_reverse() -> None:
    assert POSITIONS[[1, 4, 27, 255]].tolist() == [64, 16, int("3210", 4), 255]
    assert sorted(POSITIONS) == list(range(SIDE))


@pytest.mark.parametrize("dtype", ["uint16", "float32", "float64"])
def test_band_is_the_image_less_its_trend(dtype: str) -> None:
    generator = np.random.default_rng(2)
    values = generator.normal(900, 20, (2 * HALF + 3, HALF + 5)).astype(dtype)
    coefficients = generator.normal(0, 30, (3, 3))
    y, x = np.meshgrid(*(np.linspace(-1, 1, size) for size in values.shape), indexing="ij")
    trend = sum(coefficients[a, b] * y**a * x**b for a in range(3) for b in range(3))
    wanted = (values - trend)[HALF : 2 * HALF, :HALF]
    residuals, moments = np.empty((HALF, HALF), dtype=np.float32), np.array([5.0, 7.0])
    detrend_band(values, coefficients, 0.5, 1, np.array([True]), residuals, moments)
    np.testing.assert_allclose(residuals, 0.5 * wanted, rtol=1e-6)
    level_sum = (values[HALF : 2 * HALF, :HALF].astype(np.float64) - coefficients[0, 0]).sum()
    np.testing.assert_allclose(moments, [5.0 + level_sum, 7.0 + (wanted**2).sum()], rtol=1e-11)


def test_blocks_that_do_not_count_enter_no_moment() -> None:
    values = np.full((HALF, 2 * HALF), np.nan)
    values[:, HALF:] = 3.0
    residuals, moments = np.empty((HALF, 2 * HALF), dtype=np.float32), np.zeros(2)
    detrend_band(values, np.zeros((3, 3)), 1.0, 0, np.array([False, True]), residuals, moments)
    assert moments.tolist() == [3.0 * HALF**2, 9.0 * HALF**2]
