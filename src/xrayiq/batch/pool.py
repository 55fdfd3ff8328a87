"""Results in the order of their tasks, from a local pool of spawned workers or from a given executor."""

from __future__ import annotations

import contextlib
import itertools
import os
import signal
import sys
import tempfile
import time
import types
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from functools import partial
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, Final, Generic, Protocol, TypeVar

from pebble import ProcessExpired, ProcessPool

from xrayiq.batch.worker import prepare_worker

Task = TypeVar("Task")
Done = TypeVar("Done")

#: longest time that a worker may take to start
_START_TIMEOUT_S: Final = 60.0

#: files handed out ahead of the one awaited, per worker
_AHEAD: Final = 8


class Future(Protocol):
    """Result to come."""

    def result(self) -> Any:
        """Wait for the result, or raise what the work raised."""


class Executor(Protocol):
    """Anything that takes work: a Dask client, a concurrent.futures executor."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future:
        """Hand out one call."""


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


class _Context(SpawnContext):
    Process = _Worker


@dataclass(frozen=True, slots=True, kw_only=True)
class Job(Generic[Task, Done]):
    """What is done with each task.

    Parameters
    ----------
    work : callable
        Function of a task that can be sent to another process.
    failed : callable
        Result of a task whose worker timed out or died: of the task, a short reason and a message.
    timeout_s : callable
        Longest time that a task may take.
    """

    work: Callable[[Task], Done]
    failed: Callable[[Task, str, str], Done]
    timeout_s: Callable[[Task], float]


def results_in_order(
    tasks: Iterator[Task], job: Job[Task, Done], *, workers: int | None = None, client: Executor | None = None
) -> Iterator[Done]:
    """Work on tasks as they are found; results come in the order of the tasks.

    Parameters
    ----------
    tasks : iterator
        Taken a few ahead of the results, never all at once.
    job : Job
        What is done with each.
    workers : int, optional
        Processes of the local pool; by default one per core.
    client : Executor, optional
        Where to run instead of the local pool.

    Yields
    ------
    Done
        One for each task; a worker that dies or hangs costs only its task.
    """
    if client is not None:
        yield from _in_order(tasks, partial(client.submit, job.work), job, ahead=64)
        return
    wanted = workers or os.cpu_count() or 1
    first = list(itertools.islice(tasks, wanted))
    if not first:
        return
    count = len(first)
    pool = ProcessPool(max_workers=count, initializer=prepare_worker, context=_Context())
    try:
        yield from _in_order(
            itertools.chain(first, tasks),
            lambda task: pool.schedule(job.work, args=(task,), timeout=job.timeout_s(task)),
            job,
            ahead=_AHEAD * count,
        )
        _await_workers(pool, count)
        pool.close()  # type: ignore[no-untyped-call]  # pebble leaves it untyped
    except BaseException:
        pool.stop()  # type: ignore[no-untyped-call]  # pebble leaves it untyped
        raise
    finally:
        pool.join()


def _await_workers(pool: ProcessPool, count: int) -> None:
    """Wait until every worker has started: one that still starts when the pool closes would fail loudly."""
    with tempfile.TemporaryDirectory() as folder:
        meetings = [pool.schedule(_meet, args=(folder, count), timeout=_START_TIMEOUT_S) for _ in range(count)]
        for meeting in meetings:
            with contextlib.suppress(FutureTimeout, ProcessExpired):
                meeting.result()


def _meet(folder: str, count: int) -> None:
    """Keep a worker busy until all have arrived, so that each takes part once."""
    (Path(folder) / str(os.getpid())).touch()
    while sum(1 for _ in Path(folder).iterdir()) < count:
        time.sleep(0.01)


def _in_order(
    tasks: Iterator[Task], submit: Callable[[Task], Future], job: Job[Task, Done], *, ahead: int
) -> Iterator[Done]:
    waiting: deque[tuple[Task, Future]] = deque((task, submit(task)) for task in itertools.islice(tasks, ahead))
    while waiting:
        task, future = waiting.popleft()
        done = _result(task, future, job)
        for following in itertools.islice(tasks, 1):
            waiting.append((following, submit(following)))
        yield done


def _result(task: Task, future: Future, job: Job[Task, Done]) -> Done:
    try:
        done: Done = future.result()
    except FutureTimeout:
        message = f"measuring took longer than {job.timeout_s(task):.0f} s and was stopped"
        return job.failed(task, "timed_out", message)
    except ProcessExpired as error:
        return job.failed(task, "worker_died", f"the worker ended (exit code {error.exitcode}) while measuring this")
    return done
