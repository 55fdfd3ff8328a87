"""`--only-site` of what goes into other systems: QuAAC, structured reports and QATrack+ get nothing of another site."""

from __future__ import annotations

import pydicom
import pytest
from exchange_builders import DayTest, day_of, fill
from qatrack_server import TOKEN, FakeQatrack, serving
from typer.testing import CliRunner

from xrayiq.cli.application import application
from xrayiq.exchange.qatrack_mapping import TOKEN_VARIABLE
from xrayiq.records import open_records

#: in every name of the other site, and value of its tests
CANARY, ELSEWHERE = "CANARY", 4321.0
HERE = 81.0
NORTH = {"institution": "North", "serial_number": "S1", "station_name": "ROOM1"}
SOUTH = {"institution": f"{CANARY} South", "serial_number": f"{CANARY}2", "station_name": f"{CANARY}ROOM"}
PERFORMER = ("--performer", "Q. Physicist", "--email", "qa@example.com")
MAPPING = """
[server]
url = "{root}"
[[lists]]
test_list = "QC"
serial_number = "{serial}"
unit_number = 1
[lists.tests]
snr = {{ procedure = "uniformity", quantity = "snr_mean" }}
"""


@pytest.fixture
def export(store_url, tmp_path, monkeypatch):
    """`xrayiq records export` of the northern site alone, of a store with two."""
    monkeypatch.chdir(tmp_path)
    with open_records(store_url) as records:
        fill(records, [DayTest(1, {"snr_mean": HERE}, **NORTH), DayTest(2, {"snr_mean": ELSEWHERE}, **SOUTH)])

    def command(*arguments):
        order = ["records", "export", *arguments, "--only-site", "north", "--records", store_url]
        done = CliRunner().invoke(application, order)
        assert done.exit_code == 0, done.output
        assert CANARY not in done.output
        return done

    return command


def test_quaac_has_the_units_of_the_site_alone(export, tmp_path):
    export("--out", "qc.yaml", *PERFORMER, "--as", "quaac")
    written = (tmp_path / "qc.yaml").read_text(encoding="utf-8")
    assert str(HERE) in written
    assert "ROOM1" in written
    assert CANARY not in written
    assert str(ELSEWHERE) not in written


def test_structured_reports_are_of_the_site_alone(export, tmp_path):
    export("--out", "sr", "--as", "sr")
    (report,) = (tmp_path / "sr").iterdir()
    assert CANARY.encode() not in report.read_bytes()
    text = str(pydicom.dcmread(report))
    assert "1.2.3.1" in text  # the image of the north
    assert "1.2.3.2" not in text
    assert str(int(ELSEWHERE)) not in text


@pytest.mark.parametrize(("serial", "days"), [("S1", [day_of(1).date()]), (f"{CANARY}2", [])])
def test_qatrack_gets_tests_of_the_site_alone(export, tmp_path, monkeypatch, serial, days):
    fake = FakeQatrack()
    monkeypatch.setenv(TOKEN_VARIABLE, TOKEN)
    with serving(fake):
        fake.add_unit(serial_number=serial, name="Room")
        fake.add_collection(0, fake.add_list("QC", fake.add_test("snr")))
        (tmp_path / "qatrack.toml").write_text(MAPPING.format(root=fake.root, serial=serial), encoding="utf-8")
        export("--as", "qatrack", "--mapping", "qatrack.toml")
    assert [instance["work_started"][:10] for instance in fake.instances] == [str(day) for day in days]
    assert [instance["tests"]["snr"]["value"] for instance in fake.instances] == [HERE] * len(days)
