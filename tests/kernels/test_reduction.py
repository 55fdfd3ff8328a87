"""Block means against slices."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.reduction import (
    block_means,
    join_blocks,
    join_whole_blocks,
    linear_block_means,
    table_block_means,
)

NONE = np.zeros((0, 0), dtype=np.bool_)


def means_by_definition(values, excluded, factor):
    rows, columns = (-(-size // factor) for size in values.shape)
    means, counts = np.full((rows, columns), np.nan), np.zeros((rows, columns), dtype=int)
    for row in range(rows):
        for column in range(columns):
            part = np.s_[row * factor : (row + 1) * factor, column * factor : (column + 1) * factor]
            kept = values[part][~excluded[part]]
            counts[row, column] = kept.size
            if kept.size:
                means[row, column] = kept.mean()
    return means, counts


@pytest.mark.parametrize("factor", [1, 2, 5, 40])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_block_means_leave_excluded_pixels_out(factor, share):
    generator = np.random.default_rng(4)
    values = generator.standard_normal((23, 31))
    excluded = generator.random(values.shape) < share
    excluded[:10, :10] = share > 0
    values[excluded] = np.nan
    found = block_means(values, excluded if share else NONE, factor)
    expected = means_by_definition(values, excluded, factor)
    # order of additions only
    np.testing.assert_allclose(found[0], expected[0], atol=1e-12)
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("factor", [1, 2, 4, 6, 7, 8, 40])
@pytest.mark.parametrize("dtype", [np.uint8, np.int8, np.uint16, np.int16])
def test_block_means_on_a_straight_scale_are_exact(factor, dtype):
    limits = np.iinfo(dtype)
    values = np.random.default_rng(5).integers(limits.min, limits.max, (23, 31), endpoint=True).astype(dtype)
    means, _ = means_by_definition(values.astype(float), np.zeros(values.shape, dtype=bool), factor)
    # the sums are whole numbers: only the division and the scale round
    np.testing.assert_allclose(linear_block_means(values, 0.3, -7.0, factor), means * 0.3 - 7.0, rtol=1e-13, atol=1e-11)


@pytest.mark.parametrize("factor", [176, 181])
def test_sums_of_the_greatest_block_do_not_overflow(factor):
    values = np.full((factor + 1, 2 * factor), 65535, dtype=np.uint16)
    np.testing.assert_array_equal(linear_block_means(values, 1.0, 0.0, factor), np.full((2, 2), 65535.0))


@pytest.mark.parametrize("factor", [1, 5, 40])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_block_means_through_a_table_are_those_of_its_values(factor, share):
    generator = np.random.default_rng(6)
    table = generator.standard_normal(50)
    pixels = generator.integers(100, 150, (23, 31)).astype(np.uint16)
    excluded = generator.random(pixels.shape) < share
    excluded[:10, :10] = share > 0
    expected = means_by_definition(table[pixels - 100], excluded, factor)
    pixels[excluded] = 65535
    found = table_block_means(pixels, excluded if share else NONE, table, 100, factor)
    # order of additions only
    np.testing.assert_allclose(found[0], expected[0], atol=1e-12)
    np.testing.assert_array_equal(found[1], expected[1])


@pytest.mark.parametrize("factor", [1, 3, 4])
@pytest.mark.parametrize("times", [1, 2, 5, 40])
@pytest.mark.parametrize("share", [0.0, 0.6])
def test_joined_blocks_are_those_of_the_pixels(factor, times, share):
    generator = np.random.default_rng(8)
    values = generator.standard_normal((23, 31))
    excluded = generator.random(values.shape) < share
    excluded[:12, :12] = share > 0
    means, counts = means_by_definition(values, excluded, factor)
    expected, expected_counts = means_by_definition(values, excluded, factor * times)
    found, found_counts = join_blocks(means, counts, times)
    # order of additions only
    np.testing.assert_allclose(found, expected, atol=1e-12)
    np.testing.assert_array_equal(found_counts, expected_counts)
    if share == 0:
        np.testing.assert_allclose(join_whole_blocks(means, factor, *values.shape, times), expected, atol=1e-12)
