"""The stated false-warning rate is that of stable series judged by plain definitions, one result at a time."""

from __future__ import annotations

import math

import numpy as np
import pytest
from limit_definitions import limits_by_definition
from scipy import stats
from trend_series import weekly

from xrayiq.audit import TrendSettings, false_warning_rate

RATE_OF_RULE_1 = 2.0 * stats.norm.sf(3.0)


def warns(scores: list[float]) -> bool:
    """Whether rule 1, 2 or 4 is met anywhere."""
    known = [score for score in scores if not math.isnan(score)]
    for index in range(len(known)):
        for side in (1.0, -1.0):
            last = [side * score for score in known[max(0, index - 7) : index + 1]]
            if last[-1] > 3.0 or (last[-1] > 2.0 and sum(score > 2.0 for score in last[-3:]) >= 2):
                return True
            if len(last) == 8 and min(last) > 0.0:
                return True
    return False


def test_first_year_of_the_default_settings_is_that_of_the_definitions() -> None:
    runs = 1500
    noise = np.random.default_rng(77).normal(size=(runs, 52))
    # values at a scale and offset that the limits must not depend on
    found = 0
    for row in noise:
        limits = limits_by_definition(list(5.0 + 0.1 * row))
        found += any(limits.outside) or warns(limits.scores)
    rate = false_warning_rate(TrendSettings())
    error = math.hypot(math.sqrt(0.25 / runs), rate.standard_error)
    assert found / runs == pytest.approx(rate.first_year, abs=3.5 * error)


def test_trends_of_stable_series_warn_as_often_as_they_say() -> None:
    runs = 500
    noise = np.random.default_rng(78).normal(3.0, 0.05, size=(runs, 52))
    trends = [weekly(row) for row in noise]
    rate = trends[0].false_warning_rate
    error = math.hypot(math.sqrt(0.25 / runs), rate.standard_error)
    assert sum(bool(trend.warnings) for trend in trends) / runs == pytest.approx(rate.first_year, abs=3.5 * error)
    assert "of 100 first years" in rate.text


def test_known_parameters_give_the_rate_of_independent_results() -> None:
    settings = TrendSettings(warning_rules=(1,), information_rules=(), ewma_width=None)
    rate = false_warning_rate(settings, mean_by_hand=True, sigma_by_hand=True)
    expected = 1.0 - (1.0 - RATE_OF_RULE_1) ** 52
    assert rate.first_year == pytest.approx(expected, abs=4.0 * rate.standard_error)
    assert rate.later_year == pytest.approx(expected, abs=4.0 * rate.standard_error)


def test_a_rate_of_run_length_122_over_a_year_follows_from_champ_and_woodall() -> None:
    settings = TrendSettings(ewma_width=None)
    rate = false_warning_rate(settings, mean_by_hand=True, sigma_by_hand=True)
    # run lengths are geometric but for the first seven results, in which rule 4 cannot warn: between the geometric
    # rates of 52 and of 45 results
    low, high = (1.0 - (1.0 - 1.0 / 122.05) ** count for count in (45, 53))
    assert low - 4 * rate.standard_error < rate.later_year < high + 4 * rate.standard_error


@pytest.mark.parametrize(("count", "rule_1", "rules_124"), [(10, 0.34, 0.56), (5, 0.44, 0.68)])
def test_three_sigma_limits_frozen_early_warn_as_often_as_the_reference_says(
    count: int, rule_1: float, rules_124: float
) -> None:
    # 42 further weeks judged by limits of the first 10 or 5 results; the reference's own simulation is given to a
    # percent and names neither its size nor its estimate of sigma: two percentage points
    settings = TrendSettings(
        baseline_count=count,
        baseline_minimum=count,
        settled_count=count,
        ewma_width=None,
        results_per_year=count + 42,
    )
    rate = false_warning_rate(settings)
    assert dict(rate.by_rule)["western_electric_1"] == pytest.approx(rule_1, abs=0.02)
    assert rate.first_year == pytest.approx(rules_124, abs=0.025)


def test_prediction_limits_warn_less_than_limits_frozen_early() -> None:
    frozen = TrendSettings(baseline_minimum=10, settled_count=10)
    assert false_warning_rate(TrendSettings()).first_year < false_warning_rate(frozen).first_year - 0.05
