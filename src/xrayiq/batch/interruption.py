"""Ctrl-C and requests to end a run, heeded only where nothing is half done."""

from __future__ import annotations

import contextlib
import signal
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from types import FrameType, TracebackType
from typing import Any, Final, Self

from pebble import ProcessExpired

from xrayiq.batch.pool import Done, Future, Pool, Task
from xrayiq.batch.summary import RunSummary

#: what asks a run to end, with what stands there where nobody else handles it
_REQUESTS: Final = ((signal.SIGINT, signal.default_int_handler), (signal.SIGTERM, signal.SIG_DFL))
#: exit codes of a worker that was asked to end, by Python's handler or by the system
_ASKED_TO_END: Final = (signal.SIGTERM, -signal.SIGTERM)
#: how long after one of its workers a run may be asked to end itself, where all processes are asked one by one
_SOON_S: Final = 0.5


class RunInterrupted(KeyboardInterrupt):
    """A run was ended by Ctrl-C or a request of the system; what was finished is stored, and another run goes on.

    Parameters
    ----------
    summary : RunSummary
        What the run found and measured until then.
    """

    def __init__(self, summary: RunSummary) -> None:
        super().__init__(f"run {summary.run_id} was interrupted; run again to continue")
        self.summary = summary


class Interruption:
    """Whether this process has been asked to end what it does, for the length of a ``with`` block.

    The first request (SIGINT, which is Ctrl-C, or SIGTERM) is only noted, and raised as `KeyboardInterrupt` where the
    run waits: for a worker, or for the next file. A second one acts at once, wherever the run is. Outside the main
    thread, and where the caller has handlers of its own, nothing is changed.

    Attributes
    ----------
    asked : bool
        Whether there was a request.
    at_once : callable or None
        Called at a second request, before it acts.
    """

    def __init__(self) -> None:
        self.at_once: Callable[[], None] | None = None
        self._before: list[tuple[signal.Signals, Any]] = []
        self._waits = False
        self.asked = False

    def __enter__(self) -> Self:
        if threading.current_thread() is threading.main_thread():
            for request, usual in _REQUESTS:
                if signal.getsignal(request) == usual:
                    self._before.append((request, signal.signal(request, self._take)))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._give_back()

    def _give_back(self) -> None:
        while self._before:
            signal.signal(*self._before.pop())

    def _take(self, request: int, _: FrameType | None) -> None:
        if self.asked:
            self._give_back()
            if self.at_once is not None:
                self.at_once()
            signal.raise_signal(request)
            return
        self.asked = True
        if self._waits:
            raise KeyboardInterrupt

    def heed(self) -> None:
        """Raise `KeyboardInterrupt` if there was a request."""
        if self.asked:
            raise KeyboardInterrupt

    @contextlib.contextmanager
    def waiting(self) -> Iterator[None]:
        """Where a request may end what is done: a wait, with nothing to put in order behind it.

        Raises
        ------
        KeyboardInterrupt
            There was a request before, or there is one now.
        """
        self._waits = True
        try:
            self.heed()
            yield
        finally:
            self._waits = False

    def each(self, items: Iterable[Task]) -> Iterator[Task]:
        """Items as they come, where each may be waited for."""
        iterator = iter(items)
        while True:
            with self.waiting():
                try:
                    item = next(iterator)
                except StopIteration:
                    return
            yield item

    def between(self, items: Iterable[Task]) -> Iterator[Task]:
        """Items that take no waiting for, unless there was a request."""
        for item in items:
            self.heed()
            yield item


class HeedingPool:
    """Workers whose results are waited for until the run is asked to end.

    Parameters
    ----------
    pool : Pool
        The workers.
    interruption : Interruption
        What the run is asked.
    """

    def __init__(self, pool: Pool, interruption: Interruption) -> None:
        self._pool = pool
        self._interruption = interruption

    def __enter__(self) -> Self:
        self._pool.__enter__()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._pool.__exit__(kind, error, trace)

    @property
    def wanted(self) -> int:
        """As of the pool."""
        return self._pool.wanted

    def make_room(self, tasks: int) -> int:
        """As of the pool."""
        return self._pool.make_room(tasks)

    def submit(self, work: Callable[[Task], Done], task: Task, timeout_s: float) -> Future:
        """As of the pool; nothing more is handed out once the run is asked to end."""
        self._interruption.heed()
        return _Awaited(self._pool.submit(work, task, timeout_s), self._interruption)


class _Awaited:
    """Result to come, unless the run is asked to end."""

    def __init__(self, future: Future, interruption: Interruption) -> None:
        self._future = future
        self._interruption = interruption

    def result(self) -> Any:
        with self._interruption.waiting():
            try:
                return self._future.result()
            except ProcessExpired as error:
                if error.exitcode in _ASKED_TO_END:  # so is the run, most likely; then the worker did not fail
                    time.sleep(_SOON_S)
                raise
