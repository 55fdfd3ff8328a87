from __future__ import annotations

import dataclasses
import datetime

import numpy as np
import pandas as pd

from xrayiq.audit import ExaminationNames
from xrayiq.model import Equipment
from xrayiq.procedures import load_site
from xrayiq.procedures.exposure_places import IDENTITY, placed, with_examinations, with_headers
from xrayiq.procedures.populations import RegisteredEquipment
from xrayiq.procedures.whereabouts import EquipmentFact, days_of_change


def date(day: int) -> datetime.date:
    return datetime.date(2026, 3, day)


EQUIPMENT = pd.DataFrame(
    [
        dataclasses.asdict(Equipment(station_name="A", serial_number="1", institution="North")),
        dataclasses.asdict(Equipment(station_name="B", serial_number="2", institution="South")),
    ],
    index=pd.Index([10, 20], name="id"),
)[list(IDENTITY)]
MOVED = EquipmentFact(match=RegisteredEquipment(serial_number="1"), room="Trauma", valid_from=date(3))
MOVED_AGAIN = EquipmentFact(match=RegisteredEquipment(serial_number="1"), room="Ward", valid_from=date(5))


def test_rooms_change_on_the_day_that_a_fact_holds_from() -> None:
    site = dataclasses.replace(load_site(), facts=(MOVED, MOVED_AGAIN))
    days = ["2026-03-05T00:00", "2026-03-02T23:59", "2026-03-03T00:00", "NaT", "2026-03-04T23:59"]
    moments = pd.Series(np.array([*days, *["2026-03-09T08:00"] * 3], dtype="datetime64[us]"))
    numbers = pd.array([10, 10, 10, 10, 10, 10, 20, None], dtype="Int64")
    found = placed(pd.DataFrame({"equipment_id": numbers, "exposed_at": moments}), EQUIPMENT, site)
    # on an unknown day only what holds for ever does
    assert found["room"].tolist() == ["Ward", "A", "Trauma", "A", "Trauma", "Ward", "B", ""]
    assert found["site"].tolist() == ["North"] * 6 + ["South", ""]


def test_days_of_change_are_those_of_facts_and_of_headers_that_stand_for_a_serial_number() -> None:
    named = EquipmentFact(match=RegisteredEquipment(serial_number="2"), same_as=((date(4), Equipment()),))
    ever = EquipmentFact(match=RegisteredEquipment(serial_number="2"), room="X")
    assert days_of_change((MOVED_AGAIN, named, ever, MOVED)) == [date(3), date(4), date(5)]


def test_headers_stand_beside_the_rows_of_their_equipment() -> None:
    frame = pd.DataFrame({"equipment_id": pd.array([20, None, 10, 30], dtype="Int64")})
    found = with_headers(frame, EQUIPMENT, ("institution",))["institution"]
    assert found.fillna("-").tolist() == ["South", "-", "North", "-"]


def test_what_nothing_tells_is_counted_the_most_frequent_first() -> None:
    rows = [("HAND", "PA", None), ("ZZ", "PA", "x"), (None, None, None), ("ZZ", "PA", "x"), ("YY", "PA", "x")]
    frame = pd.DataFrame(rows, columns=["body_part", "view_position", "protocol_name"], dtype="string")
    frame = frame.set_axis([4, 2, 2, 9, 0])
    names: ExaminationNames = load_site().examinations
    told, unmapped = with_examinations(frame, names)
    assert told["body_part"].tolist() == ["HAND", "", "", "", ""]
    assert told["view"].tolist()[0] == "PA"
    assert unmapped.to_numpy().tolist() == [["ZZ", "PA", "x", 2], ["", "", "", 1], ["YY", "PA", "x", 1]]
