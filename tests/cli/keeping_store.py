"""A small store for the tests of commands that keep the record: two rooms, a year's start, one value out of limits."""

from __future__ import annotations

import datetime
import os
from pathlib import Path
from unittest import mock

from xrayiq.model import Acquisition, Measurement, ObjectHeader, Outcome
from xrayiq.procedures import judge_runs, load_site
from xrayiq.records import FileEntry, open_records

FIRST = datetime.date(2026, 3, 2)
#: signal per charge of room 1 by day after `FIRST`: eleven values about 100, one 25 % below, one that is mended
ROOM1 = {day: 100.0 + (-1) ** day for day in range(11)} | {11: 75.0}
MENDED = {18: 99.0}
#: of room 2, three values
ROOM2 = {0: 50.0, 1: 52.0, 2: 51.0}


def day(number):
    return FIRST + datetime.timedelta(days=number)


def header(subject, exposed_on, **equipment):
    known = {
        "manufacturer": "ACME",
        "model": "DX1",
        "institution": "North",
        "modality": "DX",
        "protocol_name": "QC flat",
        "tube_voltage_kv": 70.0,
        "exposed_at": datetime.datetime.combine(exposed_on, datetime.time(7, 30)),
    }
    acquisition = Acquisition(**(known | equipment))
    return ObjectHeader(
        subject=subject, rows=100, columns=120, frames=1, bits_stored=14, patient_key="ab" * 32, acquisition=acquisition
    )


def add(store, run_id, subject, exposed_on, value, **equipment):
    """One flat field with its signal per charge."""
    measurement = Measurement(quantity="signal_per_charge", value=value)
    store.add(
        run_id,
        archive_key="archive",
        plan_digest="plan",
        file=FileEntry(
            relative_path=f"Patient^Secret/{subject}.dcm",
            size=100,
            mtime_ns=1,
            digest=f"sha256:{subject}",
            subject=subject,
            status="object",
        ),
        header=header(subject, exposed_on, **equipment),
        kind="flat_field",
        outcomes=(
            Outcome(
                subject=subject,
                procedure="uniformity",
                kind="measured",
                parameter_digest="p",
                measurements=(measurement,),
            ),
        ),
    )


def of_room(number):
    return {"station_name": f"ROOM{number}", "serial_number": f"S{number}", "detector_id": f"D{number}"}


def write_run(folder: Path, *values):
    """One run with values of (room, day after `FIRST`, value), judged as a run judges them."""
    with in_folder(folder), open_records(url(folder)) as store:
        run_id = store.begin_run(archive_key="archive", plan_digest="plan", version="0.1.0")
        for room, number, value in values:
            add(store, run_id, f"1.{room}.{number}", day(number), value, **of_room(room))
        store.finish_run(run_id, status="finished", counts={})
        judge_runs(store, load_site(), run_id=run_id)


def write_store(folder: Path):
    """The store with one open finding of room 1."""
    rows = [(1, number, value) for number, value in ROOM1.items()]
    write_run(folder, *rows, *((2, number, value) for number, value in ROOM2.items()))


def write_mended(folder: Path):
    """A later value of room 1 that is within limits."""
    write_run(folder, *((1, number, value) for number, value in MENDED.items()))


def url(folder: Path) -> str:
    return f"sqlite:///{folder / 'xrayiq.db'}"


def in_folder(folder: Path):
    """The key that commands of `xrayiq` in this folder have."""
    return mock.patch.dict(os.environ, {"XRAYIQ_KEY_FILE": str(folder / "person.key")})
