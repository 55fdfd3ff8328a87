"""Quadrilaterals on the image: corners worked out by hand."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from xrayiq.metrics.field_geometry import clipped_polygon, polygon_area, quadrilateral_on_image

SHAPE = (100, 200)


def test_a_quadrilateral_on_the_image_is_left_alone():
    corners = np.array([[10.0, 20.0], [12.0, 150.0], [80.0, 140.0], [90.0, 15.0]])
    held, sides = quadrilateral_on_image(corners, SHAPE)
    np.testing.assert_array_equal(held, corners)
    assert sides.tolist() == [0, 1, 2, 3]


def test_sides_beyond_the_image_become_its_border():
    held, sides = quadrilateral_on_image(np.array([[-20.0, 50.0], [-20.0, 230.0], [70.0, 230.0], [70.0, 50.0]]), SHAPE)
    order = np.argmin(held.sum(axis=1))
    np.testing.assert_allclose(
        np.roll(held, -order, axis=0), [[-0.5, 50.0], [-0.5, 199.5], [70.0, 199.5], [70.0, 50.0]]
    )
    assert np.roll(sides, -order).tolist() == [-1, -1, 2, 3]


def test_a_cut_corner_leaves_the_greatest_quadrilateral():
    generator = np.random.default_rng(2)
    for _ in range(50):
        angle = generator.uniform(0.0, np.pi)
        turn = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
        half = generator.uniform(40.0, 90.0, 2)
        corners = np.array([[-1.0, -1.0], [-1.0, 1.0], [1.0, 1.0], [1.0, -1.0]]) * half @ turn + [50.0, 100.0]
        held, _ = quadrilateral_on_image(corners, SHAPE)
        assert np.all((held >= -0.5) & (held <= np.array(SHAPE) - 0.5))
        part = clipped_polygon(corners, SHAPE)
        best = max(polygon_area(part[list(four)]) for four in itertools.combinations(range(len(part)), 4))
        # differences of the order of rounding at coordinates of 200
        assert polygon_area(held) == pytest.approx(best, rel=1e-9)


def test_a_triangle_on_the_image_gets_a_fourth_corner_on_its_longest_side():
    diamond = np.array([[-160.0, 100.0], [-60.0, 200.0], [40.0, 100.0], [-60.0, 0.0]])
    held, _ = quadrilateral_on_image(diamond, SHAPE)
    # the lowest corner stands at row 40, column 100; the border cuts the two sides at 45 degrees
    assert polygon_area(held) == pytest.approx(40.5**2)
    assert sorted(map(tuple, np.round(held, 6).tolist())) == [(-0.5, 59.5), (-0.5, 100.0), (-0.5, 140.5), (40.0, 100.0)]
