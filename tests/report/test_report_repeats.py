"""Section on rejects and repeats: its answers in plain words, findings and what they rest on."""

from __future__ import annotations

import numpy as np
import pandas as pd

from xrayiq.audit import RepeatAudit, RepeatBounds, assess_repeats, site_repeat_bounds
from xrayiq.report.audit_section import AuditSection
from xrayiq.report.repeat_audit import repeat_section
from xrayiq_phantoms.repeat_archive import KINDS, simulate_repeat_archive


def quarter(rates: dict[str, float], bounds: RepeatBounds | None = None) -> RepeatAudit:
    """Rooms with their reject rates."""
    archive = simulate_repeat_archive(studies=1500, seed=5, kinds=KINDS[:3])
    frame = pd.DataFrame(archive.columns)
    rejected = np.random.default_rng(6).random(len(frame)) < frame["room"].map(rates).fillna(0.06)
    return assess_repeats(
        frame.assign(
            band="adult",
            equipment_id=1,
            is_rejected=rejected,
            reject_source=np.where(rejected, "key_object", ""),
            category=np.where(rejected, "positioning", ""),
            reason="",
        ),
        bounds=bounds,
    )


def answers(section: AuditSection) -> dict[str, tuple[str, str]]:
    return {one.question: (one.status, one.text) for one in section.answers}


def test_a_department_within_bounds_has_nothing_to_look_into() -> None:
    section = repeat_section(quarter({}))
    assert (section.name, section.status, section.headline) == ("repeats", "pass", "nothing to look into")
    assert {one.title for one in section.chapters} >= {"Rates", "Reasons and where they are told", "Apparent repeats"}
    rates = section.chapters[0]
    assert len(rates.pictures) == 3 and rates.tables[0][1].rows
    assert "look like repeats" in section.answers[2].text and "inferred" in section.answers[2].text


def test_high_and_suspiciously_low_rooms_are_named_in_one_line() -> None:
    section = repeat_section(quarter({"R1": 0.16, "R2": 0.002}))
    told = answers(section)
    status, text = told["Reject rate"]
    assert status == "fail" and "too high in R1 (1" in text
    status, text = told["Suspiciously low rates"]
    assert status == "warning" and text.startswith("R2 (0.")
    assert section.status == "fail" and "high reject rate" in section.headline
    assert any("R2" in one.evidence for one in section.findings)


def test_a_store_without_rejects_is_not_praised() -> None:
    told = answers(repeat_section(quarter({"R0": 0.0, "R1": 0.0, "R2": 0.0, "R3": 0.0})))
    assert told["Reject rate"] == ("warning", "nothing tells of a reject: no key object, dose report or log")
    assert told["Suspiciously low rates"][0] == "indeterminate"


def test_bounds_are_printed_with_what_they_are_from() -> None:
    own = site_repeat_bounds({"general": {"target": 0.07, "document": "QM 4.2"}}, "site.toml")
    bounds = dict(repeat_section(quarter({}, own)).chapters[0].tables)["Bounds"]
    rows = {row[:2]: row[2:] for row in bounds.rows}
    assert rows["all but children", "target"] == ("7.0 %", "site.toml, [repeat_audit.general]: QM 4.2")
    value, source = rows["all but children", "investigate"]
    assert value == "10.0 %" and source.startswith("AAPM TG-151") and "site.toml" not in source
    assert rows["children", "target"][0] == "3.0 %"
