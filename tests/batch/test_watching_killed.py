"""A watch that is killed and started again loses nothing and doubles nothing; one asked to end says what it did."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

import pytest
from executor_here import Here
from run_processes import await_end_of_group, end_group, rows_of, runs_of, start_run

import xrayiq
from xrayiq_phantoms import simulate_detector_tests
from xrayiq_phantoms.rooms import ROOMS

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are told from /proc")


_SCRIPT = """
import sys, xrayiq
xrayiq.watch(
    sys.argv[1], sys.argv[2], workers=1, settle_s=0.1, quiet_s=0.5, poll_s=0.1, say=lambda line: print(line, flush=True)
)
"""


@contextlib.contextmanager
def watching(folder, store):
    """A watch as the head of a process group of its own."""
    process = subprocess.Popen(
        [sys.executable, "-c", _SCRIPT, str(folder), f"sqlite:///{store}"],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        yield process
    finally:
        end_group(process)


def await_line(process, start):
    for line in process.stdout:
        if line.startswith(start):
            return
    raise AssertionError(f"the watch ended before it said {start!r}")


def test_a_watch_that_is_killed_again_and_again_ends_with_the_records_of_a_plain_run(tmp_path):
    # a logarithmic detector: its images are measured again once its flat fields have told the response
    simulate_detector_tests(
        tmp_path / "folder",
        rooms=(ROOMS[1],),
        kermas_ugy=(0.5, 1.0, 2.5, 8.0),
        flats=1,
        edges=1,
        shape=(300, 300),
        seed=1,
    )
    content = next((tmp_path / "folder").rglob("00001.dcm")).read_bytes()
    (tmp_path / "folder" / "copy.dcm").write_bytes(content)
    (tmp_path / "folder" / "cut.dcm").write_bytes(content[: len(content) // 2])
    store = tmp_path / "qa.db"
    for start, seconds in (("watching", 2.0), ("files measured", 0.6)):  # while files, and while sets are measured
        with watching(tmp_path / "folder", store) as process:
            await_line(process, start)
            time.sleep(seconds)
            os.killpg(process.pid, signal.SIGKILL)
    with watching(tmp_path / "folder", store) as process:
        await_line(process, "quiet")
        os.kill(process.pid, signal.SIGTERM)
        assert process.wait(timeout=60) != 0  # KeyboardInterrupt of a script that does not catch it
        assert await_end_of_group(process, seconds=10) == []
    xrayiq.run(tmp_path / "folder", f"sqlite:///{tmp_path / 'plain.db'}", client=Here())
    found, expected = rows_of(store), rows_of(tmp_path / "plain.db")
    assert len(expected["responses"]) == 1
    for name in expected:
        assert found[name] == expected[name], name
    assert [run["status"] for run in runs_of(store)] == ["killed", "killed", "interrupted"]


def test_command_ends_with_a_summary_when_it_is_asked_to(tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "a.txt").write_text("no image")
    process = start_run(folder, tmp_path / "qa.db", "--watch", "--settle", "0.1", workers=1)
    try:
        while not (line := process.stderr.readline()).startswith("files measured"):
            assert line, "the watch ended"
        os.kill(process.pid, signal.SIGTERM)
        printed, messages = process.communicate(timeout=60)
    finally:
        end_group(process)
    (summary,) = json.loads(printed)
    assert process.returncode == summary["exit_code"] == 130
    assert (summary["files"], summary["files_not_dicom"]) == (1, 1)
    assert "Traceback" not in messages
    assert [run["status"] for run in runs_of(tmp_path / "qa.db")] == ["interrupted"]
