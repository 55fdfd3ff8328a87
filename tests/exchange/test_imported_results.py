"""Imported results among measured ones: their unit, trends, tests that they do, who took them, and findings."""

from __future__ import annotations

import datetime

import pytest
from exchange_builders import DayTest, day_of, fill

from xrayiq.errors import InputError, SiteError
from xrayiq.exchange import import_history
from xrayiq.model import Equipment
from xrayiq.procedures import judge_runs, list_findings, load_site, register_of, tell_equipment, test_history
from xrayiq.procedures.imported import only_procedure_of
from xrayiq.procedures.whereabouts import whereabouts
from xrayiq.procedures.whole_equipment import whole_equipment
from xrayiq.report.pages.dossier import gather_dossier
from xrayiq.report.pages.trend_choice import in_page_order

SITE = load_site()
WHO = {"actor": "jdoe", "reason": "results of the paper years"}
UNIT = "Acme Ray 1, serial S1"
MAPPING = """
[columns]
date = "Date"
serial_number = "Serial"
[[values]]
column = "Local"
quantity = "signal_nonuniformity_local"
measuring_unit = "%"
[[values]]
column = "Output"
quantity = "signal_per_charge"
factor = 1.0
[[values]]
column = "Field"
quantity = "field_area"
procedure = "own_check"
measuring_unit = "mm2"
"""
FIRST, LAST = datetime.date(2024, 2, 1), datetime.date(2024, 2, 29)
ROWS = f"{FIRST},S1,3.0,,\n2024-02-15,S1,3.2,,\n{LAST},S1,3.1,,900\n"


@pytest.fixture
def take(records, tmp_path):
    def import_it(rows=ROWS, mapping=MAPPING, **options):
        table, place = tmp_path / "table.csv", tmp_path / "mapping.toml"
        table.write_text("Date,Serial,Local,Output,Field\n" + rows, encoding="utf-8")
        place.write_text(mapping, encoding="utf-8")
        return import_history(records, table, place, **(WHO | options))

    return import_it


def measured(records):
    fill(records, [DayTest(1, {"signal_nonuniformity_local": 0.03})])


@pytest.mark.parametrize("headers_first", [True, False])
def test_results_by_serial_number_alone_join_the_unit_of_that_number(records, take, headers_first):
    after = datetime.date(2025, 3, 1)
    steps = [lambda: measured(records), lambda: take(ROWS + f"{after},S1,3.1,,\n")]
    for step in steps if headers_first else reversed(steps):
        step()
    (unit,) = register_of(records, SITE).units
    assert unit.identity == ("S1", UNIT, "ROOM1")
    assert (unit.name, unit.site, unit.room, unit.manufacturer) == (UNIT, "Hospital", "ROOM1", "Acme")
    assert (unit.first_day, unit.last_day) == (FIRST, after)
    tell_equipment(records, {"manufacturer": "Acme", "station_name": "ROOM1", "unit": "Trauma"}, **WHO)
    assert [unit.name for unit in register_of(records, SITE).units] == ["Trauma"]
    assert records.verify().whole


def test_number_that_two_makers_gave_joins_neither_and_the_place_is_that_of_the_day():
    short = Equipment(serial_number="7")
    north, south = (Equipment(manufacturer="M", model="A", serial_number="7", institution=name) for name in "NS")
    days = [(datetime.date(2024, 1, 1), north), (datetime.date(2024, 6, 1), south)]
    facts = whole_equipment([short], days)
    sites = [whereabouts(short, datetime.date(year, 3, 1), facts=facts).site for year in (2023, 2024, 2025)]
    assert sites == ["N", "N", "S"]
    assert whereabouts(short, FIRST, facts=facts).unit == "M A, serial 7"
    other = (datetime.date(2024, 7, 1), Equipment(manufacturer="Z", model="A", serial_number="7"))
    assert whole_equipment([short], [*days, other]) == ()
    assert whereabouts(Equipment(manufacturer="Z", serial_number="7"), FIRST, facts=facts).unit == "Z, serial 7"


