"""`xrayiq records`: what it finds, what it enters, and its exit codes."""

import csv
import io
import json
import re
import shutil
import sqlite3

import pytest
from command_line import xrayiq

from xrayiq_phantoms import Detector, Identifiers, Technique, simulate_edge, write_dicom


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """A folder with the store of one edge image, written by a run."""
    tmp_path = tmp_path_factory.mktemp("written")
    pixels = simulate_edge(Detector(pixel_pitch_mm=0.3), shape=(500, 500), angle_deg=3.0, seed=1).pixels
    write_dicom(
        tmp_path / "edge.dcm",
        pixels,
        pixel_pitch_mm=0.3,
        technique=Technique(protocol_name="MTF"),
        identifiers=Identifiers(instance="edge"),
    )
    xrayiq("run", tmp_path / "edge.dcm", "--workers", "1", folder=tmp_path)
    with sqlite3.connect(tmp_path / "xrayiq.db") as connection:
        connection.execute("UPDATE equipment SET id = id")  # fails where the run wrote none
    connection.close()
    return tmp_path


@pytest.fixture
def folder(written, tmp_path):
    """A copy of it."""
    return shutil.copytree(written, tmp_path / "folder")


def serial_of(folder):
    with sqlite3.connect(folder / "xrayiq.db") as connection:
        serial = connection.execute("SELECT serial_number FROM equipment").fetchone()[0]
    connection.close()
    return serial


def test_store_of_a_run_is_whole_until_somebody_alters_it(folder):
    whole = xrayiq("records", "verify", folder=folder)
    assert whole.returncode == 0, whole.stderr
    head = re.search(r"head (\d+:[0-9a-f]{16})", whole.stdout)[1]
    with sqlite3.connect(folder / "xrayiq.db") as connection:
        altered = connection.execute("SELECT min(outcome_id) FROM measurements").fetchone()[0]
        connection.execute("UPDATE measurements SET value = value * 1.1 WHERE outcome_id = ?", [altered])
    connection.close()
    for output in ("table", "json", "csv"):
        found = xrayiq("records", "verify", "--head", head, "--format", output, folder=folder)
        assert found.returncode == 1
        if output == "table":
            assert f"outcome {altered} (" in found.stdout
        elif output == "json":
            told = json.loads(found.stdout)
            assert (told["whole"], told["head"], told["more_faults"]) == (False, head, 0)
            assert [(fault["table"], fault["row"]) for fault in told["faults"]] == [("outcomes", altered)]
        else:
            (row,) = csv.DictReader(io.StringIO(found.stdout))
            assert (row["table"], row["row"], row["damage"]) == ("outcomes", str(altered), "altered")
        assert str(folder) not in found.stdout + found.stderr


def test_cut_trail_is_found_with_the_head_that_was_printed(folder):
    entered = xrayiq(
        *("records", "event", "add", "repair", "--unit", serial_of(folder), "--by", "physicist"),
        *("--reason", "line", "--format", "json"),
        folder=folder,
    )
    assert entered.returncode == 0, entered.stderr
    head = json.loads(xrayiq("records", "verify", "--format", "json", folder=folder).stdout)["head"]
    with sqlite3.connect(folder / "xrayiq.db") as connection:
        connection.execute("DELETE FROM events WHERE kind = 'repair'")
    connection.close()
    assert xrayiq("records", "verify", folder=folder).returncode == 0
    found = xrayiq("records", "verify", "--head", head, folder=folder)
    assert found.returncode == 1
    assert "1 event is missing at its end" in " ".join(found.stdout.split())


def test_service_is_entered_and_listed_in_the_order_of_doing(folder):
    serial = serial_of(folder)
    common = ("--unit", serial, "--by", "physicist", "--format", "json")
    add = ("records", "event", "add")
    xrayiq(*add, "calibration", "--at", "2026-03-02 08:00", "--reason", "gain map", *common, folder=folder)
    down = ("--at", "2026-03-01", "--until", "2026-03-01T16:30", "--reason", "tube")
    done = xrayiq(*add, "downtime", *down, *common, folder=folder)
    assert done.returncode == 0, done.stderr
    listed = json.loads(xrayiq("records", "event", "list", "--format", "json", folder=folder).stdout)
    assert [(row["kind"], row["happened_at"], row["until"], row["by"]) for row in listed] == [
        ("downtime", "2026-03-01 00:00:00", "2026-03-01 16:30:00", "physicist"),
        ("calibration", "2026-03-02 08:00:00", None, "physicist"),
    ]
    none = xrayiq("records", "event", "list", "--unit", "other", folder=folder)
    assert none.returncode == 2
    assert "knows no unit 'other'" in none.stderr
    assert xrayiq("records", "verify", folder=folder).returncode == 0


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"kind": "party"}, "one of acceptance, calibration"),
        ({"--unit": "unknown"}, "knows no unit 'unknown'"),
        ({"--unit": ""}, "needed a unit or a detector"),
        ({"--detector": "D"}, "needed a unit or a detector"),
        ({"--reason": " "}, "without reason"),
        ({"--by": ""}, "without actor"),
        ({"--until": "2026-03-05"}, "end of a downtime"),
        ({"--at": "yesterday"}, "at"),
        ({"--records": "sqlite:///none.db"}, "no such record store"),
    ],
)
def test_service_that_cannot_be_is_a_usage_error(folder, changes, said):
    given = {"--unit": serial_of(folder), "--by": "physicist", "--reason": "line", "--at": "2026-03-01"} | changes
    kind = given.pop("kind", "repair")
    options = [text for pair in given.items() for text in pair]
    done = xrayiq("records", "event", "add", kind, *options, folder=folder)
    assert done.returncode == 2
    assert said in " ".join(done.stderr.split())
    assert xrayiq("records", "event", "list", "--format", "json", folder=folder).stdout.strip() == "[]"


def test_head_that_is_none_is_a_usage_error(folder):
    done = xrayiq("records", "verify", "--head", "somewhere", folder=folder)
    assert done.returncode == 2
    assert "number of an event" in done.stderr
