"""The overview's section on exposure: the answer first, evidence, figures and tables, and nothing without indices."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest
from markupsafe import Markup
from report_builders import HOSTILE, Reader, Store
from report_dose_builders import expose

from xrayiq.audit import ExposureAudit
from xrayiq.procedures import audit_exposure
from xrayiq.report import month, write_kpi
from xrayiq.report.exposure_audit import of_audit

NUMBER = 90


@pytest.fixture(scope="module")
def exposed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Store]:
    """A room on target, one whose index is 1.6 times the target in all it does, and a hostile protocol."""
    store = Store(tmp_path_factory.mktemp("exposed"))
    for room, factor in (("RIGHT", 1.0), ("WRONG", 1.6)):
        for number in range(NUMBER):
            wave = 10.0 ** (0.02 * (number % 7 - 3))
            told = {"body_part": ("CHEST", "ABDOMEN", "PELVIS")[number % 3], "view_position": "AP"}
            told |= {"exposure_index": 300.0 * factor * wave, "target_exposure_index": 300.0, "deviation_index": None}
            moment = datetime.datetime(2026, 3, 2, 9) + datetime.timedelta(hours=7 * number)
            expose(store, room, [None], exposed_at=moment, exposure_control_mode="AUTOMATIC", **told)
    nothing: dict[str, object] = {
        "exposure_mas": 8.0,
        "body_part": None,
        "view_position": None,
        "protocol_name": f"Odd {HOSTILE}",
    }
    expose(store, "RIGHT", [None], exposure_index=300.0, target_exposure_index=300.0, **nothing)
    expose(store, "RIGHT", [None] * 4, exposure_index=0.0, target_exposure_index=300.0, exposure_mas=7.0)
    yield store
    store.records.close()


@pytest.fixture(scope="module")
def audit(exposed: Store) -> ExposureAudit:
    return audit_exposure(exposed.records)


def test_first_lines_say_which_unit_is_off_and_by_how_much(
    exposed: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for module in ("tables", "exposure"):
        monkeypatch.setattr(f"xrayiq.report.{module}.picture_svg", lambda *_: Markup("<svg></svg>"))
    page = Reader(exposed.page(tmp_path))
    assert "Exposure against targets:" in page.text
    assert "1 unit off as a whole" in page.text
    assert "WRONG (all it does, DI +2.0)" in page.text
    assert "with 1.00 times their charge" in page.text  # the same charge: the index is wrong, not the exposure
    assert "1 unit with indices that cannot be used or disagree" in page.text
    assert "4 of 95 exposures" in page.text
    assert HOSTILE in page.text  # as text, never as markup


def test_section_has_one_answer_for_each_question(audit: ExposureAudit) -> None:
    section = of_audit(audit)
    told = {one.question: one.status for one in section.answers}
    assert told == {
        "Exposure indices": "warning",
        "On target": "fail",
        "Over time": "indeterminate",
        "Shifts": "pass",
    }
    assert (section.status, section.word) == ("fail", "Not right")
    assert [one.title for one in section.findings] == [
        "Exposure index that is probably wrong: all examinations",
        "Exposure index: exposure index of 0 or less",
    ]
    assert section.findings[0].worst == "DI +2.0 (mean)"


def test_chapters_hold_the_audits_numbers(audit: ExposureAudit) -> None:
    chapters = {one.title: one for one in of_audit(audit).chapters}
    groups = chapters["Groups of like exposures"]
    (rows,) = (table.rows for _, table in groups.tables)
    assert len(rows) == 7
    assert rows[0][0].endswith("WRONG")
    assert rows[0][3].startswith("+2.0 (")
    assert len(groups.pictures) == 1
    assert chapters["Exposure indicators of the units"].tables[0][1].rows[0][1:3] == ("IEC EI", "standard")
    unmapped = chapters["Examinations that nothing tells"].tables[0][1].rows
    assert [row[3] for row in unmapped] == ["1"]


def test_figures_of_a_month_tell_groups_off_target_and_faults(exposed: Store, tmp_path: Path) -> None:
    write_kpi(exposed.records, tmp_path / "march.html", period=month("2026-03"))
    page = Reader((tmp_path / "march.html").read_text(encoding="utf-8"))
    rows = [row for rows in page.tables if rows and "Exposures with DI" in rows[0] for row in rows]
    assert "3 Groups off target" in page.text or "Groups off target 3" in page.text
    assert "1 Faults of exposure indices" in page.text or "Faults of exposure indices 1" in page.text
    (own,) = (numbers for name, *numbers in rows if name.endswith("WRONG"))
    assert own == ["90", "0 % (0 to 4 %)", "3", "3", "0", "0"]
    write_kpi(exposed.records, tmp_path / "june.html", period=month("2026-06"))
    assert "Groups off target" not in (tmp_path / "june.html").read_text(encoding="utf-8")


def test_store_without_indices_has_no_section_on_exposure_audits(tmp_path: Path) -> None:
    store = Store(tmp_path)
    expose(store, "PLAIN", [None] * 3)
    page = Reader(store.page(tmp_path))
    assert "Exposure against targets:" not in page.text
    store.records.close()
