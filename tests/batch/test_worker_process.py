"""A worker lives no longer than the run that it works for, and a dead run is told from one that lives."""

import os
import subprocess
import sys
import time

import pytest

from xrayiq.batch.living_runs import own_process, still_lives
from xrayiq.records import open_records

pytestmark = pytest.mark.skipif(os.name != "posix", reason="processes are killed by signals")

#: a run whose only task says which process works on it, and then takes long
LONG_RUN = """
import time
from xrayiq.batch.local_pool import LocalPool
with LocalPool(1) as pool:
    pool.make_room(1)
    print(pool.submit(int, 1, 60.0).result(), pool._pool._pool_manager.worker_manager.workers.popitem()[0], flush=True)
    pool.submit(time.sleep, 100.0, 120.0).result()
"""
#: work that keeps Python from running any other thread
DEAF_WORK = """
import ctypes
from xrayiq.batch import worker_process
worker_process._GRACE_S = 0.0
worker_process.work_within(lambda seconds: ctypes.PyDLL(None).sleep(seconds), 60, 0.5)
"""


def is_alive(pid):
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def test_worker_in_the_middle_of_its_work_ends_with_its_run():
    with subprocess.Popen([sys.executable, "-c", LONG_RUN], stdout=subprocess.PIPE, text=True) as process:
        worker = int(process.stdout.readline().split()[1])
        assert is_alive(worker)
        process.kill()
        process.wait()
        give_up = time.monotonic() + 10.0
        while is_alive(worker) and time.monotonic() < give_up:
            time.sleep(0.05)
        assert not is_alive(worker)


def test_work_that_lets_nothing_else_run_ends_after_its_time():
    started = time.monotonic()
    assert subprocess.run([sys.executable, "-c", DEAF_WORK], check=False).returncode == 1
    assert time.monotonic() - started < 30.0  # of the 60 s that the work would take


def test_process_is_known_as_living_until_it_ends():
    show = "from xrayiq.batch.living_runs import own_process; print(own_process(), flush=True); input()"
    with subprocess.Popen(
        [sys.executable, "-c", show], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        other = process.stdout.readline().strip()
        assert still_lives(other)
        process.communicate("\n")
    assert not still_lives(other)


def test_number_that_another_process_has_taken_is_no_sign_of_life():
    machine, number, _ = own_process().split(":")
    assert still_lives(own_process())
    assert not still_lives(f"{machine}:{number}:before")
    assert still_lives(f"other:{number}:before")  # of another machine nothing is known


def test_runs_of_dead_processes_become_killed_and_others_stay(tmp_path):
    with open_records(f"sqlite:///{tmp_path / 'qa.db'}") as records:
        settings = {"archive_key": "a", "plan_digest": "p", "version": "1"}
        machine, number, _ = own_process().split(":")
        for process in (own_process(), f"{machine}:{number}:before", ""):
            records.begin_run(**settings, process=process)
        done = records.begin_run(**settings)
        records.finish_run(done, status="finished", counts={})
        records.end_killed_runs(still_lives)
        assert list(records.frame("runs")["status"]) == ["running", "killed", "killed", "finished"]
