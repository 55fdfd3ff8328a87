"""Trends: baselines by event, limits from earlier results only, and what warns."""

from __future__ import annotations

import dataclasses
import datetime as dt
import itertools
import json
import math

import numpy as np
import pytest
from limit_definitions import limits_by_definition
from scipy import stats
from trend_series import noise, week, weekly

from xrayiq.audit import Trend, TrendEvent, TrendSettings, assess_trend, baseline_at
from xrayiq.errors import InputError
from xrayiq.model import Limit, Measurement, judge, pack, unpack

TAIL = stats.norm.sf(3.0)


def test_baseline_is_the_mean_of_the_first_ten_and_sigma_comes_from_their_moving_ranges() -> None:
    values = noise(30, seed=1)
    (segment,) = weekly(values).segments
    assert segment.mean == pytest.approx(float(values[:10].mean()))
    ranges = [abs(b - a) for a, b in itertools.pairwise(values[:10])]
    assert segment.sigma == pytest.approx(sum(ranges) / 9 * math.sqrt(math.pi) / 2)
    assert (segment.count, segment.set_by, segment.first, segment.stop) == (10, "results", 0, 30)


def test_limits_are_none_then_prediction_limits_then_three_sigma() -> None:
    values = noise(40, seed=2)
    trend = weekly(values)
    assert np.isnan(trend.lower[:5]).all()
    for index in (5, 7, 9, 10, 18, 24):
        start = values[: min(index, 10)]
        count = start.size
        reach = stats.t.isf(TAIL, count - 1) * start.std(ddof=1) * math.sqrt(1.0 + 1.0 / count)
        assert trend.upper[index] == pytest.approx(start.mean() + reach)
        assert trend.lower[index] == pytest.approx(start.mean() - reach)
    sigma = np.abs(np.diff(values[:25])).mean() * math.sqrt(math.pi) / 2
    assert trend.segments[0].settled
    np.testing.assert_allclose(trend.upper[25:], values[:25].mean() + 3.0 * sigma)
    np.testing.assert_allclose(trend.center[25:], values[:25].mean())


@pytest.mark.parametrize("shift", [0.0, 0.3])
def test_all_limits_are_those_of_the_plain_definitions(shift: float) -> None:
    values = noise(60, seed=20)
    values[16:] += shift
    trend, expected = weekly(values), limits_by_definition(list(values))
    assert trend.segments[0].settled == (shift == 0.0)
    for name in ("center", "lower", "upper", "ewma", "ewma_lower", "ewma_upper"):
        np.testing.assert_allclose(getattr(trend, name), getattr(expected, name), rtol=1e-10, err_msg=name)


def test_limits_do_not_settle_on_results_that_were_outside() -> None:
    values = noise(40, seed=2)
    values[14:] += 1.0
    trend = weekly(values)
    assert not trend.segments[0].settled
    np.testing.assert_allclose(trend.center[10:], values[:10].mean())
    assert trend.segments[0].mean == pytest.approx(float(values[:10].mean()))


def test_later_results_change_no_earlier_limit_or_warning() -> None:
    values = noise(60, seed=3)
    values[40:] += 0.4
    whole = weekly(values)
    for count in (7, 12, 26, 45):
        part = weekly(values[:count])
        np.testing.assert_array_equal(part.lower, whole.lower[:count])
        np.testing.assert_array_equal(part.ewma_upper, whole.ewma_upper[:count])
        assert part.signals == tuple(signal for signal in whole.signals if signal.index < count)
        assert baseline_at(part, week(count)) == baseline_at(whole, week(count))


