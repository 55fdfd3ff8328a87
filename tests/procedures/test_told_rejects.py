"""Rejects of key objects, dose reports and logs among the exposures of a store: each exposure once."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from test_exposure_frame import START, USUAL, Store
from test_exposure_frame import _event as event

from xrayiq.model import Acquisition, ObjectHeader, Outcome, PerformedStep, RejectNote, ToldReject
from xrayiq.procedures import audit_repeats, load_site, record_audit_findings
from xrayiq.procedures.told_rejects import ExposuresWithRejects, exposures_with_rejects
from xrayiq.records import Records, open_records

POSITIONING = ("111209", "DCM", "Positioning")


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as opened:
        yield opened


class RejectStore(Store):
    """Puts notes and logs into a store as well."""

    def note(self, number: int, *rejects: ToldReject, title: str = "113001", is_test: bool = False) -> None:
        header = ObjectHeader(
            subject=f"3.{number}",
            study_uid="1.9",
            is_test_patient=is_test,
            acquisition=Acquisition(manufacturer="Archive", exposed_at=START + datetime.timedelta(hours=1)),
        )
        self._told(header, RejectNote(header=header, source="key_object", title=title, rejects=rejects))

    def log(self, number: int, *rejects: ToldReject) -> None:
        acquisition = Acquisition(serial_number="S1", station_name="ROOM1", exposed_at=START)
        header = ObjectHeader(subject=f"4.{number}", acquisition=acquisition)
        self._told(header, RejectNote(header=header, source="log", rejects=rejects))

    def _told(self, header: ObjectHeader, note: RejectNote) -> None:
        outcome = Outcome(subject=header.subject, procedure="reject_note", kind="measured", result=note)
        self._add(header, "reject_note", "no_image", [outcome])


def rejected(records: Records, **options: object) -> ExposuresWithRejects:
    return exposures_with_rejects(records, load_site(), **options)  # type: ignore[arg-type]  # as the function's own


def seconds(number: float) -> datetime.datetime:
    return START + datetime.timedelta(seconds=number)


def test_one_exposure_that_image_report_note_and_log_tell_of_counts_once(records: Records) -> None:
    store = RejectStore(records)
    store.image(1, event="7.1")
    store.image(2, event="7.2", exposed_at=seconds(120))
    store.report(
        1,
        event(irradiation_event_uid="7.1", is_rejected=True, rejection_reason=("111210", "DCM", "Motion blur")),
        event(irradiation_event_uid="7.2", started_at=seconds(120), is_rejected=False),
    )
    store.note(1, ToldReject(image_uid="1.1", code=POSITIONING))
    told = ToldReject(exposed_at=seconds(1), tube_voltage_kv=120.0, exposure_mas=2.0, category="other")
    store.log(1, told, ToldReject(exposed_at=seconds(121), tube_voltage_kv=120.0, is_rejected=False))
    frame = rejected(records).frame
    assert frame["subject"].tolist() == ["1.1", "1.2"]
    assert frame["is_rejected"].tolist() == [True, False]
    first = frame.iloc[0]
    assert first["reject_source"] == "key_object, log, report_flag"
    assert first["category"] == "positioning"  # the note's reason, not the log's silence


@pytest.mark.parametrize("rejection", [("111210", "DCM", "Motion blur"), None])
def test_a_flagged_event_is_a_reject_with_its_reason(records: Records, rejection: tuple[str, str, str] | None) -> None:
    store = RejectStore(records)
    store.image(1, event="7.1")
    store.report(1, event(irradiation_event_uid="7.1", is_rejected=True, rejection_reason=rejection))
    (row,) = rejected(records).frame.to_dict("records")
    assert row["is_rejected"] and row["reject_source"] == "report_flag"
    assert row["category"] == ("motion" if rejection else "other")


def test_an_event_without_image_is_hidden_only_where_the_study_has_images(records: Records) -> None:
    store = RejectStore(records)
    store.report(1, event(irradiation_event_uid="7.1"), event(irradiation_event_uid="7.2", started_at=seconds(90)))
    assert not rejected(records).frame["is_rejected"].any()  # a unit that stores no image here hides none
    store.image(1, event="7.1")
    frame = rejected(records).frame
    assert frame["is_rejected"].tolist() == [False, True]
    assert frame["reject_source"].tolist() == ["", "no_image"]


def test_fluoroscopy_is_in_no_rate(records: Records) -> None:
    store = RejectStore(records)
    store.image(1, event="7.1")
    fluoroscopy = event(irradiation_event_uid="7.2", event_type=("44491008", "SCT", "Fluoroscopy"))
    store.report(1, event(irradiation_event_uid="7.1"), fluoroscopy)
    found = rejected(records)
    assert len(found.frame) == 1
    assert found.left_out["events that are no radiographs"] == 1


def test_notes_of_images_that_nobody_stored_count_in_the_place_of_their_study(records: Records) -> None:
    store = RejectStore(records)
    store.image(1)
    store.note(1, ToldReject(image_uid="1.77", study_uid="1.9", code=POSITIONING))
    store.note(2, ToldReject(image_uid="1.77", study_uid="1.9"))  # told again: once
    frame = rejected(records).frame
    assert frame["is_rejected"].tolist() == [False, True]
    missing = frame.iloc[1]
    assert (missing["subject"], missing["category"], missing["body_part"]) == ("1.77", "positioning", "CHEST")
    assert missing["room"] == frame.iloc[0]["room"] and missing["unit"] == frame.iloc[0]["unit"]
    assert pd.isna(missing["dose_area_product"])


def test_flags_tests_and_images_that_do_not_count_stay_out(records: Records) -> None:
    store = RejectStore(records)
    store.image(1)
    store.image(2, population="quality_control", exposed_at=seconds(300))
    store.image(3, exposed_at=seconds(600))
    store.note(1, ToldReject(image_uid="1.1"), title="113010")
    store.note(2, ToldReject(image_uid="1.1"), title="113039")
    store.note(3, ToldReject(image_uid="1.2"))
    store.note(4, ToldReject(image_uid="1.1"), is_test=True)
    test = ToldReject(exposed_at=seconds(600), tube_voltage_kv=120.0, category="test")
    store.log(1, test, ToldReject(exposed_at=seconds(999), category="test"))
    found = rejected(records)
    assert found.frame["subject"].tolist() == ["1.1"]
    assert not found.frame["is_rejected"].any()
    assert found.left_out["objects that notes only flag"] == 2
    assert found.left_out["rejects of images that do not count"] == 1
    assert found.left_out["rejects of test patients"] == 1
    assert found.left_out["exposures that logs call tests"] == 1


def test_a_wrong_worklist_entry_is_a_reject_of_identification(records: Records) -> None:
    store = RejectStore(records)
    store.image(1)
    store.note(1, ToldReject(image_uid="1.1"), title="113038")
    (row,) = rejected(records).frame.to_dict("records")
    assert (row["category"], row["reason"]) == ("identification", "wrong_examination")


def test_log_rows_without_an_image_stand_for_themselves(records: Records) -> None:
    store = RejectStore(records)
    store.image(1)
    told = ToldReject(
        exposed_at=seconds(400), category="motion", body_part="CHEST", view_position="PA", dap_gy_m2=4.0e-5
    )
    store.log(1, told, told)
    store.log(2, told)  # an overlapping export
    other = ToldReject(exposed_at=seconds(1), tube_voltage_kv=60.0, category="motion")  # another technique: no match
    store.log(3, other)
    frame = rejected(records).frame
    assert frame["is_rejected"].tolist() == [False, True, True]
    assert frame["dose_area_product"].tolist()[2] == 4.0e-5
    assert frame["unit"].nunique() == 1 or set(frame["room"]) == set(frame["room"][:1])


def test_logs_of_whole_minutes_need_voltage_and_charge(records: Records) -> None:
    store = RejectStore(records)
    store.image(1, exposed_at=seconds(25))
    store.log(1, ToldReject(exposed_at=START, tube_voltage_kv=120.0, exposure_mas=2.0, category="motion"))
    assert rejected(records).frame["is_rejected"].tolist() == [True]
    store.image(2, exposed_at=seconds(1825))
    store.log(2, ToldReject(exposed_at=seconds(1800), category="motion"))
    assert len(rejected(records).frame) == 3


def test_days_and_an_empty_store(records: Records) -> None:
    assert audit_repeats(records).exposures.empty
    store = RejectStore(records)
    store.image(1)
    store.image(2, exposed_at=START + datetime.timedelta(days=1))
    store.note(1, ToldReject(image_uid="1.1", code=POSITIONING))
    assert not rejected(records, first=START.date() + datetime.timedelta(days=1)).frame["is_rejected"].any()
    found = rejected(records, last=START.date())
    assert found.frame["is_rejected"].tolist() == [True]
    assert found.left_out == {}


def test_findings_are_opened_once(records: Records) -> None:
    store = RejectStore(records)
    for number in range(30):
        store.image(number + 1, exposed_at=START + datetime.timedelta(hours=number))
    audit = audit_repeats(records)
    assert [one.kind for one in audit.findings] == ["no_reject_records"]
    assert record_audit_findings(records, audit).opened == 1
    again = record_audit_findings(records, audit_repeats(records))
    assert (again.opened, again.again, again.known) == (0, 0, 1)
    assert USUAL.serial_number is not None


def test_fields_of_repeats_are_compared_where_headers_tell_their_corners(records: Records) -> None:
    store = RejectStore(records)

    def taken(number: int, second: float, top: float) -> None:
        corners = ((top, 0.0), (top, 1000.0), (top + 1000.0, 1000.0), (top + 1000.0, 0.0))
        told = {"pixel_pitch_mm": (0.2, 0.2), "collimator_corners_px": corners}
        store.image(number, exposed_at=seconds(second), protocol_name="Chest PA", **told)

    taken(1, 0.0, 0.0)
    taken(2, 90.0, 900.0)  # the lower half of one large patient
    candidates = audit_repeats(records).candidates
    assert candidates["counted"].tolist() == [False]
    assert "field elsewhere (centre by 90 %)" in candidates["evidence"][0]
    taken(3, 180.0, 950.0)
    again = audit_repeats(records).candidates
    assert again["counted"].tolist() == [False, True] and again["repeat_of"][1] == "1.2"
    assert "centre by 5 %" in again["evidence"][1]


def test_counters_and_steps_tell_of_exposures_without_an_image(records: Records) -> None:
    """A test is an exposure of the detector too; the event of a report has no image but is told."""
    store = RejectStore(records)
    for number, (counter, population) in enumerate(
        [(101, "clinical"), (102, "quality_control"), (104, "clinical"), (107, "clinical")], start=1
    ):
        told = {"exposures_since_manufacture": float(counter), "exposed_at": seconds(600 * number)}
        store.image(number, event=f"7.{number}", population=population, **told)
    store.report(1, event(irradiation_event_uid="7.9", started_at=seconds(1500), exposure_mas=9.0))
    step = PerformedStep(
        header=ObjectHeader(subject="5.1", acquisition=USUAL), study_uid="1.9", exposure_count=6.0, exposures=()
    )
    outcome = Outcome(subject="5.1", procedure="performed_step", kind="measured", result=step)
    store._add(step.header, "performed_step", "no_image", [outcome])
    counters = audit_repeats(records).frame("counters").set_index("counted_by")
    numbers = ["stored", "counted", "missing", "told", "undocumented"]
    assert counters.loc["detector", numbers].tolist() == [4, 7, 3, 1, 2]
    assert counters.loc["performed steps", numbers].tolist() == [4, 6, 2, 1, 1]
    assert set(counters["room"]) == {"ROOM1"} and counters["first_day"].tolist() == [START.date()] * 2
    assert audit_repeats(records, first=START.date() + datetime.timedelta(days=1)).frame("counters").empty
    assert records.verify().faults == ()
