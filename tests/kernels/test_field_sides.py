"""Evidence for the sides of a field, against its definition in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest
from pictures import at, picture

from xrayiq_kernels.field_sides import side_support, weight_outside

THRESHOLD = 0.05


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
