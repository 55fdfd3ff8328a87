"""Shifts against the least cost over all partitions, and drift against its definition."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from numpy.typing import NDArray

from xrayiq.errors import InputError
from xrayiq.stats import find_mean_shifts, fit_drift, part_medians


def least_cost(series: NDArray[np.float64], penalty: float, minimum_length: int) -> tuple[int, ...]:
    """Partition of least squared deviations plus penalties by trying all."""
    best, found = math.inf, ()
    for shifts in range(series.size // minimum_length):
        for indices in itertools.combinations(range(1, series.size), shifts):
            parts = np.split(series, indices)
            if min(part.size for part in parts) < minimum_length:
                continue
            cost = sum(float(((part - part.mean()) ** 2).sum()) for part in parts) + penalty * shifts
            if cost < best - 1e-12:
                best, found = cost, indices
    return found


@pytest.mark.parametrize("seed", range(12))
def test_partition_has_the_least_cost_of_all(seed: int) -> None:
    generator = np.random.default_rng(seed)
    # bounded noise keeps every value within three sigma of its neighbours' median, so that none is drawn in; up and
    # down again, so that no straight line is cheaper
    levels = np.repeat([0.0, 2.5, 0.0], [5, 6, 5])
    series = levels + generator.uniform(-0.8, 0.8, levels.size)
    found = find_mean_shifts(series, sigma=1.0, minimum_length=3)
    assert found.penalty == pytest.approx(3.0 * math.log(16))
    assert found.indices == least_cost(series, found.penalty, 3)


def test_a_step_is_found_where_it_is_with_its_means() -> None:
    noise = np.random.default_rng(2).normal(0.0, 0.1, 60)
    found = find_mean_shifts(noise + np.where(np.arange(60) < 33, 5.0, 5.5))
    assert found.model == "steps"
    # a step of five sigma is placed exactly, but for one chance in some hundred
    assert found.indices == (33,)
    # standard error 0.02; four of them
    np.testing.assert_allclose(found.means, [5.0, 5.5], atol=0.08)


@pytest.mark.parametrize("size", [8.0, -50.0])
@pytest.mark.parametrize("at", [0, 1, 17, 59])
def test_outliers_are_no_shift(at: int, size: float) -> None:
    series = np.random.default_rng(4).normal(0.0, 0.1, 60)
    series[at] += size
    assert find_mean_shifts(series).model == "constant"


def test_a_step_is_found_among_outliers() -> None:
    series = np.random.default_rng(6).normal(0.0, 0.1, 60) + np.where(np.arange(60) < 30, 0.0, 0.4)
    series[[7, 20, 41]] += [3.0, -2.0, 5.0]
    found = find_mean_shifts(series)
    assert found.model == "steps"
    assert found.indices == (30,)


def test_a_drift_is_no_staircase() -> None:
    series = np.random.default_rng(8).normal(0.0, 0.1, 60) + np.linspace(0.0, 1.0, 60)
    found = find_mean_shifts(series)
    assert found.model == "drift"
    assert found.indices == ()


@pytest.mark.parametrize("seed", range(12))
def test_a_drift_that_begins_later_is_told_with_the_onset_of_least_squares(seed: int) -> None:
    weeks = np.arange(16)
    # bounded noise and a slope below 0.5 keep every value within three sigma of its neighbours' median
    series = np.random.default_rng(seed).uniform(-0.8, 0.8, 16) + 0.45 * np.maximum(weeks - seed % 7, 0)
    found = find_mean_shifts(series, sigma=1.0, penalty_factor=0.3)
    costs = []
    for onset in range(13):
        design = np.column_stack([np.ones(16), np.maximum(weeks - onset, 0)])
        costs.append(float(np.linalg.lstsq(design, series)[1][0]))
    assert found.model == "drift"
    assert found.onset == int(np.argmin(costs))


def test_three_shifts_in_one_direction_are_one_gradual_change() -> None:
    means = [0.0, 1.0, 2.0, 3.0, 2.0, 1.0, 5.0, 6.0, 7.0]
    found = find_mean_shifts(np.repeat(means, 8) + np.tile([0.01, -0.01], 36), sigma=0.01)
    assert found.indices == tuple(range(8, 72, 8))
    assert found.gradual == ((8, 24), (48, 64))  # twice downwards between them is no run of three


def test_a_stable_series_is_rarely_anything_but_constant() -> None:
    runs = 1000
    noise = np.random.default_rng(10).normal(size=(runs, 52))
    # chi-square above 3 ln 52 = 11.9 somewhere among 45 correlated places (1 to 2 %), a line (0.06 %), and the error
    # of sigma itself, which doubles it; the docstring says fewer than 6 in 100
    assert sum(find_mean_shifts(row).model != "constant" for row in noise) < 0.06 * runs


def test_equal_values_and_short_series_are_constant() -> None:
    assert find_mean_shifts([3.0] * 20).model == "constant"
    assert find_mean_shifts([3.0, 9.0]).model == "constant"
    assert find_mean_shifts([3.0]).means == (3.0,)


def test_slope_is_the_median_of_all_pairs_and_ignores_an_outlier() -> None:
    times = np.array([0.0, 0.1, 0.25, 0.3, 0.5, 0.7])
    values = 2.0 - 0.4 * times
    values[2] = 40.0
    slopes = [(b - a) / (u - t) for (t, a), (u, b) in itertools.combinations(zip(times, values, strict=True), 2)]
    found = fit_drift(times, values)
    assert found.slope == pytest.approx(float(np.median(slopes)))
    assert found.slope == pytest.approx(-0.4)
    assert found.low <= found.slope <= found.high


def test_interval_holds_the_true_slope_as_often_as_it_says() -> None:
    runs = 1000
    times = np.linspace(0.0, 1.0, 30)
    noise = np.random.default_rng(12).normal(size=(runs, 30))
    held = sum((d := fit_drift(times, 3.0 * times + row)).low <= 3.0 <= d.high for row in noise) / runs
    # binomial standard error 0.7 %; four of them
    assert held == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / runs))


def test_drift_needs_results_at_different_times() -> None:
    with pytest.raises(InputError, match="4 or more"):
        fit_drift([1.0, 2.0], [1.0, 2.0])
    with pytest.raises(InputError, match="all equal"):
        fit_drift([1.0] * 4, [1.0, 2.0, 3.0, 4.0])
    with pytest.raises(InputError, match="minimum_length"):
        find_mean_shifts([1.0, 2.0], minimum_length=0)


@pytest.mark.parametrize("count", [1, 7, 40, 41])
def test_medians_of_parts_are_those_of_equal_splits(count: int) -> None:
    series = np.random.default_rng(3).normal(size=41)
    wanted = [np.median(part) for part in np.array_split(series, count)]
    np.testing.assert_array_equal(part_medians(series, count), wanted)
    with pytest.raises(InputError, match="parts"):
        part_medians(series, 42)
