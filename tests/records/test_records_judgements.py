"""Verdicts made after their outcomes, what is out of limits, and which outcomes were judged."""

from __future__ import annotations

import datetime

import pytest
from records_builders import add, begin, outcomes

from xrayiq.errors import RecordsError
from xrayiq.model import Limit, Measurement, Verdict, judge
from xrayiq.records import JUDGED, Records

LIMIT = Limit(
    id="constancy",
    quantity="snr_mean",
    procedure="uniformity",
    basis="relative_to_baseline",
    fail_low=-0.2,
    fail_high=0.2,
    document="d",
    edition="",
    confidence="A",
    room="R",
    reason="why",
    author="who",
)


def verdict(value: float, baseline: float | None) -> Verdict:
    return judge(Measurement(quantity="snr_mean", value=value), LIMIT, baseline)


def measured(records: Records) -> list[int]:
    frame = records.frame("measurements")
    return sorted(int(number) for number in frame.loc[frame["quantity"] == "snr_mean", "outcome_id"])


def test_later_verdicts_stand_beside_the_first_ones_with_limit_baseline_and_author(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1, outcomes=outcomes(1, value=15.0))
    (outcome,) = measured(records)
    before = records.frame("verdicts")
    assert records.add_verdicts(run_id, {outcome: [verdict(15.0, 20.0)]}) == 1
    frame = records.frame("verdicts")
    assert len(frame) == len(before) + 1
    row = frame.iloc[-1]
    assert (row["status"], row["baseline"], row["limit_id"]) == ("fail", 20.0, "constancy")
    assert row["compared"] == pytest.approx(-0.25, abs=1e-15)
    assert (row["limit_room"], row["limit_reason"], row["limit_author"]) == ("R", "why", "who")
    assert records.verdict_counts()["fail"] == 1
    assert records.verify().whole


def test_a_number_is_judged_once_by_a_limit(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    (outcome,) = measured(records)
    records.add_verdicts(run_id, {outcome: [verdict(15.0, 20.0)]})
    with pytest.raises(RecordsError):
        records.add_verdicts(run_id, {outcome: [verdict(15.0, 15.0)]})
    assert records.frame("verdicts")["status"].tolist().count("fail") == 1


def test_failed_values_of_pending_outcomes_come_with_their_unit_and_day(records: Records) -> None:
    run_id = begin(records)
    for number, value in ((1, 15.0), (2, 21.0), (3, 10.0)):
        add(records, run_id, number, outcomes=outcomes(number, value=value))
    ids = measured(records)
    records.add_verdicts(run_id, {ids[0]: [verdict(15.0, 20.0)], ids[2]: [verdict(10.0, 20.0)]})
    pending = records.unjudged(run_id)
    assert list(pending) == [run_id]
    failed = list(records.failed_verdicts(pending))
    assert [one.subject for one in failed] == ["1.2.1", "1.2.3"]
    assert failed[0].value == 15.0
    assert failed[0].limit.fail_low == -0.2
    assert failed[0].equipment.serial_number
    assert isinstance(failed[0].exposed_at, datetime.datetime)
    only_last = {run_id: (ids[1], pending[run_id][1])}
    assert [one.subject for one in records.failed_verdicts(only_last)] == ["1.2.3"]


def test_outcomes_are_pending_until_an_event_says_that_they_were_judged(records: Records) -> None:
    first = begin(records)
    add(records, first, 1)
    second = begin(records)
    assert list(records.unjudged(first)) == [first]
    assert records.unjudged(second) == {}  # the first is running and judges its own
    records.finish_run(first, status="interrupted", counts={})
    pending = records.unjudged(second)
    assert list(pending) == [first]
    runs = {str(run): last for run, (_, last) in pending.items()}
    records.append_event(kind=JUDGED, subject=f"run:{second}", actor="xrayiq run", reason="r", details={"runs": runs})
    assert records.unjudged(second) == {}
    add(records, second, 2)
    after, last = records.unjudged(second)[second]
    assert after == 0
    assert last > pending[first][1]
