"""The workers that a run asks for."""

from __future__ import annotations

import sys
import warnings

from xrayiq.batch.local_pool import LocalPool
from xrayiq.batch.memory import LEAST_MIB, can_limit_memory
from xrayiq.batch.pool import Executor, ExecutorPool, Pool
from xrayiq.errors import InputError
from xrayiq.procedures import Site


def check_workers(workers: int | None, memory_limit_mib: int | None) -> None:
    """Refuse numbers of workers, and of MiB for each, that are out of range; given as to `run`.

    Raises
    ------
    InputError
        One is.
    """
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers", needed="at least 1")
    if memory_limit_mib is not None and memory_limit_mib < LEAST_MIB:
        raise InputError(f"{memory_limit_mib} MiB for each worker", needed=f"at least {LEAST_MIB}")
    if memory_limit_mib is not None and not can_limit_memory():
        warnings.warn("this system holds no process to a limit of memory; runs go on without", stacklevel=3)


def pool_for(site: Site, *, workers: int | None, client: Executor | str | None, memory_limit_mib: int | None) -> Pool:
    """Pool of local processes, of a Dask cluster, or of another executor.

    Parameters
    ----------
    site : Site
        Site settings, which Dask workers must have as well.
    workers, client, memory_limit_mib
        As given to `run`.

    Raises
    ------
    InputError
        Dask is not installed, or no scheduler answers.
    """
    if client is None:
        return LocalPool(workers, memory_limit_mib=memory_limit_mib)
    if isinstance(client, str) or "distributed" in sys.modules:  # Dask is loaded only where it is used
        try:
            from xrayiq.batch.cluster import DaskPool
        except ImportError as error:
            raise InputError("Dask is not installed", needed='pip install "xrayiq[cluster]"') from error
        if DaskPool.takes(client):
            return DaskPool(client, site)
    return ExecutorPool(client)  # type: ignore[arg-type]  # an address is taken above
