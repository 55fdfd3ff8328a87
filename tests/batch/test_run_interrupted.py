"""Ctrl-C and SIGTERM: what was finished is stored, no process is left, and another run goes on to the same records."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy
from run_processes import COMMAND_LINE, await_end_of_group, end_group, faults_of, rows_of, runs_of, start_run
from sqlalchemy.engine import Engine

from xrayiq.batch.interruption import HeedingPool, Interruption, RunInterrupted
from xrayiq.batch.local_pool import LocalPool
from xrayiq.batch.pool import Job, results_in_order
from xrayiq.batch.running import run
from xrayiq.records import open_existing
from xrayiq_phantoms import simulate_detector_tests
from xrayiq_phantoms.rooms import ROOMS

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="processes are told from /proc")

#: the command line, which says on stderr how many files are done, and goes on when it is told to
TELLING = f"""
import contextlib, signal, sys
from xrayiq.cli import progress
signal.signal(signal.SIGINT, signal.default_int_handler)  # what a shell starts in the background ignores it
@contextlib.contextmanager
def told(counted="files"):
    def tell(step):
        print("done", step.done, file=sys.stderr, flush=True)
        sys.stdin.readline()
    yield tell
progress.progress_bar = told
{COMMAND_LINE}
"""
#: the same, with an end that takes long
SLOW_TO_END = f"""
import sys, time
from xrayiq.records import Records
def finish_run(*arguments, **named):
    print("finishing", file=sys.stderr, flush=True)
    time.sleep(100.0)
Records.finish_run = finish_run
{TELLING}
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """Archive with sets, the rows of a run that nobody disturbs, and its number of files."""
    folder = tmp_path_factory.mktemp("undisturbed")
    simulate_detector_tests(
        folder / "archive", rooms=(ROOMS[0],), kermas_ugy=(1.0, 2.5, 8.0), flats=1, edges=0, shape=(160, 160)
    )
    process = start_run(folder / "archive", folder / "qa.db", workers=1)
    said, messages = process.communicate()
    assert process.returncode in (0, 1, 3), messages
    return folder, rows_of(folder / "qa.db"), json.loads(said)[0]["files"]


def go_on(process):
    process.stdin.write("\n")
    process.stdin.flush()


def interrupted(archive, store, *, when, ask):
    """What a run says that is asked to end once it has said a line."""
    log = ("--log", store.with_suffix(".jsonl"))
    process = start_run(archive, store, *log, program=TELLING, stdin=subprocess.PIPE, workers=1)
    try:
        heard = []
        for line in process.stderr:
            heard.append(line)
            if line.strip() == when:
                ask(process.pid)
            if line.startswith("done "):
                go_on(process)
        left = await_end_of_group(process, seconds=10.0)
        said, _ = process.communicate()
    finally:
        end_group(process)
    messages = "".join(heard)
    assert process.returncode == 130, messages
    assert left == []
    assert "Traceback" not in messages
    assert "run again to continue" in messages
    (summary,) = json.loads(said)
    assert summary["exit_code"] == 130
    return summary


def test_interrupted_runs_keep_what_is_finished_and_end_in_the_records_of_an_undisturbed_one(undisturbed, tmp_path):
    folder, expected, files = undisturbed
    archive, store = folder / "archive", tmp_path / "qa.db"
    # Ctrl-C reaches every process of the terminal; so may the SIGTERM of a service manager
    first = interrupted(archive, store, when="done 2", ask=lambda pid: os.killpg(pid, signal.SIGINT))
    assert first["files"] == 2
    stored = rows_of(store)
    assert len(stored["files"]) == first["files"]
    second = interrupted(archive, store, when=f"done {files}", ask=lambda pid: os.killpg(pid, signal.SIGTERM))
    assert second["unchanged"] == first["files"]
    assert len(rows_of(store)["files"]) == files
    kinds = {dict(row)["reason"] for row in rows_of(store)["outcomes"] if dict(row)["kind"] == "error"}
    assert kinds == set()  # workers that were asked to end did not fail
    process = start_run(archive, store, workers=1)
    _, messages = process.communicate()
    assert process.returncode in (0, 1, 3), messages
    rows = rows_of(store)
    for name in expected:
        assert rows[name] == expected[name], name
    assert faults_of(store, archive) == ()
    runs = runs_of(store)
    assert [row["status"] for row in runs] == ["interrupted", "interrupted", "finished"]
    lines = [json.loads(line) for line in store.with_suffix(".jsonl").read_text().splitlines()]
    assert [line["status"] for line in lines if line["event"] == "run_ended"] == ["interrupted"] * 2
    assert sum(line["event"] == "object" for line in lines) == files
    assert all(row["finished_at"] for row in runs)


