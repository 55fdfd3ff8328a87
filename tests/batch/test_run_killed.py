"""Whenever a run is killed: started again, it leaves the records of an undisturbed run, and no process behind."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass

import numpy as np
import pytest
from run_processes import await_end_of_group, end_group, faults_of, files_stored, rows_of, runs_of, start_run

from xrayiq_phantoms import simulate_detector_tests
from xrayiq_phantoms.rooms import ROOMS

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are told from /proc")

#: longest time that a worker may take to notice that its run is gone: one step of a measurement of these small images
_GONE_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Moments:
    """When a run has stored its first files, and how much longer it takes."""

    first_s: float
    rest_s: float


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Archive that takes a run through all of its phases, the rows of a run that nobody disturbs, and its moments."""
    folder = tmp_path_factory.mktemp("undisturbed")
    # a logarithmic detector: its images are measured again once its flat fields have told the response
    simulate_detector_tests(
        folder / "archive", rooms=(ROOMS[1],), kermas_ugy=(0.5, 1.0, 2.5, 8.0), flats=1, edges=1, shape=(300, 300)
    )
    content = next((folder / "archive").rglob("00001.dcm")).read_bytes()
    (folder / "archive" / "copy.dcm").write_bytes(content)
    (folder / "archive" / "cut.dcm").write_bytes(content[: len(content) // 2])
    (folder / "archive" / "text.txt").write_text("no image")
    started = time.monotonic()
    process = start_run(folder / "archive", folder / "qa.db")
    await_files(process, folder / "qa.db")
    stored = time.monotonic()
    _, messages = process.communicate()
    assert process.returncode in (0, 1, 3), messages
    return folder, rows_of(folder / "qa.db"), Moments(first_s=stored - started, rest_s=time.monotonic() - stored)


def test_undisturbed_run_goes_through_all_phases(undisturbed):
    _, rows, _ = undisturbed
    assert len(rows["responses"]) == 1
    assert len(rows["sets"]) >= 2  # a set and a defect map
    plans = Counter(dict(row)["plan_digest"] == "" for row in rows["outcomes"])
    assert plans[True] > 0  # outcomes without a response that those with it have superseded
    assert Counter(dict(row)["status"] for row in rows["files"])["duplicate"] == 1


def await_files(process, store):
    """Wait until a run has stored something, or is over."""
    while process.poll() is None and not files_stored(store):
        time.sleep(0.02)


def run_with_kills(undisturbed, store, *, seed, kills):
    """Rows and runs of a store whose run was killed at moments drawn from a seed, and the files stored at each kill."""
    folder, _, moments = undisturbed
    random = np.random.default_rng(seed)
    stored = []
    for kill, from_start in kills:
        process = start_run(folder / "archive", store)
        if from_start:
            time.sleep(random.uniform(0.2, 1.0) * moments.first_s)
        else:
            await_files(process, store)
            time.sleep(random.uniform(0.0, 0.7) * moments.rest_s)
        kill(process.pid, signal.SIGKILL)
        # a run that ended before the kill does not count, nor one that was only about to leave
        if process.wait() == -signal.SIGKILL and (count := files_stored(store)):
            stored += [count] if runs_of(store)[-1]["status"] != "finished" else []
        left = await_end_of_group(process, seconds=_GONE_S)
        end_group(process)
        assert left == []
    process = start_run(folder / "archive", store)
    _, messages = process.communicate()
    assert process.returncode in (0, 1, 3), messages
    return rows_of(store), runs_of(store), stored


def assert_equal_rows(found, expected):
    assert set(found) == set(expected)
    for name in expected:
        assert found[name] == expected[name], name


def test_killed_run_ends_with_the_records_of_an_undisturbed_one(undisturbed, tmp_path):
    for seed in range(1, 7):
        kills = ((os.kill, False), (os.killpg, True))
        rows, runs, stored = run_with_kills(undisturbed, tmp_path / f"{seed}.db", seed=seed, kills=kills)
        assert_equal_rows(rows, undisturbed[1])
        assert faults_of(tmp_path / f"{seed}.db", undisturbed[0] / "archive") == ()
        assert {run["status"] for run in runs[:-1]} <= {"killed", "finished"}
        assert runs[-1]["status"] == "finished"
        if stored:
            break  # else other moments: these kills came before the first file was stored or after the end
    assert stored, "no kill came while a run had stored some files and was not finished"
    assert "killed" in {run["status"] for run in runs}


@pytest.mark.slow
@pytest.mark.timeout(1200)
@pytest.mark.parametrize("kill", [os.killpg, os.kill], ids=["whole group", "parent alone"])
@pytest.mark.parametrize("seed", range(10, 15))
def test_run_killed_many_times_ends_with_the_records_of_an_undisturbed_one(undisturbed, tmp_path, seed, kill):
    rows, _, _ = run_with_kills(undisturbed, tmp_path / "qa.db", seed=seed, kills=[(kill, False), (kill, True)] * 4)
    assert_equal_rows(rows, undisturbed[1])


def test_two_runs_at_once_leave_the_records_of_one(undisturbed, tmp_path):
    folder, expected, _ = undisturbed
    processes = [start_run(folder / "archive", tmp_path / "qa.db", workers=1) for _ in range(2)]
    for process in processes:
        _, messages = process.communicate()
        assert process.returncode in (0, 1, 3), messages
    assert_equal_rows(rows_of(tmp_path / "qa.db"), expected)
    assert faults_of(tmp_path / "qa.db", folder / "archive") == ()
    assert [run["status"] for run in runs_of(tmp_path / "qa.db")] == ["finished", "finished"]
