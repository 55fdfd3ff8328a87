"""Evidence for a field's edges, against its definition in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.ndimage import gaussian_filter, map_coordinates

from xrayiq_kernels.collimation import edge_points, flat_places, line_votes, side_support, weight_outside

THRESHOLD = 0.05


def picture(seed=1, shape=(46, 57)):
    """A smooth step at 20° with a ramp and noise."""
    generator = np.random.default_rng(seed)
    row, column = np.mgrid[0 : shape[0], 0 : shape[1]].astype(float)
    distance = (row - 20.0) * np.cos(np.deg2rad(20.0)) + (column - 25.0) * np.sin(np.deg2rad(20.0))
    values = (distance > 0) + 0.02 * column + 0.1 * generator.standard_normal(shape)
    return gaussian_filter(values, 1.0, mode="nearest")


def at(values, rows, columns):
    """Bilinear interpolation with the border repeated."""
    return map_coordinates(values, [rows, columns], order=1, mode="nearest")


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


def votes_by_definition(points, weights, centre, spread, reach):
    votes = np.zeros((360, 2 * reach + 1))
    for point, weight in zip(points, weights, strict=True):
        angle = np.degrees(np.arctan2(point[3], point[2]))
        for degree in range(360):
            off = (degree - angle + 180.0) % 360.0 - 180.0
            share = weight * (1.0 - (off / spread) ** 2)
            if abs(off) > spread or share <= 0:
                continue
            radians = np.radians(degree)
            rho = (point[0] - centre[0]) * np.cos(radians) + (point[1] - centre[1]) * np.sin(radians)
            low = int(np.floor(rho))
            for place, part in ((low, 1.0 - (rho - low)), (low + 1, rho - low)):
                if -reach <= low and low + 1 <= reach:
                    votes[degree, place + reach] += share * part
    return votes


def test_votes_go_to_the_lines_near_a_points_normal():
    points = edge_points(picture(), THRESHOLD, 4.0)
    weights = np.linspace(0.2, 1.0, len(points))
    for reach in (40, 8):
        found = line_votes(points, weights, 22.5, 28.0, 7, reach)
        expected = votes_by_definition(points, weights, (22.5, 28.0), 7.0, reach)
        # sums of some hundred votes in another order
        np.testing.assert_allclose(found, expected, atol=1e-9)
        assert found.sum() > 0


def support_by_definition(values, corners, threshold, inset, reach, step):
    support = np.zeros((len(corners), 4, 4))
    shape = np.array(values.shape)
    for number, quadrilateral in enumerate(corners):
        for side in range(4):
            start, stop = quadrilateral[side], quadrilateral[(side + 1) % 4]
            length = np.linalg.norm(stop - start)
            if length <= 2.0 * inset + 1.0:
                continue
            along = (stop - start) / length
            inward = np.array([along[1], -along[0]])
            count = int((length - 2.0 * inset) / step) + 1
            places = start + (inset + step * np.arange(count))[:, None] * along
            places = places[((places >= -0.5) & (places <= shape - 0.5)).all(axis=1)]
            away = np.arange(1, reach + 1) + 0.5

            def level(offsets, places=places, inward=inward):
                points = places[:, None, :] + offsets[None, :, None] * inward
                return at(values, points[..., 0], points[..., 1]).mean(axis=1)

            inside, outside, beyond = level(away), level(-away), level(-away - reach)
            difference = inside - outside - np.maximum(outside - beyond, 0.0) * (reach + 2.0) / reach
            support[number, side] = [
                step * np.count_nonzero(difference > threshold),
                step * np.count_nonzero((difference <= threshold) & (difference > -threshold)),
                step * np.count_nonzero(difference <= -threshold),
                step * difference[difference > threshold].sum(),
            ]
    return support


def sides_of(corners):
    return np.concatenate([corners, np.roll(corners, -1, axis=1)], axis=2).reshape(-1, 4)


CORNERS = np.array(
    [
        [[10.0, 12.0], [8.0, 45.0], [36.0, 48.0], [38.0, 10.0]],
        [[-6.0, 5.0], [-3.0, 62.0], [30.0, 60.0], [28.0, 3.0]],
        [[20.3, 20.1], [20.3, 22.0], [22.0, 22.0], [22.0, 20.1]],
    ]
)


@pytest.mark.parametrize("step", [1.0, 2.0])
def test_support_is_the_length_with_a_step_towards_the_inside(step):
    values = picture()
    found = side_support(values, sides_of(CORNERS), THRESHOLD, 2.0, 3, step).reshape(-1, 4, 4)
    np.testing.assert_allclose(found, support_by_definition(values, CORNERS, THRESHOLD, 2.0, 3, step), atol=1e-9)
    assert found[0].sum() > 0
    assert not found[2].any(), "sides shorter than their insets have no length"


def test_a_bright_square_supports_all_its_sides_and_its_complement_none():
    values = np.zeros((60, 60))
    values[20:40, 15:45] = 1.0
    corners = np.array([[[19.5, 14.5], [19.5, 44.5], [39.5, 44.5], [39.5, 14.5]]])
    bright = side_support(values, sides_of(corners), 0.5, 2.0, 3, 1.0)
    np.testing.assert_array_equal(bright[:, 0], [27.0, 17.0, 27.0, 17.0])
    np.testing.assert_allclose(bright[:, 3], bright[:, 0])
    dark = side_support(1.0 - values, sides_of(corners), 0.5, 2.0, 3, 1.0)
    np.testing.assert_array_equal(dark[:, 2], bright[:, 0])


def test_weight_outside_counts_points_beyond_a_margin_of_any_side():
    generator = np.random.default_rng(7)
    points = generator.uniform(-5.0, 65.0, (500, 2))
    weights = generator.uniform(0.0, 1.0, 500)
    corners = CORNERS[:2]
    expected = []
    for quadrilateral in corners:
        along = np.roll(quadrilateral, -1, axis=0) - quadrilateral
        inward = np.stack([along[:, 1], -along[:, 0]], axis=1) / np.linalg.norm(along, axis=1)[:, None]
        depth = ((points[:, None, :] - quadrilateral) * inward).sum(axis=2)
        expected.append(weights[(depth < -3.0).any(axis=1)].sum())
    # sums in another order
    np.testing.assert_allclose(weight_outside(points, weights, corners, 3.0), expected, rtol=1e-12)
