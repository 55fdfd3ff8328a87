"""Files that cannot be opened: a hash of their path stands for them, which nobody can guess without the key."""

import contextlib
import hashlib
import hmac
import os
import sqlite3
from pathlib import Path

import pytest
from executor_here import Here

import xrayiq
from xrayiq.batch import score_paths

NAME = "Doe^Jane/gone.dcm"


@pytest.fixture
def folder(tmp_path):
    """Archive of a link to nothing in a folder that bears a name."""
    (tmp_path / "archive" / "Doe^Jane").mkdir(parents=True)
    (tmp_path / "archive" / NAME).symlink_to(tmp_path / "nothing.dcm")
    return tmp_path


def run(folder, **settings):
    return xrayiq.run(folder / "archive", f"sqlite:///{folder / 'qa.db'}", client=Here(), **settings)


def subjects(folder):
    """Of all files, and of all outcomes in force."""
    with xrayiq.open_records(f"sqlite:///{folder / 'qa.db'}") as records:
        return [list(records.frame(name)["subject"]) for name in ("files", "outcomes")]


def keyed():
    key = bytes.fromhex(Path(os.environ["XRAYIQ_KEY_FILE"]).read_text())
    return "path:" + hmac.new(key, b"path\x1f" + NAME.encode(), hashlib.sha256).hexdigest()


def test_subject_of_what_cannot_be_opened_is_a_keyed_hash_of_its_path(folder):
    run(folder)
    assert subjects(folder) == [[keyed()], [keyed()]]


def test_file_that_was_stored_by_a_plain_hash_is_stored_once_by_the_keyed_one(folder):
    first = run(folder)
    plain = "path:" + hashlib.sha256(NAME.encode()).hexdigest()
    with contextlib.closing(sqlite3.connect(folder / "qa.db")) as store, store:
        for table in ("files", "outcomes"):
            store.execute(f"UPDATE {table} SET subject = ?", (plain,))  # noqa: S608 - ours
    assert subjects(folder) == [[plain], [plain]]
    second, third = run(folder), run(folder, retry_failed=True)
    assert subjects(folder) == [[keyed()], [keyed()]]
    assert second.file_counts == third.file_counts == {"unreadable": 1}
    assert second.outcome_counts == third.outcome_counts == first.outcome_counts
    assert (second.new_outcomes, third.new_outcomes) == (1, 0)


def test_without_a_key_nothing_is_told_of_the_path(folder):
    (scored,) = score_paths([folder / "archive"])
    assert [outcome.subject for outcome in scored.outcomes] == ["path:"]
