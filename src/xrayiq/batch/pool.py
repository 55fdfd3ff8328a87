"""Results in the order of their tasks, from a local pool of workers or from a given executor."""

from __future__ import annotations

import itertools
import os
from collections import deque
from collections.abc import Callable, Iterator
from concurrent.futures import TimeoutError as FutureTimeout
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Generic, Protocol, Self, TypeVar

from pebble import ProcessExpired

from xrayiq.batch.one_thread import stay_with_one_thread, use_one_thread
from xrayiq.errors import WorkersError

Task = TypeVar("Task")
Done = TypeVar("Done")

#: tasks handed out ahead of the one awaited, to an executor whose number of workers is not known
_AHEAD: Final = 64
#: times that a pool may break without a single result in between
_BREAKS: Final = 3
#: what is said of a task that needs more memory than there is for it
OUT_OF_MEMORY: Final = "measuring takes more memory than a worker may use; allow more, with fewer workers if need be"


#: reasons of outcomes of tasks that a worker could not end
LOSSES: Final = frozenset({"worker_died", "timed_out", "out_of_memory"})


class Future(Protocol):
    """Result to come."""

    def result(self) -> Any:
        """Wait for the result, or raise what the work raised."""


class Executor(Protocol):
    """Anything that takes work: a concurrent.futures executor, a Dask client."""

    def submit(self, function: Callable[..., Any], /, *arguments: Any) -> Future:
        """Hand out one call."""


class BrokenPoolError(Exception):
    """The pool has lost its workers and all that was handed out; it can be asked anew."""


class LostWorkerError(Exception):
    """The machine or process that worked on a task is lost, also where the task was tried again."""


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


class Pool(Protocol):
    """Workers for the length of a ``with`` block."""

    def __enter__(self) -> Self:
        """Ready to take tasks."""

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """End the workers: at once after an error."""

    def make_room(self, tasks: int) -> int:
        """Have workers for so many tasks at a time, and tell how many tasks to hand out ahead."""

    def submit(self, work: Callable[[Task], Done], task: Task, timeout_s: float) -> Future:
        """Hand out one task; raises `BrokenPoolError` like the future's result."""

    @property
    def wanted(self) -> int:
        """Tasks that can be worked on at a time."""


class ExecutorPool:
    """Workers of a given executor, which outlives the run; meanwhile this process computes with one thread.

    Parameters
    ----------
    client : Executor
        Where to run.
    """

    def __init__(self, client: Executor) -> None:
        self._client = client
        self._put_back: Callable[[], None] | None = None

    def __enter__(self) -> Self:
        self._put_back = use_one_thread()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Leave the executor as it is."""
        if self._put_back is not None:
            self._put_back()

    @property
    def wanted(self) -> int:
        """Tasks handed out at a time."""
        return _AHEAD

    def make_room(self, tasks: int) -> int:
        """Tasks to hand out ahead."""
        del tasks
        return _AHEAD

    def submit(self, work: Callable[[Task], Done], task: Task, timeout_s: float) -> Future:
        """Hand out one task; the executor has its own ways with time."""
        del timeout_s
        return self._client.submit(_in_one_thread, os.getpid(), work, task)


def _in_one_thread(run_by: int, work: Callable[[Task], Done], task: Task) -> Done:
    """Work on a task of the process that runs, which has one thread already, or of another that gets it now."""
    if os.getpid() != run_by:
        stay_with_one_thread()
    return work(task)


def results_in_order(tasks: Iterator[Task], job: Job[Task, Done], *, pool: Pool) -> Iterator[Done]:
    """Work on tasks as they are found; results come in the order of the tasks.

    Parameters
    ----------
    tasks : iterator
        Taken a few ahead of the results, never all at once.
    job : Job
        What is done with each.
    pool : Pool
        Where it is done; no worker is started before there is a task.

    Yields
    ------
    Done
        One for each task; a worker that dies or hangs costs only its task.

    Raises
    ------
    WorkersError
        Workers end before they have done anything, however often they are started.
    """
    first = list(itertools.islice(tasks, pool.wanted))
    if not first:
        return
    ahead = pool.make_room(len(first))
    tasks = itertools.chain(first, tasks)
    waiting: deque[tuple[Task, Future]] = deque()
    next_up: deque[Task] = deque()  # taken, and not handed out
    breaks = 0
    while True:
        next_up.extend(itertools.islice(tasks, ahead - len(waiting) - len(next_up)))
        if not waiting and not next_up:
            return
        try:
            while next_up:
                waiting.append((next_up[0], pool.submit(job.work, next_up[0], job.timeout_s(next_up[0]))))
                next_up.popleft()
            done = _result(*waiting[0], job)
        except BrokenPoolError as error:
            breaks += 1
            if breaks == _BREAKS:
                raise WorkersError(
                    f"worker processes end before they have done anything ({error})",
                    needed="workers that start",
                    remedy="look at the messages above, allow more memory, or try with --workers 1",
                ) from error
            next_up.extendleft(task for task, _ in reversed(waiting))
            waiting.clear()
            continue
        breaks = 0
        waiting.popleft()
        yield done


def _result(task: Task, future: Future, job: Job[Task, Done]) -> Done:
    try:
        done: Done = future.result()
    except FutureTimeout:
        message = f"measuring took longer than {job.timeout_s(task):.0f} s and was stopped"
        return job.failed(task, "timed_out", message)
    except ProcessExpired as error:
        return job.failed(task, "worker_died", f"the worker ended (exit code {error.exitcode}) while measuring this")
    except MemoryError:
        return job.failed(task, "out_of_memory", OUT_OF_MEMORY)
    except LostWorkerError as error:
        return job.failed(task, "worker_died", str(error))
    return done
