"""The equipment register: learnt from headers, corrected by the site."""

import datetime

from xrayiq.model import Equipment
from xrayiq.procedures.populations import RegisteredEquipment
from xrayiq.procedures.register import EquipmentDay, Span, build_register
from xrayiq.procedures.whereabouts import EquipmentFact, whereabouts

ACME = {"manufacturer": "ACME", "model": "DX1"}


def day(number, *, objects=3, **equipment):
    return EquipmentDay(equipment=Equipment(**(ACME | equipment)), day=datetime.date(2026, 1, number), objects=objects)


def date(number):
    return datetime.date(2026, 1, number)


def test_a_detector_that_moves_rooms_keeps_its_history():
    days = [
        day(1, station_name="R1", serial_number="1", detector_id="A"),
        day(2, station_name="R1", serial_number="1", detector_id="A"),
        day(3, station_name="R2", serial_number="2", detector_id="A"),
        day(4, station_name="R1", serial_number="1", detector_id="B"),
        day(5, station_name="R1", serial_number="1", detector_id="A"),
    ]
    register = build_register(days)
    detector = next(one for one in register.detectors if one.detector_id == "A")
    assert detector.rooms == (
        Span(value="R1", first_day=date(1), last_day=date(2)),
        Span(value="R2", first_day=date(3), last_day=date(3)),
        Span(value="R1", first_day=date(5), last_day=date(5)),
    )
    first = next(unit for unit in register.units if unit.serial_number == "1")
    assert [span.value for span in first.detectors] == ["ACME detector A", "ACME detector B", "ACME detector A"]
    assert first.objects == 12
    assert register.problems == ()


def test_software_versions_have_their_dates():
    days = [
        day(1, serial_number="1", software_versions=("1.0",)),
        day(4, serial_number="1", software_versions=("1.0",)),
        day(5, serial_number="1", software_versions=("2.0", "b")),
    ]
    (unit,) = build_register(days).units
    assert unit.software == (
        Span(value="1.0", first_day=date(1), last_day=date(4)),
        Span(value="2.0\\b", first_day=date(5), last_day=date(5)),
    )


def test_what_the_site_says_goes_before_headers_from_its_day_on():
    moved = EquipmentFact(
        match=RegisteredEquipment(serial_number="1"), room="Trauma 2", tube="T-77", valid_from=date(3)
    )
    days = [day(number, serial_number="1", station_name="CONSOLE", institution="North") for number in (1, 2, 3, 4)]
    (unit,) = build_register(days, facts=(moved,)).units
    assert [(span.value, span.first_day.day, span.last_day.day) for span in unit.rooms] == [
        ("CONSOLE", 1, 2),
        ("Trauma 2", 3, 4),
    ]
    assert (unit.site, unit.tube) == ("North", "T-77")


def test_two_units_with_one_serial_number_are_told_and_can_be_named_apart():
    days = [day(number, serial_number="1", station_name=f"R{1 + number % 2}") for number in range(1, 7)]
    mixed = build_register(days)
    assert len(mixed.units) == 1
    assert "R1 and R2" in mixed.problems[0]
    assert "--unit" in mixed.problems[0]
    facts = tuple(
        EquipmentFact(match=RegisteredEquipment(station_name=name), unit=f"unit {name}") for name in ("R1", "R2")
    )
    apart = build_register(days, facts=facts)
    assert [unit.name for unit in apart.units] == ["unit R1", "unit R2"]
    assert apart.problems == ()


def test_a_station_that_is_renamed_is_no_problem():
    days = [day(number, serial_number="1", station_name="OLD" if number < 3 else "NEW") for number in range(1, 7)]
    assert build_register(days).problems == ()


def test_one_detector_number_in_two_units_on_one_day_is_told():
    days = [day(1, serial_number=serial, detector_id="A") for serial in ("1", "2")]
    assert "2026-01-01" in build_register(days).problems[0]


def test_equipment_that_names_nothing_is_no_unit():
    nothing = EquipmentDay(equipment=Equipment(), day=date(1), objects=1)
    assert build_register([nothing]).units == ()
    assert whereabouts(Equipment()).place.unit == ("",)


def test_units_of_two_makers_with_one_serial_number_are_two():
    days = [
        EquipmentDay(equipment=Equipment(manufacturer=maker, serial_number="1"), day=date(1), objects=1)
        for maker in ("A", "B")
    ]
    assert len(build_register(days).units) == 2
