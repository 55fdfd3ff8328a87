"""Rows of a period, days of work and judged values, on both databases."""

from __future__ import annotations

import base64
import datetime
import io
import json

import numpy as np
from records_builders import EXPOSED_AT, LIMIT, add, begin, header, outcomes

from xrayiq.records import Records, judged_values, modality_days, outcome_days, period_rows, verdict_days

DAY = EXPOSED_AT.date()


def fill(records: Records) -> None:
    """Objects 1 to 3 on one day each, and one without a date."""
    run_id = begin(records)
    for number, exposed_at in enumerate((0, 1, 2), 1):
        moment = EXPOSED_AT + datetime.timedelta(days=exposed_at)
        add(records, run_id, number, header=header(number, exposed_at=moment))
    add(records, run_id, 4, header=header(4, exposed_at=None))
    records.finish_run(run_id, status="finished", counts={})


def test_rows_of_a_period_are_those_exposed_in_it_or_measured_where_there_is_no_date(records: Records) -> None:
    fill(records)
    with period_rows(records, DAY, DAY + datetime.timedelta(days=1)) as tables:
        found = {name: list(rows) for name, rows in tables.items()}
    assert [one["subject"] for one in found["objects"]] == ["1.2.1", "1.2.2"]
    assert {one["subject"] for one in found["outcomes"]} == {"1.2.1", "1.2.2"}
    first = next(one for one in found["outcomes"] if one["procedure"] == "uniformity")
    assert [one["value"] for one in first["measurements"]] == [15.0, 7.5]
    assert [one["limit_id"] for one in first["verdicts"]] == [LIMIT.id]
    curve = next(one for one in found["outcomes"] if one["procedure"] == "mtf")
    with np.load(io.BytesIO(base64.b64decode(curve["result_npz"]))) as arrays:
        expected = np.linspace(0.0, 5.0, 11)
        assert any(np.array_equal(arrays[name], expected) for name in arrays.files)
    assert len(found["events"]) == len(records.events())
    assert len(found["runs"]) == len(found["equipment"]) == 1
    assert "day/" not in json.dumps(found)  # where the files lie
    today = datetime.datetime.now(datetime.UTC).date()
    with period_rows(records, today - datetime.timedelta(days=1), today) as tables:
        assert {one["subject"] for one in tables["outcomes"]} == {"1.2.4"}


def test_days_of_work_count_what_was_put_in(records: Records) -> None:
    fill(records)
    days = [DAY + datetime.timedelta(days=number) for number in range(3)]
    assert [(day, names, number) for _, day, names, number in modality_days(records)] == [
        (day, ("DX",), 1) for day in days
    ]
    expected = {("uniformity", "measured"), ("mtf", "measured"), ("nps", "not_measurable")}
    found = list(outcome_days(records))
    assert {names for _, _, names, _ in found} == expected
    assert len(found) == 3 * len(days)
    assert [(day, names, number) for _, day, names, number in verdict_days(records)] == [
        (day, ("warning",), 1) for day in days
    ]


def test_judged_values_come_with_the_latest_exposure_first(records: Records) -> None:
    fill(records)
    found = list(judged_values(records, procedure="uniformity", quantity="snr_mean", limit_id=LIMIT.id))
    assert [one.subject for one in found] == ["1.2.3", "1.2.2", "1.2.1", "1.2.4"]
    assert {one.status for one in found} == {"warning"}
    assert {one.value for one in found} == {outcomes(1)[0].measurements[0].value}
    (only,) = judged_values(records, procedure="uniformity", quantity="snr_mean", limit_id=LIMIT.id, subject="1.2.2")
    assert only.equipment.serial_number == "S1"
