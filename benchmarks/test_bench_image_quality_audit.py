"""How long 200 000 images of a SQLite store take to have their quality audited."""

import sqlite3
import time

import pytest
from dose_store import PLAN, write_dose_store

from xrayiq.procedures import audit_image_quality
from xrayiq.records import open_records

IMAGES = 200_000
#: processor time
WANTED_S = 10.0
ROUNDS = 2
#: noise that spreads by some tenths and rises in one unit, clipping in one image of twelve, exposure that spreads too
_TOLD = """
UPDATE measurements SET value = 0.02 * (1.0 + (outcome_id * 7919 % 21 - 10) / 50.0)
  * (SELECT 1.0 + 0.4 * (o.equipment_id = 1 AND o.exposed_at > '2025-09')
     FROM outcomes JOIN objects o ON o.id = outcomes.object_id WHERE outcomes.id = outcome_id)
  WHERE quantity = 'clinical_noise';
UPDATE objects SET exposure_index = 310.0 * (1.0 + (id * 104729 % 21 - 10) / 40.0);
INSERT INTO outcomes(subject,procedure,algorithm_version,parameter_digest,kind,reason,message,plan_digest,object_id,
  run_id,created_at)
  SELECT subject, 'clipping', 1, '', 'measured', '', '', '{plan}', id, 1, exposed_at FROM objects;
INSERT INTO measurements(outcome_id,ordinal,quantity,direction,value,unit)
  SELECT id, 0, 'clipped_high_fraction', '', 0.03 * (id * 7919 % 12 = 0), '1' FROM outcomes
  WHERE procedure = 'clipping';
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quality")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        write_dose_store(folder / "qa.db", images=IMAGES, told_twice=0, reported=0)
        with sqlite3.connect(folder / "qa.db") as written:
            written.executescript(_TOLD.format(plan=PLAN))
        yield folder / "qa.db"


def test_quality_of_200_000_images_is_audited_in_time(benchmark, store):
    with open_records(f"sqlite:///{store}") as records:
        audit = audit_image_quality(records)
        assert len(audit.exposures) == IMAGES
        assert {one.kind for one in audit.findings} >= {"noise_step", "clipping"}
        benchmark.pedantic(lambda: audit_image_quality(records), rounds=1, warmup_rounds=0)
        taken = min(_seconds(lambda: audit_image_quality(records)) for _ in range(ROUNDS))
    benchmark.extra_info["seconds"] = round(taken, 2)
    assert taken < WANTED_S, f"{taken:.2f} s"


def _seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start
