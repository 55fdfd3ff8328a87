"""`xrayiq audit repeats` on a small store: tables, files, exit codes, findings once."""

from __future__ import annotations

import csv
import datetime
import json

import pytest
from command_line import xrayiq

from xrayiq.model import Acquisition, ObjectHeader, Outcome, RejectNote, ToldReject
from xrayiq.records import FileEntry, open_records

START = datetime.datetime(2026, 3, 2, 9, 0)


def _add(store, run_id, header, kind, outcomes=()):
    subject = header.subject
    entry = FileEntry(relative_path=subject, size=1, mtime_ns=1, digest=subject, subject=subject, status="object")
    arguments = {"archive_key": "a", "plan_digest": "p", "file": entry, "header": header, "kind": kind}
    population = "clinical" if kind == "clinical" else "no_image"
    store.add(run_id, **arguments, outcomes=list(outcomes), population=population)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Forty chests in one room; four rejected by a note, one taken again within two minutes."""
    folder = tmp_path_factory.mktemp("repeats")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        with open_records(f"sqlite:///{folder / 'xrayiq.db'}") as store, store.transaction():
            run_id = store.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
            moments = [START + datetime.timedelta(hours=number) for number in range(40)]
            for number, moment in enumerate([*moments, moments[-1] + datetime.timedelta(seconds=100)]):
                acquisition = Acquisition(
                    station_name="ROOM1",
                    serial_number="S1",
                    institution="North",
                    modality="DX",
                    body_part="CHEST",
                    view_position="PA",
                    exposed_at=moment,
                    tube_voltage_kv=120.0,
                    exposure_mas=2.0,
                    patient_age_years=50.0,
                )
                study = f"9.{min(number, 39)}"
                header = ObjectHeader(subject=f"1.{number}", study_uid=study, acquisition=acquisition)
                _add(store, run_id, header, "clinical")
            told = tuple(ToldReject(image_uid=f"1.{number}", code=("111209", "DCM", "")) for number in range(4))
            header = ObjectHeader(subject="3.1", acquisition=Acquisition(exposed_at=START))
            note = RejectNote(header=header, source="key_object", title="113001", rejects=told)
            outcome = Outcome(subject="3.1", procedure="reject_note", kind="measured", result=note)
            _add(store, run_id, header, "reject_note", [outcome])
    return folder


def test_rates_and_reasons_are_printed(folder):
    said = xrayiq("audit", "repeats", "--table", "rates", "--format", "json", "--dry-run", folder=folder)
    rows = [row for row in json.loads(said.stdout) if row["by"] == "all"]
    assert (rows[0]["exposures"], rows[0]["rejects"], rows[0]["images"], rows[0]["repeats"]) == (41, 4, 37, 1)
    said = xrayiq("audit", "repeats", "--table", "reasons", "--format", "json", folder=folder)
    assert [(row["category"], row["rejects"]) for row in json.loads(said.stdout)] == [("positioning", 4)]
    assert "RepeatAudit(41 exposures" in said.stderr


def test_an_apparent_repeat_is_told_with_its_evidence(folder):
    said = xrayiq("audit", "repeats", "--table", "candidates", "--format", "json", folder=folder)
    (row,) = json.loads(said.stdout)
    assert (row["subject"], row["repeat_of"], row["counted"]) == ("1.40", "1.39", True)
    assert "100 s after" in row["evidence"]


def test_few_exposures_give_no_finding_and_exit_code_0(folder):
    said = xrayiq("audit", "repeats", folder=folder)
    assert said.returncode == 0
    assert "findings: 0 opened" in said.stderr


def test_rooms_are_held_against_the_bounds_of_the_site(folder):
    """Wilson's interval of 4 of 41 begins at 3.9 %."""
    settings = "[repeat_audit.general]\ntarget = 0.03\ninvestigate = 0.2\n[repeat_audit.judging]\nleast_images = 41\n"
    (folder / "site.toml").write_text(settings, encoding="utf-8")
    given = ("audit", "repeats", "--site", "site.toml", "--dry-run", "--format", "json")
    said = xrayiq(*given, folder=folder)
    (row,) = json.loads(said.stdout)
    assert (said.returncode, row["kind"], row["bound"]) == (1, "reject_rate_over_target", 0.03)
    assert row["source"] == "site.toml, [repeat_audit.general]"
    (folder / "site.toml").write_text(settings.replace("0.03", "0.04"), encoding="utf-8")
    assert xrayiq(*given, folder=folder).returncode == 0


def test_tables_go_into_files(folder):
    xrayiq("audit", "repeats", "--table", "rejects", "--save", "rejects.csv", folder=folder)
    with (folder / "rejects.csv").open(encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    assert [row["category"] for row in rows] == ["positioning"] * 4


def test_periods_and_unknown_tables(folder):
    said = xrayiq("audit", "repeats", "--table", "rates", "--format", "json", "--to", "2026-03-02", folder=folder)
    assert json.loads(said.stdout)[0]["exposures"] == 15
    assert xrayiq("audit", "repeats", "--table", "nothing", folder=folder).returncode == 2


def test_a_reject_log_comes_in_by_the_command_line(tmp_path):
    log = "exposed_at,serial_number,reason\n2026-03-02T09:00:00,S1,motion\n2026-03-02T10:00:00,S1,moonlight\n"
    (tmp_path / "log.csv").write_text(log, encoding="utf-8")
    given = ("records", "import", "log.csv", "--rejects", "--mapping", "neutral", "--records", "sqlite:///new.db")
    who = ("--by", "mp", "--reason", "test")
    said = xrayiq(*given, *who, "--format", "json", folder=tmp_path)
    assert said.returncode == 3
    told = [row for row in json.loads(said.stdout) if row["row"]]
    assert [(row["row"], row["column"], row["problem"]) for row in told] == [(3, "reason", "unknown reason")]
    assert "2 rejects and 0 accepted exposures taken" in said.stderr
    assert "2 known already" in xrayiq(*given, *who, folder=tmp_path).stderr
    assert xrayiq(*given, folder=tmp_path).returncode == 2
