"""A year of weekly results with a drift, a detector swap and a repaired fault: what warns, what fails, what not."""

from __future__ import annotations

import numpy as np
import pytest
from trend_series import noise, week, weekly

from xrayiq.audit import Trend, TrendEvent, baseline_at
from xrayiq.model import Limit, Measurement, judge

#: fail beyond 20 % of the baseline, warning beyond 10 %
LIMIT = Limit(
    id="site",
    quantity="mtf_f50",
    document="site",
    edition="",
    confidence="A",
    basis="relative_to_baseline",
    warning_low=-0.1,
    warning_high=0.1,
    fail_low=-0.2,
    fail_high=0.2,
)


def verdicts(trend: Trend) -> list[str]:
    """Status of each result under the limit, with the baseline that was in force before it."""
    found = []
    for date, value in zip(trend.dates, trend.values, strict=True):
        base = baseline_at(trend, date)
        measured = Measurement(quantity="mtf_f50", value=float(value))
        found.append(judge(measured, LIMIT, None if base is None else base.mean).status)
    return found


def test_a_stable_year_fails_nowhere() -> None:
    for seed in range(20):
        assert set(verdicts(weekly(noise(52, seed=seed)))) == {"indeterminate", "pass"}


def test_a_gain_drift_warns_months_before_it_fails() -> None:
    # 1 % a week from week 12 on: 10 % after ten weeks, 20 % after twenty; single results scatter by 1.7 %
    values = noise(52, seed=1) * (1.0 - 0.01 * np.maximum(np.arange(52) - 12, 0))
    trend = weekly(values)
    found = verdicts(trend)
    first_fail, first_warning = found.index("fail"), min(signal.index for signal in trend.warnings)
    assert 30 <= first_fail <= 35
    assert 13 <= first_warning <= 22
    assert set(found[first_fail + 3 :]) == {"fail"}
    assert "fail" not in found[:first_fail]
    (segment,) = trend.segments
    assert segment.drift_onset is not None
    # the onset of least squares scatters by a few weeks
    assert abs(segment.drift_onset - 12) <= 4
    assert segment.drift_per_year is not None
    # 1 % of 3 a week; standard error about 2 %
    assert segment.drift_per_year.slope == pytest.approx(-0.03 * 365.25 / 7, rel=0.08)


def test_a_recorded_detector_swap_is_neither_a_warning_nor_a_fail() -> None:
    values = np.concatenate([noise(26, seed=2), noise(26, seed=3, mean=4.0)])
    swapped = weekly(values, events=[TrendEvent(date=week(26), kind="detector_swap")])
    assert "fail" not in verdicts(swapped)
    assert not any(signal.rule == "western_electric_1" for signal in swapped.warnings)
    # unrecorded it is both, and told as a shift
    silent = weekly(values)
    assert set(verdicts(silent)[26:]) == {"fail"}
    assert silent.segments[0].shifts == (26,)


def test_a_fault_fails_until_its_repair_and_no_longer() -> None:
    values = noise(52, seed=4)
    values[30:35] *= 0.7
    trend = weekly(values, events=[TrendEvent(date=week(35), kind="repair")])
    found = verdicts(trend)
    assert [index for index, status in enumerate(found) if status == "fail"] == [30, 31, 32, 33, 34]
    # a new baseline begins: the first five results have none, as after any renewal
    assert set(found[35:40]) == {"indeterminate"}
    assert set(found[40:]) == {"pass"}
    assert trend.segments[1].mean == pytest.approx(3.0, abs=4 * 0.05 / np.sqrt(10))


def test_one_falsified_result_is_one_fail_and_no_shift() -> None:
    values = noise(52, seed=5)
    values[40] *= 1.5
    trend = weekly(values)
    assert [index for index, status in enumerate(verdicts(trend)) if status == "fail"] == [40]
    assert trend.segments[0].shifts == ()
    assert any(signal.index == 40 and signal.rule == "western_electric_1" for signal in trend.warnings)
