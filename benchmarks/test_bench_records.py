"""How fast a record store takes measurements, each outcome sealed, and how fast it is examined: processor time."""

import itertools
import time

import pytest

from xrayiq.model import Acquisition, Measurement, ObjectHeader, Outcome
from xrayiq.records import FileEntry, open_records

#: files of a round, procedures of a file, measurements of a procedure
FILES, PROCEDURES, MEASUREMENTS = 300, ("uniformity", "nps", "mtf"), 10
NEEDED_PER_S = 5000


def write(records, run_id, first):
    """Files as a run writes them, in one group."""
    many = tuple(Measurement(quantity="snr_mean", value=float(number)) for number in range(MEASUREMENTS))
    with records.transaction():
        for number in range(first, first + FILES):
            subject = f"1.2.{number}"
            records.add(
                run_id,
                archive_key="archive",
                plan_digest="plan",
                file=FileEntry(
                    relative_path=f"{number}.dcm",
                    size=number,
                    mtime_ns=number,
                    digest=f"sha256:{number}",
                    subject=subject,
                    status="object",
                ),
                header=ObjectHeader(subject=subject, acquisition=Acquisition(serial_number="S1", modality="DX")),
                kind="flat_field",
                outcomes=[
                    Outcome(subject=subject, procedure=name, kind="measured", measurements=many) for name in PROCEDURES
                ],
            )


@pytest.fixture
def records(tmp_path, monkeypatch):
    monkeypatch.setenv("XRAYIQ_KEY_FILE", str(tmp_path / "person.key"))
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as opened:
        yield opened


@pytest.mark.benchmark(timer=time.process_time)
def test_measurements_are_written_and_sealed(benchmark, records):
    run_id = records.begin_run(archive_key="archive", plan_digest="plan", version="benchmark")
    firsts = itertools.count(0, FILES)
    benchmark.pedantic(lambda: write(records, run_id, next(firsts)), rounds=4)
    per_s = FILES * len(PROCEDURES) * MEASUREMENTS / benchmark.stats.stats.min
    benchmark.extra_info["measurements per second"] = round(per_s)
    assert per_s > NEEDED_PER_S


@pytest.mark.benchmark(timer=time.process_time)
def test_store_is_examined(benchmark, records):
    run_id = records.begin_run(archive_key="archive", plan_digest="plan", version="benchmark")
    for first in range(0, 4 * FILES, FILES):
        write(records, run_id, first)
    records.finish_run(run_id, status="finished", counts={})
    found = benchmark.pedantic(records.verify, rounds=3)
    assert found.whole
    per_s = found.counts["outcomes"] / benchmark.stats.stats.min
    benchmark.extra_info["outcomes per second"] = round(per_s)
