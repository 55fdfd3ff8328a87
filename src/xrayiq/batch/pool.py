"""Scored files in the order of the walk, from a local pool of spawned workers or from a given executor."""

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
from functools import partial
from multiprocessing.context import SpawnContext, SpawnProcess
from pathlib import Path
from typing import Any, Final, Protocol

from pebble import ProcessExpired, ProcessPool

from xrayiq.batch.worker import ScoredFile, failed_file, prepare_worker, score_file
from xrayiq.dicom import SourceFile, content_digest
from xrayiq.procedures import Site

#: longest time that one object may take
OBJECT_TIMEOUT_S: Final = 300.0

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


def scored_files(
    files: Iterator[SourceFile],
    *,
    key: bytes,
    site: Site,
    workers: int | None = None,
    client: Executor | None = None,
) -> Iterator[ScoredFile]:
    """Score files as they are found; results come in the order of the files.

    Parameters
    ----------
    files : iterator of SourceFile
        Taken a few ahead of the results, never all at once.
    key : bytes
        Key of the hashes that stand for persons.
    site : Site
        Rules and limits in force.
    workers : int, optional
        Processes of the local pool; by default one per core.
    client : Executor, optional
        Where to run instead of the local pool.

    Yields
    ------
    ScoredFile
        One for each file; a worker that dies or hangs costs only its file.
    """
    work = partial(score_file, key=key, site=site)
    if client is not None:
        yield from _in_order(files, partial(client.submit, work), site, ahead=64)
        return
    wanted = workers or os.cpu_count() or 1
    first = list(itertools.islice(files, wanted))
    if not first:
        return
    count = len(first)
    pool = ProcessPool(max_workers=count, initializer=prepare_worker, context=_Context())
    try:
        yield from _in_order(
            itertools.chain(first, files),
            lambda file: pool.schedule(work, args=(file,), timeout=OBJECT_TIMEOUT_S),
            site,
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
    files: Iterator[SourceFile], submit: Callable[[SourceFile], Future], site: Site, *, ahead: int
) -> Iterator[ScoredFile]:
    waiting: deque[tuple[SourceFile, Future]] = deque((file, submit(file)) for file in itertools.islice(files, ahead))
    while waiting:
        file, future = waiting.popleft()
        scored = _result(file, future, site)
        for following in itertools.islice(files, 1):
            waiting.append((following, submit(following)))
        yield scored


def _result(file: SourceFile, future: Future, site: Site) -> ScoredFile:
    try:
        scored: ScoredFile = future.result()
        return scored
    except FutureTimeout:
        reason, message = "timed_out", f"scoring took longer than {OBJECT_TIMEOUT_S:.0f} s and was stopped"
    except ProcessExpired as error:
        reason, message = "worker_died", f"the worker ended (exit code {error.exitcode}) while scoring this file"
    digest = ""
    with contextlib.suppress(OSError):
        digest = content_digest(file.path)
    return failed_file(file, site, digest=digest, reason=reason, message=message)
