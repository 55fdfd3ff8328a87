"""`xrayiq audit metadata` on a small store: findings, tables, files, and the section of the report."""

from __future__ import annotations

import json

import pandas as pd
import pytest
from command_line import xrayiq

from xrayiq.model import Acquisition, HeaderDetail, ObjectHeader
from xrayiq.records import FileEntry, open_records
from xrayiq_phantoms.header_exposures import WRONG_SIDES, simulate_headers


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("headers")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with open_records(f"sqlite:///{folder / 'xrayiq.db'}") as store, store.transaction():
            run_id = store.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
            for number, one in enumerate(simulate_headers({"ROOM1": ("sides", "no_dose")}, days=15)):
                told = one.attributes
                wrong = ("right" in told["ProtocolName"]) != (told.get("ImageLaterality") == "R")
                acquisition = Acquisition(
                    modality="DX",
                    body_part=told["BodyPartExamined"],
                    view_position=told["ViewPosition"],
                    protocol_name=told["ProtocolName"],
                    laterality=told.get("ImageLaterality"),
                    station_name=one.room,
                    exposed_at=told["AcquisitionAt"],
                )
                name = f"1.{number}"
                checks = ("laterality_of_protocol",) if wrong else ()
                detail = HeaderDetail(study_at=told["StudyAt"])
                header = ObjectHeader(subject=name, acquisition=acquisition, detail=detail, checks=checks)
                entry = FileEntry(
                    relative_path=f"Doe^Jane/{number}", size=1, mtime_ns=1, digest=name, subject=name, status="object"
                )
                kept = {"header": header, "kind": "clinical", "outcomes": [], "population": "clinical"}
                store.add(run_id, archive_key="a", plan_digest="p", file=entry, **kept)
    return folder


def test_wrong_sides_come_first_and_no_path_is_told(folder):
    said = xrayiq("audit", "metadata", "--dry-run", "--format", "json", folder=folder)
    rows = json.loads(said.stdout)
    assert said.returncode == 1
    assert (rows[0]["kind"], rows[0]["exposures"]) == ("laterality_of_protocol", WRONG_SIDES)
    assert "ImageAndFluoroscopyAreaDoseProduct" in {row["about"] for row in rows}
    assert "Doe" not in said.stdout + said.stderr


def test_tables_are_written(folder):
    said = xrayiq(
        *("audit", "metadata", "--dry-run", "--table", "completeness", "--save", "headers.csv", "--format", "json"),
        folder=folder,
    )
    assert len(pd.read_csv(folder / "headers.csv")) == len(json.loads(said.stdout))


def test_report_tells_of_headers_in_plain_words(folder):
    said = xrayiq("report", "--out", "report.html", folder=folder)
    assert said.returncode == 0
    page = (folder / "report.html").read_text(encoding="utf-8")
    assert f"a side beside a protocol or view that names the other in {WRONG_SIDES} exposures" in page
    assert 'id="metadata"' in page
    assert "Doe" not in page
