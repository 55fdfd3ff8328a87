"""Findings of audits in a store: opened once, told again only with new exposures."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from xrayiq.errors import InputError
from xrayiq.model import AuditCheck, AuditFinding, Equipment, FindingState
from xrayiq.procedures import list_findings, record_findings, take_step
from xrayiq.records import Records, open_records

DAY = datetime.date(2026, 3, 2)
HEADER = Equipment(manufacturer="Acme", model="DX1", serial_number="S1", station_name="ROOM1", detector_id="D1")
UNIT = "Acme DX1, serial S1"


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as opened:
        yield opened


def _finding(**told: object) -> AuditFinding:
    known: dict[str, object] = {
        "audit": "dose",
        "kind": "reference_level",
        "about": "CHEST PA, adult, UK",
        "site": "North",
        "room": "ROOM1",
        "unit": UNIT,
        "quantity": "dose_area_product",
        "value": 1.6e-5,
        "bound": 1.0e-5,
        "ratio": 1.6,
        "source": "a document",
        "sentence": "1.6 times the level",
        "suggestion": "look at the filter",
        "exposures": 20,
        "first_day": DAY,
        "last_day": DAY,
        "subjects": ("1.1", "1.2"),
    }
    return AuditFinding(**(known | told))  # type: ignore[arg-type]  # fields of one test each


def _record(records: Records, *findings: AuditFinding, header: Equipment = HEADER) -> tuple[int, int, int]:
    told = record_findings(records, findings, equipment={UNIT: header})
    return (told.opened, told.again, told.known)


def test_finding_is_opened_with_its_evidence_in_words(records: Records) -> None:
    assert _record(records, _finding()) == (1, 0, 0)
    (one,) = list_findings(records)
    assert (one.unit, one.room, one.quantity, one.state) == (UNIT, "ROOM1", "dose_area_product", "open")
    event = records.events()[-1]
    assert event.reason == "1.6 times the level; look first: look at the filter"
    assert (event.details["values"], event.details["subjects"]) == (20, ["1.1", "1.2"])


def test_same_audit_again_adds_nothing(records: Records) -> None:
    _record(records, _finding())
    before = len(records.events())
    assert _record(records, _finding()) == (0, 0, 1)
    assert len(records.events()) == before


def test_finding_is_told_again_with_a_later_exposure(records: Records) -> None:
    _record(records, _finding())
    assert _record(records, _finding(last_day=DAY + datetime.timedelta(days=1))) == (0, 1, 0)
    assert len(list_findings(records)) == 1


def test_another_detector_in_the_header_of_its_unit_makes_no_other_finding(records: Records) -> None:
    _record(records, _finding())
    other = Equipment(manufacturer="Acme", model="DX1", serial_number="S1", station_name="ROOM1", detector_id="D2")
    assert _record(records, _finding(), header=other) == (0, 0, 1)
    later = _finding(last_day=DAY + datetime.timedelta(days=7))
    assert _record(records, later, header=other) == (0, 1, 0)


def test_corrected_finding_stays_so_by_the_same_exposures_and_is_opened_by_later_ones(records: Records) -> None:
    _record(records, _finding())
    (one,) = list_findings(records)
    corrected = DAY + datetime.timedelta(days=1)
    mended = {"action": "filter", "reason": "filter mended", "role": "service", "day": corrected, "actor": "mp"}
    take_step(records, one.number, "corrected", **mended)
    assert _record(records, _finding()) == (0, 0, 1)
    assert [one.state for one in list_findings(records)] == ["corrected"]
    assert _record(records, _finding(last_day=corrected + datetime.timedelta(days=1))) == (0, 1, 0)
    assert [one.state for one in list_findings(records)] == ["open"]


def test_accepted_finding_stays_so_by_the_same_exposures_and_worse_ones_open_another(records: Records) -> None:
    _record(records, _finding())
    (one,) = list_findings(records)
    take_step(records, one.number, "accepted", reason="old tube until May", role="physicist", actor="mp")
    assert _record(records, _finding()) == (0, 0, 1)
    worse = _finding(last_day=DAY + datetime.timedelta(days=1), value=3.0e-5, ratio=3.0)
    assert _record(records, worse) == (1, 0, 0)
    assert [one.state for one in list_findings(records)] == ["accepted", "open"]


@pytest.mark.parametrize("other", [{"about": "CHEST LAT, adult, UK"}, {"kind": "creep"}, {"unit": "Other"}])
def test_what_is_about_something_else_is_another_finding(records: Records, other: dict[str, object]) -> None:
    _record(records, _finding())
    assert _record(records, _finding(**other)) == (1, 0, 0)


def test_finding_without_days_is_known_by_one_without_days(records: Records) -> None:
    undated = _finding(first_day=None, last_day=None)
    assert _record(records, undated) == (1, 0, 0)
    assert _record(records, undated) == (0, 0, 1)


def _check(first_day: datetime.date, **told: object) -> AuditCheck:
    known: dict[str, object] = {
        "audit": "dose",
        "kind": "reference_level",
        "about": "CHEST PA, adult, UK",
        "site": "North",
        "room": "ROOM1",
        "unit": UNIT,
        "quantity": "dose_area_product",
        "value": 0.9e-5,
        "is_within": True,
        "exposures": 25,
        "first_day": first_day,
        "last_day": first_day + datetime.timedelta(days=20),
        "sentence": "0.9 times the level",
    }
    return AuditCheck(**(known | told))  # type: ignore[arg-type]  # fields of one test each


def _corrected(records: Records) -> int:
    _record(records, _finding())
    (one,) = list_findings(records)
    for state in ("investigating", "corrected"):
        take_step(records, one.number, _state(state), reason="filter", action="filter", role="mp", day=DAY, actor="mp")
    return one.number


def _state(text: str) -> FindingState:
    return text  # type: ignore[return-value]  # one of them


def test_later_audit_within_the_limit_is_the_retest_that_verifies_and_closes_a_finding(records: Records) -> None:
    number = _corrected(records)
    after = DAY + datetime.timedelta(days=1)
    assert record_findings(records, (), checks=[_check(after)]).within == 1
    assert record_findings(records, (), checks=[_check(after)]).within == 0  # the same audit again
    event = records.events()[-1]
    assert (event.subject, event.reason) == (f"finding:{number}", "0.9 times the level")
    verified = take_step(records, number, "verified", reason="below the level", retest="latest", role="mp", actor="mp")
    assert verified.retest == f"event:{event.number}"
    assert take_step(records, number, "closed", reason="done", actor="mp").state == "closed"


@pytest.mark.parametrize(
    "told",
    [
        {"first_day": DAY},  # with exposures of the last day out of limits
        {"about": "CHEST LAT, adult, UK"},
        {"unit": "Other"},
        {"room": "ROOM2"},
        {"quantity": "incident_air_kerma"},
        {"is_within": False},
        {"is_within": None, "value": 1.1e-5},  # above the bound of the finding
    ],
)
def test_audit_of_something_else_or_not_within_the_limit_is_no_retest(
    records: Records, told: dict[str, object]
) -> None:
    number = _corrected(records)
    check = _check(DAY + datetime.timedelta(days=1))
    assert record_findings(records, (), checks=[dataclasses.replace(check, **told)]).within == 0
    with pytest.raises(InputError, match="no audit that found"):
        take_step(records, number, "verified", reason="?", retest="latest", role="mp", actor="mp")


def test_audit_is_held_against_the_bound_of_the_finding_where_it_has_none(records: Records) -> None:
    _corrected(records)
    assert record_findings(records, (), checks=[_check(DAY + datetime.timedelta(days=1), is_within=None)]).within == 1


def test_later_exposures_out_of_limits_open_a_verified_finding_again(records: Records) -> None:
    number = _corrected(records)
    record_findings(records, (), checks=[_check(DAY + datetime.timedelta(days=1))])
    take_step(records, number, "verified", reason="below", retest="latest", role="mp", actor="mp")
    assert _record(records, _finding(last_day=DAY + datetime.timedelta(days=40))) == (0, 1, 0)
    assert [one.state for one in list_findings(records)] == ["open"]
