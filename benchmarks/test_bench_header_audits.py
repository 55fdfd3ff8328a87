"""How long 200 000 exposures of a SQLite store take to have their headers and protocols audited."""

import sqlite3
import time

import pytest
from dose_store import write_dose_store

from xrayiq.procedures import audit_metadata, audit_protocol
from xrayiq.records import open_records

IMAGES = 200_000
#: processor time of each
WANTED_S = 10.0
#: voltages that spread, a step of them in one unit, headers that were checked, of which some have a problem
_TOLD = """
UPDATE objects SET
  tube_voltage_kv = 80.0 + (id * 7919 % 5) - 2 + 12.0 * (equipment_id = 1 AND exposed_at > '2025-09'),
  source_detector_distance_mm = 1150.0 + (id * 104729 % 21) - 10,
  exposure_control_mode = 'MANUAL',
  header_checks = CASE id % 50 WHEN 0 THEN 'laterality_of_protocol,index_missing' ELSE 'event_missing' END,
  study_at = datetime(exposed_at, '-10 minutes') || '.000000'
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        write_dose_store(folder / "qa.db", images=IMAGES, told_twice=0, reported=0)
        with sqlite3.connect(folder / "qa.db") as written:
            written.execute(_TOLD)
        yield folder / "qa.db"


@pytest.mark.parametrize("audited", [audit_metadata, audit_protocol])
def test_200_000_exposures_are_audited_in_time(benchmark, store, audited):
    with open_records(f"sqlite:///{store}") as records:
        start = time.process_time()
        audit = benchmark.pedantic(lambda: audited(records), rounds=1, warmup_rounds=0)
        taken = time.process_time() - start
    assert len(audit.exposures) == IMAGES
    assert audit.findings
    benchmark.extra_info["seconds"] = round(taken, 2)
    assert taken < WANTED_S, f"{taken:.2f} s"
