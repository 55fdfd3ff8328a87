"""A pool of spawned workers on this machine, which lives as long as its run."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import tempfile
import time
import types
import weakref
from collections.abc import Callable, Iterator
from concurrent.futures import Future as PoolFuture
from concurrent.futures import TimeoutError as FutureTimeout
from concurrent.futures import wait
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, Final, Self

from pebble import ProcessExpired, ProcessPool

from xrayiq.batch.memory import memory_for_each
from xrayiq.batch.pool import BrokenPoolError, Done, Task
from xrayiq.batch.worker_process import prepare_worker, work_within

#: longest time that a worker may take to start
_START_TIMEOUT_S: Final = 60.0
#: tasks handed out ahead of the one awaited, per worker
_AHEAD: Final = 8
#: how often it is looked whether the pool still lives while a result is awaited
_LOOK_S: Final = 5.0


@contextlib.contextmanager
def _interrupts_held() -> Iterator[None]:
    """Ctrl-C is the parent's to handle: a process started meanwhile inherits that it is held back."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


class _Worker(SpawnProcess):
    """Spawned process that does not import the caller's script again, so that no ``__main__`` guard is needed."""

    @staticmethod
    def _Popen(process_obj: Any) -> Any:  # noqa: N802 - name given by multiprocessing
        caller = sys.modules["__main__"]
        sys.modules["__main__"] = types.ModuleType("__main__")
        try:
            with _interrupts_held():
                return SpawnProcess._Popen(process_obj)
        finally:
            sys.modules["__main__"] = caller


class SpawnedContext(SpawnContext):
    """Context of multiprocessing that the workers are started in: spawned, so that no thread or lock is inherited."""

    def __init__(self) -> None:
        self._started: weakref.WeakSet[_Worker] = weakref.WeakSet()

    def Process(self, *arguments: Any, **named: Any) -> _Worker:  # type: ignore[override]  # noqa: N802 - their name
        """A worker, to be started."""
        worker = _Worker(*arguments, **named)
        self._started.add(worker)
        return worker

    def kill(self) -> None:
        """End all workers now, whatever they do."""
        for worker in list(self._started):
            with contextlib.suppress(AttributeError, ValueError):  # not started yet, or closed
                worker.kill()


class _Awaited:
    """Result to come from a pool that may break meanwhile."""

    def __init__(self, pool: ProcessPool, future: PoolFuture[Any]) -> None:
        self._pool = pool
        self._future = future

    def result(self) -> Any:
        while not wait([self._future], timeout=_LOOK_S).done:
            if not self._pool.active and not self._future.done():
                raise BrokenPoolError("the pool stands still")
        try:
            return self._future.result()
        except BrokenProcessPool as error:
            raise BrokenPoolError(str(error).lower()) from error


class LocalPool:
    """Workers on this machine; the first task starts them, and no more of them than there are tasks.

    Parameters
    ----------
    workers : int, optional
        Processes; by default one per core.
    memory_limit_mib : int, optional
        Memory that measuring may take in each; by default an equal share of most of what is free at the start.
    """

    def __init__(self, workers: int | None = None, *, memory_limit_mib: int | None = None) -> None:
        self._memory_limit_mib = memory_limit_mib
        self._wanted = workers or os.cpu_count() or 1
        self._count = 0
        self._pool: ProcessPool | None = None
        self._context = SpawnedContext()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: types.TracebackType | None
    ) -> None:
        """End the workers: at once after an error, else when they have done what was handed out."""
        if self._pool is None:
            return
        try:
            if kind is None and self._pool.active:
                _await_workers(self._pool, self._count)
                self._pool.close()  # type: ignore[no-untyped-call]  # pebble leaves it untyped
            else:
                self._pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it untyped
                self.kill()  # they write nothing, and one in compiled code would not hear a request for seconds
        except BaseException:
            self._pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it untyped
            self.kill()
            raise
        finally:
            self._pool.join()
            self._pool = None

    def kill(self) -> None:
        """End the workers now, whatever they do."""
        self._context.kill()

    @property
    def wanted(self) -> int:
        """Processes that there are at most."""
        return self._wanted

    def make_room(self, tasks: int) -> int:
        """Have workers for so many tasks at a time, as far as they are wanted."""
        needed = min(tasks, self._wanted)
        if needed > self._count:
            self.__exit__(None, None, None)
            self._count = needed
        return _AHEAD * self._count

    def submit(self, work: Callable[[Task], Done], task: Task, timeout_s: float) -> _Awaited:
        """Hand out one task.

        Raises
        ------
        BrokenPoolError
            The workers are gone, and so is what was handed out; the next task starts others.
        """
        if self._pool is not None and not self._pool.active:
            self.__exit__(BrokenPoolError, None, None)
            raise BrokenPoolError("the workers are gone")
        if self._pool is None:
            self._pool = ProcessPool(
                max_workers=self._count,
                initializer=prepare_worker,
                initargs=(self._memory_limit_mib or memory_for_each(self._count),),
                context=self._context,
            )
        try:
            future = self._pool.schedule(work_within, args=(work, task, timeout_s), timeout=timeout_s)
        except (RuntimeError, BrokenProcessPool) as error:
            self.__exit__(BrokenPoolError, None, None)
            raise BrokenPoolError("no worker starts") from error
        return _Awaited(self._pool, future)


def _await_workers(pool: ProcessPool, count: int) -> None:
    """Wait until every worker has started: one that still starts when the pool closes would fail loudly."""
    with tempfile.TemporaryDirectory() as folder:
        meetings = [pool.schedule(_meet, args=(folder, count), timeout=_START_TIMEOUT_S) for _ in range(count)]
        for meeting in meetings:
            with contextlib.suppress(FutureTimeout, ProcessExpired, BrokenProcessPool):
                meeting.result()


def _meet(folder: str, count: int) -> None:
    """Keep a worker busy until all have arrived, so that each takes part once."""
    (Path(folder) / str(os.getpid())).touch()
    while sum(1 for _ in Path(folder).iterdir()) < count:
        time.sleep(0.01)
