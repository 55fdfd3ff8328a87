"""Exposures of a store, each once, with place, examination and patient size."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from xrayiq.model import (
    Acquisition,
    DoseEvent,
    DoseReport,
    Measurement,
    ObjectHeader,
    Outcome,
    technique_key,
)
from xrayiq.procedures import load_site
from xrayiq.procedures.exposure_frame import CountedExposures, exposures_of_store
from xrayiq.records import FileEntry, Records, open_records

START = datetime.datetime(2026, 3, 2, 9, 0)
USUAL = Acquisition(
    manufacturer="Acme",
    station_name="ROOM1",
    serial_number="S1",
    institution="North",
    modality="DX",
    body_part="CHEST",
    view_position="PA",
    exposed_at=START,
    tube_voltage_kv=120.0,
    exposure_mas=2.0,
    dap_gy_m2=1.0e-5,
    source_detector_distance_mm=2000.0,
    patient_age_years=40.0,
    patient_weight_kg=70.0,
)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as opened:
        yield opened


class Store:
    """Puts images and reports into a store."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.run_id = records.begin_run(
            archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0"
        )

    def _add(self, header: ObjectHeader, kind: str, population: str, outcomes: list[Outcome]) -> None:
        name = header.subject
        entry = FileEntry(
            relative_path=name, size=1, mtime_ns=1, digest=f"sha256:{name}", subject=name, status="object"
        )
        self.records.add(
            self.run_id,
            archive_key="a",
            plan_digest="p",
            file=entry,
            header=header,
            kind=kind,
            outcomes=outcomes,
            population=population,  # type: ignore[arg-type]  # words of one test each
        )

    def image(
        self,
        number: int,
        *,
        event: str | None = None,
        population: str = "clinical",
        area: float | None = None,
        **told: object,
    ) -> None:
        header = ObjectHeader(
            subject=f"1.{number}",
            study_uid="1.9",
            irradiation_event_uid=event,
            acquisition=dataclasses.replace(USUAL, **told),  # type: ignore[arg-type]  # fields of one test each
        )
        assert technique_key(header)
        values = () if area is None else (Measurement(quantity="field_area", value=area),)
        outcome = Outcome(subject=header.subject, procedure="collimation", kind="measured", measurements=values)
        self._add(header, "clinical", population, [outcome])

    def report(self, number: int, *events: DoseEvent, is_test_patient: bool = False, **told: object) -> None:
        silent = {
            "dap_gy_m2": None,
            "tube_voltage_kv": None,
            "exposure_mas": None,
            "body_part": None,
            "view_position": None,
        }
        header = ObjectHeader(
            subject=f"2.{number}",
            study_uid="1.9",
            is_test_patient=is_test_patient,
            acquisition=dataclasses.replace(USUAL, **(silent | told)),  # type: ignore[arg-type]  # likewise
        )
        report = DoseReport(header=header, events=events)
        version = report.provenance.algorithm_version
        outcome = Outcome(
            subject=header.subject, procedure="dose_report", kind="measured", result=report, algorithm_version=version
        )
        self._add(header, "dose_report", "no_image", [outcome])


def _event(**told: object) -> DoseEvent:
    known: dict[str, object] = {
        "started_at": START,
        "tube_voltage_kv": 120.0,
        "exposure_mas": 2.0,
        "dap_gy_m2": 1.0e-5,
        "target_region": ("51185008", "SCT", "Chest"),
        "view": ("272479007", "SCT", "PA"),
    }
    return DoseEvent(**(known | told))  # type: ignore[arg-type]  # as above


def _counted(records: Records, **options: object) -> CountedExposures:
    return exposures_of_store(records, load_site(), **options)  # type: ignore[arg-type]  # as above


def test_image_and_event_of_one_irradiation_count_once_with_the_values_of_both(records: Records) -> None:
    store = Store(records)
    store.image(1, event="7.1", dap_gy_m2=None, deviation_index=0.5)
    store.report(1, _event(irradiation_event_uid="7.1", dap_gy_m2=3.0e-5, deviation_index=9.0))
    found = _counted(records)
    (row,) = found.frame.to_dict("records")
    assert (row["source"], row["subject"], row["dose_area_product"]) == ("both", "1.1", 3.0e-5)
    assert row["deviation_index"] == 0.5
    assert found.left_out == {"told by image and report, counted once": 1}


