"""How long 200 000 images of a SQLite store take to have their quality audited."""

import sqlite3
import time

import numpy as np
import pytest
from audit_store import PLAN, UNITS, write_audit_store

from xrayiq.metrics import find_artefact_candidates
from xrayiq.model import Outcome
from xrayiq.procedures import audit_image_quality
from xrayiq.records import open_records
from xrayiq.records.packing import pack_outcome

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
#: candidates for artefacts of every image, whole only of the newest of each unit
_CANDIDATES = """
INSERT INTO outcomes(subject,procedure,algorithm_version,parameter_digest,kind,reason,message,plan_digest,object_id,
  run_id,created_at)
  SELECT subject, 'artefact_candidates', 1, '', 'measured', '', '', '{plan}', id, 1, exposed_at FROM objects
  WHERE kind = 'clinical';
INSERT INTO measurements(outcome_id,ordinal,quantity,direction,value,unit)
  SELECT id, 0, 'artefact_candidates', '', 9000.0, '1' FROM outcomes WHERE procedure = 'artefact_candidates';
"""
_WHOLE = """
UPDATE outcomes SET result_type = ?, result_json = ?, result_npz = ? WHERE procedure = 'artefact_candidates'
  AND object_id % ? = ? AND object_id > ?
"""
#: different images, and images of each unit that have candidates
DIFFERENT, NEWEST = 50, 120


def whole_candidates():
    """Packed candidates of images of 350 mm by 430 mm, all of noise."""
    for seed in range(DIFFERENT):
        image = 1000.0 * (1.0 + 0.02 * np.random.default_rng(seed).standard_normal((1400, 1720)))
        found = find_artefact_candidates(image, pixel_pitch_mm=0.25)
        outcome = Outcome(subject="1", procedure="artefact_candidates", kind="measured", result=found)
        yield pack_outcome(outcome)


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("quality")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        write_audit_store(folder / "qa.db", images=IMAGES, told_twice=0, reported=0)
        with sqlite3.connect(folder / "qa.db") as written:
            written.executescript(_TOLD.format(plan=PLAN))
            written.executescript(_CANDIDATES.format(plan=PLAN))
            for number, one in enumerate(whole_candidates()):
                least = IMAGES - NEWEST * UNITS
                # images of a unit follow each other by the number of units
                for place in range(number * UNITS, (number + 1) * UNITS):
                    chosen = (UNITS * DIFFERENT, place, least)
                    written.execute(_WHOLE, (one.result_type, one.result_json, one.result_npz, *chosen))
        yield folder / "qa.db"


def test_quality_of_200_000_images_is_audited_in_time(benchmark, store):
    with open_records(f"sqlite:///{store}") as records:
        audit = audit_image_quality(records)
        assert len(audit.exposures) == IMAGES
        assert {one.kind for one in audit.findings} >= {"noise_step", "clipping"}
        assert audit.detectors["compared"].tolist() == [30] * UNITS
        assert audit.recurring.empty
        benchmark.pedantic(lambda: audit_image_quality(records), rounds=1, warmup_rounds=0)
        taken = min(_seconds(lambda: audit_image_quality(records)) for _ in range(ROUNDS))
    benchmark.extra_info["seconds"] = round(taken, 2)
    assert taken < WANTED_S, f"{taken:.2f} s"


def _seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start