def test_second_interrupt_ends_at_once(undisturbed, tmp_path):
    archive, program = undisturbed[0] / "archive", {"program": SLOW_TO_END, "stdin": subprocess.PIPE}
    process = start_run(archive, tmp_path / "qa.db", workers=1, **program)
    try:
        heard = []
        for line in process.stderr:
            heard.append(line)
            if line.strip() in ("done 1", "finishing"):
                os.killpg(process.pid, signal.SIGINT)
                asked = time.monotonic()
            if line.startswith("done "):
                go_on(process)
        process.wait()
        ended_s = time.monotonic() - asked
        left = await_end_of_group(process, seconds=2.0)
    finally:
        end_group(process)
    assert process.returncode == 130, heard
    assert "finishing\n" in heard
    assert ended_s < 20.0  # of a hundred
    assert left == []
    assert "Traceback" not in "".join(heard)


def test_interrupt_in_a_library_raises_with_the_summary(undisturbed, tmp_path):
    before = signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)

    def ask(progress):
        if progress.done == 2:
            signal.raise_signal(signal.SIGTERM)

    with ThreadPoolExecutor(1) as client, pytest.raises(KeyboardInterrupt) as caught:
        run(undisturbed[0] / "archive", f"sqlite:///{tmp_path / 'qa.db'}", client=client, progress=ask)
    assert isinstance(caught.value, RunInterrupted)
    assert (caught.value.summary.interrupted, caught.value.summary.files) == (True, 2)
    assert (signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM)) == before


@pytest.mark.parametrize("request_", [signal.SIGINT, signal.SIGTERM])
def test_request_is_noted_and_heeded_where_the_run_waits(request_):
    with Interruption() as interruption:
        signal.raise_signal(request_)
        assert interruption.asked
        with pytest.raises(KeyboardInterrupt), interruption.waiting():
            pytest.fail("goes on")
    with Interruption() as interruption, pytest.raises(KeyboardInterrupt), interruption.waiting():
        signal.raise_signal(request_)


def test_second_request_ends_the_workers_and_is_raised_anywhere():
    ended = []
    with Interruption() as interruption:
        interruption.at_once = lambda: ended.append(True)
        signal.raise_signal(signal.SIGINT)
        assert not ended
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert ended


def test_handlers_of_the_caller_are_left_alone():
    taken = []
    before = signal.signal(signal.SIGTERM, lambda number, _: taken.append(number))
    try:
        with Interruption() as interruption, interruption.waiting():
            signal.raise_signal(signal.SIGTERM)
        assert taken == [signal.SIGTERM]
        assert not interruption.asked
    finally:
        signal.signal(signal.SIGTERM, before)


def test_list_that_is_waited_for_can_be_interrupted():
    end, start = os.pipe()
    with os.fdopen(end) as lines, os.fdopen(start, "w"), Interruption() as interruption:
        timer = threading.Timer(0.3, os.kill, (os.getpid(), signal.SIGTERM))
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            list(interruption.each(lines))
        timer.join()


def end_by_request(_):
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(100.0)


def lost_to_a_request(interruption):
    job = Job(work=end_by_request, failed=lambda _, reason, message: reason, timeout_s=lambda _: 60.0)
    with HeedingPool(LocalPool(1, memory_limit_mib=512), interruption) as pool:
        return list(results_in_order(iter([0]), job, pool=pool))


def test_worker_that_was_asked_to_end_has_not_failed_if_the_run_is_asked_as_well(monkeypatch):
    schedule = LocalPool.submit

    def submit(*arguments):
        awaited = schedule(*arguments)
        while not awaited._future.done():  # the worker is gone before the run is asked
            time.sleep(0.05)
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGTERM)).start()
        return awaited

    monkeypatch.setattr(LocalPool, "submit", submit)
    with Interruption() as interruption, pytest.raises(KeyboardInterrupt):
        lost_to_a_request(interruption)


@pytest.mark.slow
def test_worker_alone_that_was_asked_to_end_is_lost():
    assert lost_to_a_request(Interruption()) == ["worker_died"]


def test_request_while_the_store_is_opened_waits_until_it_is_open(tmp_path):
    (tmp_path / "archive").mkdir()
    url = f"sqlite:///{tmp_path / 'qa.db'}"

    def ask(*_):
        signal.raise_signal(signal.SIGINT)

    sqlalchemy.event.listen(Engine, "begin", ask, once=True)
    with pytest.raises(KeyboardInterrupt):
        run(tmp_path / "archive", url, workers=1)
    with open_existing(url) as records:  # None where the file was not made ready
        assert records.frame("runs").empty
