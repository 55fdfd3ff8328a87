"""Audit of headers in a store: what was planted is found, counted and named, and nothing else."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest
from scipy.stats import binomtest

from xrayiq.audit import MetadataAudit
from xrayiq.errors import InputError
from xrayiq.model import Acquisition, HeaderDetail, ObjectHeader
from xrayiq.procedures import audit_metadata, check_header, list_findings, load_site, record_audit_findings
from xrayiq.records import FileEntry, Records, open_records
from xrayiq_phantoms.header_exposures import SHIFTED_ON, WRONG_SIDES, SimulatedHeader, simulate_headers

TODAY = datetime.date(2026, 6, 1)
ROOMS = {
    "SOUND": (),
    "INDEX": ("no_target_index", "burned_in_unknown"),
    "SIDES": ("sides", "midnight"),
    "CLOCK": ("clock",),
    "NAMES": ("unmapped", "no_dose", "future"),
}
NUMBERS = {
    "tube_voltage_kv": "KVP",
    "exposure_mas": "Exposure",
    "source_detector_distance_mm": "DistanceSourceToDetector",
    "dap_gy_m2": "ImageAndFluoroscopyAreaDoseProduct",
    "exposure_index": "ExposureIndex",
    "target_exposure_index": "TargetExposureIndex",
    "deviation_index": "DeviationIndex",
    "body_part": "BodyPartExamined",
    "view_position": "ViewPosition",
    "protocol_name": "ProtocolName",
    "laterality": "ImageLaterality",
    "grid": "Grid",
    "exposure_control_mode": "ExposureControlMode",
    "burned_in_annotation": "BurnedInAnnotation",
    "detector_id": "DetectorID",
    "modality": "Modality",
}


def _header(number: int, simulated: SimulatedHeader) -> ObjectHeader:
    told = simulated.attributes
    side = told.get("ImageLaterality")
    header = ObjectHeader(
        subject=f"1.{number}",
        study_uid=f"9.{number}",
        acquisition=Acquisition(
            **{name: told.get(keyword) for name, keyword in NUMBERS.items()},  # type: ignore[arg-type]  # one type each
            manufacturer="Acme",
            station_name=simulated.room,
            serial_number=f"S{simulated.room}",
            institution="North",
            exposed_at=told["AcquisitionAt"],
        ),
        detail=HeaderDetail(
            acquired_at=told["AcquisitionAt"],
            content_at=told["ContentAt"],
            study_at=told.get("StudyAt"),
            lateralities=(("ImageLaterality", side),) if side else (),
        ),
    )
    return dataclasses.replace(header, checks=tuple({one.check: 0 for one in check_header(header)}))


@pytest.fixture(scope="module")
def records(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    folder: Path = tmp_path_factory.mktemp("headers")
    with open_records(f"sqlite:///{folder / 'qa.db'}") as store:
        with store.transaction():
            run_id = store.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
            for number, simulated in enumerate(simulate_headers(ROOMS)):  # type: ignore[arg-type]  # words of the type
                header = _header(number, simulated)
                entry = FileEntry(
                    relative_path=f"patient{number}",
                    size=1,
                    mtime_ns=1,
                    digest=header.subject,
                    subject=header.subject,
                    status="object",
                )
                store.add(
                    run_id,
                    archive_key="a",
                    plan_digest="p",
                    file=entry,
                    header=header,
                    kind="clinical",
                    outcomes=[],
                    population="clinical",
                )
        yield store


@pytest.fixture(scope="module")
def audit(records: Records) -> MetadataAudit:
    return audit_metadata(records, today=TODAY)


def test_what_was_planted_is_named_and_nothing_else(audit: MetadataAudit) -> None:
    found = {(one.room, one.kind, one.about if one.kind == "missing" else "") for one in audit.findings}
    assert found == {
        ("INDEX", "missing", "TargetExposureIndex"),
        ("INDEX", "missing", "BurnedInAnnotation"),
        ("SIDES", "laterality_of_protocol", ""),
        ("SIDES", "date_stands_still", ""),
        ("CLOCK", "clock_shifted", ""),
        ("NAMES", "unmapped", ""),
        ("NAMES", "missing", "ImageAndFluoroscopyAreaDoseProduct"),
        ("NAMES", "in_future", ""),
    }
    assert audit.findings[0].kind == "laterality_of_protocol"


def test_wrong_sides_are_counted_with_their_interval_and_files_by_number(
    audit: MetadataAudit, records: Records
) -> None:
    (row,) = audit.problems[audit.problems["rule"] == "laterality_of_protocol"].to_dict("records")
    assert (row["room"], row["found"], row["exposures"]) == ("SIDES", WRONG_SIDES, 90)
    wilson = binomtest(WRONG_SIDES, 90).proportion_ci(method="wilson")
    assert (row["low"], row["high"]) == pytest.approx((wilson.low, wilson.high), rel=1e-9)
    files = records.frame("files").set_index("id")["relative_path"]
    place = list(ROOMS).index("SIDES") * 90
    assert [files[int(number)] for number in row["examples"].split(", ")] == [
        f"patient{place + 3 * day + 1}" for day in reversed(range(WRONG_SIDES))
    ]
    finding = audit.findings[0]
    assert "patient" not in finding.sentence


def test_completeness_is_told_of_every_unit_and_attribute_it_is_asked_of(audit: MetadataAudit) -> None:
    shares = audit.completeness.set_index(["room", "attribute"])["missing"]
    assert shares["INDEX", "TargetExposureIndex"] == 90
    assert shares["SOUND"].sum() == 0
    asked = audit.completeness.set_index(["room", "attribute"])["exposures"]
    assert asked["SOUND", "ImageLaterality"] == 60  # knees and hands
    assert ("SOUND", "OrganDose") not in asked.index  # of mammography only


def test_shift_of_the_clock_is_dated_and_measured(audit: MetadataAudit) -> None:
    (row,) = audit.clocks[audit.clocks["verdict"] == "shifted"].to_dict("records")
    assert (row["room"], row["changed_on"]) == ("CLOCK", SHIFTED_ON)
    assert row["shift_s"] == pytest.approx(-50 * 60, abs=120)


def test_unmapped_names_are_listed_with_their_number(audit: MetadataAudit) -> None:
    assert audit.unmapped[["protocol_name", "exposures"]].values.tolist() == [["Programme 12", 30]]


def test_findings_are_recorded_once(records: Records, audit: MetadataAudit) -> None:
    assert record_audit_findings(records, audit).opened == len(audit.findings)
    again = record_audit_findings(records, audit_metadata(records, today=TODAY))
    assert (again.opened, again.known) == (0, len(audit.findings))
    assert {one.procedure for one in list_findings(records)} == {"audit_metadata"}


def test_too_few_exposures_are_not_judged_but_for_sides_and_dates(records: Records) -> None:
    few = audit_metadata(records, today=TODAY, last=datetime.date(2026, 1, 10))
    assert {one.kind for one in few.findings} == {"laterality_of_protocol"}
    assert set(few.completeness["verdict"]) == {"too few"}
    assert set(few.completeness.loc[few.completeness["attribute"] == "KVP", "needed"]) == {2}


def test_policy_of_the_site_holds(records: Records, tmp_path: Path) -> None:
    file = tmp_path / "site.toml"
    file.write_text(
        '[[tag_policy]]\nattribute = "BurnedInAnnotation"\nlevel = "ignored"\nreason = "no texts here"\nauthor = "A"\n'
    )
    found = audit_metadata(records, site=load_site(file), today=TODAY)
    assert "BurnedInAnnotation" not in {one.about for one in found.findings}
    assert "BurnedInAnnotation" not in set(found.completeness["attribute"])


def test_headers_of_an_earlier_version_are_told_as_not_checked(tmp_path: Path) -> None:
    with open_records(f"sqlite:///{tmp_path / 'old.db'}") as store:
        run_id = store.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
        entry = FileEntry(relative_path="1", size=1, mtime_ns=1, digest="1", subject="1.1", status="object")
        header = ObjectHeader(subject="1.1", acquisition=Acquisition(modality="DX", station_name="R"))
        told = {"header": header, "kind": "clinical", "outcomes": [], "population": "clinical"}
        store.add(run_id, archive_key="a", plan_digest="p", file=entry, **told)  # type: ignore[arg-type]  # as above
        found = audit_metadata(store)
    assert list(found.left_out.values()) == [1]
    assert found.first_day is None


def test_tables_have_the_same_columns_when_there_is_nothing(tmp_path: Path) -> None:
    with open_records(f"sqlite:///{tmp_path / 'empty.db'}") as store:
        found = audit_metadata(store)
    for name in ("completeness", "problems", "clocks", "findings"):
        frame = found.frame(name)
        assert isinstance(frame, pd.DataFrame)
        assert len(frame) == 0
        assert len(frame.columns) > 5
    with pytest.raises(InputError, match="one of completeness"):
        found.frame("nothing")
