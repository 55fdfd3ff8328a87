"""`xrayiq audit quality` on a small store: planted faults, tables, files, exit codes, the section."""

from __future__ import annotations

import datetime
import json

import numpy as np
import pandas as pd
import pytest
from command_line import xrayiq
from markupsafe import Markup

from xrayiq import audit_image_quality
from xrayiq.model import Acquisition, Measurement, ObjectHeader, Outcome
from xrayiq.procedures import load_site
from xrayiq.records import FileEntry, open_records
from xrayiq.report.evidence import gather
from xrayiq.report.quality_audit import quality_audit
from xrayiq_phantoms.quality_quarter import QualityPlant, simulate_quality

ROOMS = ("R1", "R2", "R3")
PLANTS = (
    QualityPlant(kind="noise_step", room="R2", size=1.45, day=45),
    QualityPlant(kind="saturation", room="R3", size=0.25),
)
SITE = """
[image_quality_audit.saturation]
permitted_share = 0.6
"""


def _outcomes(row):
    subject, procedure = row["subject"], "clinical_noise"
    clipped = tuple(
        Measurement(quantity=name, value=row[name]) for name in ("clipped_low_fraction", "clipped_high_fraction")
    )
    yield Outcome(subject=subject, procedure="clipping", kind="measured", measurements=clipped)
    if row["is_saturated"]:
        yield Outcome(subject=subject, procedure=procedure, kind="not_measurable", reason="partly_saturated")
    else:
        told = {"clinical_noise": row["noise"], "clinical_snr": row["snr"]}
        noise = tuple(Measurement(quantity=name, value=value) for name, value in told.items())
        yield Outcome(subject=subject, procedure=procedure, kind="measured", measurements=noise)


def _add(store, run_id, row):
    acquisition = Acquisition(
        manufacturer="Acme",
        station_name=row["room"],
        serial_number=f"S{row['room']}",
        institution="North",
        modality="DX",
        body_part=row["body_part"],
        view_position=row["view"],
        exposed_at=row["exposed_at"].astype(datetime.datetime),
        exposure_index=100.0 * row["receptor_kerma_ugy"],
        deviation_index=row["deviation_index"],
        patient_age_years=50.0,
        patient_weight_kg=70.0,
    )
    name = row["subject"]
    entry = FileEntry(relative_path=name, size=1, mtime_ns=1, digest=name, subject=name, status="object")
    header = ObjectHeader(subject=name, study_uid=f"9.{name}", acquisition=acquisition)
    told = {"header": header, "kind": "clinical", "outcomes": list(_outcomes(row)), "population": "clinical"}
    store.add(run_id, archive_key="a", plan_digest="p", file=entry, **told)


@pytest.fixture(scope="module")
def rows():
    columns = simulate_quality(rooms=ROOMS, exposures=340, plants=PLANTS)
    every = [dict(zip(columns, values, strict=True)) for values in zip(*columns.values(), strict=True)]
    return [row for row in every if row["body_part"] == "CHEST"]  # half of them: two views


@pytest.fixture(scope="module")
def folder(tmp_path_factory, rows):
    folder = tmp_path_factory.mktemp("quality")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with open_records(f"sqlite:///{folder / 'xrayiq.db'}") as store, store.transaction():
            run_id = store.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
            for row in rows:
                _add(store, run_id, row)
    (folder / "site.toml").write_text(SITE, encoding="utf-8")
    return folder


def audited(folder, *arguments):
    said = xrayiq("audit", "quality", "--format", "json", *arguments, folder=folder)
    return said, json.loads(said.stdout)


def test_planted_faults_are_found_alone_and_recorded_once(folder):
    said, found = audited(folder)
    assert said.returncode == 1
    named = {(row["room"], row["kind"], row["about"]) for row in found}
    assert named == {("R2", "noise_step", "all examinations"), ("R3", "saturation", "all examinations")}
    assert "findings: 2 opened, 0 told again, 0 known" in said.stderr
    assert "findings: 0 opened, 0 told again, 2 known" in audited(folder)[0].stderr
    listed = json.loads(xrayiq("records", "finding", "list", "--format", "json", folder=folder).stdout)
    assert {row["quantity"] for row in listed} == {"noise_over_expected", "image_fault_share"}


def test_what_was_measured_comes_out_of_the_store(folder, rows):
    with open_records(f"sqlite:///{folder / 'xrayiq.db'}", create=False) as store:
        images = audit_image_quality(store).frame("images").set_index("subject")
    wanted = pd.DataFrame(rows).set_index("subject").loc[images.index]
    for name in ("noise", "snr", "is_saturated", "clipped_high_fraction", "receptor_kerma_ugy"):
        np.testing.assert_allclose(images[name], wanted[name], rtol=1e-9)
    assert images["grid_line_contrast"].isna().all()


def test_what_no_image_was_measured_of_is_told(folder):
    _, rows = audited(folder, "--dry-run", "--table", "measured")
    assert [(row["images"], row["grid_lines"], row["seams"]) for row in rows] == [(170, 0, 0)] * 3


def test_section_of_the_report_comes_out_of_the_store(folder, monkeypatch):
    monkeypatch.setattr("xrayiq.report.tables.picture_svg", lambda *_: Markup("<svg></svg>"))
    with open_records(f"sqlite:///{folder / 'xrayiq.db'}", create=False) as store:
        section = quality_audit(gather(store), store)
    told = {one.question: (one.status, one.text) for one in section.answers}
    assert told["No lines of the grid"] == ("indeterminate", "not measured on any of these images")
    assert told["Noise as the exposure explains"][0] == "warning"
    assert "unit of" not in section.headline


def test_exit_codes_are_those_of_every_audit(folder):
    assert xrayiq("audit", "quality", "--dry-run", "--from", "2030-01-01", folder=folder).returncode == 0
    assert xrayiq("audit", "quality", "--dry-run", "--table", "unheard", folder=folder).returncode == 2
    assert xrayiq("audit", "quality", "--dry-run", "--save", "x.doc", folder=folder).returncode == 2


def test_bounds_of_the_site_are_held_against(folder):
    _, found = audited(folder, "--site", "site.toml", "--dry-run")
    assert [row["kind"] for row in found] == ["noise_step"]
    assert load_site(folder / "site.toml").image_quality_rules["saturation"]["permitted_share"] == 0.6


@pytest.mark.parametrize("table", ["noise", "investigate"])
def test_table_is_printed_and_written(folder, table):
    said, found = audited(folder, "--dry-run", "--table", table, "--save", f"{table}.csv")
    assert f"{len(found)} rows of {table}" in said.stderr
    assert len(pd.read_csv(folder / f"{table}.csv")) == len(found) > 0
    as_csv = xrayiq("audit", "quality", "--dry-run", "--table", table, "--format", "csv", folder=folder)
    assert len(as_csv.stdout.strip().splitlines()) == len(found) + 1
