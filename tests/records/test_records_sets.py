"""Acquisition sets and responses: the last set of a group counts, a response holds until its successor."""

from __future__ import annotations

import dataclasses
import datetime

from records_builders import EXPOSED_AT, RESPONSE, add, add_set, begin, file_entry, header, outcomes

from xrayiq.model import DetectorResponse, Response
from xrayiq.records import Records

LATER = Response(model="log", a=1.0, b=2.0, kerma_min_ugy=0.5, kerma_max_ugy=20.0)


def test_outcomes_of_a_set_stand_under_the_unit_of_its_first_member(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    add_set(records, run_id, 1)
    frame = records.frame("outcomes")
    (row,) = frame[frame["subject"] == "set:1"].to_dict("records")
    assert (row["serial_number"], row["exposed_at"]) == ("S1", EXPOSED_AT)


def test_a_later_set_of_the_group_supersedes_the_earlier(records: Records) -> None:
    run_id = begin(records)
    for number in (1, 2):
        add(records, run_id, number)
    add_set(records, run_id, 1)
    add_set(records, run_id, 1, 2)
    in_force = set(records.frame("outcomes")["subject"])
    assert "set:1,2" in in_force
    assert "set:1" not in in_force
    assert "set:1" in set(records.frame("outcomes", superseded=True)["subject"])


def test_a_set_of_another_group_leaves_it_in_force(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    add(records, run_id, 2)
    add_set(records, run_id, 1)
    add_set(records, run_id, 2, group_key="other")
    assert {"set:1", "set:2"} <= set(records.frame("outcomes")["subject"])


def test_a_set_of_other_members_leaves_it_in_force(records: Records) -> None:
    run_id = begin(records)
    for number in (1, 2):
        add(records, run_id, number)
        add_set(records, run_id, number)
    assert {"set:1", "set:2"} <= set(records.frame("outcomes")["subject"])
    assert records.has_set("group", "set:1", "plan1")
    assert records.has_set("group", "set:2", "plan1")


def test_a_superseded_set_is_not_known(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    add(records, run_id, 2)
    add_set(records, run_id, 1)
    add_set(records, run_id, 1, 2)
    assert not records.has_set("group", "set:1", "plan1")


def test_of_two_responses_of_a_day_that_of_most_images_holds_whichever_was_stored_last(records: Records) -> None:
    run_id = begin(records)
    for number in (1, 2, 3):
        add(records, run_id, number)
    add_set(records, run_id, 1, 2, response=LATER)
    add_set(records, run_id, 3, group_key="other beam")
    assert [each.response for each in records.responses()] == [LATER]


def test_a_set_is_known_with_its_plan_and_response(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    assert not records.has_set("group", "set:1", "plan1")
    add_set(records, run_id, 1, response_id="r1")
    assert records.has_set("group", "set:1", "plan1", "r1")
    assert not records.has_set("group", "set:1", "plan1", "r2")
    assert not records.has_set("group", "set:1", "plan2", "r1")
    assert not records.has_set("group", "set:1,2", "plan1", "r1")


def test_a_response_is_valid_until_the_day_of_the_next(records: Records) -> None:
    run_id = begin(records)
    for number in (1, 2):
        add(records, run_id, number)
    day = EXPOSED_AT.date()
    later = day + datetime.timedelta(days=30)
    add_set(records, run_id, 2, group_key="later", day=later, response=LATER)
    add_set(records, run_id, 1)
    assert records.responses() == (
        DetectorResponse(mode="mode", valid_from=day, valid_until=later, response=RESPONSE),
        DetectorResponse(mode="mode", valid_from=later, valid_until=None, response=LATER),
    )


def test_the_response_of_a_superseded_set_is_gone(records: Records) -> None:
    run_id = begin(records)
    for number in (1, 2):
        add(records, run_id, number)
    add_set(records, run_id, 1)
    add_set(records, run_id, 1, 2, response=None)
    assert records.responses() == ()


def test_files_that_lack_the_response_of_their_day_are_named(records: Records) -> None:
    run_id = begin(records)
    valid = DetectorResponse(mode="mode", valid_from=EXPOSED_AT.date(), valid_until=None, response=RESPONSE)
    add(records, run_id, 1, file=file_entry(1, response_mode="mode"))
    add(records, run_id, 2, file=file_entry(2, response_mode="mode", response_id=RESPONSE.id))
    add(records, run_id, 3, file=file_entry(3, response_mode="other"))
    day_before = EXPOSED_AT - datetime.timedelta(days=1)
    add(records, run_id, 4, file=file_entry(4, response_mode="mode"), header=header(4, exposed_at=day_before))
    add(
        records,
        run_id,
        5,
        file=file_entry(5, response_mode="mode", response_id="gone"),
        header=header(5, exposed_at=day_before),
    )
    assert records.files_without("archive", "plan1", [valid]) == ["day/1.dcm", "day/5.dcm"]
    assert records.files_without("archive", "plan1", []) == ["day/2.dcm", "day/5.dcm"]


def test_outcomes_of_other_parameters_are_superseded_when_a_file_is_scored_again(records: Records) -> None:
    run_id = begin(records)
    add(records, run_id, 1)
    first = records.frame("outcomes")
    again = [dataclasses.replace(outcome, parameter_digest="with a response") for outcome in outcomes(1)]
    add(records, run_id, 1, outcomes=again)
    assert set(records.frame("outcomes")["parameter_digest"]) == {"with a response"}
    assert len(records.frame("outcomes", superseded=True)) == 2 * len(first)
