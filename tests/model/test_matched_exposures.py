"""One exposure that several objects tell of is one; what they say differently is told."""

import dataclasses
import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xrayiq.model import (
    Acquisition,
    DoseEvent,
    DoseReport,
    ObjectHeader,
    PerformedStep,
    StepExposure,
    exposure_of_image,
    exposures_of_report,
    exposures_of_step,
    match_exposures,
)

NOON = datetime.datetime(2025, 3, 4, 12)
UNIT = {"manufacturer": "Maker", "model": "One", "station_name": "ROOM1", "serial_number": "7"}


def seconds(count):
    return NOON + datetime.timedelta(seconds=count)


def image(subject, at=NOON, kv=80.0, mas=2.0, event=None, dap=1e-5, intent="FOR PROCESSING", **unit):
    acquisition = Acquisition(
        **(UNIT | unit), exposed_at=at, tube_voltage_kv=kv, exposure_mas=mas, dap_gy_m2=dap, intent=intent
    )
    return exposure_of_image(ObjectHeader(subject=subject, irradiation_event_uid=event, acquisition=acquisition))


def report(*events, subject="report", **unit):
    header = ObjectHeader(subject=subject, acquisition=Acquisition(**(UNIT | unit)))
    return list(exposures_of_report(DoseReport(header=header, events=events)))


def event(uid=None, at=NOON, kv=80.0, mas=2.0, dap=1e-5, images=()):
    return DoseEvent(
        irradiation_event_uid=uid,
        started_at=at,
        tube_voltage_kv=kv,
        exposure_mas=mas,
        dap_gy_m2=dap,
        acquired_image_uids=images,
    )


def step(*exposures, images=()):
    header = ObjectHeader(subject="step", acquisition=Acquisition(**UNIT))
    return list(exposures_of_step(PerformedStep(header=header, exposures=exposures, image_uids=images)))


def subjects(found):
    return sorted(tuple(sorted((one.subject, one.place) for one in exposure.members)) for exposure in found)


def test_the_irradiation_event_ties_image_and_event_that_agree():
    found = match_exposures([image("a", event="1.1"), *report(event("1.1", at=seconds(50)), event("1.2"))])
    assert subjects(found) == [(("a", 1), ("report", 1)), (("report", 2),)]
    assert found[0].ties == ("event",)
    assert found[0].sources == ("image", "report")
    assert found[0].disagreements == ()


def test_one_event_for_a_whole_day_ties_nothing_that_does_not_agree():
    found = match_exposures([image("a", event="1.1"), *report(event("1.1", at=seconds(61), kv=80))])
    assert len(found) == 2
    found = match_exposures([image("a", event="1.1"), *report(event("1.1", kv=90))])
    assert len(found) == 2


def test_a_report_that_names_the_image_ties_it_whatever_the_time():
    found = match_exposures([image("a"), *report(event("1.1", at=seconds(500), images=("a",)))])
    assert [exposure.ties for exposure in found] == [("image",)]


def test_an_image_that_names_another_event_is_not_the_one_referred_to():
    assert len(match_exposures([image("a", event="1.9"), *report(event("1.1", images=("a",)))])) == 2


@pytest.mark.parametrize(("apart", "exposures"), [(0.0, 1), (2.0, 1), (2.1, 2)])
def test_time_ties_within_two_seconds(apart, exposures):
    assert len(match_exposures([image("a"), *report(event("1.1", at=seconds(apart)))])) == exposures


@pytest.mark.parametrize(
    "other", [{"serial_number": "8"}, {"station_name": "ROOM2"}, {"serial_number": None, "station_name": None}]
)
def test_time_does_not_tie_what_may_be_of_another_unit(other):
    assert len(match_exposures([image("a", **other), *report(event())])) == 2


@pytest.mark.parametrize("other", [{"kv": 82.0}, {"mas": 2.2}, {"dap": 1.2e-5}, {"kv": None, "mas": None}])
def test_time_does_not_tie_another_technique_nor_too_little_of_it(other):
    assert len(match_exposures([image("a"), *report(event(**other))])) == 2


def test_of_two_events_near_in_time_each_image_gets_its_own():
    images = [image("a", at=seconds(0)), image("b", at=seconds(1.5))]
    found = match_exposures([*images, *report(event("1.1", at=seconds(0.4)), event("1.2", at=seconds(1.6)))])
    assert subjects(found) == [(("a", 1), ("report", 1)), (("b", 1), ("report", 2))]


def test_both_images_of_an_exposure_and_its_event_are_one():
    twins = [image("a", intent="FOR PROCESSING"), image("b", intent="FOR PRESENTATION")]
    (found,) = match_exposures([*twins, *report(event("1.1", images=("b",)))])
    assert found.ties == ("technique", "image")
    assert len(found.members) == 3


def test_a_step_is_of_the_image_that_it_names_and_agrees_with():
    exposures = [
        StepExposure(tube_voltage_kv=100.0, tube_current_ma=200.0, exposure_time_ms=10.0),
        StepExposure(tube_voltage_kv=80.0, tube_current_ma=200.0, exposure_time_ms=10.0),
        StepExposure(tube_voltage_kv=60.0),
    ]
    given_ones = [
        *(image("a", kv=80.0, mas=2.0), image("b", at=seconds(60), kv=100.0, mas=2.0)),
        *report(event("1.1", images=("a",))),
        *step(*exposures, images=("a", "b")),
    ]
    found = match_exposures(given_ones)
    assert subjects(found) == [(("a", 1), ("report", 1), ("step", 2)), (("b", 1), ("step", 1)), (("step", 3),)]


def test_what_sources_say_differently_is_told():
    (found,) = match_exposures([image("a", event="1.1", dap=1.0), *report(event("1.1", dap=1e-5))])
    (told,) = found.disagreements
    assert (told.field, told.values) == ("dap_gy_m2", (("image", 1.0), ("report", 1e-5)))


def test_the_same_event_in_two_reports_counts_once():
    found = match_exposures([*report(event("1.1")), *report(event("1.1"), subject="again")])
    assert subjects(found) == [(("again", 1), ("report", 1))]


def test_the_same_object_given_twice_counts_once():
    given_ones = [image("a", event="1.1"), *report(event("1.1"), event("1.2", at=seconds(90)))]
    assert subjects(match_exposures(given_ones * 2)) == subjects(match_exposures(given_ones))


@given(order=st.permutations(range(9)))
def test_exposures_do_not_depend_on_the_order(order):
    given_ones = [
        *(image("a", event="1.1"), image("b", at=seconds(1)), image("c", at=seconds(3)), image("d", at=seconds(3))),
        *report(event("1.1"), event(at=seconds(1.2)), event(at=seconds(2.4)), event("1.9", images=("d",))),
        *step(StepExposure(tube_voltage_kv=80.0), images=("c",)),
    ]
    assert subjects(match_exposures(given_ones[number] for number in order)) == subjects(match_exposures(given_ones))


def test_everything_given_comes_back_once():
    given_ones = [image(str(number), at=seconds(number)) for number in range(20)]
    given_ones += report(*(event(at=seconds(number + 0.3)) for number in range(20)))
    found = match_exposures(given_ones)
    assert sorted(id(member) for exposure in found for member in exposure.members) == sorted(map(id, given_ones))
    assert len(found) == 20
    assert dataclasses.is_dataclass(found[0])
