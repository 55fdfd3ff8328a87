"""Whatever ends a worker costs only its task, in the pool that runs use."""

import ctypes
import os
import signal
import sys
import time

import cv2
import numpy as np
import pytest

from xrayiq.batch import local_pool, memory
from xrayiq.batch.local_pool import LocalPool
from xrayiq.batch.memory import memory_for_each
from xrayiq.batch.pool import Job, results_in_order
from xrayiq.errors import WorkersError

pytestmark = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="memory is held to a limit on Linux only")


def meet(fate):
    """Task of a worker: to end by what is named, else to say which process it is."""
    if fate == "segfault":
        ctypes.string_at(0)
    elif fate == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    elif fate == "exit":
        os._exit(7)
    elif fate == "abort":
        os.abort()  # as LLVM does where it gets no memory
    elif fate == "hang":
        time.sleep(100.0)
    elif fate == "too much":
        np.ones(3 * 2**25)  # 768 MiB
    elif fate == "too much of OpenCV":
        cv2.copyMakeBorder(np.ones((2, 2), np.float64), 0, 2**13, 0, 3 * 2**12, cv2.BORDER_REFLECT)  # 768 MiB
    return fate, os.getpid()


def fates(*names, workers=1, timeout_s=60.0, limit_mib=512):
    job = Job(work=meet, failed=lambda fate, reason, message: (fate, reason), timeout_s=lambda _: timeout_s)
    with LocalPool(workers, memory_limit_mib=limit_mib) as pool:
        return list(results_in_order(iter(names), job, pool=pool))


def test_whatever_ends_a_worker_costs_only_its_task():
    names = ["fine", "segfault", "fine", "kill", "exit", "fine", "abort", "fine"]
    found = fates(*names, workers=2)
    lost = {"segfault", "kill", "exit", "abort"}
    assert [fate for fate, _ in found] == names
    assert [told for fate, told in found if fate in lost] == ["worker_died"] * 4
    assert all(isinstance(told, int) for fate, told in found if fate == "fine")


def test_worker_goes_on_after_a_task_that_takes_too_much_memory():
    found = fates("fine", "too much", "fine")
    assert found[1] == ("too much", "out_of_memory")
    assert found[0] == found[2]  # the same process


@pytest.mark.slow  # 12 s
def test_memory_within_the_limit_is_given():
    ((fate, told),) = fates("too much", limit_mib=2048)
    assert fate == "too much"
    assert isinstance(told, int)


def test_openCV_without_memory_is_told_as_such():
    error = cv2.error("Insufficient memory")
    error.code = cv2.Error.StsNoMem
    assert memory.is_out_of_memory(error)
    assert memory.is_out_of_memory(MemoryError())
    assert not memory.is_out_of_memory(cv2.error("bad argument"))


def die(_memory_mib):
    os._exit(3)


@pytest.mark.slow  # 14 s
def test_workers_that_die_at_their_start_are_an_error_and_no_hang(monkeypatch):
    monkeypatch.setattr(local_pool, "prepare_worker", die)
    started = time.monotonic()
    with pytest.raises(WorkersError, match="end before they have done anything"):
        fates("fine", "fine", workers=2)
    assert time.monotonic() - started < 60.0


def test_memory_is_shared_among_workers():
    one, four = memory_for_each(1), memory_for_each(4)
    assert four >= 512
    # what is free changes between the two looks, by less than a quarter
    assert four == 512 or abs(4 * four / one - 1.0) < 0.25
