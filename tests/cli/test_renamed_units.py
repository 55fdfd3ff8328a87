"""Units that are renamed: what was recorded under an earlier name stays theirs, and everything prints the new one."""

import keeping_store
import pytest
from keeping_store import FIRST, day

from xrayiq.model import Equipment
from xrayiq.procedures import (
    baselines_in_force,
    change_schedule,
    limits_in_force,
    list_findings,
    load_site,
    override_limit,
    set_baseline,
    take_step,
    tell_equipment,
    test_history,
    withdraw,
)
from xrayiq.procedures.populations import RegisteredEquipment
from xrayiq.procedures.whereabouts import EquipmentFact, whereabouts
from xrayiq.report.pages.dossier import gather_dossier

WHO = {"actor": "jdoe", "reason": "renamed"}
NAME = "ACME DX1, serial S1"
SITE = load_site()


def rename(store, *names, **matched):
    return [tell_equipment(store, {**(matched or {"serial_number": "S1"}), "unit": name}, **WHO) for name in names]


def open_by_name(store, unit):
    """Open a finding as earlier versions did, by the unit's name alone."""
    details = {"unit": unit, "detector": unit, "procedure": "uniformity", "quantity": "snr_mean", "limit_id": "own"}
    details |= {"values": 1, "worst": 5.0, "excess": 1.0, "first_day": FIRST.isoformat()}
    return store.append_event(
        kind="finding_opened", subject=f"unit:{unit}", actor="xrayiq run", reason="out of limits", details=details
    ).number


def test_open_finding_of_a_renamed_unit_stands_on_its_page_under_the_new_name(store):
    rename(store, "Trauma, old", "Trauma")
    dossier = gather_dossier(store, site=SITE, today=day(12), examine=False)
    (finding,) = dossier.findings_of("Trauma")
    assert (finding.unit_name, finding.room) == ("Trauma", "ROOM1")
    assert list_findings(store, unit="S2") == ()
    assert store.verify().whole


def test_further_values_of_a_renamed_unit_join_its_finding(store, folder):
    rename(store, "Trauma")
    rename(store, "Panel", detector_id="D1")
    tell_equipment(store, {"detector_id": "D1", "detector": "Panel 7"}, **WHO)
    keeping_store.write_run(folder, (1, 12, 70.0))
    (finding,) = list_findings(store)
    assert (finding.values, finding.worst, finding.detector) == (2, 70.0, "Panel 7")


@pytest.mark.parametrize("then", ["replaced", "withdrawn"])
def test_finding_that_was_opened_under_a_name_that_is_gone_is_found(store, then):
    (event,) = rename(store, "Spare")
    number = open_by_name(store, "Spare")
    if then == "replaced":
        rename(store, "Trauma")
    else:
        withdraw(store, event.number, **WHO)
    unit = "Trauma" if then == "replaced" else NAME
    (found,) = (one for one in list_findings(store, unit="S1") if one.number == number)
    assert (found.unit, found.detector) == (unit, unit)


def test_earlier_name_that_another_unit_has_now_is_that_units():
    facts = [
        EquipmentFact(match=RegisteredEquipment(serial_number=number), unit=name)
        for number, name in (("S1", "Spare"), ("S1", "Trauma"), ("S2", "Spare"))
    ]
    first, second = (whereabouts(Equipment(serial_number=number), facts=facts) for number in ("S1", "S2"))
    assert (first.is_called("unit:Spare"), second.is_called("unit:Spare")) == (False, True)
    assert whereabouts(Equipment(serial_number="S1"), facts=facts[:2]).is_called("unit:Spare")


def test_name_from_a_day_on_leaves_the_days_before_their_own_name():
    match = RegisteredEquipment(serial_number="S1")
    facts = [EquipmentFact(match=match, unit="Old"), EquipmentFact(match=match, unit="New", valid_from=day(5))]
    before, after = (whereabouts(Equipment(serial_number="S1"), day(number), facts=facts) for number in (4, 5))
    assert (before.unit, after.unit) == ("Old", "New")
    assert not before.is_called("unit:New")
    assert not after.is_called("unit:Old")


def test_retest_of_a_renamed_unit_is_taken(store, folder):
    (finding,) = list_findings(store)
    mended = {"actor": "jdoe", "role": "physicist", "reason": "service", "action": "calibrated", "day": day(15)}
    take_step(store, finding.number, "corrected", **mended)
    rename(store, "Trauma")
    keeping_store.write_mended(folder)
    done = take_step(store, finding.number, "verified", actor="jdoe", role="physicist", reason="again", retest="latest")
    assert done.state == "verified"


def frequencies(store):
    due = test_history(store, site=SITE).due(day(30))
    return {one.unit: (one.test.frequency_days, one.test.grace_days) for one in due if one.test.id == "flat_field"}


def test_own_schedule_of_a_unit_outlasts_its_names_and_is_added_to(store):
    change_schedule(store, {"test": "flat_field", "unit": NAME, "frequency_days": 30}, site=SITE, **WHO)
    rename(store, "Trauma", "Emergency")
    assert frequencies(store) == {"Emergency": (30, 3), "ACME DX1, serial S2": (7, 3)}
    change_schedule(store, {"test": "flat_field", "unit": "Emergency", "grace_days": 9}, site=SITE, **WHO)
    assert frequencies(store)["Emergency"] == (30, 9)
    assert {event.details["unit"] for event in store.events(kind="schedule")} == {"S1"}
    dossier = gather_dossier(store, site=SITE, today=day(30), examine=False)
    shown = {one.test.id: one.test.frequency_days for one in dossier.due() if one.unit == "Emergency"}
    assert shown["flat_field"] == 30


def test_own_schedule_that_was_stored_under_an_earlier_name_still_holds(store):
    rename(store, "Trauma")
    told = {"test": "flat_field", "unit": "Trauma", "frequency_days": 14}
    store.append_event(kind="schedule", subject="schedule:flat_field, unit Trauma", details=told, **WHO)
    rename(store, "Emergency")
    assert frequencies(store)["Emergency"] == (14, 3)
    change_schedule(store, {"test": "flat_field", "unit": "S1", "grace_days": 5}, site=SITE, **WHO)
    assert frequencies(store)["Emergency"] == (14, 5)


def test_limit_and_baseline_of_a_unit_without_a_serial_number_outlast_its_name(store):
    run = store.begin_run(archive_key="archive", plan_digest="plan", version="0.1.0")
    for number in range(3):
        keeping_store.add(store, run, f"1.9.{number}", day(number), 60.0, station_name="PORTABLE")
    store.finish_run(run, status="finished", counts={})
    rename(store, "Portable one", station_name="PORTABLE")
    limit = {"limit": "signal_per_charge_constancy", "unit": "Portable one", "fail_low": -0.4}
    override_limit(store, limit, site=SITE, **WHO)
    value = {"procedure": "uniformity", "quantity": "signal_per_charge", "mean": 61.0, "day": FIRST}
    set_baseline(store, unit="Portable one", **value, **WHO)
    rename(store, "Ward C", station_name="PORTABLE")
    (baseline,) = baselines_in_force(store, site=SITE, day=day(9), units=["Ward C"])
    assert (baseline.mean, baseline.state) == (61.0, "by_hand")
    (own,) = (one.limit for one in limits_in_force(store, site=SITE) if one.event is not None)
    assert (own.unit, own.fail_low) == ("Ward C", -0.4)
    assert {event.details["unit"] for event in store.events(kind="limit")} == {"ACME DX1, PORTABLE"}
