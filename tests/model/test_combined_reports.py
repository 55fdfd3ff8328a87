"""Reports of one study: duplicates, cumulative ones and continuations count each event once."""

import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrayiq.model import Acquisition, DoseEvent, DoseReport, ObjectHeader, combine_reports

NOON = datetime.datetime(2025, 3, 4, 12)


def event(number, uid=True):
    return DoseEvent(
        irradiation_event_uid=f"1.{number}" if uid else None,
        started_at=NOON + datetime.timedelta(minutes=number),
        dap_gy_m2=1.0 * number,
    )


def report(subject, *numbers, minute=0, study="9.9", serial="7", total=None, uid=True):
    acquisition = Acquisition(serial_number=serial, exposed_at=NOON + datetime.timedelta(minutes=minute))
    return DoseReport(
        header=ObjectHeader(subject=subject, study_uid=study, acquisition=acquisition),
        events=tuple(event(number, uid) for number in numbers),
        total_dap_gy_m2=float(sum(numbers)) if total is None else total,
    )


def relations(combined):
    return {place.subject: (place.relation, place.by) for place in combined.places}


@pytest.mark.parametrize("uid", [True, False])
def test_a_cumulative_report_supersedes_those_before(uid):
    reports = [report("a", 1, uid=uid), report("b", 1, 2, minute=5, uid=uid), report("c", 1, 2, 3, minute=9, uid=uid)]
    (found,) = combine_reports(reports)
    assert relations(found) == {"a": ("superseded", "c"), "b": ("superseded", "c"), "c": ("counted", None)}
    assert found.total_dap_gy_m2 == 6.0
    assert len(found.events) == 3


def test_continued_reports_add_up():
    (found,) = combine_reports([report("a", 1, 2), report("b", 3, minute=5)])
    assert {relation for relation, _ in relations(found).values()} == {"counted"}
    assert found.total_dap_gy_m2 == 6.0
    assert [one.dap_gy_m2 for one in found.events] == [1.0, 2.0, 3.0]


def test_a_duplicate_counts_once():
    (found,) = combine_reports([report("a", 1, 2), report("b", 1, 2, minute=5), report("a", 1, 2)])
    assert relations(found) == {"a": ("duplicate", "b"), "b": ("counted", None)}
    assert found.total_dap_gy_m2 == 3.0


def test_totals_of_reports_that_share_events_are_not_added():
    (found,) = combine_reports([report("a", 1, 2), report("b", 2, 3, minute=5)])
    assert found.shared_events == 1
    assert found.total_dap_gy_m2 is None
    assert sum(one.dap_gy_m2 for one in found.events) == 6.0


def test_studies_and_units_stand_for_themselves():
    reports = [report("a", 1), report("b", 1, study="9.8"), report("c", 1, serial="8"), report("d", 1, study=None)]
    assert [len(found.places) for found in combine_reports(reports)] == [1, 1, 1, 1]


def test_reports_without_events_are_told_apart_by_their_totals():
    (found,) = combine_reports([report("a", total=4.0), report("b", total=4.0, minute=1), report("c", 1, minute=2)])
    assert relations(found) == {"a": ("duplicate", "b"), "b": ("counted", None), "c": ("counted", None)}
    assert found.total_dap_gy_m2 == 5.0


@given(parts=st.lists(st.sets(st.integers(1, 6)), min_size=1, max_size=5), data=st.data())
def test_events_are_the_union_whatever_the_order(parts, data):
    reports = [report(f"r{number}", *sorted(part), minute=number) for number, part in enumerate(parts)]
    (found,) = combine_reports(reports)
    assert {one.irradiation_event_uid for one in found.events} == {f"1.{n}" for part in parts for n in part}
    (again,) = combine_reports(data.draw(st.permutations(reports)))
    assert again == found
