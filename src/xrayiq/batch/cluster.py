"""The same work on a Dask cluster: each Dask worker measures in processes of its own, as the local pool does.

A measurement that hangs or crashes costs a process of the Dask worker, never the Dask worker itself, so that the
outcomes are those of the local pool. A Dask worker that is lost gives its tasks back to the others.
"""

from __future__ import annotations

import contextlib
import itertools
import time
import uuid
from collections.abc import Callable
from concurrent.futures import CancelledError
from types import TracebackType
from typing import Any, Final, Self

from distributed import Client, Future, KilledWorker

from xrayiq.batch.cluster_worker import Sealed, do_task, same, sees_archive, standing
from xrayiq.batch.files import FileTask
from xrayiq.batch.pool import Done, Executor, LostWorkerError, Task
from xrayiq.errors import InputError, WorkersError
from xrayiq.procedures import Site

#: tasks handed to the cluster ahead of the one awaited, per thread of its workers
_AHEAD: Final = 8
#: longest time to wait for the scheduler and its first worker
_CONNECT_TIMEOUT_S: Final = 20.0
#: how often it is looked whether workers have come
_LOOK_S: Final = 5.0


class DaskPool:
    """Workers of a Dask cluster.

    The work is sent once and shared by the workers; few tasks are on their way at a time, and a result leaves the
    cluster as soon as it is taken.

    Parameters
    ----------
    client : distributed.Client or str
        Dask client, which outlives the run, or the address of a scheduler: ``tcp://host:8786``, or
        ``tls://host:8786`` with the certificates that Dask's own configuration names.
    site : Site
        Rules and limits in force.

    Raises
    ------
    InputError
        No scheduler answers, or the client is an asynchronous one.
    WorkersError
        There are no workers, or they have another release, other kernels or procedures than this process.
    """

    def __init__(self, client: Client | str, site: Site) -> None:
        self._owned = isinstance(client, str)
        self._client = _connected(client) if isinstance(client, str) else client
        try:
            _check(self._client, site)
        except BaseException:
            self._close()
            raise
        self._name = f"xrayiq-{uuid.uuid4().hex}"
        self._numbers = itertools.count()
        self._work: Callable[[Any], Any] | None = None
        self._sent: Future | None = None
        self._out: dict[Any, Future] = {}
        self._workers: frozenset[str] = frozenset()
        self._looked_at = -_LOOK_S
        self._archive_seen = False

    @staticmethod
    def takes(client: Executor | str) -> bool:
        """Whether this is a Dask client or an address of one."""
        return isinstance(client, (str, Client))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Take back what was handed out and is not done."""
        with contextlib.suppress(CancelledError, OSError, RuntimeError):
            if self._client.status == "running":
                self._client.cancel([*self._out.values(), *filter(None, [self._sent])])
        self._out.clear()
        self._sent = self._work = None
        self._close()

    def _close(self) -> None:
        if self._owned:
            with contextlib.suppress(CancelledError, OSError, RuntimeError):
                self._client.close(timeout=_LOOK_S)

    @property
    def wanted(self) -> int:
        """Threads of all workers."""
        threads: dict[str, int] = self._client.nthreads()
        return max(1, sum(threads.values()))

    def make_room(self, tasks: int) -> int:
        """Tasks to hand out ahead."""
        del tasks
        return _AHEAD * self.wanted

    def submit(self, work: Callable[[Task], Done], task: Task, timeout_s: float) -> _Awaited:
        """Hand out one task; a worker does it in a process of its own, within the time given.

        Raises
        ------
        WorkersError
            The connection is lost, or workers do not see the archive.
        """
        key = (self._name, next(self._numbers))
        try:
            self._require_sight(task)
            future = self._client.submit(do_task, self._send(work), Sealed(task), timeout_s, key=key, pure=False)
        except (CancelledError, OSError) as error:
            raise _lost_connection() from error
        self._out[key] = future
        return _Awaited(future, lambda: self._out.pop(key, None))

    def _send(self, work: Callable[[Any], Any]) -> Future:
        """The work as data of the cluster, with a copy on each worker, also on those that have come since."""
        if self._sent is None or work is not self._work:
            key = f"{self._name}-work-{next(self._numbers)}"
            self._sent, self._work = self._client.submit(same, Sealed(work), key=key, pure=False), work
            self._workers, self._looked_at = frozenset(), -_LOOK_S
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_S:
            self._looked_at = now
            workers = frozenset(self._client.nthreads())
            if workers - self._workers:
                self._client.replicate([self._sent])
            self._workers = workers
        return self._sent

    def _require_sight(self, task: object) -> None:
        """The archive must lie where every worker can read it, if it can be read here."""
        if self._archive_seen or not isinstance(task, FileTask) or not sees_archive(Sealed(task)):
            return
        for address, seen in self._client.run(sees_archive, Sealed(task)).items():
            if not seen:
                raise WorkersError(
                    f"Dask worker {address} cannot read the archive",
                    needed="the archive on a shared disk, at the same path on this machine and all workers",
                )
        self._archive_seen = True


class _Awaited:
    """Result to come from the cluster, released there once it is taken."""

    def __init__(self, future: Future, taken: Callable[[], object]) -> None:
        self._future = future
        self._taken = taken

    def result(self) -> Any:
        try:
            return self._future.result()
        except KilledWorker as error:
            deaths = error.allowed_failures + 1
            raise LostWorkerError(f"{deaths} Dask workers ended one after another while measuring this") from error
        except (CancelledError, OSError) as error:
            if self._future.status == "error":  # raised by the task
                raise
            raise _lost_connection() from error
        finally:
            self._taken()
            self._future.release()


def _lost_connection() -> WorkersError:
    return WorkersError(
        "the connection to the Dask scheduler was lost",
        needed="a scheduler that runs until the work is done",
        remedy="what was measured is kept; start the scheduler and run again to continue",
    )


def _connected(address: str) -> Client:
    try:
        return Client(address, timeout=_CONNECT_TIMEOUT_S, set_as_default=False)
    except (OSError, ValueError, TypeError, RuntimeError) as error:
        raise InputError(
            f"no Dask scheduler answers at {address} ({type(error).__name__})",
            needed="the address that `dask scheduler` prints, such as tcp://host:8786",
            remedy="with tls:// certificates are taken from Dask's configuration (distributed.comm.tls)",
        ) from error


def _check(client: Client, site: Site) -> None:
    if client.asynchronous:
        raise InputError("an asynchronous Dask client", needed="one made without asynchronous=True")
    with contextlib.suppress(TimeoutError):
        client.wait_for_workers(1, timeout=_CONNECT_TIMEOUT_S)
    found = client.run(standing, Sealed(site), on_error="return")
    if not found:
        raise WorkersError("the Dask scheduler has no workers", needed="one or more", remedy="start `dask worker`")
    here = standing(Sealed(site))
    for address, there in found.items():
        if there != here:
            raise _mismatch(address, here, there)


def _mismatch(address: str, here: dict[str, str], there: dict[str, str] | BaseException) -> WorkersError:
    if isinstance(there, BaseException):
        what = f"cannot load xrayiq ({type(there).__name__})"
    else:
        what = "has " + ", ".join(f"{name} {there.get(name)}" for name in here if there.get(name) != here[name])
    return WorkersError(
        f"Dask worker {address} {what}",
        needed=", ".join(f"{name} {known}" for name, known in here.items()),
        remedy="install the same release of xrayiq on all machines",
    )
