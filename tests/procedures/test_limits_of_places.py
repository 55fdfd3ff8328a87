"""Limits of a document, and a site's own bounds for one site, room or unit."""

import datetime
import pickle

import pytest

from xrayiq.errors import SiteError
from xrayiq.model import Acquisition, Equipment, Limit, Measurement, ObjectHeader, Place, judge, limits_at
from xrayiq.procedures import load_site
from xrayiq.procedures.register import EquipmentDay, build_register
from xrayiq.procedures.unknown_places import unknown_places

SITE = """
name = "North"

[limits.own_f50]
quantity = "mtf_f50"
bounds_unit = "/mm"
fail_low = 1.0
document = "site protocol"
edition = "3"
confidence = "A"

[[limit_overrides]]
limit = "tg116_deviation_index"
room = "Room 2"
fail_low = -4.0
fail_high = 4.0
reason = "old detector, agreed with the committee"
author = "m.physicist"

[[limit_overrides]]
limit = "tg116_deviation_index"
unit = "spare unit"
fail_high = "none"
reason = "trial"
author = "m.physicist"

[[equipment]]
station_name = "STATION2"
room = "Room 2"

[[equipment]]
station_name = "STATION2"
serial_number = "7"
unit = "spare unit"
from = 2026-06-01
"""


@pytest.fixture
def site(tmp_path):
    path = tmp_path / "site.toml"
    path.write_text(SITE, encoding="utf-8")
    return load_site(path)


def header(station, serial=None, day=None):
    acquisition = Acquisition(station_name=station, serial_number=serial, exposed_at=day)
    return ObjectHeader(subject="1.2", acquisition=acquisition)


def bounds(site, of):
    limit = next(limit for limit in site.limits_for(of) if limit.id == "tg116_deviation_index")
    return limit.fail_low, limit.fail_high


def test_override_holds_in_its_room_and_nowhere_else(site):
    assert bounds(site, header("STATION2")) == (-4.0, 4.0)
    assert bounds(site, header("STATION1")) == (-3.0, 3.0)
    assert bounds(site, None) == (-3.0, 3.0)


def test_override_of_a_unit_goes_before_that_of_its_room_from_its_day_on(site):

    before, after = datetime.datetime(2026, 5, 31, 12), datetime.datetime(2026, 6, 1, 12)
    assert bounds(site, header("STATION2", "7", before)) == (-4.0, 4.0)
    assert bounds(site, header("STATION2", "7", after)) == (-3.0, None)


def test_verdict_names_who_replaced_the_limit_and_why(site):
    limit = next(limit for limit in site.limits_for(header("STATION2")) if limit.id == "tg116_deviation_index")
    verdict = judge(Measurement(quantity="deviation_index", value=3.5), limit)
    assert verdict.status == "warning"
    assert (verdict.limit.place, verdict.limit.author) == ("room Room 2", "m.physicist")
    assert verdict.limit.reason == "old detector, agreed with the committee"
    assert verdict.limit.document == "AAPM TG-116"


def test_each_name_of_a_limit_is_there_once_at_every_place(site):
    for place in (None, Place(room="room 2"), Place(room="ROOM 2 ", unit=("Spare unit",))):
        names = [limit.id for limit in limits_at(site.limits, place)]
        assert len(names) == len(set(names))
        assert "own_f50" in names


def test_of_two_overrides_for_one_place_the_later_counts():
    first, later = (
        Limit(id="x", quantity="mtf_f50", document="d", edition="", confidence="A", room="r", fail_low=low)
        for low in (1.0, 2.0)
    )
    assert limits_at([first, later], Place(room="r")) == (later,)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[limits.x]\nquantity = "speed"\ndocument = "d"\nconfidence = "A"', "quantity 'speed'"),
        (
            '[limits.x]\nquantity = "mtf_f50"\nbounds_unit = "%"\nfail_low = 1\ndocument = "d"\nconfidence = "A"',
            "bounds in '%'",
        ),
        (
            '[limits.x]\nquantity = "mtf_f50"\nfail_low = 2\nfail_high = 1\ndocument = "d"\nconfidence = "A"',
            "not in order",
        ),
        ('[[limit_overrides]]\nlimit = "nothing"\nfail_high = 1\nreason = "r"\nauthor = "a"', "no limit of this name"),
        ('[[limit_overrides]]\nlimit = "tg116_deviation_index"\nfail_high = 4\nauthor = "a"', "reason missing"),
        ('[[limit_overrides]]\nlimit = "tg116_deviation_index"\nfail_high = 4\nreason = "r"', "author missing"),
        ('[[limit_overrides]]\nlimit = "tg116_deviation_index"\nreason = "r"\nauthor = "a"', "no bound"),
        (
            '[[limit_overrides]]\nlimit = "tg116_deviation_index"\nfail_low = 2\nreason = "r"\nauthor = "a"',
            "not in order",
        ),
        ('[[equipment]]\nroom = "Room 2"', "equipment"),
        ('[[equipment]]\nstation_name = "S"\nroom = "R"\nfrom = "soon"', "a date"),
    ],
)
def test_faulty_limits_and_equipment_are_refused_by_name(tmp_path, text, told):
    path = tmp_path / "site.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(SiteError, match=r"site\.toml") as refused:
        load_site(path)
    assert told in str(refused.value)


def test_a_limit_for_a_place_that_no_image_names_is_warned_of_with_its_name():
    units = (("7", "Room 1"), ("8", "Room 2"))
    days = [
        EquipmentDay(
            equipment=Equipment(manufacturer="M", serial_number=serial, station_name=room, institution="North"),
            day=datetime.date(2026, 3, 2),
            objects=1,
        )
        for serial, room in units
    ]
    register = build_register(days)

    def limit(**place):
        return Limit(id="own", quantity="snr_mean", document="d", edition="", confidence="A", **place)

    known = [
        limit(),
        limit(unit="7"),
        limit(unit="room 2"),
        limit(room="ROOM 1"),
        limit(site="north", unit="M, serial 8"),
    ]
    assert unknown_places(known, register) == ()
    (unit, room, site) = unknown_places([limit(unit="9"), *known, limit(room="Room 3"), limit(site="South")], register)
    assert "own" in unit
    assert "knows no unit '9'" in unit
    assert "knows no room 'Room 3'" in room
    assert "knows no site 'South'" in site
    assert unknown_places([limit(unit="9")], build_register([])) == ()


def test_settings_of_a_site_go_to_other_processes(site):
    for settings in (load_site(), site):
        assert pickle.loads(pickle.dumps(settings)) == settings  # noqa: S301 - our own
