"""Each parameter of headers is held against the site's table of protocols by room, view and version."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Iterator

import numpy as np
import pytest

from xrayiq.audit import ProtocolAudit
from xrayiq.dicom import dataset_header
from xrayiq.procedures import audit_protocol, load_site
from xrayiq.records import FileEntry, Records, open_records
from xrayiq_phantoms.dicom_values import Equipment, Examination, Technique
from xrayiq_phantoms.dicom_writer import write_dicom

START = datetime.datetime(2026, 3, 2, 8, 0)
#: the day from which the second version holds
SECOND = 40
MANUAL = Technique(
    body_part="CHEST",
    view_position="PA",
    tube_voltage_kv=120.0,
    exposure_mas=4.0,
    source_detector_distance_mm=1800.0,
    grid="FOCUSED",
    filter_material="COPPER",
    filter_thickness_mm=0.1,
    exposure_control_mode="MANUAL",
)
#: what a room does otherwise than the table says, by the parameter
ROOMS: dict[str, dict[str, object]] = {
    "SOUND": {},
    "tube_voltage_kv": {"tube_voltage_kv": 110.0},
    "exposure_mas": {"exposure_mas": 6.0},
    "source_detector_distance_mm": {"source_detector_distance_mm": 1500.0},
    "grid": {"grid": "NONE"},
    "filter": {"filter_thickness_mm": 0.2},
    "exposure_control_mode": {"exposure_control_mode": "AUTOMATIC"},
}
STATIONS = {name: f"ROOM{number}" for number, name in enumerate(ROOMS)}
ROW = """
[[protocols.rows]]
body_part = "CHEST"
view = "{view}"
tube_voltage_kv = {voltage}
exposure_mas = 4
source_detector_distance_mm = 1800
grid = "FOCUSED"
filter = "COPPER 0.1 mm"
exposure_control_mode = "MANUAL"
"""
VERSION = '[[protocols]]\nversion = "{number}"\nvalid_from = {day}\nauthor = "A. Physicist"\n'
TABLE = (
    VERSION.format(number=1, day=START.date())
    + ROW.format(view="PA", voltage=120)
    + ROW.format(view="LAT", voltage=130)
    + VERSION.format(number=2, day=START.date() + datetime.timedelta(days=SECOND))
    + ROW.format(view="PA", voltage=125)
)


@pytest.fixture(scope="module")
def audit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ProtocolAudit]:
    """Thirty headers of each room before the second version; the first room goes on by it, and has another view."""
    folder = tmp_path_factory.mktemp("protocol table")
    (folder / "site.toml").write_text(TABLE, encoding="utf-8")
    with open_records(f"sqlite:///{folder / 'qa.db'}") as records, records.transaction():
        run = records.begin_run(archive_key="a", plan_digest="p", site_digest="", kernel_digest="k", version="0")
        for room, changes in ROOMS.items():
            _add(records, run, room, dataclasses.replace(MANUAL, **changes), "before", 0)  # type: ignore[arg-type]  # fields
        _add(records, run, "SOUND", dataclasses.replace(MANUAL, tube_voltage_kv=125.0), "after", SECOND)
        lateral = dataclasses.replace(MANUAL, view_position="LL", tube_voltage_kv=130.0)
        _add(records, run, "SOUND", lateral, "lateral", 0)
    with open_records(f"sqlite:///{folder / 'qa.db'}", create=False) as records:
        yield audit_protocol(records, site=load_site(folder / "site.toml"))


def _add(records: Records, run: int, room: str, technique: Technique, name: str, first_day: int) -> None:
    """Thirty exposures in a room, one a day, of which one file was made and read."""
    made = write_dicom(
        None,
        np.full((8, 8), 100),
        pixel_pitch_mm=2.5,
        intent="FOR PRESENTATION",
        technique=technique,
        equipment=Equipment(station_name=STATIONS[room], serial_number=STATIONS[room]),
        examination=Examination(age_years=50, weight_kg=70.0),
    )
    header = dataset_header(made)
    for day in range(30):
        subject = f"{room}.{name}.{day}"
        moment = START + datetime.timedelta(days=first_day + day)
        acquisition = dataclasses.replace(header.acquisition, exposed_at=moment)
        records.add(
            run,
            archive_key="a",
            plan_digest="p",
            file=FileEntry(relative_path=subject, size=1, mtime_ns=1, digest=subject, subject=subject, status="object"),
            header=dataclasses.replace(
                header, subject=subject, study_uid=subject, irradiation_event_uid=None, acquisition=acquisition
            ),
            kind="clinical",
            outcomes=[],
            population="clinical",
        )


@pytest.mark.parametrize("room", list(ROOMS))
def test_what_a_room_does_otherwise_is_outside_the_table_and_nothing_else(audit: ProtocolAudit, room: str) -> None:
    own = audit.compared[(audit.compared["room"] == STATIONS[room]) & (audit.compared["version"] == "1")]
    assert set(own.loc[own["verdict"] == "outside", "parameter"]) == ({room} if ROOMS.get(room) else set())
    told = set(own["parameter"])
    # an exposure control sets the charge to the patient: then there is no manual charge to compare
    assert told == set(ROOMS) - {"SOUND"} - ({"exposure_mas"} if room == "exposure_control_mode" else set())


def test_each_view_and_each_version_is_held_against_its_own_row(audit: ProtocolAudit) -> None:
    own = audit.compared[
        (audit.compared["room"] == STATIONS["SOUND"]) & (audit.compared["parameter"] == "tube_voltage_kv")
    ]
    rows = {(row["view"], row["version"]): row for row in own.to_dict("records")}
    assert {key: (row["prescribed"], row["value"], row["verdict"]) for key, row in rows.items()} == {
        ("PA", "1"): (120.0, 120.0, "within"),
        ("PA", "2"): (125.0, 125.0, "within"),
        ("LAT", "1"): (130.0, 130.0, "within"),
    }


def test_each_is_a_finding_of_its_room(audit: ProtocolAudit) -> None:
    found = sorted(one.room for one in audit.findings if one.kind == "table")
    assert found == sorted(station for name, station in STATIONS.items() if name != "SOUND")
