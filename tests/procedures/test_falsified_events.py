"""Events whose details somebody altered: named, with the way to examine the store, by everything that reads them."""

import datetime
import json
import sqlite3

import pytest
from typer.testing import CliRunner

from xrayiq.cli.application import application
from xrayiq.errors import RecordsError
from xrayiq.procedures import (
    baselines_in_force,
    limits_in_force,
    list_findings,
    load_site,
    service_events,
    settings_in_force,
    told_equipment,
)
from xrayiq.procedures.site_events import moment_of
from xrayiq.records import open_records
from xrayiq.report.pages.reading import read_recorded

DAY = datetime.date(2026, 3, 2)
OPENED = {"unit": "U", "values": 1, "worst": 0.3, "first_day": "2026-03-02"}
#: kind, subject and details of one event each
EVENTS = (
    ("finding_opened", "unit:U", OPENED),
    ("finding_step", "finding:2", {"state": "investigating"}),
    ("downtime", "unit:U", {"happened_at": "2026-03-02T08:00:00", "until": None}),
    ("downtime_end", "event:4", {"happened_at": "2026-03-02T09:00:00"}),
    ("equipment", "equipment:S", {"station_name": "S", "room": "R"}),
    ("limit", "limit:l", {"limit": "tg116_deviation_index", "fail_high": 5.0}),
    ("schedule", "schedule:flat_field", {"test": "flat_field", "frequency_days": 30}),
    ("baseline", "unit:U", {"quantity": "snr_mean", "mean": 5.0, "happened_at": "2026-03-02"}),
    ("judged", "run:1", {"runs": {"1": 5}}),
    ("sign_off", "period:2026", {"from": "2026-01-01", "to": "2026-03-31", "site": "", "role": "r", "head": "1:0"}),
)
#: what reads events
READERS = {
    "findings": list_findings,
    "service": service_events,
    "equipment": lambda records: told_equipment(records, site=load_site()),
    "settings": settings_in_force,
    "limits": lambda records: limits_in_force(records, site=load_site()),
    "baselines": lambda records: baselines_in_force(records, site=load_site(), day=DAY),
    "judging": lambda records: records.unjudged(1),
    "pages": lambda records: read_recorded(records, examine=False),
}


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("falsified")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "key"))
        with open_records(f"sqlite:///{folder / 'qa.db'}") as records:
            for kind, subject, details in EVENTS:
                records.append_event(kind=kind, subject=subject, actor="a", reason="r", details=details)
            yield records, folder / "qa.db"


@pytest.fixture
def falsify(store):
    """Put a text in place of the details of the event of a kind; it is put back afterwards."""
    _, path = store
    kept = {}

    def put(kind, text):
        with sqlite3.connect(path) as connection:
            number, kept[kind] = connection.execute(
                "SELECT number, details FROM events WHERE kind = ?", [kind]
            ).fetchone()
            connection.execute("UPDATE events SET details = ? WHERE kind = ?", [text, kind])
        connection.close()
        return number

    yield put
    for kind, text in kept.items():
        put(kind, text)


def test_events_as_they_were_written_are_read_by_everything(store):
    read = {name: reader(store[0]) for name, reader in READERS.items()}
    number = {event.kind: event.number for event in store[0].events()}
    (finding,) = read["findings"]
    assert (finding.number, finding.unit, finding.worst) == (number["finding_opened"], "U", 0.3)
    assert (finding.first_day, finding.state) == (DAY, "investigating")
    (downtime,) = read["service"]
    assert (downtime.number, downtime.end_event) == (number["downtime"], number["downtime_end"])
    assert downtime.until - downtime.happened_at == datetime.timedelta(hours=1)
    (told,) = read["equipment"]
    assert (told.event, told.fact.match.station_name, told.fact.room) == (number["equipment"], "S", "R")
    (flat_field,) = (test for test in read["settings"].schedule if test.id == "flat_field")
    assert flat_field.frequency_days == 30
    (own,) = (one for one in read["limits"] if one.event is not None)
    assert (own.event, own.limit.fail_high) == (number["limit"], 5.0)
    assert read["baselines"] == ()  # there is no result that a trend is of
    assert read["judging"] == {}  # run 1 is judged up to an outcome that is not there
    assert read["pages"].findings == read["findings"]


@pytest.mark.parametrize("text", ["{broken", "[]", "null", '"text"'])
def test_details_that_are_none_are_named_with_the_way_to_examine_the_store(store, falsify, text):
    number = falsify("limit", text)
    for name, read in READERS.items():
        if name != "judging":  # which reads events of its own kind alone
            with pytest.raises(RecordsError, match=rf"event {number} \(limit\).*xrayiq records verify"):
                read(store[0])


@pytest.mark.parametrize(
    ("kind", "changes", "reader"),
    [
        ("finding_opened", {"first_day": "March"}, "findings"),
        ("finding_opened", {"values": "many"}, "pages"),
        ("finding_opened", {"subjects": 5}, "findings"),
        ("finding_step", {"state": "forgotten"}, "findings"),
        ("finding_step", {"state": ["open"]}, "pages"),
        ("downtime", {"happened_at": "in spring"}, "service"),
        ("downtime", {"happened_at": "13"}, "pages"),
        ("downtime_end", {"happened_at": "later"}, "service"),
        ("equipment", {"room": 5}, "equipment"),
        ("limit", {"limit": ["x"]}, "limits"),
        ("schedule", {"test": {}}, "settings"),
        ("baseline", {"quantity": "nothing"}, "baselines"),
        ("judged", {"runs": [1]}, "judging"),
        ("judged", {"runs": {"1": "x"}}, "judging"),
        ("sign_off", {"to": None}, "pages"),
    ],
)
def test_details_of_another_kind_than_were_written_are_named(store, falsify, kind, changes, reader):
    written = next(details for name, _, details in EVENTS if name == kind)
    number = falsify(kind, json.dumps(written | changes))
    with pytest.raises(RecordsError, match=rf"event {number} \({kind}\).*xrayiq records verify"):
        READERS[reader](store[0])


def test_a_baseline_that_is_no_number_is_named_where_trends_take_it(store, falsify):
    from xrayiq.procedures.site_events import _trend_event

    falsify("baseline", json.dumps({"quantity": "snr_mean", "mean": "high", "happened_at": "2026-03-02"}))
    (event,) = store[0].events(kind="baseline")
    assert moment_of(event).date() == DAY
    with pytest.raises(RecordsError, match="baseline"):
        _trend_event(event)


def test_examining_the_store_and_its_head_need_no_details(store, falsify):
    records, _ = store
    head = records.head
    number = falsify("sign_off", "{broken")
    assert records.head == head
    assert [(fault.row, fault.damage) for fault in records.verify().faults] == [(number, "altered")]


def test_list_of_findings_says_it_in_one_sentence(store, falsify):
    _, path = store
    number = falsify("finding_opened", "{broken")
    done = CliRunner().invoke(application, ["records", "finding", "list", "--records", f"sqlite:///{path}"])
    assert isinstance(done.exception, RecordsError)
    assert f"event {number} (finding_opened)" in str(done.exception)
