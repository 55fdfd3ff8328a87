"""How long each audit of a SQLite store of 200 000 exposures takes, reading included, beside a plain SELECT."""

import resource
import sqlite3
import time

import pytest
from audit_store import write_audit_store
from sqlalchemy.dialects import sqlite

from xrayiq.procedures import (
    audit_collimation,
    audit_dose,
    audit_exposure,
    audit_image_quality,
    audit_metadata,
    audit_protocol,
    audit_repeats,
)
from xrayiq.procedures.exposure_frame import _EVENT_COLUMNS, _IMAGE_COLUMNS
from xrayiq.records import open_records
from xrayiq.records.frames import query_of

#: exposures with an image, of these told by a dose report too, and told by reports alone
IMAGES, TOLD_TWICE, REPORTED = 200_000, 60_000, 20_000
#: exposures of each audit: dose reports have no headers of images, and only images have fields and noise
AUDITED = {
    audit_exposure: IMAGES + REPORTED,
    audit_collimation: IMAGES,
    audit_repeats: IMAGES + REPORTED,
    audit_metadata: IMAGES,
    audit_protocol: IMAGES + REPORTED,
    audit_dose: IMAGES + REPORTED,
    audit_image_quality: IMAGES,
}
#: processor time of each
WANTED_S = 10.0


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("audits")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        write_audit_store(folder / "qa.db", images=IMAGES, told_twice=TOLD_TWICE, reported=REPORTED)
        yield folder / "qa.db"


def selected(store):
    """Comparator: the columns of images and events that most audits read as Python's tuples, joined with nothing."""
    connection = sqlite3.connect(store)
    try:
        return sum(
            len(connection.execute(query, ("no_image",) * query.count("?")).fetchall())
            for query in (
                str(query_of(name, columns=columns, superseded=True).compile(dialect=sqlite.dialect()))
                for name, columns in (("exposures", _IMAGE_COLUMNS), ("dose_events", _EVENT_COLUMNS))
            )
        )
    finally:
        connection.close()


@pytest.mark.parametrize("audited", AUDITED, ids=lambda one: one.__name__)
def test_200_000_exposures_are_audited_in_time(benchmark, store, audited):
    assert selected(store) == IMAGES + TOLD_TWICE + REPORTED  # reads the file into memory, too
    beside = _seconds(lambda: selected(store))
    with open_records(f"sqlite:///{store}") as records:
        start = time.process_time()
        audit = benchmark.pedantic(lambda: audited(records), rounds=1, warmup_rounds=0)
        taken = time.process_time() - start
    assert len(audit.exposures) == AUDITED[audited]
    assert audit.findings
    benchmark.extra_info["seconds"] = round(taken, 2)
    benchmark.extra_info["times a plain SELECT"] = round(taken / beside, 2)
    benchmark.extra_info["peak of memory so far, MiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    assert taken < WANTED_S, f"{taken:.2f} s, {taken / beside:.2f} times a plain SELECT"


def _seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start