def test_imported_values_stand_as_a_trend_of_their_own_on_the_page_of_the_unit(records, take):
    measured(records)
    take()
    dossier = gather_dossier(records, site=SITE, today=day_of(2).date(), examine=False)
    shown = {(one.key.unit, one.key.procedure, one.key.mode): one for _, one in in_page_order(dossier.series)}
    trend = shown[UNIT, "imported:uniformity", "imported"].trend
    assert [moment.date() for moment in trend.dates] == [FIRST, datetime.date(2024, 2, 15), LAST]
    assert list(trend.values) == pytest.approx([0.03, 0.032, 0.031])
    assert [key[1] for key in shown] == ["uniformity", "imported:uniformity"]


def test_imported_results_tick_off_the_tests_of_their_procedure(records, take):
    fill(records, [DayTest(1, {"snr_mean": 80.0}, exposed_at=datetime.datetime(2024, 2, 20, 8), procedure="mtf")])
    before = {one.test.id: (one.last_done, one.due) for one in test_history(records, site=SITE).due(LAST)}
    assert before["flat_field"] == (None, datetime.date(2024, 2, 20))
    take()
    after = {one.test.id: (one.last_done, one.due) for one in test_history(records, site=SITE).due(LAST)}
    assert after.pop("flat_field") == (LAST, LAST + datetime.timedelta(days=7))
    assert after == {name: state for name, state in before.items() if name != "flat_field"}
    shown = gather_dossier(records, site=SITE, today=LAST, examine=False).due()
    assert {one.test.id: (one.last_done, one.due) for one in shown}["flat_field"][0] == LAST


def test_dry_run_says_what_it_would_tick_off_and_what_no_test_takes(records, take):
    measured(records)
    head = records.head
    tried = take(dry_run=True, actor="", reason="")
    assert [(one.unit, one.test, one.procedure, one.days, one.last) for one in tried.ticked] == [
        (UNIT, "", "own_check", 1, LAST),
        (UNIT, "flat_field", "uniformity", 3, LAST),
    ]
    assert records.head == head
    assert take().ticked == tried.ticked


def test_procedure_follows_from_the_quantity_where_it_is_one_alone(take):
    assert only_procedure_of("signal_nonuniformity_local") == "uniformity"
    assert only_procedure_of("mtf_f50") == only_procedure_of("field_area") == ""
    with pytest.raises(SiteError, match="'field_area', procedure ''"):
        take(mapping=MAPPING.replace('procedure = "own_check"\n', ""))


def test_event_says_who_imported_what_with_the_digest_of_its_rows(records, take):
    done = take()
    (event,) = records.events(kind="results_imported")
    (ended,) = records.events(kind="run_ended")
    assert (event.number, event.actor, event.reason, event.subject) == (done.event, *WHO.values(), ended.subject)
    assert event.details["rows"] == ended.details["digest"]
    assert (event.details["values"], event.details["first_day"], event.details["last_day"]) == (
        4,
        FIRST.isoformat(),
        LAST.isoformat(),
    )
    assert len(event.details["table"]) == len(event.details["mapping"]) == 64
    with pytest.raises(InputError, match="actor"):
        take(f"{FIRST},S2,3.0,,\n", reason=" ")
    assert take().event is None
    assert len(records.events(kind="results_imported")) == 1


def output(*values):
    return "".join(f"2024-03-{day:02d},S1,,{value},\n" for day, value in enumerate(values, 1))


CONSTANT = [100.0 + (-1) ** number for number in range(11)]


def test_judged_import_opens_its_findings_at_once(records, take):
    measured(records)
    done = take(output(*CONSTANT, 70.0), judge=True)
    assert (done.judgement.opened, done.judgement.verdicts) == (1, 12)
    (finding,) = list_findings(records)
    assert (finding.unit, finding.limit_id, finding.worst) == (UNIT, "signal_per_charge_constancy", 70.0)
    assert finding.procedure == "imported:uniformity"


def test_import_that_is_not_judged_is_not_judged_by_a_later_run(records, take):
    take(output(*CONSTANT, 70.0))
    measured(records)
    run = records.begin_run(archive_key="archive", plan_digest="plan", version="0.1.0")
    judge_runs(records, SITE, run_id=run)
    assert list_findings(records) == ()
    verdicts = records.frame("verdicts")
    assert not verdicts["procedure"].str.startswith("imported:").any()
