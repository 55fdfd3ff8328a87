"""What a Dask worker does: every task in a process of its own, within the time that it may take."""

from __future__ import annotations

import contextlib
import multiprocessing
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.metadata import version
from multiprocessing.util import Finalize
from typing import Any, Final

from distributed import get_worker

from xrayiq.batch.local_pool import LocalPool
from xrayiq.batch.memory import LEAST_MIB
from xrayiq.batch.pool import BrokenPoolError, Done, Task
from xrayiq.errors import WorkersError
from xrayiq.metrics import KERNEL_DIGEST
from xrayiq.procedures import plan_digest

#: time after which the processes of a Dask worker without tasks end
_IDLE_S: Final = 60.0
#: times that the processes of a Dask worker may break under one task
_BREAKS: Final = 3


@dataclass(frozen=True, slots=True, repr=False)
class Sealed:
    """What travels to the workers, without a text form: Dask logs those, and paths and keys belong in no log."""

    content: Any


def standing(site: Sealed) -> dict[str, str]:
    """What must be alike on all machines, for the same values to come out."""
    return {"xrayiq": version("xrayiq"), "kernels": KERNEL_DIGEST, "plan": plan_digest(site.content)}


def sees_archive(task: Sealed) -> bool:
    """Whether the file of a task can be read here."""
    try:
        task.content.file.open().close()
    except OSError:
        return False
    return True


def same(work: Sealed) -> Sealed:
    """The work as data of the cluster: made again by Dask where all its copies are lost."""
    return work


def do_task(work: Sealed, task: Sealed, timeout_s: float) -> Any:
    """Do one task in a process of this Dask worker."""
    return _processes.work(work.content, task.content, timeout_s)


class _Processes:
    """Processes of one Dask worker, one for each of its threads: started with the first task, ended when idle."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._pool: LocalPool | None = None
        self._users = 0
        self._idle: threading.Timer | None = None

    def work(self, work: Callable[[Task], Done], task: Task, timeout_s: float) -> Done:
        """Do a task, in the time that it may take."""
        with self._used():
            for attempt in range(_BREAKS):
                try:
                    done: Done = self._submit(work, task, timeout_s).result()
                except BrokenPoolError as error:
                    if attempt == _BREAKS - 1:
                        raise WorkersError(f"processes of a Dask worker do not start ({error})") from error
                else:
                    return done
        raise AssertionError

    def _submit(self, work: Callable[[Task], Done], task: Task, timeout_s: float) -> Any:
        with self._lock:
            if self._pool is None:
                multiprocessing.current_process().daemon = False  # a nanny's worker is one, and could have no children
                worker = get_worker()
                self._pool = LocalPool(worker.state.nthreads, memory_limit_mib=_memory_for_each(worker))
                self._pool.make_room(self._pool.wanted)
            return self._pool.submit(work, task, timeout_s)

    @contextlib.contextmanager
    def _used(self) -> Iterator[None]:
        with self._lock:
            self._users += 1
            if self._idle is not None:
                self._idle.cancel()
        try:
            yield
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._idle = threading.Timer(_IDLE_S, self._end_idle)
                    self._idle.daemon = True
                    self._idle.start()

    def _end_idle(self) -> None:
        with self._lock:
            if not self._users:
                self._stop()

    def end(self) -> None:
        """End the processes, and what they do."""
        with self._lock:
            self._stop()

    def _stop(self) -> None:
        if self._pool is not None:
            self._pool.__exit__(KeyboardInterrupt, None, None)
            self._pool = None


def _memory_for_each(worker: Any) -> int | None:
    """Share of each process in four fifths of what the Dask worker may take (its ``--memory-limit``), MiB."""
    limit = worker.memory_manager.memory_limit
    return max(LEAST_MIB, int(0.8 * limit / worker.state.nthreads / 2**20)) if limit else None


_processes: Final = _Processes()
Finalize(None, _processes.end, exitpriority=1)  # before multiprocessing waits for processes that have not ended
