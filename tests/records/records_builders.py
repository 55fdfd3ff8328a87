"""Small objects for the tests of the record store, and writers that run in processes of their own."""

from __future__ import annotations

import contextlib
import dataclasses
import datetime
import sqlite3
from dataclasses import dataclass, field

import numpy as np
import psycopg
from numpy.typing import NDArray

from xrayiq.model import (
    Acquisition,
    BeamGeometry,
    DoseEvent,
    DoseReport,
    Limit,
    Measurement,
    ObjectHeader,
    Outcome,
    Provenance,
    RejectNote,
    Response,
    Result,
    ToldReject,
    judge,
)
from xrayiq.records import FileEntry, Records, SetEntry, open_records

LIMIT = Limit(
    id="least_snr",
    quantity="snr_mean",
    procedure="uniformity",
    document="Document of the test",
    edition="2024",
    confidence="C",
    warning_low=20.0,
    fail_low=10.0,
    note="only for tests",
)
RESPONSE = Response(model="linear", a=10.0, b=100.0, kerma_min_ugy=0.5, kerma_max_ugy=20.0)
EXPOSED_AT = datetime.datetime(2024, 3, 1, 9, 30, 15, 250000)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False, repr=False)
class Curve(Result):
    """A result as metrics make them: arrays, numbers, text, a nested value."""

    frequencies_per_mm: NDArray[np.float64]
    values: NDArray[np.float64]
    f50_per_mm: float | None = None
    corners_px: tuple[tuple[float, float], ...] = ()
    mode: str = "constancy"
    provenance: Provenance = field(default_factory=lambda: Provenance(algorithm="curve", algorithm_version=1))

    def measurements(self) -> tuple[Measurement, ...]:
        return (Measurement(quantity="mtf_f50", value=self.f50_per_mm or 0.0, direction="columns"),)


TYPES = {"Curve": Curve}


def curve(seed: int = 1, f50_per_mm: float | None = 2.5) -> Curve:
    return Curve(
        frequencies_per_mm=np.linspace(0.0, 5.0, 11),
        values=np.random.default_rng(seed).normal(size=11),
        f50_per_mm=f50_per_mm,
        corners_px=((0.0, 1.5), (2.0, 3.0)),
    )


def header(number: int, **attributes: object) -> ObjectHeader:
    known: dict[str, object] = {
        "manufacturer": "Acme",
        "serial_number": "S1",
        "software_versions": ("1.0", "2.0"),
        "modality": "DX",
        "exposed_at": EXPOSED_AT,
        "tube_voltage_kv": 70.0,
    }
    return ObjectHeader(
        subject=f"1.2.{number}",
        rows=10,
        columns=20,
        frames=1,
        bits_stored=14,
        patient_key="ab" * 32,
        acquisition=Acquisition(**(known | attributes)),  # type: ignore[arg-type]  # keywords of one test each
    )


def file_entry(number: int, **changes: object) -> FileEntry:
    known: dict[str, object] = {
        "relative_path": f"day/{number}.dcm",
        "size": 100 + number,
        "mtime_ns": 1_700_000_000_000_000_000 + number,
        "digest": f"sha256:{number}",
        "subject": f"1.2.{number}",
        "status": "object",
    }
    return FileEntry(**(known | changes))  # type: ignore[arg-type]  # keywords of one test each


def outcomes(number: int, *, value: float = 15.0, parameter_digest: str = "p1") -> tuple[Outcome, ...]:
    """Two measured and one that could not be measured, with three measurements and one verdict."""
    snr = Measurement(quantity="snr_mean", value=value)
    low = Measurement(quantity="snr_minimum", value=value / 2)
    return (
        Outcome(
            subject=f"1.2.{number}",
            procedure="uniformity",
            kind="measured",
            parameter_digest=parameter_digest,
            measurements=(snr, low),
            verdicts=(judge(snr, LIMIT),),
        ),
        Outcome(
            subject=f"1.2.{number}",
            procedure="mtf",
            kind="measured",
            parameter_digest=parameter_digest,
            result=curve(number),
            measurements=curve(number).measurements(),
        ),
        Outcome(
            subject=f"1.2.{number}",
            procedure="nps",
            kind="not_measurable",
            parameter_digest=parameter_digest,
            reason="no_pixel_spacing",
            message="the header gives no pixel spacing",
        ),
    )


def begin(records: Records, plan_digest: str = "plan1") -> int:
    return records.begin_run(archive_key="archive", plan_digest=plan_digest, version="0.1.0")


def add(records: Records, run_id: int, number: int, *, plan_digest: str = "plan1", **changes: object) -> int:
    """Number of new outcomes of object `number`, added with any argument of `Records.add` changed."""
    arguments: dict[str, object] = {
        "archive_key": "archive",
        "file": file_entry(number),
        "header": header(number),
        "kind": "flat_field",
        "outcomes": outcomes(number),
    }
    stored = records.add(run_id, plan_digest=plan_digest, **(arguments | changes))  # type: ignore[arg-type]  # as above
    return stored.new_outcomes


