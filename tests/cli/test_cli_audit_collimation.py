"""`xrayiq audit collimation` on a small store: planted faults, tables, the site's reference fields, files."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pandas as pd
import pytest
from command_line import xrayiq

from xrayiq import audit_collimation
from xrayiq.model import Acquisition, DoseReport, HeaderDetail, Measurement, ObjectHeader, Outcome
from xrayiq.model.dose_event import BeamGeometry, DoseEvent
from xrayiq.procedures import load_site
from xrayiq.records import FileEntry, open_records
from xrayiq_phantoms.collimation_quarter import CollimationFault, simulate_collimation

PITCH_MM = 0.5
ROOMS = ("R1", "R2", "R3")
FAULTS = (
    CollimationFault(room="R2", kind="cropped_afterwards", body_part="KNEE"),
    CollimationFault(room="R3", kind="off_centre"),
    CollimationFault(room="R1", kind="beside_anatomy", body_part="LSPINE"),
)
SITE = """
[[reference_fields]]
body_part = "CHEST"
view = "PA"
area_mm2 = 60000
document = "Department protocol 7"
"""
#: quantity as `find_collimation` tells it, by the column of the simulated row
QUANTITIES = {
    "found_area_mm2": "field_area",
    "found_height_mm": "field_height",
    "found_width_mm": "field_width",
    "found_offset_rows_mm": "field_offset_down",
    "found_offset_columns_mm": "field_offset_right",
    "rotation_deg": "field_rotation",
    "confidence": "collimation_confidence",
    "visible_borders": "field_sides_collimated",
    "sides_at_border": "field_sides_at_border",
}


def _header(row):
    size = [round(row[name] / PITCH_MM) for name in ("image_height_mm", "image_width_mm")]
    top, bottom, left, right = (
        row[f"header_{name}_mm"] / PITCH_MM + (size[name in ("left", "right")] - 1) / 2.0
        for name in ("top", "bottom", "left", "right")
    )
    acquisition = Acquisition(
        manufacturer="Acme",
        station_name=row["room"],
        serial_number=f"S{row['room']}",
        institution="North",
        modality="DX",
        body_part=row["body_part"],
        view_position=row["view"],
        exposed_at=row["exposed_at"].astype(datetime.datetime),
        source_detector_distance_mm=row["source_detector_distance_mm"],
        pixel_pitch_mm=(PITCH_MM, PITCH_MM),
        collimator_corners_px=((top, left), (top, right), (bottom, right), (bottom, left)),
        patient_age_years=50.0,
        patient_weight_kg=70.0,
    )
    detail = HeaderDetail(detector_active_dimensions_mm=(row["detector_height_mm"], row["detector_width_mm"]))
    return ObjectHeader(
        subject=row["subject"],
        study_uid=f"9.{row['subject']}",
        irradiation_event_uid=f"8.{row['subject']}",
        rows=size[0],
        columns=size[1],
        acquisition=acquisition,
        detail=detail,
    )


def _add(store, run_id, header, *, kind, population, outcomes):
    name = header.subject
    entry = FileEntry(relative_path=name, size=1, mtime_ns=1, digest=name, subject=name, status="object")
    told = {"header": header, "kind": kind, "outcomes": outcomes, "population": population}
    store.add(run_id, archive_key="a", plan_digest="p", file=entry, **told)


def _report(row, header):
    event = DoseEvent(
        irradiation_event_uid=header.irradiation_event_uid,
        started_at=header.acquisition.exposed_at,
        collimated_field_area_mm2=row["report_area_mm2"],
        geometry=BeamGeometry(source_detector_distance_mm=row["source_detector_distance_mm"]),
    )
    acquisition = Acquisition(manufacturer="Acme", station_name=row["room"], modality="SR")
    own = ObjectHeader(subject=f"7.{row['subject']}", study_uid=header.study_uid, acquisition=acquisition)
    return own, DoseReport(header=own, events=(event,))


@pytest.fixture(scope="module")
def rows():
    columns = simulate_collimation(rooms=ROOMS, exposures=160, faults=FAULTS)
    return [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]


@pytest.fixture(scope="module")
def folder(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("collimation")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with open_records(f"sqlite:///{folder / 'xrayiq.db'}") as store, store.transaction():
            run_id = store.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
            for row in rows:
                found = tuple(Measurement(quantity=name, value=row[column]) for column, name in QUANTITIES.items())
                header, subject = _header(row), row["subject"]
                beside = Measurement(quantity="field_beside_anatomy_fraction", value=row["beside_anatomy_fraction"])
                outcomes = [
                    Outcome(subject=subject, procedure=name, kind="measured", measurements=values)
                    for name, values in (("collimation", found), ("clinical_noise", (beside,)))
                ]
                _add(store, run_id, header, kind="clinical", population="clinical", outcomes=outcomes)
            header, report = _report(rows[0], _header(rows[0]))
            outcome = Outcome(
                subject=header.subject, procedure="dose_report", kind="measured", result=report, algorithm_version=2
            )
            _add(store, run_id, header, kind="dose_report", population="no_image", outcomes=[outcome])
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    return folder


def audited(folder, *arguments):
    said = xrayiq("audit", "collimation", "--format", "json", *arguments, folder=folder)
    return said, json.loads(said.stdout)


def test_planted_faults_are_found_alone_and_recorded_once(folder):
    said, found = audited(folder)
    assert said.returncode == 1
    named = {(row["room"], row["kind"], row["about"]) for row in found}
    assert named == {
        ("R2", "cropped_afterwards", "KNEE AP"),
        ("R3", "off_centre", "columns"),
        ("R1", "beside_anatomy", "LSPINE AP"),
    }
    assert "findings: 3 opened, 0 told again, 0 known" in said.stderr
    assert "findings: 0 opened, 0 told again, 3 known" in audited(folder)[0].stderr


def test_what_header_and_report_tell_comes_out_of_the_store(folder, rows):
    with open_records(f"sqlite:///{folder / 'xrayiq.db'}", create=False) as store:
        fields = audit_collimation(store).frame("fields").set_index("subject")
    wanted = pd.DataFrame(rows).set_index("subject")
    for name in (*QUANTITIES, "header_area_mm2", "detector_width_mm", "beside_anatomy_fraction"):
        np.testing.assert_allclose(fields[name], wanted.loc[fields.index, name], rtol=1e-9, atol=1e-9)
    # positions from the centre of an image of whole pixels
    np.testing.assert_allclose(fields["header_left_mm"], wanted.loc[fields.index, "header_left_mm"], atol=1e-9)
    reported = fields["report_area_mm2"].dropna()
    assert reported.index.tolist() == [rows[0]["subject"]]
    assert reported.iloc[0] == pytest.approx(rows[0]["report_area_mm2"], rel=1e-12)


def test_reference_fields_of_the_site_are_held_against(folder):
    _, found = audited(folder, "--site", "site.toml", "--dry-run")
    assert {row["about"] for row in found if row["kind"] == "open_collimation"} == {"CHEST PA"}
    assert load_site(folder / "site.toml").reference_fields[0].source == "Department protocol 7"


@pytest.mark.parametrize("table", ["groups", "fields", "excess"])
def test_table_is_printed_and_written(folder, table):
    said, found = audited(folder, "--dry-run", "--table", table, "--save", f"{table}.csv")
    assert f"{len(found)} rows of {table}" in said.stderr
    assert len(pd.read_csv(folder / f"{table}.csv")) == len(found)
