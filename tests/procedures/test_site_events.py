"""What a store's events say of a site."""

import datetime
import math

import pytest

from xrayiq.errors import InputError, SiteError
from xrayiq.model import Acquisition, Equipment, ObjectHeader
from xrayiq.procedures import (
    add_service_event,
    load_site,
    override_limit,
    set_baseline,
    site_with_events,
    tell_equipment,
    withdraw,
)
from xrayiq.procedures.constancy import SeriesKey
from xrayiq.procedures.site_events import events_of_series
from xrayiq.procedures.whereabouts import whereabouts
from xrayiq.records import FileEntry, open_records

WHO = {"actor": "m.physicist", "reason": "agreed"}
KEY = SeriesKey(
    unit="M, serial 7", detectors=("D",), procedure="uniformity", quantity="snr_mean", direction="", mode="QC, 70 kV"
)


@pytest.fixture
def records(tmp_path, monkeypatch):
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(tmp_path / "key"))
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as opened:
        yield opened


def fail_high(records, station):
    site = site_with_events(load_site(), records.events())
    of_unit = site.limits_of(Equipment(station_name=station), datetime.datetime(2026, 5, 1))
    return next(limit.fail_high for limit in of_unit if limit.id == "tg116_deviation_index")


def test_an_override_holds_for_its_room_until_it_is_withdrawn(records):
    row = {"limit": "tg116_deviation_index", "room": "R2", "fail_high": 5.0}
    event = override_limit(records, row, site=load_site(), **WHO)
    assert (fail_high(records, "R1"), fail_high(records, "R2")) == (3.0, 5.0)
    withdraw(records, event.number, **WHO)
    assert fail_high(records, "R2") == 3.0
    with pytest.raises(InputError, match="taken back already"):
        withdraw(records, event.number, **WHO)
    with pytest.raises(InputError, match="none that can be taken back"):
        withdraw(records, 1, **WHO)
    assert len(records.events(kind="limit")) == 1


def test_the_digest_of_a_site_does_not_change_with_events(records):
    override_limit(records, {"limit": "tg116_deviation_index", "fail_high": 5.0}, site=load_site(), **WHO)
    site = site_with_events(load_site(), records.events())
    assert site.digest == load_site().digest
    assert any(limit.author == "m.physicist" for limit in site.limits)


def test_a_faulty_override_is_refused_and_leaves_no_event(records):
    with pytest.raises(SiteError, match="no limit of this name"):
        override_limit(records, {"limit": "nothing", "fail_high": 1.0}, site=load_site(), **WHO)
    assert records.events(kind="limit") == ()


def test_an_override_of_a_limit_that_is_gone_is_left_out(records, tmp_path):
    path = tmp_path / "site.toml"
    path.write_text('[limits.own]\nquantity="snr_mean"\nfail_low=3\ndocument="d"\nconfidence="A"', encoding="utf-8")
    override_limit(records, {"limit": "own", "fail_low": 2.0}, site=load_site(path), **WHO)
    assert [limit.fail_low for limit in site_with_events(load_site(path), records.events()).limits][-1] == 2.0
    assert len(site_with_events(load_site(), records.events()).limits) == len(load_site().limits)


def test_equipment_can_be_told_from_a_day_on(records):
    tell_equipment(records, {"station_name": "S", "room": "Room 9", "from": "2026-03-01"}, **WHO)
    facts = site_with_events(load_site(), records.events()).facts
    rooms = [
        whereabouts(Equipment(station_name="S"), datetime.date(2026, month, 1), facts=facts).room for month in (2, 3)
    ]
    assert rooms == ["S", "Room 9"]
    with pytest.raises(SiteError, match="not named"):
        tell_equipment(records, {"room": "Room 9"}, **WHO)


def test_a_baseline_set_by_hand_reaches_its_series_alone(records):
    day = datetime.date(2026, 2, 1)
    set_baseline(records, unit="7", procedure="uniformity", quantity="snr_mean", mean=50.0, sigma=1.5, day=day, **WHO)
    where = {whereabouts(Equipment(manufacturer="M", serial_number="7", detector_id="D"))}
    other = {whereabouts(Equipment(manufacturer="M", serial_number="8", detector_id="D"))}
    of_series = events_of_series(records.events())
    (event,) = of_series(KEY, where)
    assert (event.kind, event.baseline_mean, event.baseline_sigma) == ("baseline", 50.0, 1.5)
    assert of_series(KEY, other) == []
    assert (
        of_series(SeriesKey(**{**{name: getattr(KEY, name) for name in KEY.__slots__}, "quantity": "x"}), where) == []
    )
    with pytest.raises(InputError):
        set_baseline(records, unit="7", procedure="uniformity", quantity="snr_mean", mean=math.nan, day=day, **WHO)


def test_service_of_a_detector_reaches_every_unit_that_it_was_in(records):
    run_id = records.begin_run(archive_key="a", plan_digest="p", version="0")
    acquisition = Acquisition(
        manufacturer="M", serial_number="7", detector_id="D", exposed_at=datetime.datetime(2026, 3, 1)
    )
    records.add(
        run_id,
        archive_key="a",
        plan_digest="p",
        file=FileEntry(relative_path="1.dcm", size=1, mtime_ns=1, digest="sha256:1", subject="1.2", status="object"),
        header=ObjectHeader(subject="1.2", acquisition=acquisition),
        kind="flat_field",
        outcomes=(),
    )
    at = datetime.datetime(2026, 4, 1, 12)
    add_service_event(records, kind="repair", detector="D", happened_at=at, reason="r", actor="a")
    add_service_event(records, kind="downtime", unit="7", happened_at=at, reason="waiting", actor="a")
    events = events_of_series(records.events())(KEY, {whereabouts(Equipment(serial_number="9", detector_id="D"))})
    assert [(event.kind, event.renews) for event in events] == [("repair", True)]
    of_unit = events_of_series(records.events())(KEY, {whereabouts(Equipment(serial_number="7"))})
    assert [(event.kind, event.name) for event in of_unit] == [("note", "downtime: waiting")]
