"""`--only-site`: one site's users report on theirs alone; nothing of the other site leaves through any command."""

import datetime
import json
import zipfile

import keeping_store
import pytest
from command_line import xrayiq

from xrayiq.procedures import (
    add_service_event,
    change_schedule,
    judge_runs,
    load_site,
    override_limit,
    set_baseline,
    tell_equipment,
)
from xrayiq.records import open_records

CANARY = "CANARY"
SOUTH = {
    "institution": f"{CANARY} South",
    "station_name": f"{CANARY}room",
    "serial_number": f"{CANARY}serial",
    "detector_id": f"{CANARY}detector",
    "protocol_name": f"{CANARY} flat",
}
WHO = {"actor": "jdoe", "reason": "north"}
SOUTHERN = {"actor": "jroe", "reason": CANARY}
LIMIT = "signal_per_charge_constancy"
PERIOD = ("--from", "2026-03-01", "--to", "2026-03-31")
SITE = ("--only-site", "north")


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Two sites, each with a finding, service, a limit, a baseline, a schedule and a name of its own."""
    folder = tmp_path_factory.mktemp("sites")
    site = load_site()
    with keeping_store.in_folder(folder), open_records(keeping_store.url(folder)) as store:
        for number, equipment in enumerate((keeping_store.of_room(1), SOUTH)):
            run = store.begin_run(archive_key=f"archive{number}", plan_digest="plan", version="0.1.0")
            for day, value in keeping_store.ROOM1.items():
                subject = f"1.{number}.{day}" if number == 0 else f"9.9.{day}"
                keeping_store.add(store, run, subject, keeping_store.day(day), value, **equipment)
            store.finish_run(run, status="finished", counts={})
            judge_runs(store, site, run_id=run)
        at = datetime.datetime(2026, 3, 9, 8)
        for serial, station, who in (("S1", "ROOM1", WHO), (SOUTH["serial_number"], SOUTH["station_name"], SOUTHERN)):
            add_service_event(store, kind="calibration", unit=serial, happened_at=at, **who)
            override_limit(store, {"limit": LIMIT, "unit": serial, "fail_low": -0.3}, site=site, **who)
            set_baseline(
                store,
                unit=serial,
                procedure="uniformity",
                quantity="signal_per_charge",
                mean=100.0,
                day=at.date(),
                **who,
            )
            change_schedule(store, {"test": "flat_field", "unit": serial, "frequency_days": 9}, site=site, **who)
            told = {"tube": f"{who['reason']}tube"}
            tell_equipment(store, {"station_name": station, **told}, **who)
        override_limit(store, {"limit": LIMIT, "site": SOUTH["institution"], "fail_low": -0.4}, site=site, **SOUTHERN)
    return folder


def out_of(folder, *command):
    """Everything that a command prints or writes."""
    done = xrayiq(*command, *SITE, folder=folder)
    assert done.returncode == 0, done.stderr
    written = folder / "out.zip"
    if written.is_file():
        with zipfile.ZipFile(written) as archive:
            content = "".join(archive.read(name).decode() for name in archive.namelist())
        written.unlink()
    else:
        content = ""
    return done.stdout + done.stderr + content


@pytest.mark.parametrize(
    ("command", "own"),
    [
        (("records", "finding", "list", "--format", "csv"), "ROOM1"),
        (("records", "limit", "list", "--format", "csv"), "serial S1"),
        (("records", "baseline", "list", "--format", "csv", "--today", "2026-03-12"), "serial S1"),
        (("records", "equipment", "list", "--format", "json"), "northtube"),
        (("records", "event", "list", "--format", "csv"), "calibration"),
        (("records", "schedule", "list", "--all", "--format", "csv"), "serial S1"),
        (("records", "sign", "list", "--format", "csv"), ""),
        (("records", "archive", "--out", "out.zip", "--by", "jdoe", *PERIOD), "northtube"),
        (("records", "export", "--out", "out.zip", "--as", "jsonl"), "northtube"),
        (
            ("records", "export", "--out", "out.zip", "--as", "csv", "--table", "objects", "--table", "runs"),
            "1.0.1",
        ),
    ],
    ids=lambda told: " ".join(told[:3]) if isinstance(told, tuple) else "",
)
def test_nothing_of_another_site_leaves(folder, command, own):
    if command[:3] == ("records", "sign", "list"):
        command = ("records", "sign", *PERIOD, "--by", "jdoe", "--role", "physicist", "--statement", "seen")
    found = out_of(folder, *command)
    assert own in found
    for word in (CANARY, "9.9.", "jroe", "archive1"):
        assert word not in found


def test_an_unknown_site_or_unit_is_a_usage_error_and_writes_nothing(folder):
    for unknown in (("--only-site", "nowhere"), ("--unit", "NOPE")):
        for command in (
            ("records", "export", "--out", "none.csv"),
            ("records", "export", "--out", "none.json", "--as", "quaac", "--performer", "p", "--email", "p@x.org"),
            ("records", "finding", "list"),
            ("records", "limit", "list"),
            ("records", "event", "list"),
            ("records", "baseline", "list"),
        ):
            done = xrayiq(*command, *unknown, folder=folder)
            assert done.returncode == 2, command
            assert unknown[1] in done.stderr
    assert not list(folder.glob("none.*"))
    for command in (
        ("report",),
        ("records", "equipment", "list"),
        ("records", "archive", *PERIOD, "--out", "none.zip"),
    ):
        by = ("--by", "a") if "archive" in command else ()
        assert xrayiq(*command, *by, "--only-site", "nowhere", folder=folder).returncode == 2
    assert not list(folder.glob("none.*"))


def test_export_of_a_unit_takes_any_name_of_it(folder):
    rows = {}
    for name in ("S1", "room1", "ACME DX1, serial S1", SOUTH["serial_number"]):
        done = xrayiq("records", "export", "--out", "one.json", "--unit", name, folder=folder)
        assert done.returncode == 0, done.stderr
        rows[name] = {row["subject"] for row in json.loads((folder / "one.json").read_text())}
    assert rows["S1"] == rows["room1"] == rows["ACME DX1, serial S1"] == {f"1.0.{day}" for day in keeping_store.ROOM1}
    assert rows[SOUTH["serial_number"]] == {f"9.9.{day}" for day in keeping_store.ROOM1}


def test_an_archive_of_one_site_is_whole_and_holds_the_head_of_the_whole_trail(folder):
    made = xrayiq(
        *("records", "archive", "--out", "one.zip", "--by", "jdoe", *PERIOD, *SITE, "--format", "json"), folder=folder
    )
    (row,) = json.loads(made.stdout)
    with zipfile.ZipFile(folder / "one.zip") as archive:
        manifest = json.loads(archive.read("manifest.json"))
    assert manifest["site"] == "North"
    assert int(manifest["head"].partition(":")[0]) == row["event"] - 1
    assert manifest["files"]["outcomes.jsonl"]["rows"] == len(keeping_store.ROOM1)
    assert xrayiq("records", "verify", "--archive", "one.zip", folder=folder).returncode == 0