def test_each_event_but_a_note_begins_a_new_baseline() -> None:
    values = np.concatenate([noise(20, seed=4), noise(20, seed=5, mean=4.0)])
    repair = TrendEvent(date=week(20), kind="repair")
    note = TrendEvent(date=week(5), kind="note", label="grid cleaned")
    trend = weekly(values, events=[repair, note])
    assert [(segment.first, segment.stop) for segment in trend.segments] == [(0, 20), (20, 40)]
    assert [event.name for event in trend.events] == ["grid cleaned", "repair"]
    assert trend.segments[1].mean == pytest.approx(float(values[20:30].mean()))
    assert np.isnan(trend.upper[20:25]).all()
    unexplained = weekly(values)
    assert unexplained.segments[0].shifts == (20,)
    assert any(s.rule == "western_electric_1" and s.index == 20 for s in unexplained.warnings)
    # without the event the step is found, with it nothing is left to find
    assert [segment.shifts for segment in trend.segments] == [(), ()]


def test_a_date_alone_comes_before_all_results_of_the_day() -> None:
    values = noise(12, seed=6)
    trend = weekly(values, events=[TrendEvent(date=week(6).date(), kind="calibration")])
    assert trend.segments[1].first == 6
    later = weekly(values, events=[TrendEvent(date=week(6) + dt.timedelta(hours=1), kind="calibration")])
    assert later.segments[1].first == 7


def test_a_baseline_set_by_hand_is_the_centre_and_its_sigma_gives_limits_at_once() -> None:
    values = noise(8, seed=7)
    event = TrendEvent(date=week(0), kind="acceptance", baseline_mean=3.0, baseline_sigma=0.05)
    trend = weekly(values, events=[event])
    assert trend.segments[0].set_by == "hand"
    np.testing.assert_allclose(trend.upper, 3.15)
    np.testing.assert_allclose(trend.lower, 2.85)
    alone = weekly(values, events=[dataclasses.replace(event, baseline_sigma=None)])
    assert np.isnan(alone.upper[:5]).all()
    # the mean is known, so no error of its own is added
    reach = stats.t.isf(TAIL, 4) * values[:5].std(ddof=1)
    assert alone.upper[5] == pytest.approx(3.0 + reach)


@pytest.mark.parametrize(("count", "status"), [(0, "indeterminate"), (4, "indeterminate"), (5, "indeterminate")])
def test_few_results_are_indeterminate(count: int, status: str) -> None:
    trend = weekly(noise(count, seed=8))
    assert trend.status == status
    assert trend.signals == ()


def test_status_is_that_of_the_last_result() -> None:
    values = noise(30, seed=9)
    assert weekly(values).status == "pass"
    assert weekly([*values, 5.0]).status == "warning"
    # one wild result lifts the average for a while; twenty good ones bring it back
    assert weekly([*values, 5.0, *noise(20, seed=10)]).status == "pass"


def test_rule_three_is_told_and_does_not_warn() -> None:
    event = TrendEvent(date=week(0), kind="baseline", baseline_mean=0.0, baseline_sigma=1.0)
    settings = TrendSettings(ewma_width=None)
    trend = weekly([1.2, -0.1, 1.2, 1.2, 1.2], events=[event], settings=settings)
    assert [(signal.rule, signal.index, signal.warns) for signal in trend.signals] == [("western_electric_3", 4, False)]
    assert trend.warnings == ()
    assert trend.status == "pass"
    assert trend.signals[0].text.endswith("above the baseline")


def test_a_slow_drift_is_caught_by_the_average_and_told_with_its_slope() -> None:
    weeks = np.arange(104)
    values = noise(104, seed=11) + np.where(weeks < 30, 0.0, 0.004 * (weeks - 30))
    trend = weekly(values)
    average = min(signal.index for signal in trend.warnings if signal.rule == "ewma" and signal.index >= 30)
    # the drift passes two standard deviations of a single result at week 55; the average must see it before
    assert average < 55
    steady = weekly(noise(104, seed=11) + 0.004 * weeks)
    drift = steady.segments[0].drift_per_year
    assert steady.segments[0].drift_onset is not None
    assert steady.segments[0].drift_onset < 30
    assert drift is not None
    # 0.004 a week; standard error of the slope: 0.05 over sqrt(104) times the spread of the dates, 0.577 years
    assert drift.slope == pytest.approx(0.004 * 365.25 / 7, abs=4 * 0.05 / (0.577 * math.sqrt(104)))
    assert drift.low < drift.slope < drift.high
    assert drift.significant