def test_event_that_names_its_image_or_agrees_in_time_and_technique_is_of_it(records: Records) -> None:
    store = Store(records)
    store.image(1)
    later = START + datetime.timedelta(minutes=5)
    store.image(2, exposed_at=later, exposure_mas=3.0)
    store.report(1, _event(acquired_image_uid="1.1"), _event(started_at=later, exposure_mas=3.0))
    assert sorted(_counted(records).frame["source"]) == ["both", "both"]


def test_event_of_another_technique_stands_for_itself(records: Records) -> None:
    store = Store(records)
    store.image(1)
    store.report(1, _event(exposure_mas=4.0, dap_gy_m2=2.0e-5))
    frame = _counted(records).frame
    assert sorted(frame["source"]) == ["image", "report"]
    assert set(frame["body_part"] + " " + frame["view"]) == {"CHEST PA"}
    assert sorted(frame["subject"]) == ["1.1", "2.1#1"]


def test_event_of_an_image_that_does_not_count_does_not_either(records: Records) -> None:
    store = Store(records)
    store.image(1, event="7.1", population="quality_control")
    store.report(1, _event(irradiation_event_uid="7.1"))
    found = _counted(records)
    assert found.frame.empty
    assert found.left_out["events of images that do not count"] == 1
    assert found.left_out["quality_control"] == 1


def test_events_that_reports_tell_again_and_those_of_test_patients_are_left_out(records: Records) -> None:
    store = Store(records)
    store.report(1, _event(irradiation_event_uid="7.1"))
    store.report(2, _event(irradiation_event_uid="7.1"), _event(irradiation_event_uid="7.2"))
    store.report(3, _event(irradiation_event_uid="7.3"), is_test_patient=True)
    found = _counted(records)
    assert found.frame["event_uid"].tolist() == ["7.1", "7.2"]
    assert found.left_out["events told by another report again"] == 1
    assert found.left_out["events of test patients"] == 1


def test_rejected_acquisition_is_told_as_repeated(records: Records) -> None:
    store = Store(records)
    store.report(1, _event(is_rejected=True), _event(exposure_mas=9.0, is_rejected=False), _event(exposure_mas=5.0))
    assert sorted(_counted(records).frame["repeated"]) == [False, False, True]


def test_place_size_and_field_stand_beside_each_exposure(records: Records) -> None:
    store = Store(records)
    store.image(1, area=4.0e4)
    store.image(2, exposed_at=START + datetime.timedelta(hours=1), patient_age_years=2.0, patient_weight_kg=None)
    adult, child = _counted(records).frame.to_dict("records")
    assert (adult["site"], adult["room"], adult["unit"]) == ("North", "ROOM1", "Acme, serial S1")
    assert adult["band"] == "adult"
    assert adult["field_area_mm2"] == pytest.approx(1.0e4)  # found at 2 m
    assert (child["band"], child["weight_told"]) == ("5 to < 15 kg", False)
    assert pd.isna(child["field_area_mm2"])


def test_period_holds_both_its_days(records: Records) -> None:
    store = Store(records)
    for number in range(4):
        store.image(number, exposed_at=START + datetime.timedelta(days=number))
    day = START.date()
    frame = _counted(records, first=day + datetime.timedelta(days=1), last=day + datetime.timedelta(days=2)).frame
    assert frame["subject"].tolist() == ["1.1", "1.2"]


def test_what_nothing_tells_is_listed_with_its_number(records: Records) -> None:
    store = Store(records)
    for number in range(3):
        moment = START + datetime.timedelta(hours=number)
        store.image(number, exposed_at=moment, body_part=None, view_position=None, protocol_name="Room 3 standard")
    (row,) = _counted(records).unmapped.to_dict("records")
    assert row == {"body_part": "", "view_position": "", "protocol_name": "Room 3 standard", "exposures": 3}


def test_an_empty_store_has_no_exposures(records: Records) -> None:
    found = _counted(records)
    assert (len(found.frame), len(found.unmapped), found.left_out) == (0, 0, {})


def test_age_of_0_is_no_age_of_who_has_a_mammogram_and_one_of_a_newborn_elsewhere(records: Records) -> None:
    store = Store(records)
    for number, modality in enumerate(("MG", "DX")):
        store.image(number, modality=modality, patient_age_years=0.0, patient_weight_kg=None, exposure_mas=3.0 + number)
    bands = _counted(records).frame.set_index("modality")["band"]
    assert bands["MG"] == "adult"
    assert bands["DX"] == "< 5 kg"
