"""Slanted-edge kernels against their definitions in plain NumPy."""

import numpy as np
import pytest

from xrayiq_kernels.slanted_edge import (
    derivative_centroids,
    half_level_crossings,
    line_medians,
    line_sums,
    project_onto_normal,
)


def crossings_by_definition(values, predicted, reach, level, sign):
    found = np.full(len(values), np.nan)
    for line, row in enumerate(sign * (values.astype(float) - level)):
        left = np.flatnonzero((row[:-1] < 0) & (row[1:] >= 0))
        places = left + row[left] / (row[left] - row[left + 1])
        places = places[np.abs(places - predicted[line]) <= reach]
        if places.size:
            found[line] = places[np.argmin(np.abs(places - predicted[line]))]
    return found


def centroids_by_definition(values, predicted, half_width, sign):
    found = np.full(len(values), np.nan)
    for line, row in enumerate(values.astype(float)):
        if not np.isfinite(predicted[line]):
            continue
        centre = int(np.floor(predicted[line] + 0.5))
        if centre - half_width < 0 or centre + half_width >= row.size:
            continue
        columns = np.arange(centre - half_width, centre + half_width)
        differences = sign * (row[columns + 1] - row[columns])
        if differences.sum() > 0:
            found[line] = np.sum((columns + 0.5) * differences) / differences.sum()
    return found


def sums_by_definition(values, intercept, slope, line_pitch, column_pitch, first, width, bins):
    lines, columns = np.indices(values.shape)
    angle = np.arctan(slope * column_pitch / line_pitch)
    distance = (columns - intercept - slope * lines) * column_pitch * np.cos(angle)
    place = (distance - first) / width
    index = np.floor(place).astype(int)
    used = (index >= 0) & (index < bins) & ~np.isnan(values.astype(float))
    offset = place - index - 0.5
    weights = (np.ones(values.shape), values.astype(float), offset, offset**2)
    return np.array([np.bincount(index[used], weight[used], minlength=bins) for weight in weights])


@pytest.fixture
def edge():
    generator = np.random.default_rng(7)
    lines, columns = np.indices((60, 50))
    return 1000.0 / (1.0 + np.exp(-(columns - 20.3 - 0.08 * lines))) + generator.normal(0, 5, (60, 50))


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("sign", [1, -1])
def test_crossings_equal_their_definition(edge, dtype, sign):
    values = np.ascontiguousarray((edge if sign > 0 else edge[:, ::-1]) + 100).astype(dtype)
    predicted = np.linspace(-2, 55, 60)  # some lines cannot reach the edge, some start outside
    expected = crossings_by_definition(values, predicted, 9.5, 600.0, sign)
    found = half_level_crossings(values, predicted, 9.5, 600.0, sign)
    assert 5 < np.isfinite(expected).sum() < 55
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-9)  # rounding


def test_the_nearest_of_several_crossings_counts():
    values = np.array([[0.0, 2.0, 0.0, 2.0, 0.0, 2.0]])
    assert half_level_crossings(values, np.array([2.6]), 3.0, 1.0, 1) == pytest.approx([2.5])


def test_nan_crosses_nothing():
    values = np.full((1, 5), np.nan)
    assert np.isnan(half_level_crossings(values, np.array([2.0]), 3.0, 1.0, 1)).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("sign", [1, -1])
def test_centroids_equal_their_definition(edge, dtype, sign):
    values = np.ascontiguousarray((edge if sign > 0 else edge[:, ::-1]) + 100).astype(dtype)
    predicted = np.linspace(3, 48, 60)
    predicted[5] = np.nan
    expected = centroids_by_definition(values, predicted, 6, sign)
    found = derivative_centroids(values, predicted, 6, sign)
    assert 5 < np.isfinite(expected).sum() < 59
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-7)  # rounding, divided by a small step


def test_centroid_of_a_flat_line_is_nan():
    assert np.isnan(derivative_centroids(np.ones((1, 20)), np.array([10.0]), 6, 1)).all()


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("slope", [0.08, -0.05, 0.0])
def test_projection_equals_its_definition(edge, dtype, slope):
    values = (edge + 100).astype(dtype)
    arguments = (21.7, slope, 0.2, 0.15, -2.0, 0.0137, 290)
    found = project_onto_normal(values, *arguments)
    expected = sums_by_definition(values, *arguments)
    assert expected[0].sum() < values.size  # the bins do not cover everything
    np.testing.assert_array_equal(found[0], expected[0])
    np.testing.assert_allclose(found[1:], expected[1:], rtol=1e-12, atol=1e-9)  # rounding


def test_projection_leaves_nan_out(edge):
    values = edge.copy()
    values[10:20, 5:30] = np.nan
    arguments = (21.7, 0.08, 0.15, 0.15, -2.0, 0.015, 250)
    expected = sums_by_definition(values, *arguments)
    np.testing.assert_allclose(project_onto_normal(values, *arguments), expected, rtol=1e-12, atol=1e-9)


def medians_by_definition(values, reach):
    lines = len(values)
    size = min(2 * reach + 1, lines)
    starts = np.clip(np.arange(lines) - reach, 0, lines - size)
    return np.array([np.nanmedian(values[start : start + size].astype(float), axis=0) for start in starts])


@pytest.mark.parametrize("dtype", [np.uint16, np.float32, np.float64])
@pytest.mark.parametrize("reach", [1, 3, 10, 40])  # the last is longer than the array
def test_line_medians_equal_their_definition(dtype, reach):
    values = np.random.default_rng(4).integers(0, 12, (37, 15)).astype(dtype)  # with many equal values
    np.testing.assert_array_equal(line_medians(values, reach), medians_by_definition(values, reach))


@pytest.mark.parametrize("reach", [1, 3, 10])
def test_line_medians_leave_nan_out(reach):
    generator = np.random.default_rng(5)
    values = generator.normal(0, 1, (37, 15))
    values[generator.random(values.shape) < 0.2] = np.nan
    values[:, 3] = np.arange(37.0)
    found = line_medians(values, reach)
    for line in range(37):
        start = min(max(line - reach, 0), 37 - 2 * reach - 1)
        for column in range(15):
            window = values[start : start + 2 * reach + 1, column]
            left = window[np.isfinite(window)]
            assert np.isnan(found[line, column]) if left.size == 0 else found[line, column] == np.median(left)


def test_a_monotonic_column_is_its_own_median():
    values = np.cumsum(np.random.default_rng(6).exponential(1.0, (50, 8)), axis=0)
    np.testing.assert_array_equal(line_medians(values, 4)[4:-4], values[4:-4])


@pytest.mark.parametrize("dtype", [np.int32, np.float32, np.float64])
def test_line_sums_equal_their_definition(dtype):
    values = np.random.default_rng(3).normal(0, 100, (21, 34)).astype(dtype)
    slopes = np.linspace(-2.5, 1.7, 23)  # the steepest lines leave the array
    expected = np.zeros((slopes.size, 34))
    for index, slope in enumerate(slopes):
        for column in range(34):
            places = column + np.floor(slope * (np.arange(21) - 10.0) + 0.5).astype(int)
            inside = (places >= 0) & (places < 34)
            expected[index, column] = values[np.arange(21)[inside], places[inside]].astype(float).sum()
    np.testing.assert_allclose(line_sums(values, slopes), expected, rtol=0, atol=1e-9)  # rounding
