"""Changes of detectors and software that headers tell."""

import datetime

from xrayiq.model import Equipment, Event
from xrayiq.procedures.learnt_events import learnt_events
from xrayiq.procedures.populations import RegisteredEquipment
from xrayiq.procedures.register import EquipmentDay, build_register
from xrayiq.procedures.whereabouts import EquipmentFact


def register(*days):
    return build_register(
        EquipmentDay(
            equipment=Equipment(
                manufacturer="M", serial_number="7", detector_id=detector, software_versions=(software,)
            ),
            day=datetime.date(2026, 1, number),
            objects=1,
        )
        for number, detector, software in days
    )


def recorded(day, kind="detector_swap", subject="unit:7"):
    return Event(
        number=1,
        at=datetime.datetime(2026, 6, 1, tzinfo=datetime.UTC),
        actor="a",
        kind=kind,
        subject=subject,
        reason="r",
        details={"happened_at": f"2026-01-{day:02d}T16:00:00", "until": None},
        previous="",
        mac="",
    )


SWAPPED = [(1, "A", "1.0"), (5, "A", "1.0"), (9, "B", "1.0"), (12, "B", "2.0")]


def test_a_swap_and_an_update_are_told_on_the_first_day_of_the_new_one():
    found = learnt_events(register(*SWAPPED), [])
    told = [(event.kind, event.subject, event.details["happened_at"][:10]) for event in found]
    assert told == [("detector_swap", "unit:7", "2026-01-09"), ("software", "unit:7", "2026-01-12")]
    assert "A replaced by M detector B" in found[0].reason


def test_a_swap_that_somebody_recorded_is_not_told_again():
    for event in (recorded(7), recorded(5), recorded(9), recorded(7, subject="detector:B")):
        assert [one.kind for one in learnt_events(register(*SWAPPED), [event])] == ["software"]
    for event in (recorded(2), recorded(10), recorded(7, kind="repair"), recorded(7, subject="unit:8")):
        assert [one.kind for one in learnt_events(register(*SWAPPED), [event])] == ["detector_swap", "software"]


def test_detectors_used_in_turn_are_no_swap():
    days = [(1, "A", "1"), (2, "B", "1"), (3, "A", "1"), (4, "B", "1")]
    assert learnt_events(register(*days), []) == []


def test_software_that_goes_back_is_told_once_at_most():
    days = [(1, "A", "1"), (2, "A", "2"), (3, "A", "1"), (4, "A", "3")]
    assert [event.details["after"] for event in learnt_events(register(*days), [])] == ["3"]


def test_a_swap_of_a_unit_without_a_serial_number_is_told_once_whatever_it_is_called():
    days = [
        EquipmentDay(
            equipment=Equipment(station_name="PORTABLE", detector_id=detector),
            day=datetime.date(2026, 1, number),
            objects=1,
        )
        for number, detector in ((1, "A"), (2, "B"))
    ]
    (told,) = learnt_events(build_register(days), [])
    recorded_swap = recorded(2, subject=told.subject)
    renamed = EquipmentFact(match=RegisteredEquipment(station_name="PORTABLE"), unit="Ward C")
    assert learnt_events(build_register(days, facts=(renamed,)), [recorded_swap]) == []
