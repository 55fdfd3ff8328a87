"""What arrives in a watched folder is measured once it is whole, once, and with the records of a plain run."""

from __future__ import annotations

import contextlib
import os
import shutil
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from executor_here import Here
from run_processes import rows_of
from typer.testing import CliRunner

import xrayiq
from xrayiq.cli.application import application
from xrayiq.dicom import SourceFile
from xrayiq.errors import InputError
from xrayiq.procedures import RESULT_TYPES
from xrayiq.records import Records
from xrayiq_phantoms import simulate_detector_tests
from xrayiq_phantoms.rooms import ROOMS

#: how long files must not change here, and how long nothing must come before sets are measured
SETTLE_S, QUIET_S = 0.3, 0.8


class Watched:
    """A watch in a thread, and what it says."""

    def __init__(self, store):
        self.store = store
        self.lines = []
        self.summary = None

    def until(self, text, *, times=1):
        """Wait until something was said so many times."""
        self.until_true(lambda: sum(text in line for line in self.lines) >= times)

    def until_measured(self, files):
        """Wait until so many files were measured in all."""
        told = "files measured: "
        self.until_true(
            lambda: sum(int(line.removeprefix(told).split(",")[0]) for line in self.lines if told in line) == files
        )

    def until_quiet(self, files):
        """Wait until so many files were measured in all, and then the sets."""
        self.until_measured(files)
        self.until_true(lambda: self.lines[-1].startswith("quiet"))

    def until_true(self, told, *, seconds=120.0):
        give_up = time.monotonic() + seconds
        while not told():
            assert time.monotonic() < give_up, self.lines
            time.sleep(0.02)

    def files(self):
        with xrayiq.open_records(f"sqlite:///{self.store}") as records:
            return records.frame("files").set_index("relative_path")

    def outcomes(self, *, superseded=False):
        with xrayiq.open_records(f"sqlite:///{self.store}") as records:
            return records.frame("outcomes", superseded=superseded)


@contextlib.contextmanager
def watching(folder, store, *, client=None, **settings):
    stop, watched = threading.Event(), Watched(store)
    settings = {"settle_s": SETTLE_S, "quiet_s": QUIET_S, "poll_s": 0.05, **settings}
    if "workers" not in settings:
        settings["client"] = client or Here()
    with ThreadPoolExecutor(1) as thread:
        url = f"sqlite:///{store}"
        ended = thread.submit(xrayiq.watch, folder, url, stop=stop, say=watched.lines.append, **settings)
        try:
            while not watched.lines and not ended.done():
                time.sleep(0.01)
            yield watched
        finally:
            stop.set()
            watched.summary = ended.result(timeout=60)


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "arriving"
    root.mkdir()
    return root


def copied_slowly(source, target, *, pieces, seconds):
    """Write a file as a slow link does."""
    content = source.read_bytes()
    step = len(content) // pieces + 1
    with target.open("wb") as stream:
        for start in range(0, len(content), step):
            stream.write(content[start : start + step])
            stream.flush()
            time.sleep(seconds / pieces)


def test_files_that_arrive_one_by_one_leave_the_records_of_a_plain_run(archive, folder, tmp_path):
    with watching(folder, tmp_path / "qa.db") as watched:
        for path in sorted(path for path in archive.rglob("*") if path.is_file()):
            target = folder / path.relative_to(archive)
            target.parent.mkdir(exist_ok=True)
            shutil.copy(path, target)
            time.sleep(0.1)
        watched.until_quiet(10)
    xrayiq.run(folder, f"sqlite:///{tmp_path / 'plain.db'}", client=Here())
    found, expected = rows_of(tmp_path / "qa.db"), rows_of(tmp_path / "plain.db")
    for name in expected:
        assert found[name] == expected[name], name
    assert (watched.summary.files, watched.summary.unchanged, watched.summary.exit_code) == (10, 0, 1)
    again = xrayiq.run(folder, f"sqlite:///{tmp_path / 'qa.db'}", client=Here())
    assert (again.unchanged, again.new_outcomes) == (10, 0)


def test_a_file_that_is_still_written_to_waits_until_it_is_whole(archive, folder, tmp_path):
    with watching(folder, tmp_path / "qa.db") as watched:
        copied_slowly(archive / "qc" / "flat.dcm", folder / "flat.dcm", pieces=12, seconds=4 * SETTLE_S)
        copied_slowly(archive / "qc" / "edge.dcm", folder / "edge.part", pieces=12, seconds=4 * SETTLE_S)
        (folder / "edge.part").rename(folder / "edge.dcm")
        watched.until_measured(2)
    assert dict(watched.files()["status"]) == {"flat.dcm": "object", "edge.dcm": "object"}
    assert not (watched.outcomes(superseded=True)["kind"] == "error").any()


