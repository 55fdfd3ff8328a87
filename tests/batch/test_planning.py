"""A plan says what the run then does, and changes nothing."""

import os
import shutil
import sqlite3
import tracemalloc
from pathlib import Path

import pytest
from test_retry import Here

import xrayiq
from xrayiq.batch import planning, worker
from xrayiq.batch.archives import sources_of
from xrayiq.batch.own_files import without_own_files
from xrayiq.dicom import SourceFile
from xrayiq.errors import InputError, RecordsError
from xrayiq.procedures import scoring


@pytest.fixture
def folder(archive, tmp_path):
    shutil.copytree(archive / "qc", tmp_path / "archive")
    return tmp_path


def url(folder):
    return f"sqlite:///{folder / 'qa.db'}"


def run(folder, **settings):
    return xrayiq.run(folder / "archive", url(folder), client=Here(), **settings)


def counts(folder, **settings):
    plan = xrayiq.plan_run(folder / "archive", url(folder), **settings)
    return {state: count for state, count in plan.counts.items() if count}


def everything_in(folder):
    return {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in folder.rglob("*") if path.is_file()}


def broken_mtf(procedure, image, site):
    if procedure.name == "mtf":
        raise ZeroDivisionError
    return scoring.attempt(procedure, image, site)


def test_without_a_store_every_file_is_new_and_no_store_is_made(folder):
    before = everything_in(folder)
    assert counts(folder) == {"new": 3}
    assert everything_in(folder) == before


def test_plan_tells_what_has_changed_since_the_run_and_leaves_the_store_as_it_is(folder):
    run(folder)
    assert counts(folder) == {"unchanged": 3}
    content = (folder / "archive" / "edge.dcm").read_bytes()
    (folder / "archive" / "flat.dcm").write_bytes(content[:-1000])
    os.utime(folder / "archive" / "log.dcm", ns=(1, 1))
    (folder / "archive" / "added.dcm").write_bytes(content)
    (folder / "archive" / "gone.dcm").symlink_to(folder / "nowhere")
    before = everything_in(folder)
    assert counts(folder) == {"new": 1, "changed": 1, "touched": 1, "unchanged": 1, "unreadable": 1}
    assert everything_in(folder) == before
    summary = run(folder)
    assert (summary.files, summary.unchanged) == (5, 2)  # the touched one has the content of before
    assert counts(folder) == {"unchanged": 4, "unreadable": 1}


def test_failed_files_are_retried_only_on_demand(folder, monkeypatch):
    with monkeypatch.context() as broken:
        broken.setattr(worker, "attempt", broken_mtf)
        run(folder)
    assert counts(folder) == {"unchanged": 3}
    assert counts(folder, retry_failed=True) == {"unchanged": 2, "retried": 1}


def test_other_settings_make_every_file_new(folder):
    run(folder)
    (folder / "site.toml").write_text(
        'name = "Other"\n[[header_rules]]\nattribute = "protocol_name"\npattern = "x"\nkind = "edge"\n'
    )
    assert counts(folder, site=folder / "site.toml") == {"new": 3}


def test_each_archive_is_counted_by_itself(folder):
    run(folder)
    (folder / "second").mkdir()
    (folder / "second" / "text.txt").write_text("no image")
    plan = xrayiq.plan_run([folder / "second", folder / "archive"], url(folder))
    assert [(source.number, source.files, source.counts["new"]) for source in plan.sources] == [(1, 1, 1), (2, 3, 0)]
    assert plan.files == 4
    assert repr(plan) == "RunPlan(4 files: 1 new, 3 unchanged)"


def test_open_store_is_used_and_left_open(folder):
    run(folder)
    with xrayiq.open_records(url(folder)) as records:
        assert xrayiq.plan_run(folder / "archive", records).counts["unchanged"] == 3
        assert len(records.frame("files")) == 3


def test_archive_that_is_not_there_and_store_that_is_none_are_refused(folder):
    with pytest.raises(InputError, match="does not exist"):
        xrayiq.plan_run(folder / "missing", url(folder))
    (folder / "qa.db").write_text("this is no database, only text that is long enough to be looked at")
    with pytest.raises(RecordsError, match="no SQLite database"):
        xrayiq.plan_run(folder / "archive", url(folder))


def test_store_of_an_earlier_version_is_refused_and_not_brought_up_to_date(folder):
    run(folder)
    with sqlite3.connect(folder / "qa.db") as store:
        store.execute("UPDATE xrayiq_schema SET version_num = '0001'")
    store.close()
    before = everything_in(folder)
    with pytest.raises(RecordsError, match="version 0001; needed version"):
        xrayiq.plan_run(folder / "archive", url(folder))
    assert everything_in(folder) == before


def test_empty_file_in_the_place_of_a_store_stays_empty(folder):
    (folder / "qa.db").touch()
    assert counts(folder) == {"new": 3}
    assert (folder / "qa.db").read_bytes() == b""


def test_store_and_log_that_lie_in_the_archive_are_no_part_of_it(folder):
    (folder / "archive" / "store").mkdir()
    (folder / "link.db").symlink_to(folder / "archive" / "store" / "qa.db")
    (folder / "archive" / "store" / "other-wal").write_text("not of this store")
    url, log = f"sqlite:///{folder / 'link.db'}", folder / "archive" / "log.jsonl"
    steps = []

    def plan():
        planned = xrayiq.plan_run(folder / "archive", url, log=log)
        return {state: count for state, count in planned.counts.items() if count}

    assert plan() == {"new": 4}
    first = xrayiq.run(folder / "archive", url, client=Here(), log=log)
    assert (first.files, first.file_counts["not_dicom"]) == (4, 1)
    with xrayiq.open_records(url) as records:  # so that there is a WAL beside the store
        found = {path.name for path in (folder / "archive").rglob("*.*")}
        assert found >= {"qa.db", "qa.db-wal", "qa.db-shm", "log.jsonl"}
        assert plan() == {"unchanged": 4}
        again = xrayiq.run(folder / "archive", records, client=Here(), log=log, progress=steps.append)
    assert (again.files, again.unchanged, again.new_outcomes) == (4, 4, 0)
    assert {step.total for step in steps} <= {None, 4}
    (source,) = without_own_files(sources_of(folder / "archive"), url, log)
    assert source.count() == 4
    assert again.file_counts == first.file_counts


class Many:
    """Archive of as many files as one likes, of which none exists."""

    key = "many"

    def __init__(self, number):
        self._number = number

    def files(self):
        for number in range(self._number):
            yield SourceFile(path=Path("none"), relative_path=f"{number}.dcm", size=1, mtime_ns=1)


def test_memory_of_a_plan_does_not_grow_with_the_archive(folder):
    def peak(number):
        tracemalloc.start()
        assert planning.plan_run(Many(number), url(folder)).files == number
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(1000)
    # some hundred files are looked at together; a list of all would take 10 MB more
    assert peak(50_000) < peak(1000) + 500_000
