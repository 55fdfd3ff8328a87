"""Audits stand in the trail, also those that find nothing."""

from __future__ import annotations

import datetime
from pathlib import Path

import pandas as pd
from test_dose_estimates import START, report

from xrayiq.model import DoseEvent
from xrayiq.procedures import audit_dose, record_audit_findings
from xrayiq.procedures.audit_runs import audits_made, record_audit_made, unit_digest
from xrayiq.records import open_records

CHEST = ("51185008", "SCT", "Chest")


def test_an_audit_that_finds_nothing_is_an_event_and_made_again_over_the_same_adds_nothing(tmp_path: Path) -> None:
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as records:
        first = DoseEvent(irradiation_event_uid="6.1", started_at=START, target_region=CHEST, dap_gy_m2=1e-5)
        report(records, 1, "1.1", [first], modality="DX")
        assert audit_dose(records).findings == ()
        for _ in range(2):
            record_audit_findings(records, audit_dose(records))
        (event,) = records.events(kind="audit_made")
        assert (event.subject, event.actor) == ("audit:dose", "xrayiq audit")
        assert (event.details["exposures"], event.details["findings"]) == (1, 0)
        assert event.details["first_day"] == START.date().isoformat()
        assert event.details["sites"] == ["North"]
        (unit,) = audit_dose(records).exposures["unit"]
        assert event.details["units"] == {unit_digest(f" {unit.upper()} "): 1}
        later = DoseEvent(irradiation_event_uid="6.2", started_at=START, target_region=CHEST, dap_gy_m2=1e-5)
        report(records, 2, "1.2", [later], modality="DX")
        record_audit_findings(records, audit_dose(records))
        assert [one.details["exposures"] for one in records.events(kind="audit_made")] == [1, 2]
        assert records.verify().faults == ()


def test_audits_of_a_period_are_told_by_the_day_they_were_made_and_by_site(tmp_path: Path) -> None:
    audited = pd.DataFrame({"subject": ["1"], "exposed_at": [pd.Timestamp(START)], "site": ["North"]})
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as records:
        event = record_audit_made(records, "dose", audited, (), actor="me")
        assert event is not None
        day = event.at.astimezone(datetime.UTC).date()
        assert audits_made(records, "dose", first=day, last=day) == (event,)
        assert audits_made(records, "dose", first=day, last=day, only_site="North") == (event,)
        assert audits_made(records, "dose", first=day, last=day, only_site="South") == ()
        assert audits_made(records, "exposure", first=day, last=day) == ()
        before = day - datetime.timedelta(days=1)
        assert audits_made(records, "dose", first=before, last=before) == ()
