"""Runs of pixels against masks."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.runs import cell_runs, equal_neighbours, run_extremes, run_histogram, runs_outside


def mask_of(runs, shape):
    mask = np.zeros(shape, dtype=bool)
    for row, start, stop in runs:
        assert not mask[row, start:stop].any()
        mask[row, start:stop] = True
    return mask


def runs_of(mask):
    """Runs of a mask, each as long as it can be."""
    found = []
    for row, line in enumerate(mask):
        edges = np.flatnonzero(np.diff(np.concatenate([[0], line.astype(int), [0]])))
        found += [(row, start, stop) for start, stop in edges.reshape(-1, 2)]
    return np.array(found, dtype=np.int64).reshape(-1, 3)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize(("cell_px", "first_px"), [(1, 0), (5, 0), (5, 3), (50, 0)])
def test_runs_of_cells_are_those_of_their_mask_within_the_span(seed, cell_px, first_px):
    generator = np.random.default_rng(seed)
    shape = (23, 31)
    cells = generator.random((-(-(shape[0] - first_px) // cell_px), -(-(shape[1] - first_px) // cell_px))) < 0.5
    starts, stops = generator.integers(0, 12, shape[0]), generator.integers(8, shape[1] + 1, shape[0])
    mask = np.zeros(shape, dtype=bool)
    for row, column in np.argwhere(cells):
        top, left = first_px + row * cell_px, first_px + column * cell_px
        mask[top : top + cell_px, left : left + cell_px] = True
    column = np.arange(shape[1])
    mask &= (column >= starts[:, None]) & (column < stops[:, None])
    np.testing.assert_array_equal(cell_runs(cells, cell_px, first_px, starts, stops), runs_of(mask))


def test_runs_outside_a_mask_leave_its_pixels_out():
    generator = np.random.default_rng(1)
    inside, excluded = generator.random((2, 20, 30)) < np.array([0.8, 0.3])[:, None, None]
    np.testing.assert_array_equal(runs_outside(runs_of(inside), excluded), runs_of(inside & ~excluded))


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.uint16, np.int32, np.float32, np.float64])
def test_extremes_and_their_counts_are_those_of_the_mask(dtype):
    generator = np.random.default_rng(2)
    values = generator.integers(3, 12, (20, 30)).astype(dtype)
    values[5, 5] = 100
    mask = generator.random(values.shape) < 0.5
    mask[5, 5] = False
    ends, counts = run_extremes(values, runs_of(mask))
    kept = values[mask]
    assert ends.dtype == dtype
    assert ends.tolist() == [kept.min(), kept.max()]
    assert counts.tolist() == [np.count_nonzero(kept == kept.min()), np.count_nonzero(kept == kept.max())]


def test_histogram_counts_the_pixels_of_the_runs():
    generator = np.random.default_rng(3)
    values = generator.integers(-5, 15, (20, 30)).astype(np.int16)
    mask = generator.random(values.shape) < 0.5
    kept = values[mask]
    expected = [np.count_nonzero(kept == value) for value in range(-3, 9)]
    assert run_histogram(values, runs_of(mask), -3, 12).tolist() == expected


def test_equal_neighbours_are_pairs_in_one_row_without_the_value_left_out():
    generator = np.random.default_rng(4)
    values = generator.integers(0, 4, (20, 30)).astype(np.uint16)
    mask = generator.random(values.shape) < 0.7
    counted = mask & (values != 2)
    pairs = counted[:, 1:] & counted[:, :-1]
    equal = pairs & (values[:, 1:] == values[:, :-1])
    found = equal_neighbours(values, runs_of(mask), np.uint16(2))
    assert found == (np.count_nonzero(pairs), np.count_nonzero(equal))
