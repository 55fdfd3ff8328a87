"""How long 200 000 exposures of a SQLite store take to be held against reference levels, beside reading them alone."""

import sqlite3
import time

import pandas as pd
import pytest
from dose_store import write_dose_store
from sqlalchemy.dialects import sqlite

from xrayiq.audit.typical_doses import compare_with_levels, typical_doses
from xrayiq.dose import level_rows
from xrayiq.procedures import audit_dose, load_site
from xrayiq.procedures.exposure_frame import _EVENT_COLUMNS, _IMAGE_COLUMNS, exposures_of_store
from xrayiq.records import open_records
from xrayiq.records.frames import query_of

#: exposures with an image, of these told by a dose report too, and told by reports alone
IMAGES, TOLD_TWICE, REPORTED = 140_000, 60_000, 60_000
#: processor time
WANTED_S = 10.0
ROUNDS = 2
MEASURED = "SELECT subject, procedure, quantity, value FROM measurements JOIN outcomes ON outcome_id = id"


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    folder = tmp_path_factory.mktemp("doses")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XRAYIQ_KEY_FILE", str(folder / "person.key"))
        write_dose_store(folder / "qa.db", images=IMAGES, told_twice=TOLD_TWICE, reported=REPORTED)
        yield folder / "qa.db"


def selected(store):
    """Comparator: the same columns of the same rows as Python's tuples, joined with nothing."""
    queries = [
        str(query_of(name, columns=columns, superseded=True).compile(dialect=sqlite.dialect()))
        for name, columns in (("exposures", _IMAGE_COLUMNS), ("dose_events", _EVENT_COLUMNS))
    ]
    connection = sqlite3.connect(store)
    try:
        return sum(
            len(connection.execute(query, ("no_image",) * query.count("?")).fetchall())
            for query in (*queries, MEASURED)
        )
    finally:
        connection.close()


def summarised(records):
    """Typical values of every room and examination beside their reference levels."""
    site = load_site()
    exposures = exposures_of_store(records, site).frame
    levels = pd.DataFrame(level_rows(site.reference_levels))
    return compare_with_levels(typical_doses(exposures, "dose_area_product"), levels)


def test_200_000_exposures_are_held_against_levels_in_time(benchmark, store):
    assert selected(store) == IMAGES + TOLD_TWICE + REPORTED + 3 * IMAGES
    beside = min(_seconds(lambda: selected(store)) for _ in range(ROUNDS))
    with open_records(f"sqlite:///{store}") as records:
        audit = audit_dose(records)
        assert len(audit.exposures) == IMAGES + REPORTED
        assert audit.left_out == {"told by image and report, counted once": TOLD_TWICE}
        assert len(audit.compared)
        benchmark.pedantic(lambda: summarised(records), rounds=1, warmup_rounds=0)
        taken = min(_seconds(lambda: summarised(records)) for _ in range(ROUNDS))
        benchmark.extra_info["seconds of the whole audit"] = round(_seconds(lambda: audit_dose(records)), 2)
    benchmark.extra_info["seconds"] = round(taken, 2)
    benchmark.extra_info["times a plain SELECT"] = round(taken / beside, 2)
    assert taken < WANTED_S, f"{taken:.2f} s, {taken / beside:.2f} times a plain SELECT"


def _seconds(call):
    start = time.process_time()
    call()
    return time.process_time() - start
