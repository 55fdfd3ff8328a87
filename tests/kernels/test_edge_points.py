"""Edge points and flat places, against their definitions in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import at, picture

from xrayiq_kernels.edge_points import edge_points, flat_places

THRESHOLD = 0.05


def edge_points_by_definition(values, threshold, apart):
    down, across = np.gradient(values)
    steepness = np.hypot(down, across)
    row, column = np.mgrid[0 : values.shape[0], 0 : values.shape[1]].astype(float)
    with np.errstate(invalid="ignore"):
        unit_down, unit_across = down / steepness, across / steepness
    before = at(steepness, row - unit_down, column - unit_across)
    after = at(steepness, row + unit_down, column + unit_across)
    far = []
    for sign in (1.0, -1.0):
        places = row + sign * apart * unit_down, column + sign * apart * unit_across
        far.append(at(down, *places) * unit_down + at(across, *places) * unit_across)
    strength = steepness - np.maximum(np.maximum(far[0], far[1]), 0.0)
    peak = (steepness >= before) & (steepness > after) & (strength >= threshold)
    shift = 0.5 * (before - after) / (before - 2.0 * steepness + after)
    table = [row + shift * unit_down, column + shift * unit_across, unit_down, unit_across, strength]
    return np.stack([part[peak] for part in table], axis=1)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_edge_points_are_peaks_of_the_gradient_along_itself(seed):
    values = picture(seed)
    found = edge_points(values, THRESHOLD, 4.0)
    expected = edge_points_by_definition(values, THRESHOLD, 4.0)
    assert len(found) > 20
    # order of additions only
    np.testing.assert_allclose(found, expected, atol=1e-10)


def test_thousands_of_edge_points_are_all_found():
    values = np.random.default_rng(5).standard_normal((170, 170))
    found = edge_points(values, 1e-3, 5.0)
    expected = edge_points_by_definition(values, 1e-3, 5.0)
    # more than are made room for at first
    assert len(found) > 4096
    # order of additions only
    np.testing.assert_allclose(found, expected, atol=1e-8)


def test_flat_places_have_a_gradient_below_the_limit():
    values = picture()
    steepness = np.hypot(*np.gradient(values))
    limit = float(np.median(steepness)) * (1.0 + 1e-9)
    np.testing.assert_array_equal(flat_places(values, limit), steepness < limit)


def test_edge_points_lie_on_a_straight_edge_to_a_tenth_of_a_pixel():
    row, column = np.mgrid[0:60, 0:60].astype(float)
    distance = (row - 28.3) * np.cos(0.3) + (column - 31.7) * np.sin(0.3)
    points = edge_points(np.tanh(distance / 1.5), THRESHOLD, 5.0)
    away = (points[:, 0] - 28.3) * np.cos(0.3) + (points[:, 1] - 31.7) * np.sin(0.3)
    # the parabola through three samples of a peak of 1.5 px width is exact to about 0.05 px
    inner = (points[:, :2] > 2).all(axis=1) & (points[:, :2] < 57).all(axis=1)
    assert np.abs(away[inner]).max() < 0.1
    # central differences of so narrow an edge turn its normal by up to 2°
    np.testing.assert_allclose(points[inner, 2], np.cos(0.3), atol=0.04)
    np.testing.assert_allclose(points[inner, 3], np.sin(0.3), atol=0.04)


def test_a_ramp_has_no_edge_points():
    ramp = np.add.outer(0.3 * np.arange(30.0), 0.2 * np.arange(40.0))
    assert len(edge_points(ramp, 0.01, 5.0)) == 0
    assert len(edge_points(np.ones((10, 10)), 0.0, 5.0)) == 0
