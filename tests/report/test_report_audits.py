"""Sections of the audits of protocols and headers: their answers in plain words, findings, and what they rest on."""

from __future__ import annotations

import datetime

import pandas as pd

from xrayiq.audit import ProtocolAudit, assess_protocols, site_protocols
from xrayiq.report.audit_section import MOST_FINDINGS
from xrayiq.report.protocol_audit import protocol_section
from xrayiq_phantoms.protocol_exposures import ProtocolChange, ProtocolSlope, simulate_protocols

STEP = ProtocolChange(room="R1", body_part="CHEST", parameter="tube_voltage_kv", day=20, value=110.0)
TABLE = {
    "version": "7",
    "valid_from": datetime.date(2026, 1, 1),
    "author": "A. Physicist",
    "rows": [{"body_part": "CHEST", "view": "PA", "tube_voltage_kv": 125}],
}


def audited(*tables: object, **planted: object) -> ProtocolAudit:
    rows = pd.DataFrame(simulate_protocols(**{"days": 40, **planted}))  # type: ignore[arg-type]  # of one test each
    rows = rows.astype({"filter_thickness_min_mm": "float64", "filter_thickness_max_mm": "float64"})
    return assess_protocols(rows, protocols=site_protocols(list(tables), "test.toml"))


def test_slow_change_of_a_protocol_is_told_with_its_size_and_day() -> None:
    slope = ProtocolSlope(room="R2", body_part="CHEST", parameter="tube_voltage_kv", day=0, per_day=-0.2)
    section = protocol_section(audited(slopes=(slope,)))
    (answer,) = (one for one in section.answers if one.question == "Steady")
    assert answer.status == "warning"
    assert answer.text.startswith("R2, CHEST PA: tube voltage down by 6") and answer.text.endswith("since 2026-01-05")
    (chapter,) = (one for one in section.chapters if one.title == "Slow changes")
    assert chapter.told == "1 slow change"
    (flat,) = (one for one in protocol_section(audited()).answers if one.question == "Steady")
    assert flat.status == "pass"


def test_a_room_that_changed_is_told_in_one_line_with_a_picture() -> None:
    section = protocol_section(audited(changes=(STEP,)))
    table, before, slow, rooms = section.answers
    assert (table.status, before.status, slow.status, rooms.status) == ("indeterminate", "warning", "pass", "pass")
    assert before.text == "1 change that no table tells, the last 2026-01-25 in R1, CHEST PA"
    assert section.headline == "1 untold change"
    (changes,) = [one for one in section.chapters if one.title == "Changes"]
    assert len(changes.pictures) == 1
    assert "110 kV from 2026-01-25" in section.findings[0].evidence


def test_a_table_is_told_as_kept_or_as_not() -> None:
    kept = protocol_section(audited(TABLE))
    assert [one.status for one in kept.answers] == ["pass", "pass", "pass", "pass"]
    assert (kept.headline, kept.findings) == ("nothing to look into", ())
    broken = protocol_section(audited(TABLE, changes=(STEP,)))
    assert broken.answers[0].status == "fail"
    assert broken.headline == "1 outside the table of protocols, 1 untold change"
    assert len(broken.findings) <= MOST_FINDINGS


def test_too_little_is_not_judged() -> None:
    section = protocol_section(audited(TABLE, days=1))
    assert {one.status for one in section.answers} == {"indeterminate"}