def test_equal_results_warn_only_when_one_differs() -> None:
    assert weekly([0.1] * 60).signals == ()
    assert weekly([0.0] * 60).status == "pass"
    signals = weekly([0.1] * 40 + [0.2]).warnings
    assert {signal.rule for signal in signals} == {"western_electric_1", "ewma"}
    assert {signal.index for signal in signals} == {40}


def test_baseline_at_a_moment_holds_only_what_came_before() -> None:
    values = noise(20, seed=12)
    trend = weekly(values, events=[TrendEvent(date=week(14), kind="detector_swap")])
    assert baseline_at(trend, week(4)) is None
    for index, count, provisional in ((5, 5, True), (9, 9, True), (10, 10, False), (13, 10, False)):
        found = baseline_at(trend, week(index))
        assert found is not None
        assert found.mean == pytest.approx(float(values[:count].mean()))
        assert (found.count, found.provisional, found.start) == (count, provisional, week(0))
    assert baseline_at(trend, week(14)) is None
    after = baseline_at(trend, week(30))
    assert after is not None
    assert (after.count, after.start, after.provisional) == (6, week(14), True)
    by_hand = weekly(values, events=[TrendEvent(date=week(3), kind="baseline", baseline_mean=2.5)])
    set_at = baseline_at(by_hand, week(3))
    assert set_at is not None
    assert (set_at.mean, set_at.set_by, set_at.count) == (2.5, "hand", 0)


def test_a_relative_limit_is_judged_against_the_same_baseline() -> None:
    values = np.full(12, 2.0)
    trend = weekly(values)
    found = baseline_at(trend, week(12))
    limit = Limit(
        id="x",
        quantity="mtf_f50",
        document="d",
        edition="",
        confidence="C",
        basis="relative_to_baseline",
        fail_low=-0.1,
    )
    assert found is not None
    verdict = judge(Measurement(quantity="mtf_f50", value=1.7), limit, baseline=found.mean)
    assert verdict.status == "fail"
    assert verdict.compared == pytest.approx(-0.15)


def test_results_come_in_any_order_and_those_not_finite_are_counted() -> None:
    values = noise(30, seed=13)
    dates = [week(number) for number in range(30)]
    order = np.random.default_rng(0).permutation(30)
    mixed = assess_trend([*values[order], math.nan], dates=[*(dates[i] for i in order), week(40)], quantity="mtf_f50")
    np.testing.assert_array_equal(mixed.values, values)
    assert mixed.dates == tuple(dates)
    assert "1 results that are not finite" in mixed.provenance.warnings[0]


def test_results_of_one_day_count_as_their_median_at_the_last_of_them() -> None:
    sessions = noise(30, seed=17)
    repeats = np.array([-0.001, 0.0, 0.002])
    dates = [week(number) + dt.timedelta(minutes=place) for number in range(30) for place in range(3)]
    trend = assess_trend((sessions[:, None] + repeats).ravel(), dates=dates, quantity="mtf_f50")
    np.testing.assert_allclose(trend.values, sessions, rtol=1e-12)
    np.testing.assert_array_equal(trend.counts, 3)
    assert trend.dates[0] == week(0) + dt.timedelta(minutes=2)
    # taken one by one, the first ten results would be of four days, and later days outside their limits
    single = assess_trend(
        (sessions[:, None] + repeats).ravel(), dates=dates, quantity="mtf_f50", settings=TrendSettings(daily=False)
    )
    assert single.values.size == 90
    assert len(single.warnings) > 3 * len(trend.warnings)


