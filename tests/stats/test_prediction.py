"""Prediction limits keep their rate whatever the length of the baseline."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from xrayiq.stats import prediction_factor, prediction_scores

RATE = 0.0026997960632601866  # of a normal value beyond 3 standard deviations


def test_limits_are_students_t_times_the_spread_of_a_difference() -> None:
    t_value = stats.t.ppf(1.0 - RATE / 2.0, df=5)
    assert prediction_factor(3.0, 6) == pytest.approx(t_value * math.sqrt(7.0 / 6.0))
    assert prediction_factor(3.0, 6, known_mean=True) == pytest.approx(t_value)


def test_two_sigma_of_many_results_come_to_the_printed_quantile() -> None:
    # Student's t of 4 degrees of freedom, upper 2.5 %: 2.776 in every table; rate of 1.96 sigma is 5 %
    assert prediction_factor(1.959964, 5) / math.sqrt(1.2) == pytest.approx(2.776, abs=6e-4)


@pytest.mark.parametrize("count", [5, 10, 24])
def test_rate_of_the_next_result_is_the_stated_one(count: int) -> None:
    runs = 200_000
    noise = np.random.default_rng(count).normal(size=(runs, count + 1))
    baseline, new = noise[:, :-1], noise[:, -1]
    scores = prediction_scores(new - baseline.mean(axis=1), sd=baseline.std(axis=1, ddof=1), count=count)
    error = math.sqrt(RATE * (1.0 - RATE) / runs)
    assert float(np.mean(np.abs(scores) > 3.0)) == pytest.approx(RATE, abs=4.0 * error)
    # all scores, not only the far ones: Kolmogorov's distance, 1.95 / sqrt(n) at one in a thousand
    assert stats.kstest(scores, "norm").statistic < 1.95 / math.sqrt(runs)


def test_scores_pass_three_where_the_limits_are() -> None:
    ends = 1.3 * prediction_factor(3.0, 7) * np.array([-1.0, 1.0])
    np.testing.assert_allclose(prediction_scores(ends, sd=1.3, count=7), [-3.0, 3.0], rtol=1e-9)


def test_results_that_never_vary_score_nothing_until_one_differs() -> None:
    np.testing.assert_array_equal(
        prediction_scores(np.array([0.0, 0.1, -0.1]), sd=0.0, count=5), [0.0, math.inf, -math.inf]
    )
