"""Series of stored values, and limits relative to their baselines."""

import datetime
import itertools

import pytest

from xrayiq.audit import TrendEvent, baseline_at
from xrayiq.model import Equipment, Limit
from xrayiq.procedures.constancy import build_series, relative_verdicts
from xrayiq.records import DatedValue

LIMIT = Limit(
    id="constancy",
    quantity="signal_per_charge",
    procedure="uniformity",
    basis="relative_to_baseline",
    warning_low=-0.1,
    warning_high=0.1,
    fail_low=-0.2,
    fail_high=0.2,
    document="d",
    edition="",
    confidence="A",
)
NUMBERS = itertools.count(1)


def value(week, number, *, hour=8, detector="A", serial="1", **changes):
    fields = {
        "outcome_id": next(NUMBERS),
        "run_id": 1,
        "subject": "1.2",
        "procedure": "uniformity",
        "quantity": "signal_per_charge",
        "direction": "",
        "exposed_at": datetime.datetime(2026, 1, 5, hour) + datetime.timedelta(weeks=week),
        "equipment": Equipment(manufacturer="M", serial_number=serial, detector_id=detector),
        "protocol_name": "QC",
        "tube_voltage_kv": 70.0,
        "rows": 10,
        "columns": 20,
    }
    return DatedValue(value=number, **(fields | changes))


def statuses(values, **options):
    series = build_series(values, **options)
    found = relative_verdicts(series, limits_for=lambda value: [LIMIT])
    return [verdict.status for one in values for verdict in found.get(one.outcome_id, [])]


def test_values_are_judged_by_the_baseline_of_the_first_ten_and_not_before_five():
    values = [value(week, 100.0) for week in range(10)] + [value(10, 89.0), value(11, 79.0), value(12, 81.0)]
    expected = ["indeterminate"] * 5 + ["pass"] * 5 + ["warning", "fail", "warning"]
    assert statuses(values) == expected


def test_values_after_the_tenth_do_not_move_the_baseline():
    values = [value(week, 100.0) for week in range(10)] + [value(week, 85.0) for week in range(10, 40)]
    assert statuses(values)[10:] == ["warning"] * 30


def test_several_values_of_one_day_are_one_result_and_each_is_judged():
    values = [value(week, 100.0 + offset, hour=8 + offset) for week in range(5) for offset in (0, 1, 2)]
    values += [value(5, 101.0), value(5, 80.0, hour=9)]
    (series,) = build_series(values)
    assert series.trend.values.size == 6
    assert statuses(values)[-2:] == ["pass", "fail"]  # baseline 101: 80 is −20.8 %


def test_a_recorded_event_renews_the_baseline():
    values = [value(week, 100.0) for week in range(10)] + [value(week, 130.0) for week in range(10, 20)]
    assert statuses(values)[10:] == ["fail"] * 10
    swap = TrendEvent(date=datetime.date(2026, 1, 5) + datetime.timedelta(weeks=10), kind="detector_swap")
    renewed = statuses(values, events_of=lambda key, where: [swap])
    assert renewed[10:] == ["indeterminate"] * 5 + ["pass"] * 5


def test_detectors_that_follow_one_another_are_one_series_and_those_used_in_turn_two():
    followed = [value(week, 1.0, detector="A" if week < 3 else "B") for week in range(6)]
    (one,) = build_series(followed)
    assert one.key.detectors == ("M detector A", "M detector B")
    in_turn = [value(week, 1.0, detector="AB"[week % 2]) for week in range(6)]
    assert [series.key.detectors for series in build_series(in_turn)] == [("M detector A",), ("M detector B",)]


@pytest.mark.parametrize(
    "changes",
    [{"serial": "2"}, {"protocol_name": "other"}, {"tube_voltage_kv": 81.0}, {"rows": 5}, {"direction": "rows"}],
)
def test_units_protocols_voltages_sizes_and_directions_are_series_of_their_own(changes):
    assert len(build_series([value(0, 1.0), value(1, 1.0, **changes)])) == 2


def test_a_nominal_value_is_never_taken_from_the_first_results():
    limit = Limit(
        id="nominal",
        quantity="focal_spot_width",
        basis="relative_to_baseline",
        fail_high=0.5,
        document="IEC 60336",
        edition="",
        confidence="C",
    )
    values = [value(week, 1.0, quantity="focal_spot_width") for week in range(12)]
    found = relative_verdicts(build_series(values), limits_for=lambda value: [limit])
    assert {verdict.status for verdicts in found.values() for verdict in verdicts} == {"indeterminate"}
    told = TrendEvent(date=datetime.date(2026, 1, 1), kind="baseline", baseline_mean=0.6)
    found = relative_verdicts(
        build_series(values, events_of=lambda key, where: [told]), limits_for=lambda value: [limit]
    )
    assert {verdict.status for verdicts in found.values() for verdict in verdicts} == {"fail"}


def test_values_without_a_date_or_a_unit_are_in_no_series():
    assert build_series([value(0, 1.0, exposed_at=None), value(0, 1.0, equipment=Equipment())]) == ()


def test_baselines_are_those_of_the_trend_on_every_day():
    events = [
        TrendEvent(date=datetime.datetime(2026, 4, 13, 12), kind="repair"),
        TrendEvent(date=datetime.date(2026, 7, 6), kind="baseline", baseline_mean=80.0),
    ]
    values = [value(week, 100.0 + week, hour=8 + part) for week in range(40) for part in range(2)]
    (series,) = build_series(values, events_of=lambda key, where: events)
    first = datetime.date(2026, 1, 1)
    days = [first + datetime.timedelta(days=number) for number in range(300)]
    found = [series.baseline_at(day) for day in days]
    assert found == [baseline_at(series.trend, day) for day in days]
    assert {None if one is None else one.set_by for one in found} == {None, "results", "hand"}
