"""Service and downtime: to whom they belong, how a downtime ends, and how each is taken back."""

import datetime

import pytest

from xrayiq.errors import InputError
from xrayiq.model import Acquisition, ObjectHeader
from xrayiq.procedures import (
    add_service_event,
    end_downtime,
    load_site,
    service_events,
    test_history,
    withdraw,
)
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.subjects import is_about_unit
from xrayiq.records import FileEntry, open_records
from xrayiq.report.pages.reading import read_recorded

WHO = {"actor": "m.physicist", "reason": "tube"}
MARCH = datetime.datetime(2026, 3, 2, 8)
#: detector D stood in unit 7 in February and in unit 8 afterwards
EXPOSURES = (("7", "D", 2, 1), ("7", "D", 2, 20), ("7", "E", 3, 1), ("8", "D", 3, 1))


@pytest.fixture(scope="module")
def records(tmp_path_factory):
    folder = tmp_path_factory.mktemp("service")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "key"))
        with open_records(f"sqlite:///{folder / 'qa.db'}") as store:
            run_id = store.begin_run(archive_key="a", plan_digest="p", version="0")
            for number, (serial, detector, month, day) in enumerate(EXPOSURES):
                acquisition = Acquisition(
                    manufacturer="M",
                    serial_number=serial,
                    station_name=f"ROOM{serial}",
                    detector_id=detector,
                    modality="DX",
                    exposed_at=datetime.datetime(2026, month, day, 7),
                )
                subject = f"1.{number}"
                file = FileEntry(
                    relative_path=f"{number}.dcm",
                    size=1,
                    mtime_ns=1,
                    digest=f"sha256:{number}",
                    subject=subject,
                    status="object",
                )
                header = ObjectHeader(subject=subject, acquisition=acquisition)
                store.add(
                    run_id, archive_key="a", plan_digest="p", file=file, header=header, kind="flat_field", outcomes=()
                )
            yield store


def numbers(records, **of):
    return [event.number for event in service_events(records, **of)]


def enter(records, kind="downtime", at=MARCH, **told):
    return add_service_event(records, kind=kind, happened_at=at, **WHO, **({"unit": "7"} | told))


def test_a_unit_goes_by_any_name_that_is_its_own_and_is_kept_by_its_serial_number(records):
    entered = [enter(records, "service", unit=name) for name in ("M, serial 7", "room7", "7")]
    assert [(event.unit, event.detector) for event in entered] == [("7", "")] * 3
    by_id = [enter(records, "service", unit="", detector=name) for name in ("d", "M detector D")]
    assert [(event.unit, event.detector) for event in by_id] == [("", "D")] * 2
    for name in ({"unit": "9"}, {"unit": "", "detector": "F"}, {"detector": "D"}, {"unit": ""}):
        with pytest.raises(InputError):
            enter(records, "service", **name)


def test_service_that_was_withdrawn_is_not_listed_shown_or_counted(records):
    swap = enter(records, "repair")
    assert swap.number in numbers(records, unit="7")
    withdraw(records, swap.number, **WHO)
    assert swap.number not in numbers(records)
    assert swap.number not in [one.number for one in read_recorded(records, examine=False).services]
    assert test_history(records, site=load_site()).events == ()
    with pytest.raises(InputError, match="taken back already"):
        withdraw(records, swap.number, **WHO)


def test_a_downtime_goes_on_until_its_end_is_told_and_again_when_the_end_is_withdrawn(records):
    down = enter(records)
    noon = MARCH.replace(hour=12)
    ended = end_downtime(records, down.number, ended_at=noon, **WHO)
    assert (ended.number, ended.until) == (down.number, noon)
    shown = {one.number: one.until for one in read_recorded(records, examine=False).services}
    assert shown[down.number] == noon
    with pytest.raises(InputError, match="ended already"):
        end_downtime(records, down.number, ended_at=noon, **WHO)
    withdraw(records, ended.end_event, **WHO)
    assert next(one for one in service_events(records) if one.number == down.number).until is None


@pytest.mark.parametrize("days", [-1, 5 * 365])
def test_a_downtime_ends_neither_before_it_began_nor_in_days_to_come(records, days):
    down = enter(records, at=datetime.datetime.now() - datetime.timedelta(hours=1))
    with pytest.raises(InputError, match=r"before the beginning|time to come"):
        end_downtime(records, down.number, ended_at=MARCH + datetime.timedelta(days=days), **WHO)
    withdraw(records, down.number, **WHO)
    with pytest.raises(InputError, match="no downtime in force"):
        end_downtime(records, down.number, ended_at=datetime.datetime.now(), **WHO)


def test_service_in_days_to_come_is_refused(records):
    before = numbers(records)
    with pytest.raises(InputError, match="a time to come"):
        enter(records, at=datetime.datetime.now() + datetime.timedelta(days=3))
    assert numbers(records) == before


@pytest.mark.parametrize(
    ("subject", "month", "units"),
    [
        ("unit:ROOM7", 3, ["M, serial 7"]),
        ("detector:D", 2, ["M, serial 7", "M, serial 8"]),  # 8 has it still, and so what was done to it before
        ("detector:D", 3, ["M, serial 8"]),  # it has left 7
        ("detector:E", 3, ["M, serial 7"]),
        ("detector:", 3, []),
        ("period:7", 3, []),
    ],
)
def test_service_of_a_detector_is_of_the_units_that_have_it_then_or_later(records, subject, month, units):
    register = register_of(records, load_site())
    day = datetime.date(2026, month, 15)
    assert [unit.name for unit in register.units if is_about_unit(register, unit, subject, day)] == units
