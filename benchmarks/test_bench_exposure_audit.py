"""How long 200 000 exposures of a SQLite store take to be held against their target exposure indices."""

import time

import pytest
from dose_store import write_dose_store

from xrayiq.procedures import audit_exposure
from xrayiq.records import open_records

#: exposures with an image, of these told by a dose report too, and told by reports alone
IMAGES, TOLD_TWICE, REPORTED = 140_000, 60_000, 60_000
#: processor time
WANTED_S = 10.0
ROUNDS = 2


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("exposures")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        write_dose_store(folder / "qa.db", images=IMAGES, told_twice=TOLD_TWICE, reported=REPORTED)
        yield folder / "qa.db"


def test_200_000_exposures_are_held_against_targets_in_time(benchmark, store):
    with open_records(f"sqlite:///{store}") as records:
        audit = audit_exposure(records)
        assert len(audit.exposures) == IMAGES + REPORTED
        assert len(audit.groups)
        benchmark.pedantic(lambda: audit_exposure(records), rounds=1, warmup_rounds=0)
        taken = min(_seconds(lambda: audit_exposure(records)) for _ in range(ROUNDS))
    benchmark.extra_info["seconds"] = round(taken, 2)
    assert taken < WANTED_S, f"{taken:.2f} s"


def _seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start
