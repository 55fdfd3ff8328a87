"""`xrayiq audit protocol` on a small store: the planted change, tables, the site's table, files."""

from __future__ import annotations

import datetime
import json

import pandas as pd
import pytest
from command_line import xrayiq

from xrayiq.model import Acquisition, ObjectHeader
from xrayiq.records import FileEntry, open_records
from xrayiq_phantoms.protocol_exposures import ProtocolChange, simulate_protocols

STEP = ProtocolChange(room="R2", body_part="CHEST", parameter="tube_voltage_kv", day=15, value=110.0)
SITE = """
[[protocols]]
version = "2026-1"
valid_from = 2026-01-01
author = "A. Physicist"

[[protocols.rows]]
body_part = "CHEST"
view = "PA"
tube_voltage_kv = 125
grid = "FOCUSED"
filter = "COPPER 0.1 mm"

[[protocols]]
version = "2026-2"
valid_from = 2026-01-20
author = "A. Physicist"

[[protocols.rows]]
room = "R2"
body_part = "CHEST"
view = "PA"
tube_voltage_kv = 110
"""
_OF_HEADER = (
    *("body_part", "tube_voltage_kv", "exposure_mas", "source_detector_distance_mm", "exposure_control_mode", "grid"),
    *("filter_material", "filter_thickness_min_mm", "filter_thickness_max_mm", "deviation_index"),
)


def _header(row):
    acquisition = Acquisition(
        **{name: row[name] for name in _OF_HEADER},
        manufacturer="Acme",
        station_name=row["room"],
        serial_number=f"S{row['room']}",
        institution="North",
        modality="DX",
        view_position=row["view"],
        exposed_at=row["exposed_at"].astype(datetime.datetime),
        dap_gy_m2=row["dose_area_product"],
        patient_age_years=50.0,
        patient_weight_kg=70.0,
    )
    return ObjectHeader(subject=row["subject"], study_uid=f"9.{row['subject']}", acquisition=acquisition)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("protocols")
    columns = simulate_protocols(days=30, changes=(STEP,), exposures_a_day=3)
    rows = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with open_records(f"sqlite:///{folder / 'xrayiq.db'}") as store, store.transaction():
            run_id = store.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
            for row in rows:
                name = row["subject"]
                entry = FileEntry(relative_path=name, size=1, mtime_ns=1, digest=name, subject=name, status="object")
                told = {"header": _header(row), "kind": "clinical", "outcomes": [], "population": "clinical"}
                store.add(run_id, archive_key="a", plan_digest="p", file=entry, **told)
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    return folder


def audited(folder, *arguments):
    said = xrayiq("audit", "protocol", "--format", "json", *arguments, folder=folder)
    return said, json.loads(said.stdout)


def test_planted_change_is_found_alone_and_recorded_once(folder):
    said, rows = audited(folder)
    assert said.returncode == 1
    assert [(row["kind"], row["room"], row["bound"], row["value"]) for row in rows] == [("change", "R2", 125.0, 110.0)]
    assert "110 kV from 2026-01-20" in rows[0]["evidence"]
    assert "findings: 1 opened, 0 told again, 0 known" in said.stderr
    assert "findings: 0 opened, 0 told again, 1 known" in audited(folder)[0].stderr
    listed = xrayiq("records", "finding", "list", "--format", "json", folder=folder)
    assert [one["quantity"] for one in json.loads(listed.stdout)] == ["tube_voltage"]


def test_table_of_the_site_that_tells_of_the_change_leaves_nothing_to_look_into(folder):
    said, rows = audited(folder, "--site", "site.toml", "--dry-run")
    assert (said.returncode, rows) == (0, [])
    _, changes = audited(folder, "--site", "site.toml", "--dry-run", "--table", "changes")
    assert [(row["version"], row["known"]) for row in changes] == [("2026-2", "yes")]


@pytest.mark.parametrize("table", ["compared", "rooms"])
def test_table_is_printed_and_written(folder, table):
    said, rows = audited(folder, "--site", "site.toml", "--dry-run", "--table", table, "--save", f"{table}.csv")
    assert f"{len(rows)} rows of {table}" in said.stderr
    assert len(pd.read_csv(folder / f"{table}.csv")) == len(rows)


def test_findings_are_written_as_a_file(folder):
    audited(folder, "--dry-run", "--save", "findings.xlsx")
    assert pd.read_excel(folder / "findings.xlsx")["Kind"].tolist() == ["change"]
