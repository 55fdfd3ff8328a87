"""Bootstrap intervals: their coverage, their seed, and what varies in no resample."""

from __future__ import annotations

import math

import numpy as np
import pytest

from xrayiq.errors import InputError
from xrayiq.stats import bootstrap_interval


@pytest.mark.parametrize("method", ["BCa", "percentile"])
def test_interval_of_a_mean_comes_to_the_normal_one(method: str) -> None:
    values = np.random.default_rng(1).normal(5.0, 2.0, 400)
    found = bootstrap_interval(values, np.mean, method=method)  # type: ignore[arg-type]  # one of the two literals
    error = float(values.std()) / 20.0
    assert found.estimate == float(values.mean())
    # 2000 resamples know their standard deviation to 1.6 % and a bound to some 4 % of the half width
    assert found.standard_error == pytest.approx(error, rel=0.07)
    assert found.low == pytest.approx(found.estimate - 1.96 * error, abs=0.2 * error)
    assert found.high == pytest.approx(found.estimate + 1.96 * error, abs=0.2 * error)


def test_intervals_of_a_median_hold_it_as_often_as_they_say() -> None:
    runs = 200
    generator = np.random.default_rng(2)
    held = 0
    for seed in range(runs):
        found = bootstrap_interval(
            generator.exponential(1.0, 40), np.median, method="percentile", resamples=400, seed=seed
        )
        held += found.low <= math.log(2.0) <= found.high
    # nominal 95 %, binomial standard error 1.5 %; four of them
    assert held / runs == pytest.approx(0.95, abs=4 * math.sqrt(0.95 * 0.05 / runs))


def test_equal_seeds_give_equal_intervals() -> None:
    values = np.random.default_rng(3).gamma(2.0, size=30)
    assert bootstrap_interval(values, np.mean, seed=7) == bootstrap_interval(values, np.mean, seed=7)
    assert bootstrap_interval(values, np.mean, seed=7) != bootstrap_interval(values, np.mean, seed=8)


def test_equal_values_have_an_interval_without_width() -> None:
    found = bootstrap_interval([2.5] * 8, np.mean)
    assert (found.low, found.estimate, found.high, found.standard_error) == (2.5, 2.5, 2.5, 0.0)


def test_one_value_or_an_absurd_setting_is_an_input_error() -> None:
    for values, settings in (([1.0], {}), ([1.0, 2.0], {"confidence": 1.0}), ([1.0, 2.0], {"resamples": 0})):
        with pytest.raises(InputError):
            bootstrap_interval(values, np.mean, **settings)