def dose_report(number: int, **changes: object) -> Outcome:
    """Outcome of a report with two events, its first with any field changed."""
    known: dict[str, object] = {
        "irradiation_event_uid": f"1.5.{number}",
        "started_at": EXPOSED_AT,
        "event_type": ("113611", "DCM", "Stationary Acquisition"),
        "protocol": "Chest PA",
        "dap_gy_m2": 1.25e-5,
        "collimated_field_area_mm2": 4.0e4,
        "geometry": BeamGeometry(source_detector_distance_mm=2000.0),
        "is_rejected": True,
    }
    events = (DoseEvent(**(known | changes)), DoseEvent(dap_gy_m2=0.0))  # type: ignore[arg-type]  # as above
    report = DoseReport(header=header(number), events=events, total_dap_gy_m2=1.25e-5)
    return Outcome(
        subject=f"1.2.{number}",
        procedure="dose_report",
        kind="measured",
        algorithm_version=report.provenance.algorithm_version,
        parameter_digest="p1",
        result=report,
        measurements=report.measurements(),
    )


def reject_note(number: int, **changes: object) -> Outcome:
    """Outcome of a note that rejects one image, its reject with any field changed."""
    known: dict[str, object] = {
        "image_uid": f"1.2.{number}",
        "exposed_at": EXPOSED_AT,
        "code": ("111209", "DCM", "Positioning"),
        "category": "positioning",
        "dap_gy_m2": 1.25e-5,
    }
    told = ToldReject(**(known | changes))  # type: ignore[arg-type]  # as above
    note = RejectNote(header=header(number), source="key_object", title="113001", rejects=(told,))
    return Outcome(
        subject=f"1.2.{number}",
        procedure="reject_note",
        kind="measured",
        algorithm_version=note.provenance.algorithm_version,
        parameter_digest="p1",
        result=note,
        measurements=note.measurements(),
    )


def add_set(
    records: Records, run_id: int, *numbers: int, response: Response | None = RESPONSE, **changes: object
) -> int:
    """Add a set of the objects `numbers` with one outcome, with any field of `SetEntry` changed."""
    subject = "set:" + ",".join(str(number) for number in numbers)
    fields: dict[str, object] = {
        "subject": subject,
        "group_key": "group",
        "day": EXPOSED_AT.date(),
        "beam": "RQA5/2015",
        "anchor": f"1.2.{numbers[0]}",
        "response_id": "",
        "members": [(f"1.2.{number}", 2.5, "table") for number in numbers],
        "outcomes": [dataclasses.replace(outcomes(numbers[0])[0], subject=subject)],
    }
    entry = SetEntry(**(fields | changes))  # type: ignore[arg-type]  # keywords of one test each
    return records.add_set(run_id, entry, plan_digest="plan1", mode="mode", response=response)


def rows(url: str, table: str) -> list[tuple[object, ...]]:
    """All rows of a table, read without the code under test."""
    query = f"SELECT * FROM {table} ORDER BY 1, 2"  # noqa: S608 - ours
    if url.startswith("sqlite:///"):
        with contextlib.closing(sqlite3.connect(url.removeprefix("sqlite:///"))) as connection:
            return connection.execute(query).fetchall()
    with psycopg.connect(url.replace("+psycopg", "")) as server:
        return server.execute(query.encode()).fetchall()


def count(url: str, table: str) -> int:
    return len(rows(url, table))


def write_objects(url: str, first: int, stop: int, batch: int = 20) -> None:
    """Write objects to a store in batches, saying so after each; the body of a process."""
    with open_records(url) as records:
        run_id = begin(records)
        for start in range(first, stop, batch):
            with records.transaction():
                for number in range(start, min(start + batch, stop)):
                    add(records, run_id, number)
            print(start, flush=True)  # noqa: T201 - the parent process waits for it
        records.finish_run(run_id, status="finished", counts={})


def open_and_close(url: str) -> None:
    """Open a store, creating it where it is new; the body of a process."""
    open_records(url).close()


def append_events(url: str, count: int) -> None:
    """Append events to a store one by one, saying so after each; the body of a process."""
    with open_records(url) as records:
        for number in range(count):
            records.append_event(
                kind="service",
                subject="detector:D7",
                actor="physicist",
                reason=f"visit {number}",
                details={"n": number},
            )
            print(number, flush=True)  # noqa: T201 - the parent process waits for it


def write_copies(url: str, start: int, step: int) -> None:
    """Write images of some exposures, and each of them from two files, in one order or the other; a process's body."""
    with open_records(url) as records:
        run_id = begin(records)
        for number in range(12)[start::step]:
            image = dataclasses.replace(header(number, exposure_mas=2.0), irradiation_event_uid=f"1.9.{number % 4}")
            for folder in ("day", "copy"):
                file = file_entry(number, relative_path=f"{folder}/{number}-{step}.dcm")
                add(records, run_id, number, file=file, header=image, kind="clinical", population="clinical")
        records.finish_run(run_id, status="finished", counts={})
