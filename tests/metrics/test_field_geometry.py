"""Lines and corners on the image, worked out by hand."""

from __future__ import annotations

import numpy as np

from xrayiq.metrics.field_geometry import clipped_polygon, intersections, lines_of, polygon_area, snapped_to_border

SHAPE = (100, 200)


def test_the_lines_of_a_quadrilateral_meet_at_its_corners():
    corners = np.array([[10.0, 20.0], [12.0, 150.0], [80.0, 140.0], [90.0, 15.0]])
    # rounding at coordinates of 150
    np.testing.assert_allclose(intersections(lines_of(corners)[None])[0], corners, atol=1e-10)


def test_the_inward_normal_of_an_upright_rectangle_points_down_left_up_right():
    rectangle = np.array([[-3.0, -5.0], [-3.0, 5.0], [3.0, 5.0], [3.0, -5.0]])
    lines = lines_of(rectangle)
    np.testing.assert_allclose(np.rad2deg(lines[:, 0]), [0.0, 270.0, 180.0, 90.0])
    np.testing.assert_allclose(lines[:, 1], [-3.0, -5.0, -3.0, -5.0])


def test_only_corners_within_rounding_of_the_border_are_put_onto_it():
    corners = np.array([[-0.5 + 3e-14, 20.0], [-0.6, 199.5 - 3e-14], [99.5 + 3e-14, 150.0], [50.0, -0.5 - 1e-3]])
    wanted = [[-0.5, 20.0], [-0.6, 199.5], [99.5, 150.0], [50.0, -0.5 - 1e-3]]
    np.testing.assert_array_equal(snapped_to_border(corners, SHAPE), wanted)


def test_a_diamond_is_cut_to_the_triangle_on_the_image():
    diamond = np.array([[-160.0, 100.0], [-60.0, 200.0], [40.0, 100.0], [-60.0, 0.0]])
    # the lowest corner stands at row 40, column 100; the border cuts the two sides at 45 degrees
    part = clipped_polygon(diamond, SHAPE)
    np.testing.assert_allclose(polygon_area(part), 40.5**2)
    assert sorted({tuple(corner) for corner in np.round(part, 6).tolist()}) == [
        (-0.5, 59.5),
        (-0.5, 140.5),
        (40.0, 100.0),
    ]
