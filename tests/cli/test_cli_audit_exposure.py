"""`xrayiq audit exposure` on a small store: findings once, tables, files, sites, faults of headers."""

from __future__ import annotations

import dataclasses
import datetime
import json

import pandas as pd
import pytest
from command_line import xrayiq

from xrayiq import audit_exposure
from xrayiq.model import Acquisition, HeaderDetail, Measurement, ObjectHeader, Outcome
from xrayiq.records import FileEntry, open_records

START = datetime.datetime(2026, 3, 2, 9, 0)
VIEWS = (("CHEST", "PA", "Thorax pa"), ("", "", "LWS ap"), ("ABDOMEN", "AP", "Abdomen"))
#: the index of B is 1.6 times what reaches the receptor
FACTOR = 1.6


def _add(store, run_id, room, number, **changes):
    part, view, protocol = VIEWS[number % 3]
    kerma = 3.0 * 10.0 ** (0.01 * (number % 11 - 5))
    acquisition = Acquisition(
        manufacturer="Acme",
        station_name=room,
        serial_number=f"S{room}",
        institution="South" if room == "D" else "North",
        modality="DX",
        body_part=part,
        view_position=view,
        protocol_name=protocol,
        exposure_control_mode="AUTOMATIC",
        exposed_at=START + datetime.timedelta(hours=number),
        tube_voltage_kv=100.0,
        exposure_mas=2.0,
        exposure_index=round(100.0 * kerma * (FACTOR if room == "B" else 1.0), 1),
        target_exposure_index=300.0,
        patient_age_years=50.0,
    )
    header = ObjectHeader(subject=f"1.{ord(room)}.{number}", acquisition=dataclasses.replace(acquisition, **changes))
    if "exposure_index" in changes and changes["exposure_index"] is None:
        header = dataclasses.replace(header, detail=HeaderDetail(not_numbers=("ExposureIndex",)))
    estimate = Measurement(quantity="estimated_exposure_index", value=100.0 * kerma)
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
        outcomes=[
            Outcome(subject=header.subject, procedure="exposure_index", kind="measured", measurements=(estimate,))
        ],
        population="clinical",
    )


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exposure")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with open_records(f"sqlite:///{folder / 'xrayiq.db'}") as store, store.transaction():
            run_id = store.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
            for number in range(96):
                _add(store, run_id, "A", number)
                _add(store, run_id, "B", number)
            for number in range(96, 104):
                text = {"exposure_index": None} if number % 2 else {"exposure_index": 0.0}
                _add(store, run_id, "A", number, **text)
            for number in range(6):
                _add(store, run_id, "D", number, manufacturer="Carestream", exposure_index=1800.0 + number,
                     target_exposure_index=None)  # fmt: skip
            _add(store, run_id, "D", 6, body_part="UNHEARD OF", protocol_name="Sonderprogramm", manufacturer="FUJIFILM",
                 exposure_index=None, target_exposure_index=None, sensitivity=400.0)  # fmt: skip
    return folder


def audited(folder, *arguments):
    said = xrayiq("audit", "exposure", "--dry-run", "--format", "json", *arguments, folder=folder)
    return said.returncode, json.loads(said.stdout)


def test_wrong_index_and_faults_are_the_findings_and_the_weightiest_is_first(folder):
    code, rows = audited(folder)
    assert code == 1
    assert [(row["kind"], row["room"]) for row in rows] == [
        ("index_calibration", "B"),
        ("index_older_scale", "D"),
        ("index_text", "A"),
        ("index_not_positive", "A"),
    ]
    assert "0.62 times the stated one" in rows[0]["evidence"]  # 1 / 1.6
    assert rows[0]["exposures"] == 96


def test_table_of_indicators_tells_every_makers_and_its_kerma(folder):
    _, rows = audited(folder, "--table", "indicators")
    told = {(row["room"], row["indicator"], row["standing"]): row["receptor_kerma_ugy"] for row in rows}
    assert told[("A", "IEC EI", "standard")] == pytest.approx(3.0, rel=0.02)
    assert told[("D", "Fuji S", "legacy")] == pytest.approx(1740.0 / 400.0)
    assert told[("D", "Carestream EI", "suspect")] is None
    assert told[("A", "IEC EI", "unusable")] is None


