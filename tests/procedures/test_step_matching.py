"""Exposures that images, dose reports and performed steps of a store tell of count once."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from pathlib import Path

import pytest

from xrayiq.model import (
    Acquisition,
    DoseEvent,
    DoseReport,
    ObjectHeader,
    Outcome,
    PerformedStep,
    Result,
    StepExposure,
)
from xrayiq.procedures import audit_dose, load_site
from xrayiq.procedures.exposure_frame import CountedExposures, exposures_of_store
from xrayiq.procedures.judging import register_of
from xrayiq.records import FileEntry, Records, open_records

START = datetime.datetime(2026, 3, 2, 9, 0)
GY_CM2 = 1e-4


class Store:
    """Puts images, reports and steps of one study into a store."""

    def __init__(self, records: Records) -> None:
        self.records = records
        self.run_id = records.begin_run(
            archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0"
        )

    def _header(self, subject: str, study: str, **told: object) -> ObjectHeader:
        known: dict[str, object] = {"station_name": "ROOM1", "serial_number": "S1", "manufacturer": "Acme"}
        return ObjectHeader(
            subject=subject,
            study_uid=study,
            acquisition=Acquisition(**(known | {"exposed_at": START} | told)),  # type: ignore[arg-type]  # of one test
        )

    def _add(self, header: ObjectHeader, kind: str, procedure: str, result: Result | None) -> None:
        name = header.subject
        outcomes = []
        if result is not None:
            version = result.provenance.algorithm_version
            made = Outcome(
                subject=name, procedure=procedure, kind="measured", result=result, algorithm_version=version,
                measurements=result.measurements(),
            )  # fmt: skip
            outcomes.append(made)
        self.records.add(
            self.run_id,
            archive_key="a",
            plan_digest="p",
            file=FileEntry(relative_path=name, size=1, mtime_ns=1, digest=name, subject=name, status="object"),
            header=header,
            kind=kind,
            outcomes=outcomes,
            population="clinical" if result is None else "no_image",
        )

    def image(self, subject: str, *, kv: float, mas: float, study: str = "9.1") -> None:
        told = {"body_part": "CHEST", "view_position": "PA", "modality": "DX", "dap_gy_m2": 1.0 * GY_CM2}
        header = self._header(subject, study, tube_voltage_kv=kv, exposure_mas=mas, **told)
        self._add(header, "clinical", "", None)

    def report(self, subject: str, *events: DoseEvent, study: str = "9.1", **totals: float) -> None:
        header = self._header(subject, study, modality="SR")
        self._add(header, "dose_report", "dose_report", DoseReport(header=header, events=events, **totals))  # type: ignore[arg-type]  # totals

    def step(self, subject: str, *exposures: StepExposure, study: str = "9.1", **told: object) -> None:
        # all that the standard asks of a step is its station
        header = self._header(subject, study, modality="DX", serial_number=None, manufacturer=None)
        step = PerformedStep(header=header, study_uid=study, exposures=exposures, **told)  # type: ignore[arg-type]  # of one test
        self._add(header, "performed_step", "performed_step", step)


def _exposed(kv: float, mas: float, event: str | None = None) -> StepExposure:
    return StepExposure(
        tube_voltage_kv=kv, tube_current_ma=mas * 10.0, exposure_time_ms=100.0, irradiation_event_uid=event
    )


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as opened:
        yield opened


def _counted(records: Records) -> CountedExposures:
    return exposures_of_store(records, load_site())


def test_exposures_of_a_step_are_rows_with_their_source(records: Records) -> None:
    Store(records).step("3.1", _exposed(80.0, 2.0, "e1"), total_dap_gy_m2=1.5 * GY_CM2, image_uids=("1.1",))
    (row,) = records.frame("dose_events").to_dict("records")
    told = {
        "source": "mpps", "subject": "3.1", "irradiation_event_uid": "e1", "acquired_image_uid": "1.1",
        "tube_voltage_kv": 80.0, "exposure_mas": 2.0, "dap_gy_m2": 1.5 * GY_CM2, "station_name": "ROOM1",
    }  # fmt: skip
    assert {name: row[name] for name in told} == told
    assert records.verify().whole


def test_one_exposure_told_by_image_report_and_step_counts_once_with_the_values_of_the_image(records: Records) -> None:
    store = Store(records)
    store.image("1.1", kv=80.0, mas=2.0)
    event = DoseEvent(
        irradiation_event_uid="e1", acquired_image_uid="1.1", acquired_image_uids=("1.1",), started_at=START,
        tube_voltage_kv=80.0, exposure_mas=2.0, dap_gy_m2=1.1 * GY_CM2,
    )  # fmt: skip
    store.report("2.1", event)
    store.step("3.1", _exposed(80.2, 2.02), total_dap_gy_m2=1.2 * GY_CM2, image_uids=("1.1",))
    found = _counted(records)
    (row,) = found.frame.to_dict("records")
    assert (row["source"], row["told_by_step"], row["dose_area_product"]) == ("both", True, 1.0 * GY_CM2)
    assert found.left_out["told by performed steps too, counted once"] == 1


def test_exposures_of_a_step_without_events_go_to_its_images_by_technique(records: Records) -> None:
    store = Store(records)
    store.image("1.1", kv=80.0, mas=2.0)
    store.image("1.2", kv=120.0, mas=4.0)
    store.image("1.3", kv=60.0, mas=1.0)  # of the study, but not of the step
    store.step("3.1", _exposed(120.0, 4.0), _exposed(80.0, 2.0), image_uids=("1.1", "1.2"))
    told = {row["subject"]: row["told_by_step"] for row in _counted(records).frame.to_dict("records")}
    assert told == {"1.1": True, "1.2": True, "1.3": False}


def test_an_event_of_a_report_and_of_a_step_is_one(records: Records) -> None:
    store = Store(records)
    event = DoseEvent(irradiation_event_uid="e1", started_at=START, tube_voltage_kv=80.0, exposure_mas=2.0)
    store.report("2.1", event)
    store.step("3.1", _exposed(80.0, 2.0, "e1"))
    (row,) = _counted(records).frame.to_dict("records")
    assert (row["source"], row["told_by_step"]) == ("report", True)


def test_a_step_alone_tells_of_its_exposures(records: Records) -> None:
    Store(records).step("3.1", _exposed(80.0, 2.0), _exposed(90.0, 3.0))
    rows = _counted(records).frame.to_dict("records")
    assert [(row["subject"], row["source"], row["exposure_mas"]) for row in rows] == [
        ("3.1#1", "step", 2.0),
        ("3.1#2", "step", 3.0),
    ]


def test_what_cannot_be_told_from_others_is_listed_and_not_counted(records: Records) -> None:
    store = Store(records)
    store.image("1.1", kv=80.0, mas=2.0)
    # names no image and no event; another has an event that nobody else knows: a rejected exposure
    store.step("3.1", _exposed(80.0, 2.0), _exposed(81.0, 2.0, "e9"))
    found = _counted(records)
    assert [row["subject"] for row in found.frame.to_dict("records")] == ["1.1", "3.1#2"]
    assert found.left_out["exposures of performed steps that cannot be told from others"] == 1


def test_total_of_a_study_is_the_reports_and_without_one_the_steps(records: Records) -> None:
    store = Store(records)
    fluoroscopy = DoseEvent(irradiation_event_uid="e1", event_type=("44491008", "SCT", ""), started_at=START)
    store.report("2.1", fluoroscopy, total_dap_gy_m2=5.0 * GY_CM2, total_fluoro_time_s=30.0)
    store.step("3.1", total_dap_gy_m2=6.0 * GY_CM2, total_fluoro_time_s=31.0)
    store.step("3.2", study="9.2", total_dap_gy_m2=7.0 * GY_CM2, total_fluoro_time_s=40.0)
    studies = audit_dose(records, site=load_site()).frame("studies").to_dict("records")
    assert [
        (row["study_uid"], row["source"], row["dose_area_product_total"], row["fluoroscopy_time_total"])
        for row in studies
    ] == [("9.1", "report", 5.0 * GY_CM2, 30.0), ("9.2", "step", 7.0 * GY_CM2, 40.0)]


def test_a_step_that_names_its_station_alone_makes_no_further_unit(records: Records) -> None:
    store = Store(records)
    store.image("1.1", kv=80.0, mas=2.0)
    store.step("3.1", _exposed(80.0, 2.0), image_uids=("1.1",))
    assert [unit.name for unit in register_of(records, load_site()).units] == ["Acme, serial S1"]
