"""`xrayiq audit dose` on small stores: tables, sites, periods, dry runs."""

from __future__ import annotations

import dataclasses
import datetime
import json

import pytest
from command_line import xrayiq

from xrayiq.model import Acquisition, ObjectHeader
from xrayiq.records import FileEntry, open_records

START = datetime.datetime(2026, 3, 2, 9, 0)
#: 0.3 and 0.03 Gy·cm², where the national level of the United Kingdom is 0.1
HIGH, LOW = 3.0e-5, 3.0e-6


def _add(store, run_id, room, number, dose):
    acquisition = Acquisition(
        manufacturer="Acme",
        station_name=room,
        serial_number=f"S{room}",
        institution="North" if room == "HIGH" else "South",
        modality="DX",
        body_part="CHEST",
        view_position="PA",
        exposed_at=START + datetime.timedelta(days=number),
        tube_voltage_kv=120.0,
        exposure_mas=2.0,
        dap_gy_m2=dose * (1.0 + 0.01 * (number % 5)),
        patient_age_years=50.0,
        patient_weight_kg=70.0,
    )
    header = ObjectHeader(subject=f"1.{number}.{room == 'HIGH':d}", acquisition=acquisition)
    header = dataclasses.replace(header, study_uid=f"9.{header.subject}")
    entry = FileEntry(
        relative_path=header.subject, size=1, mtime_ns=1, digest=header.subject, subject=header.subject, status="object"
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


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("two sites")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with open_records(f"sqlite:///{folder / 'xrayiq.db'}") as store, store.transaction():
            run_id = store.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
            for number in range(25):
                _add(store, run_id, "HIGH", number, HIGH)
                _add(store, run_id, "LOW", number, LOW)
    return folder


def audited(folder, *arguments):
    said = xrayiq("audit", "dose", "--dry-run", "--format", "json", *arguments, folder=folder)
    return said.returncode, json.loads(said.stdout)


def test_room_over_the_level_is_the_only_finding(folder):
    code, rows = audited(folder)
    assert code == 1
    assert [(row["kind"], row["site"], row["room"]) for row in rows] == [("reference_level", "North", "HIGH")]


@pytest.mark.parametrize(("site", "code"), [("North", 1), ("South", 0)])
def test_only_one_site_is_audited_and_written(folder, site, code):
    said = xrayiq("audit", "dose", "--dry-run", "--only-site", site, "--log", "one.csv", folder=folder)
    assert said.returncode == code
    text = (folder / "one.csv").read_text(encoding="utf-8")
    assert text.count("\n") == 26
    assert {"North": "South", "South": "North"}[site] not in text
    assert "left out" not in said.stderr  # of all sites: nothing of the other one is told


@pytest.mark.parametrize(("table", "rooms"), [("levels", ["HIGH", "LOW"]), ("excursions", []), ("unmapped", [])])
def test_table_is_printed_in_place_of_the_findings(folder, table, rooms):
    code, rows = audited(folder, "--table", table)
    assert code == 1  # the finding is there whatever is printed
    assert sorted(row["room"] for row in rows) == rooms


def test_dry_run_opens_no_finding(folder):
    audited(folder)
    listed = xrayiq("records", "finding", "list", "--format", "json", folder=folder)
    assert json.loads(listed.stdout) == []


def test_period_without_exposures_has_no_findings_and_a_log_without_rows(folder):
    said = xrayiq("audit", "dose", "--dry-run", "--from", "2030-01-01", "--log", "none.csv", folder=folder)
    assert said.returncode == 0
    assert (folder / "none.csv").read_text(encoding="utf-8").count("\n") == 1


def test_empty_store_has_no_findings(tmp_path):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(tmp_path / "person.key"))
        open_records(f"sqlite:///{tmp_path / 'xrayiq.db'}").close()
    said = xrayiq("audit", "dose", "--wide", "none.json", folder=tmp_path)
    assert said.returncode == 0
    assert json.loads((tmp_path / "none.json").read_text(encoding="utf-8")) == []


def test_file_of_an_unknown_kind_is_refused_with_what_is_possible(folder):
    said = xrayiq("audit", "dose", "--dry-run", "--log", "log.doc", folder=folder)
    assert said.returncode == 2
    assert "csv, xlsx, parquet, json" in said.stderr
