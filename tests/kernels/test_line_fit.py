"""The robust line against its definition in plain NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from xrayiq_kernels.line_fit import robust_line_fit

TUKEY, PER_OBSERVATION = 4.685, 8.0


def fit_by_definition(x, y, weights, least_scale, expected, precision):
    intercept, slope, sd, scale = float(np.median(y)), 0.0, np.inf, np.inf
    for turn in range(24):
        residual = y - intercept - slope * x
        if turn <= 12:
            scale = max(1.4826 * np.median(np.abs(residual)), least_scale)
        if turn < 12:
            weight = weights * scale / np.maximum(np.abs(residual), least_scale)
        else:
            weight = weights * np.maximum(1.0 - (residual / (TUKEY * scale)) ** 2, 0.0) ** 2
        if weight.sum() <= 0:
            break
        mean_x, mean_y = np.average(x, weights=weight), np.average(y, weights=weight)
        variance = PER_OBSERVATION * scale**2
        information = np.sum(weight * (x - mean_x) ** 2) / variance
        if information + precision <= 0:
            break
        moment = np.sum(weight * (x - mean_x) * (y - mean_y)) / variance
        slope = (moment + precision * expected) / (information + precision)
        intercept = mean_y - slope * mean_x
        sd = 1.0 / np.sqrt(information) if information > 0 else np.inf
    return intercept, slope, sd


@pytest.mark.parametrize("size", [1, 2, 7, 200])
@pytest.mark.parametrize("precision", [0.0, 1e3])
def test_the_fit_follows_its_definition(size, precision):
    generator = np.random.default_rng(size)
    x = np.sort(generator.uniform(0.0, 100.0, size))
    y = 3.0 + 0.02 * x + 0.1 * generator.standard_normal(size)
    y[::5] += 4.0
    weights = generator.uniform(0.1, 1.0, size)
    found = robust_line_fit(x, y, weights, 0.05, 0.05, precision, TUKEY, PER_OBSERVATION)
    # order of additions, through 24 rounds
    np.testing.assert_allclose(found, fit_by_definition(x, y, weights, 0.05, 0.05, precision), rtol=1e-7, atol=1e-9)


def test_a_third_of_wild_points_does_not_move_the_line():
    x = np.arange(90.0)
    y = 1.0 - 0.1 * x
    y[::3] += 25.0
    intercept, slope, _ = robust_line_fit(x, y, np.ones(90), 0.01, 0.0, 0.0, TUKEY, PER_OBSERVATION)
    # the biweight gives wild points no weight at all
    assert intercept == pytest.approx(1.0, abs=1e-9)
    assert slope == pytest.approx(-0.1, abs=1e-11)


def test_points_at_one_place_leave_the_slope_to_what_is_expected():
    y = np.array([1.0, 2.0, 3.0])
    _, slope, sd = robust_line_fit(np.full(3, 5.0), y, np.ones(3), 0.1, 0.25, 4.0, TUKEY, PER_OBSERVATION)
    assert slope == pytest.approx(0.25, abs=1e-12)
    assert sd == np.inf
