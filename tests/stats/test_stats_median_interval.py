"""The exact bootstrap interval of a median."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from scipy.stats import binom

from xrayiq.errors import InputError
from xrayiq.stats import median_interval


@pytest.mark.parametrize("values", [[1.0, 2.0, 4.0, 8.0, 16.0], [3.0, 1.0, 9.0]])
def test_interval_of_an_odd_sample_is_that_of_all_its_resamples(values: list[float]) -> None:
    medians = sorted(np.median(one) for one in itertools.product(values, repeat=len(values)))
    found = median_interval(values, confidence=0.8)
    count = len(medians)
    assert found.low == next(m for i, m in enumerate(medians, 1) if sum(o <= m for o in medians) >= 0.1 * count)
    assert found.high == next(m for i, m in enumerate(medians, 1) if sum(o <= m for o in medians) >= 0.9 * count)


def test_interval_of_an_even_sample_is_near_that_of_many_resamples() -> None:
    rng = np.random.default_rng(3)
    values = rng.lognormal(0.0, 0.5, 40)
    medians = np.median(rng.choice(values, (20000, 40)), axis=1)
    found = median_interval(values)
    spread = np.sort(values)
    gaps = np.diff(spread).max()
    assert found.low == pytest.approx(np.quantile(medians, 0.025), abs=gaps)
    assert found.high == pytest.approx(np.quantile(medians, 0.975), abs=gaps)


def test_true_median_is_covered_as_often_as_said() -> None:
    rng = np.random.default_rng(7)
    covered = 0
    for _ in range(1000):
        found = median_interval(rng.normal(size=31))
        covered += found.low <= 0.0 <= found.high
    # of 31 values the bounds are the 11th and the 21st: they hold the true median unless fewer than 11 lie to one side
    expected = binom.cdf(20, 31, 0.5) - binom.cdf(10, 31, 0.5)
    assert covered / 1000 == pytest.approx(expected, abs=0.025)  # three standard errors
    assert expected == pytest.approx(0.93, abs=0.001)


def test_one_value_is_its_own_interval() -> None:
    found = median_interval([2.5])
    assert (found.low, found.median, found.high) == (2.5, 2.5, 2.5)


@pytest.mark.parametrize("values", [[], [1.0, float("nan")]])
def test_no_values_or_not_finite_ones_are_refused(values: list[float]) -> None:
    with pytest.raises(InputError):
        median_interval(values)
