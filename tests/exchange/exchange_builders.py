"""A small store whose every number is known, for the tests of what goes out and comes in."""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass

from xrayiq.model import Acquisition, Limit, Measurement, ObjectHeader, Outcome, judge
from xrayiq.records import FileEntry, Records, SetEntry

LOCAL = Limit(
    id="local",
    quantity="signal_nonuniformity_local",
    document="Document of the test",
    edition="2024",
    confidence="A",
    warning_high=0.05,
    fail_high=0.10,
)
SNR = Limit(
    id="least_snr",
    quantity="snr_mean",
    document="Document of the test",
    edition="2024",
    confidence="A",
    basis="relative_to_baseline",
    fail_low=-0.2,
)
#: path below the archive's root that must not go anywhere
PATH = "Miller_John_19500101"
SOP_CLASS = "1.2.840.10008.5.1.4.1.1.1.1.1"


@dataclass(frozen=True)
class DayTest:
    """One test image with its measured numbers."""

    number: int
    values: dict[str, float] | list[tuple[str, float]]
    exposed_at: datetime.datetime | None = None
    serial_number: str = "S1"
    station_name: str = "ROOM1"
    population: str = "quality_control"
    procedure: str = "uniformity"
    modality: str = "DX"
    institution: str = "Hospital"
    detector_id: str | None = "D1"


def day_of(number: int) -> datetime.datetime:
    return datetime.datetime(2025, 1, 1, 8, 30) + datetime.timedelta(days=number)


def fill(records: Records, tests: Sequence[DayTest], limits: Sequence[Limit] = (LOCAL, SNR)) -> None:
    """Store tests, one object and one outcome each, judged by limits."""
    run = records.begin_run(archive_key="archive", plan_digest="plan", version="0.1.0", process="host:1234")
    with records.transaction():
        for test in tests:
            subject = f"1.2.3.{test.number}"
            pairs = test.values.items() if isinstance(test.values, dict) else test.values
            measurements = tuple(Measurement(quantity=name, value=value) for name, value in pairs)
            verdicts = tuple(
                judge(each, limit) for each in measurements for limit in limits if limit.quantity == each.quantity
            )
            records.add(
                run,
                archive_key="archive",
                plan_digest="plan",
                file=FileEntry(
                    relative_path=f"{PATH}/{test.number}.dcm",
                    size=10,
                    mtime_ns=1,
                    digest=f"sha256:{test.number}",
                    subject=subject,
                    status="object",
                ),
                header=ObjectHeader(
                    subject=subject,
                    rows=100,
                    columns=100,
                    frames=1,
                    bits_stored=14,
                    sop_class_uid=SOP_CLASS,
                    study_uid=f"1.2.4.{test.number}",
                    series_uid=f"1.2.5.{test.number}",
                    acquisition=Acquisition(
                        manufacturer="Acme",
                        model="Ray 1",
                        serial_number=test.serial_number,
                        station_name=test.station_name,
                        detector_id=test.detector_id,
                        institution=test.institution,
                        department="Radiology",
                        software_versions=("1.0", "2.0"),
                        modality=test.modality,
                        exposed_at=test.exposed_at or day_of(test.number),
                        tube_voltage_kv=70.0,
                    ),
                ),
                kind="flat_field",
                population=test.population,  # type: ignore[arg-type]  # one of the literals
                outcomes=[
                    Outcome(
                        subject=subject,
                        procedure=test.procedure,
                        kind="measured",
                        parameter_digest="p1",
                        measurements=measurements,
                        verdicts=verdicts,
                    )
                ],
            )
    records.finish_run(run, status="finished", counts={"object": len(tests)})


def fill_set(records: Records, *numbers: int) -> str:
    """Store a set of some tests with one outcome, and give its subject."""
    subject = "set:" + ",".join(str(number) for number in numbers)
    run = records.begin_run(archive_key="archive", plan_digest="plan", version="0.1.0")
    entry = SetEntry(
        subject=subject,
        group_key="group",
        day=day_of(numbers[0]).date(),
        beam="RQA5/2015",
        anchor=f"1.2.3.{numbers[0]}",
        response_id="",
        members=[(f"1.2.3.{number}", 2.5, "table") for number in numbers],
        outcomes=[
            Outcome(
                subject=subject,
                procedure="dqe",
                kind="measured",
                parameter_digest="p1",
                measurements=(Measurement(quantity="dqe_at_1_per_mm", value=0.5, direction="rows"),),
            )
        ],
    )
    records.add_set(run, entry, plan_digest="plan", mode="mode", response=None)
    records.finish_run(run, status="finished", counts={})
    return subject