def test_site_calibrates_an_indicator_from_a_day_on(folder):
    """On the unit of room A an index of 100 is 0.7 µGy from the third day on, 39 hours after the first exposure."""
    row = 'indicator = "IEC EI"\nserial_number = "SA"\npoints = [[100, 0.7], [1000, 7.0]]\nbeam = "RQA5/2015"\n'
    row += "date = 2026-03-04\nrelative_uncertainty = 0.05\n"
    (folder / "site.toml").write_text(f"[[indicator_calibration]]\n{row}", encoding="utf-8")
    _, rows = audited(folder, "--table", "indicators", "--site", "site.toml")
    told = {(row["room"], row["standing"]): row for row in rows if row["indicator"] == "IEC EI"}
    own = told["A", "local"]
    assert own["receptor_kerma_ugy"] == pytest.approx(2.1, rel=0.02)
    assert (own["receptor_kerma_uncertainty"], own["reference_beam"]) == (0.05, "RQA5/2015")
    assert own["kerma_source"] == "site.toml, local calibration of 2026-03-04"
    assert (told["A", "standard"]["exposures"], own["exposures"]) == (39, 96 - 39)
    assert told["A", "standard"]["kerma_source"].startswith("IEC 62494-1") and ("B", "local") not in told
    _, each = audited(folder, "--table", "exposures", "--site", "site.toml")
    local = [one for one in each if one["standing"] == "local"]
    assert [one["receptor_kerma_ugy"] for one in local] == pytest.approx(
        [0.007 * one["exposure_index"] for one in local]
    )


def test_protocol_that_nothing_maps_is_listed(folder):
    said = xrayiq("audit", "exposure", "--dry-run", "--table", "unmapped", "--format", "json", folder=folder)
    assert [(row["protocol_name"], row["exposures"]) for row in json.loads(said.stdout)] == [("Sonderprogramm", 1)]
    assert "not judged: 1 exposures" in said.stderr


def test_only_one_site_is_audited(folder):
    _, rows = audited(folder, "--only-site", "South", "--table", "exposures")
    assert {row["room"] for row in rows} == {"D"}
    _, rows = audited(folder, "--only-site", "North")
    assert {row["room"] for row in rows} == {"A", "B"}


def test_table_is_written_whole_to_a_file(folder):
    for name in ("groups.csv", "groups.xlsx"):
        said = xrayiq("audit", "exposure", "--dry-run", "--table", "groups", "--save", name, folder=folder)
        assert (said.returncode, f"{name}: 9 rows of groups" in said.stderr) == (1, True), said.stderr
    written = pd.read_csv(folder / "groups.csv")
    assert len(written) == 9
    assert set(written.loc[written["room"] == "B", "standing"]) == {"high"}
    assert xrayiq("audit", "exposure", "--dry-run", "--save", "x.doc", folder=folder).returncode == 2


def test_findings_are_recorded_once(folder):
    first = xrayiq("audit", "exposure", folder=folder)
    again = xrayiq("audit", "exposure", folder=folder)
    assert "findings: 4 opened, 0 told again, 0 known" in first.stderr
    assert "findings: 0 opened, 0 told again, 4 known" in again.stderr
    listed = json.loads(xrayiq("records", "finding", "list", "--format", "json", folder=folder).stdout)
    assert {row["quantity"] for row in listed} == {"deviation_index", "exposure_fault_fraction"}


def test_period_without_exposures_has_no_findings(folder):
    code, rows = audited(folder, "--from", "2030-01-01")
    assert (code, rows) == (0, [])


def test_library_gives_what_the_command_prints(folder):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with open_records(f"sqlite:///{folder / 'xrayiq.db'}") as store:
            found = audit_exposure(store)
    _, rows = audited(folder)
    assert [one.kind for one in found.findings] == [row["kind"] for row in rows]
    assert len(found.frame()) == 9
