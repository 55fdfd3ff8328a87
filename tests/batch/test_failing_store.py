"""A run that ends early, and whose store fails as well: what came first is told."""

import contextlib
import json
import signal
import sqlite3
import sys

import pytest
import sqlalchemy
from executor_here import Here

import xrayiq
import xrayiq.batch
from xrayiq.batch.run_log import open_log
from xrayiq.cli import main
from xrayiq.errors import InputError, RecordsError

FILES = 40


@pytest.fixture
def folder(tmp_path):
    """Archive of texts that are no images: fewer than are written at a time, more than fit into a page of the store."""
    (tmp_path / "archive").mkdir()
    for number in range(FILES):
        (tmp_path / "archive" / f"{number}.txt").write_text(f"no image {number} ")
    return tmp_path


def run(folder, records, at_end):
    """A run during which something happens before the last file, when none is written."""

    def tell(step):
        if step.done == FILES - 1:
            at_end()

    return xrayiq.run(folder / "archive", records, client=Here(), progress=tell, log=folder / "log.jsonl")


def end_of_log(folder):
    return json.loads((folder / "log.jsonl").read_text().splitlines()[-1])


def ruin(folder):
    with contextlib.closing(sqlite3.connect(folder / "qa.db")) as store:
        store.execute("DROP TABLE outcomes")


@contextlib.contextmanager
def no_page_more(records):
    """A store on a full disk, as far as SQLite can tell."""

    def limit(connection, *_):
        connection.execute("PRAGMA max_page_count = 1")  # SQLite takes the present size

    records._engine.dispose()
    sqlalchemy.event.listen(records._engine, "connect", limit)
    yield
    sqlalchemy.event.remove(records._engine, "connect", limit)
    records._engine.dispose()


def test_interruption_is_told_though_the_store_fails_after_it(folder):
    def ask():
        ruin(folder)
        signal.raise_signal(signal.SIGINT)

    with pytest.raises(xrayiq.RunInterrupted, match="run 1 was interrupted") as caught:
        run(folder, f"sqlite:///{folder / 'qa.db'}", ask)
    summary = caught.value.summary
    assert (summary.interrupted, summary.exit_code, summary.files, summary.new_outcomes) == (True, 130, FILES - 1, 0)
    writing, ending = caught.value.__notes__
    assert writing.startswith(
        "then storing what was measured last failed too: qa.db: the tables are not of the version that the store states"
    )
    assert ending.startswith("then storing how the run ended failed too: qa.db: the tables are not of the version")
    end = end_of_log(folder)
    assert (end["status"], end["error"]) == ("interrupted", "RecordsError")
    assert "counts" not in end


def test_command_says_that_it_was_interrupted_and_what_failed_after_it(folder, monkeypatch, capsys):
    def here(archive, records, *, progress, **settings):
        def tell(step):
            progress(step)
            if step.done == FILES - 1:
                ruin(folder)
                signal.raise_signal(signal.SIGINT)

        return xrayiq.run(archive, records, **settings | {"client": Here()}, progress=tell)

    monkeypatch.setattr(xrayiq.batch, "run", here)
    monkeypatch.setattr(
        sys, "argv", ["xrayiq", "run", str(folder / "archive"), "--records", f"sqlite:///{folder / 'qa.db'}"]
    )
    with pytest.raises(SystemExit) as left:
        main()
    said = capsys.readouterr()
    assert left.value.code == 130
    assert "Run 1, interrupted" in said.out
    first, second, last = said.err.splitlines()
    assert first.startswith("xrayiq: then storing what was measured last failed too: qa.db: the tables are not of")
    assert second.startswith("xrayiq: then storing how the run ended failed too: qa.db: the tables are not of")
    assert last == "xrayiq: interrupted: what was stored so far is kept; run again to continue"


def test_first_error_is_told_though_the_disk_is_full_when_the_rest_is_written(folder):
    def fail():
        raise ValueError("the first")

    with xrayiq.open_records(f"sqlite:///{folder / 'qa.db'}") as records:
        with no_page_more(records), pytest.raises(ValueError, match="the first") as caught:
            run(folder, records, fail)
        (note,) = caught.value.__notes__
        assert note.startswith("then storing what was measured last failed too: qa.db: the disk is full")
        assert (end_of_log(folder)["error"], list(records.frame("runs")["status"])) == ("ValueError", ["failed"])
        assert len(records.frame("files")) == 0
        assert run(folder, records, lambda: None).file_counts == {"not_dicom": FILES}  # there is room again


def test_store_that_fails_first_is_told_once(folder):
    with pytest.raises(RecordsError, match="no such table") as caught:
        run(folder, f"sqlite:///{folder / 'qa.db'}", lambda: ruin(folder))
    assert not hasattr(caught.value, "__notes__")
    assert caught.value.__context__ is None or not isinstance(caught.value.__context__, RecordsError)
    assert (end_of_log(folder)["status"], end_of_log(folder)["error"]) == ("failed", "RecordsError")


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="a device that is full is Linux'")
def test_log_that_cannot_be_written_hides_no_other_error():
    with pytest.raises(ValueError, match="the other"), open_log("/dev/full") as log:
        with pytest.raises(InputError, match=r"full: cannot be written \(no space left on device"):
            log.begin(1)
        raise ValueError("the other")
