"""Spots and their surroundings against plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.spots import ring_differences, spot_cells, tile_scales

SHAPE = (41, 53)


def picture():
    """Noise with a hole that does not count, a border line that does not, and a part of one value."""
    levels = np.random.default_rng(8).standard_normal(SHAPE).astype(np.float32)
    levels[20:23, 30:33] = np.nan
    levels[0] = np.nan
    levels[25:40, 2:12] = 1.0
    return levels


def ring_by_definition(levels, apart):
    found = np.full(levels.shape, np.nan)
    for row in range(apart, levels.shape[0] - apart):
        for column in range(apart, levels.shape[1] - apart):
            ring = levels[row - apart : row + apart + 1 : apart, column - apart : column + apart + 1 : apart].astype(
                float
            )
            found[row, column] = ring[1, 1] - (ring.sum() - ring[1, 1]) / 8
    return found


@pytest.mark.parametrize("apart", [1, 2, 3])
def test_differences_are_those_of_a_cell_and_the_mean_of_its_ring(apart):
    levels = picture()
    # float32 sums of nine values of about 1
    np.testing.assert_allclose(ring_differences(levels, apart), ring_by_definition(levels, apart), atol=2e-6)


def test_a_picture_smaller_than_a_ring_has_no_differences():
    assert np.isnan(ring_differences(np.ones((4, 9), dtype=np.float32), 2)).all()


def test_scales_are_mean_sizes_in_tiles_without_zeros_and_gaps():
    differences = ring_differences(picture(), 2)
    means, counts = tile_scales(differences, 24)
    assert means.shape == (2, 3)
    for row in range(2):
        for column in range(3):
            part = np.abs(differences[24 * row : 24 * row + 24, 24 * column : 24 * column + 24].astype(float))
            part = part[part > 0]  # NaN is not above 0
            assert counts[row, column] == part.size
            assert means[row, column] == pytest.approx(part.mean(), rel=1e-6)


def test_tiles_without_anything_have_no_scale():
    means, counts = tile_scales(np.full((10, 10), np.nan, dtype=np.float32), 8)
    assert not means.any()
    assert not counts.any()


def test_spots_differ_from_their_ring_in_each_of_four_directions():
    levels = picture()
    differences = ring_differences(levels, 2)
    limits = np.array([[1.0, 1.5, np.inf], [0.5, 1.0, 1.0]])
    found = spot_cells(levels, differences, limits, 24, 2, 0.5, levels.size)
    expected = []
    for row in range(2, SHAPE[0] - 2):
        for column in range(2, SHAPE[1] - 2):
            difference = differences[row, column]
            if not abs(difference) > limits[row // 24, column // 24]:
                continue
            pairs = [
                levels[row, column] - (levels[row - down, column - right] + levels[row + down, column + right]) / 2
                for down, right in ((2, 0), (2, 2), (0, 2), (-2, 2))
            ]
            if min(np.sign(difference) * np.array(pairs)) >= 0.5 * abs(difference):
                expected.append(row * SHAPE[1] + column)
    assert len(expected) > 20
    np.testing.assert_array_equal(found, expected)


def test_no_more_spots_are_given_than_asked_for():
    levels = picture()
    differences = ring_differences(levels, 2)
    limits = np.full((2, 3), 0.5)
    every = spot_cells(levels, differences, limits, 24, 2, 0.5, levels.size)
    np.testing.assert_array_equal(spot_cells(levels, differences, limits, 24, 2, 0.5, 7), every[:7])
