"""QuAAC documents, read back by the reference implementation, which checks every digest."""

from __future__ import annotations

import json
import math

import pytest
import quaac
import yaml
from exchange_builders import DayTest, day_of, fill

from xrayiq.errors import InputError
from xrayiq.exchange import export_quaac
from xrayiq.exchange.yaml_text import yaml_lines
from xrayiq.procedures import tell_equipment

PERFORMER = {"performer_name": "Q. Physicist", "performer_email": "qa@example.com"}
LOCAL = 0.1 / 3


@pytest.fixture
def stored(records):
    fill(
        records,
        [
            DayTest(1, {"signal_nonuniformity_local": LOCAL, "snr_mean": 1e-7, "snr_minimum": math.nan}),
            DayTest(2, {"signal_nonuniformity_local": 0.2}, serial_number="S2", station_name="Röntgen 2"),
            DayTest(3, {"exposure_index": 400.0}, population="clinical", procedure="exposure_index"),
        ],
    )
    return records


@pytest.mark.parametrize("ending", ["json", "yaml"])
def test_the_reference_implementation_reads_what_was_put_in(stored, tmp_path, ending):
    path = tmp_path / f"out.{ending}"
    written = export_quaac(stored, path, **PERFORMER)
    read = quaac.Document.from_json_file if ending == "json" else quaac.Document.from_yaml_file
    document = read(str(path))
    assert written.rows == 3
    assert document.version == "1.0"
    assert [
        (point.name, point.perform_datetime, point.measurement_value, point.measurement_unit)
        for point in document.datapoints
    ] == [
        ("Signal non-uniformity, local", day_of(1), LOCAL, "1"),
        ("Mean SNR", day_of(1), 1e-7, "1"),
        ("Signal non-uniformity, local", day_of(2), 0.2, "1"),
    ]
    assert {(user.name, user.email) for user in document.users} == {("Q. Physicist", "qa@example.com")}
    assert {(each.name, each.type, each.serial_number) for each in document.equipment} == {
        ("ROOM1", "DX", "S1"),
        ("Röntgen 2", "DX", "S2"),
        ("D1", "X-ray detector", "D1"),
    }
    last = document.datapoints[-1]
    assert last.parameters["verdicts"] == [
        {
            "status": "fail",
            "limit": "warning above 5 %, fail above 10 %",
            "document": "Document of the test",
            "edition": "2024",
        }
    ]
    assert last.primary_equipment.name == "Röntgen 2"
    assert [each.name for each in last.ancillary_equipment] == ["D1"]


def test_site_room_and_unit_of_the_register_stand_among_the_parameters(stored, tmp_path):
    # the schema has no field for a place; `parameters` is its mapping of free keys
    tell_equipment(stored, {"serial_number": "S1", "site": "North", "room": "Trauma 2"}, actor="jdoe", reason="r")
    export_quaac(stored, tmp_path / "out.json", **PERFORMER)
    points = quaac.Document.from_json_file(str(tmp_path / "out.json")).datapoints
    places = [tuple(point.parameters[name] for name in ("site", "room", "unit")) for point in points]
    first, second = ("North", "Trauma 2", "Acme Ray 1, serial S1"), ("Hospital", "Röntgen 2", "Acme Ray 1, serial S2")
    assert places == [first, first, second]


def test_each_digest_is_that_of_the_reference_implementation(stored, tmp_path):
    export_quaac(stored, tmp_path / "out.json", **PERFORMER)
    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    document = quaac.Document.from_json_file(str(tmp_path / "out.json"))
    assert [point["hash"] for point in written["datapoints"]] == [point.hash for point in document.datapoints]
    assert {each["hash"] for each in written["equipment"]} == {each.hash for each in document.equipment}


def test_a_value_altered_by_hand_is_found_by_the_reference_implementation(stored, tmp_path):
    path = tmp_path / "out.json"
    export_quaac(stored, path, **PERFORMER)
    path.write_text(path.read_text(encoding="utf-8").replace(repr(LOCAL), "0.01"), encoding="utf-8")
    with pytest.raises(ValueError, match="has been edited"):
        quaac.Document.from_json_file(str(path))


def test_a_quantity_that_stands_twice_gives_two_data_points(records, tmp_path):
    fill(records, [DayTest(1, [("snr_minimum", 1.0), ("snr_minimum", 2.0)])])
    assert export_quaac(records, tmp_path / "out.json", **PERFORMER).rows == 2


def test_a_period_and_a_unit_choose_the_data_points(stored, tmp_path):
    day = day_of(1).date()
    assert export_quaac(stored, tmp_path / "out.json", until=day, **PERFORMER).rows == 2
    assert export_quaac(stored, tmp_path / "out.json", unit="S2", **PERFORMER).rows == 1
    with pytest.raises(InputError, match="no measurement of a test image"):
        export_quaac(stored, tmp_path / "none.json", since=day_of(3).date(), **PERFORMER)


@pytest.mark.parametrize("address", ["", "somebody", "a@b", "a b@example.com", "a@b@example.com"])
def test_a_performer_without_an_address_is_refused(stored, tmp_path, address):
    with pytest.raises(InputError, match="e-mail"):
        export_quaac(stored, tmp_path / "out.json", performer_name="Q", performer_email=address)


def test_another_ending_is_refused(stored, tmp_path):
    with pytest.raises(InputError, match=r"\.yaml"):
        export_quaac(stored, tmp_path / "out.txt", **PERFORMER)


@pytest.mark.parametrize(
    "value",
    [
        1e-7,
        1e22,
        -2.5e300,
        5e-324,
        0.1,
        100.0,
        3,
        True,
        None,
        "",
        "no",
        "1e3",
        "a: b\n- c # d",
        "µ “x” \\ \x1b",
        [],
        {},
    ],
)
def test_yaml_reads_back_as_it_was(value):
    document = {"k y": value, "list": [value, [value, {"a": value, "b": [value]}], {"c": value}]}
    assert yaml.safe_load("".join(yaml_lines(document))) == document