def test_an_event_parts_the_results_of_its_day() -> None:
    dates = [week(0) + dt.timedelta(hours=hour) for hour in range(4)]
    repair = TrendEvent(date=dates[2], kind="repair")
    trend = assess_trend([1.0, 2.0, 7.0, 8.0], dates=dates, quantity="mtf_f50", events=[repair])
    np.testing.assert_array_equal(trend.values, [1.5, 7.5])
    assert [(segment.first, segment.stop) for segment in trend.segments] == [(0, 1), (1, 2)]


def test_a_result_never_enters_the_baseline_of_its_own_day() -> None:
    values, dates = noise(12, seed=18), [week(number) for number in range(12)]
    extra = [week(8) - dt.timedelta(hours=1), week(8) + dt.timedelta(hours=1)]
    trend = assess_trend([*values, 9.0, 9.0], dates=[*dates, *extra], quantity="mtf_f50")
    for moment in (extra[0], week(8), extra[1]):
        found = baseline_at(trend, moment)
        assert found is not None
        assert (found.count, found.mean) == (8, pytest.approx(float(values[:8].mean())))


def test_correlated_results_are_told() -> None:
    generator = np.random.default_rng(14)
    values = [0.0]
    for _ in range(200):
        values.append(0.7 * values[-1] + generator.normal())
    assert any("follow their neighbours" in text for text in weekly(values).provenance.warnings)
    assert not weekly(noise(200, seed=15)).provenance.warnings


def test_a_trend_goes_to_json_and_back() -> None:
    trend = weekly(noise(30, seed=16), events=[TrendEvent(date=week(12), kind="software", label="v2.1")])
    plain, arrays = pack(trend)
    back = unpack(Trend, json.loads(json.dumps(plain)), arrays)
    assert back.segments == trend.segments
    assert back.signals == trend.signals
    assert back.events == trend.events
    assert back.dates == trend.dates
    assert json.dumps(trend.to_dict())
    assert "MTF" in repr(trend)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "earthquake"},
        {"baseline_mean": math.nan},
        {"baseline_sigma": 0.1},
        {"baseline_mean": 1.0, "baseline_sigma": 0.0},
        {"kind": "note", "baseline_mean": 1.0},
    ],
)
def test_an_event_that_contradicts_itself_is_an_input_error(fault: dict[str, object]) -> None:
    with pytest.raises(InputError):
        TrendEvent(**{"date": week(0), "kind": "baseline", **fault})  # type: ignore[arg-type]  # what a user may give


def test_ten_years_of_daily_results_take_little_time_and_memory() -> None:
    dates = [week(0) + dt.timedelta(days=day) for day in range(3650)]
    trend = assess_trend(noise(3650, seed=19), dates=dates, quantity="mtf_f50")
    drift = trend.segments[0].drift_per_year
    assert drift is not None
    # standard error of the slope: 0.05 over sqrt(3650) times the spread of ten years, 2.9 years; medians cost 25 %
    assert drift.slope == pytest.approx(0.0, abs=4 * 1.25 * 0.05 / (math.sqrt(3650) * 2.9))


def test_what_makes_no_trend_is_an_input_error() -> None:
    with pytest.raises(InputError, match="one date for each value"):
        assess_trend([1.0, 2.0], dates=[week(0)], quantity="mtf_f50")
    with pytest.raises(InputError, match="quantity"):
        assess_trend([1.0], dates=[week(0)], quantity="sharpness")
    with pytest.raises(InputError, match="time zone"):
        assess_trend([1.0, 2.0], dates=[week(0), week(1).replace(tzinfo=dt.UTC)], quantity="mtf_f50")
    with pytest.raises(InputError, match="datetime"):
        assess_trend([1.0], dates=["2025-01-01"], quantity="mtf_f50")  # type: ignore[list-item]  # what a user may give
    for fault in ({"baseline_count": 3}, {"warning_rules": (5,)}, {"warning_rules": (1, 3)}, {"results_per_year": 0}):
        with pytest.raises(InputError):
            TrendSettings(**fault)  # type: ignore[arg-type]  # what a user may give