def test_a_file_that_stood_still_half_written_is_measured_again_when_it_is_whole(archive, folder, tmp_path):
    content = (archive / "qc" / "flat.dcm").read_bytes()
    with watching(folder, tmp_path / "qa.db") as watched:
        (folder / "flat.dcm").write_bytes(content[: len(content) // 2])
        watched.until_measured(1)
        assert watched.files()["status"]["flat.dcm"] == "unreadable"
        with (folder / "flat.dcm").open("ab") as stream:
            stream.write(content[len(content) // 2 :])
        watched.until_measured(2)
    assert dict(watched.files()["status"]) == {"flat.dcm": "object"}
    assert "uniformity" in set(watched.outcomes()["procedure"])


def test_files_in_hand_are_bounded_however_many_arrive(folder, tmp_path):
    class Counted:
        """Executor that counts what was handed out and not taken back."""

        in_hand = most = 0

        def submit(self, function, /, *arguments):
            self.in_hand += 1
            self.most = max(self.most, self.in_hand)
            return self.Later(self, function, arguments)

        class Later:
            def __init__(self, executor, function, arguments):
                self.work = executor, function, arguments

            def result(self):
                executor, function, arguments = self.work
                executor.in_hand -= 1
                return function(*arguments)

    for number in range(600):
        (folder / f"{number}.txt").write_text(f"no image {number}")
    client = Counted()
    with watching(folder, tmp_path / "qa.db", client=client) as watched:
        watched.until_measured(600)
    assert 32 <= client.most <= 64
    assert len(watched.files()) == 600


def test_a_late_member_makes_a_set_that_supersedes_the_one_measured_when_it_was_quiet(folder, tmp_path):
    simulate_detector_tests(
        tmp_path / "tests",
        rooms=(ROOMS[1],),
        kermas_ugy=(0.5, 1.0, 2.5, 8.0),
        flats=1,
        edges=0,
        shape=(300, 300),
        seed=1,
    )
    day = next((tmp_path / "tests" / "DICOM").glob("*/*"))
    for path in day.iterdir():
        if path.name != "00003.dcm":
            shutil.copy(path, folder)
    with watching(folder, tmp_path / "qa.db", quiet_s=1000.0) as watched:
        watched.until_measured(4)
        time.sleep(0.2)
    assert not transfers(watched)  # not before it is quiet
    with watching(folder, tmp_path / "qa.db") as watched:
        watched.until("quiet")
        assert [transfer.kerma_ugy.tolist() for transfer in transfers(watched)] == [[0.5, 1.0, 8.0]]
        shutil.copy(day / "00003.dcm", folder)
        watched.until_quiet(1)
    assert [transfer.kerma_ugy.tolist() for transfer in transfers(watched)] == [[0.5, 1.0, 2.5, 8.0]]
    again = xrayiq.run(folder, f"sqlite:///{tmp_path / 'qa.db'}", client=Here())
    assert again.new_outcomes == 0


def transfers(watched):
    with xrayiq.open_records(f"sqlite:///{watched.store}") as records:
        return [stored.result for stored in records.results(RESULT_TYPES, procedure="signal_transfer")]


def test_a_file_that_changes_later_is_measured_again_and_one_that_is_gone_keeps_its_outcomes(archive, folder, tmp_path):
    for name in ("flat.dcm", "edge.dcm"):
        shutil.copy(archive / "qc" / name, folder)
    with watching(folder, tmp_path / "qa.db", quiet_s=0.0) as watched:
        watched.until_measured(2)
        before = watched.outcomes()
        (folder / "edge.dcm").unlink()
        shutil.copy(archive / "Canary^Folder" / "chest.dcm", folder / "flat.dcm")
        watched.until_measured(3)
    files = watched.files()
    assert set(files.index) == {"flat.dcm", "edge.dcm"}
    assert files["subject"]["flat.dcm"] not in set(before["subject"])
    assert set(before.loc[before["procedure"] == "mtf", "id"]) <= set(watched.outcomes()["id"])


def test_unchanged_files_are_neither_opened_nor_looked_up(archive, folder, tmp_path, monkeypatch):
    shutil.copytree(archive / "qc", folder, dirs_exist_ok=True)
    calls = []
    for owner, name in ((SourceFile, "open"), (Records, "known_files"), (Records, "indexed_objects")):
        original = getattr(owner, name)

        def counted(*arguments, original=original, name=name, **named):
            calls.append(name)
            return original(*arguments, **named)

        monkeypatch.setattr(owner, name, counted)
    with watching(folder, tmp_path / "qa.db") as watched:
        watched.until_quiet(3)
        assert set(calls) == {"open", "known_files", "indexed_objects"}
        calls.clear()
        time.sleep(0.6)
        assert calls == []


def test_an_idle_watch_takes_less_than_a_hundredth_of_a_core(folder, tmp_path):
    for number in range(300):
        (folder / f"{number}.txt").write_text(f"no image {number}")
    with watching(folder, tmp_path / "qa.db", workers=1, poll_s=0.2) as watched:
        watched.until_measured(300)
        time.sleep(QUIET_S + 0.5)
        shares = []
        for _ in range(3):
            started, used = time.monotonic(), time.process_time()
            time.sleep(1.5)
            shares.append((time.process_time() - used) / (time.monotonic() - started))
    assert min(shares) < 0.01, shares


def test_a_folder_that_vanishes_is_waited_for(archive, folder, tmp_path):
    shutil.copy(archive / "qc" / "flat.dcm", folder)
    with watching(folder, tmp_path / "qa.db") as watched:
        watched.until_measured(1)
        folder.rename(tmp_path / "away")
        watched.until("is gone")
        time.sleep(0.2)
        (tmp_path / "away").rename(folder)
        watched.until("is back")
        shutil.copy(archive / "qc" / "edge.dcm", folder)
        watched.until_measured(2)
    assert sum("is gone" in line for line in watched.lines) == 1
    assert dict(watched.files()["status"]) == {"flat.dcm": "object", "edge.dcm": "object"}
    assert str(tmp_path) not in "".join(watched.lines)


@pytest.mark.parametrize("gone", ["folder", "file"])
def test_files_that_are_gone_when_they_are_read_are_no_errors_and_are_measured_once_they_are_back(
    archive, folder, tmp_path, gone
):
    shutil.copy(archive / "qc" / "flat.dcm", folder)
    place, away = (folder, tmp_path / "away") if gone == "folder" else (folder / "flat.dcm", tmp_path / "flat.dcm")

    class Vanishing(Here):
        vanished = False

        def submit(self, function, /, *arguments):
            if not self.vanished:
                self.vanished = True
                place.rename(away)
            return super().submit(function, *arguments)

    client = Vanishing()
    with watching(folder, tmp_path / "qa.db", client=client) as watched:
        watched.until_true(lambda: client.vanished)
        time.sleep(0.2)
        assert watched.files().empty
        away.rename(place)
        watched.until_true(lambda: not watched.files().empty)
    assert dict(watched.files()["status"]) == {"flat.dcm": "object"}
    assert not (watched.outcomes(superseded=True)["kind"] == "error").any()


def test_what_cannot_be_watched_is_refused(folder, tmp_path, archive):
    with pytest.raises(InputError, match="folder to watch"):
        xrayiq.watch(archive / "notes.txt", f"sqlite:///{tmp_path / 'qa.db'}")
    with pytest.raises(InputError, match="in the watched folder"):
        xrayiq.watch(folder, f"sqlite:///{folder / 'qa.db'}")
    with pytest.raises(InputError, match="the log is in the watched folder"):
        xrayiq.watch(folder, f"sqlite:///{tmp_path / 'qa.db'}", log=folder / "log.jsonl")
    with pytest.raises(InputError, match="poll_s"):
        xrayiq.watch(folder, f"sqlite:///{tmp_path / 'qa.db'}", poll_s=0.0)
    assert os.listdir(folder) == []  # noqa: PTH208 - no store was made there
    assert not (tmp_path / "qa.db").exists()


@pytest.mark.parametrize("arguments", [["--dry-run"], ["--retry-failed"], ["elsewhere"]], ids=" ".join)
def test_command_refuses_what_a_watch_cannot_do(folder, tmp_path, arguments):
    told = CliRunner().invoke(
        application, ["run", str(folder), "--watch", "--records", f"sqlite:///{tmp_path / 'qa.db'}", *arguments]
    )
    assert told.exit_code == 2
    assert "--watch takes one folder" in told.stderr
    assert not (tmp_path / "qa.db").exists()
