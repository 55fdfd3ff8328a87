"""What arrives in a folder is given once it is whole, and once."""

from __future__ import annotations

import itertools
import os
import time
import zipfile
from pathlib import Path

import pytest

from xrayiq.dicom import Arrivals
from xrayiq.dicom.sources.source import SourceFile

SETTLE_S = 0.05


def given(arrivals):
    return [file.relative_path for file in arrivals.look()]


def settled(arrivals):
    """What is given once all that was there before has settled."""
    first = given(arrivals)
    time.sleep(SETTLE_S)
    return first + given(arrivals)


@pytest.fixture
def arrivals(tmp_path):
    return Arrivals(tmp_path, settle_s=SETTLE_S)


def test_file_is_given_by_a_later_look_and_once(tmp_path, arrivals):
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "one").write_text("1")
    assert given(arrivals) == []
    assert 0 < arrivals.due_in_s() <= SETTLE_S
    assert given(arrivals) == []
    time.sleep(SETTLE_S)
    assert given(arrivals) == ["a/one"]
    assert arrivals.due_in_s() is None
    assert settled(arrivals) == []


def test_a_file_that_grows_waits_anew(tmp_path, arrivals):
    for length in range(1, 4):
        (tmp_path / "one").write_text("1" * length)
        assert given(arrivals) == []
        time.sleep(SETTLE_S)
    assert given(arrivals) == ["one"]


@pytest.mark.parametrize("change", ["content", "time", "name"])
def test_a_file_that_changed_is_given_again(tmp_path, arrivals, change):
    path = tmp_path / "one"
    path.write_text("1")
    assert settled(arrivals) == ["one"]
    if change == "content":
        path.write_text("22")
    elif change == "time":
        os.utime(path, ns=(1, 1))
    else:
        path = path.rename(tmp_path / "other")
    assert settled(arrivals) == [path.name]
    assert settled(arrivals) == []


def test_a_file_that_changes_between_listing_and_giving_waits(tmp_path, arrivals):
    for name in ("one", "two"):
        (tmp_path / name).write_text("1")
    given(arrivals)
    time.sleep(SETTLE_S)
    look = arrivals.look()
    assert next(look).relative_path == "one"
    (tmp_path / "two").write_text("grows")
    assert list(look) == []
    time.sleep(SETTLE_S)
    assert given(arrivals) == ["two"]


def test_many_at_once_are_noted_a_part_at_a_time(tmp_path):
    for number in range(25):
        (tmp_path / f"{number:02d}").write_text("1")
    arrivals = Arrivals(tmp_path, settle_s=0.0, noted_at_most=10)
    looks = [given(arrivals) for _ in range(5)]
    assert [len(look) for look in looks] == [0, 10, 10, 5, 0]
    assert sorted(itertools.chain.from_iterable(looks)) == [f"{number:02d}" for number in range(25)]


def test_unchanged_files_are_neither_opened_nor_made_anew(tmp_path, arrivals, monkeypatch):
    (tmp_path / "one").write_text("1")
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("inside", "2")
    assert settled(arrivals) == ["one", "two.zip/inside"]

    def refused(*_, **__):
        raise AssertionError

    for name in ("open", "__init__"):
        monkeypatch.setattr(SourceFile, name, refused)
    monkeypatch.setattr(zipfile, "ZipFile", refused)
    assert settled(arrivals) == []


def test_what_cannot_be_looked_into_is_given_once_with_its_problem(tmp_path, arrivals):
    (tmp_path / "link").symlink_to(tmp_path / "nothing")
    given(arrivals)
    time.sleep(SETTLE_S)
    assert [(file.relative_path, file.problem) for file in arrivals.look()] == [("link", "broken symbolic link")]
    assert settled(arrivals) == []


def test_a_look_that_was_broken_off_gives_its_files_again(tmp_path, arrivals):
    for name in ("one", "two"):
        (tmp_path / name).write_text("1")
    given(arrivals)
    time.sleep(SETTLE_S)
    look = arrivals.look()
    next(look)
    look.close()
    assert given(arrivals) == ["one", "two"]


@pytest.mark.parametrize("while_looking", [True, False])
def test_files_are_given_again_on_demand(tmp_path, arrivals, while_looking):
    for name in ("one", "two"):
        (tmp_path / name).write_text("1")
    given(arrivals)
    time.sleep(SETTLE_S)
    look = arrivals.look()
    one = next(look)
    rest = [] if while_looking else list(look)
    arrivals.give_again(one.relative_path, one.size, one.mtime_ns)
    assert len(rest + list(look)) == 1
    assert settled(arrivals) == ["one"]


def test_an_entry_of_a_zip_file_given_again_gives_all_anew(tmp_path, arrivals):
    with zipfile.ZipFile(tmp_path / "two.zip", "w") as archive:
        archive.writestr("inside", "2")
    given(arrivals)
    time.sleep(SETTLE_S)
    (entry,) = arrivals.look()
    arrivals.give_again(entry.relative_path, entry.size, entry.mtime_ns)
    assert settled(arrivals) == ["two.zip/inside"]


def test_a_folder_that_is_gone_is_told_from_an_empty_one(tmp_path):
    root = tmp_path / "root"
    root.mkdir()
    arrivals = Arrivals(root, settle_s=0.0)
    (root / "a.zip").write_text("1")
    given(arrivals)
    assert (arrivals.is_there(), arrivals.is_empty) == (True, False)
    assert [arrivals.has(path) for path in ("a.zip", "a.zip/inside", "b", "b/c", "")] == [
        True,
        True,
        False,
        False,
        True,
    ]
    (root / "a.zip").unlink()
    given(arrivals)
    assert (arrivals.is_there(), arrivals.is_empty) == (True, True)
    root.rmdir()
    assert not arrivals.is_there()
    assert not arrivals.has("a.zip")


def test_paths_spelled_relative_are_the_same(tmp_path, monkeypatch):
    (tmp_path / "one").write_text("1")
    monkeypatch.chdir(tmp_path)
    assert settled(Arrivals(Path(), settle_s=SETTLE_S)) == ["one"]
