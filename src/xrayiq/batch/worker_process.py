"""What makes a process a worker: one thread, a share of memory, and an end with the run that it works for."""

from __future__ import annotations

import faulthandler
import multiprocessing
import os
import threading
from collections.abc import Callable
from multiprocessing.connection import wait
from pathlib import Path
from typing import Final

from xrayiq.batch.memory import limit_memory
from xrayiq.batch.one_thread import stay_with_one_thread
from xrayiq.batch.pool import Done, Task

#: how much longer than its time-out a task may take where nobody stops it, before its worker ends by itself
_GRACE_S: Final = 30.0


def prepare_worker(memory_mib: int | None) -> None:
    """One thread for a worker, as the pool keeps the cores busy; no life beyond that of its run; its share of memory.

    Parameters
    ----------
    memory_mib : int or None
        Memory that measuring may take beside what the worker takes now, with everything loaded.
    """
    stay_with_one_thread()
    threading.Thread(target=_end_with_parent, daemon=True).start()
    if memory_mib is not None:
        limit_memory(memory_mib)


def work_within(work: Callable[[Task], Done], task: Task, timeout_s: float) -> Done:
    """Work on one task in a worker.

    The pool stops a task that takes too long. Where the pool is gone and a loop of compiled code keeps this process
    from noticing it, a watch outside Python ends it.
    """
    with Path(os.devnull).open("w") as nowhere:
        faulthandler.dump_traceback_later(timeout_s + _GRACE_S, exit=True, file=nowhere)
        try:
            return work(task)
        finally:
            faulthandler.cancel_dump_traceback_later()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        wait([parent.sentinel])
        os._exit(1)
