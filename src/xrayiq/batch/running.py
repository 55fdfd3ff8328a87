"""Run procedures over an archive into a record store."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

from xrayiq.batch.archive_run import ArchiveRun
from xrayiq.batch.archives import Archive, sources_of
from xrayiq.batch.interruption import Interruption
from xrayiq.batch.own_files import without_own_files
from xrayiq.batch.pool import Executor
from xrayiq.batch.pool_choice import check_workers, pool_for
from xrayiq.batch.run_log import open_log
from xrayiq.batch.summary import Progress, RunSummary
from xrayiq.batch.tally import Tally
from xrayiq.procedures import Site, load_site
from xrayiq.records import Records, open_or_given


def run(
    archive: Archive | Sequence[Archive],
    records: Records | str,
    *,
    site: Site | str | Path | None = None,
    workers: int | None = None,
    client: Executor | str | None = None,
    memory_limit_mib: int | None = None,
    retry_failed: bool = False,
    progress: Callable[[Progress], None] | None = None,
    log: str | Path | None = None,
) -> RunSummary:
    """Measure, judge and record everything in an archive.

    Parameters
    ----------
    archive : path, Source, or sequence of them
        Folders, files, zip or tar archives, a DICOMDIR, or ``-`` for a list of paths on standard input. The store and
        the log are left out where they lie in an archive.
    records : Records or str
        Store, or its URL.
    site : Site or path, optional
        Site settings, or their ``site.toml``; the shipped settings by default.
    workers : int, optional
        Worker processes; by default one per core.
    client : Executor or str, optional
        Dask client (``distributed.Client``), the address of a Dask scheduler, or another executor to run on instead of
        local processes. Dask workers need the same release of xrayiq and the archive at the same path.
    memory_limit_mib : int, optional
        Memory (MiB, at least 256) that measuring may take in each local process beside the some hundred MiB that it
        takes at rest; by default an equal share of four fifths of what is free. Held on Linux only.
    retry_failed : bool
        Whether files and sets that have an error among their outcomes are measured again, though they have not
        changed. What is measured takes the place of the error, which stays in the store as superseded.
    progress : callable, optional
        Called with a `Progress` after each file and set, and once the last files are stored.
    log : path, optional
        File that JSON lines are added to: the run's begin and end, and each file and set once it is stored. No line
        holds a path, a name or text of a header.

    Returns
    -------
    RunSummary
        Counts and the exit code. Every file has an outcome in the store; a file scored before under the same
        procedures and settings, and unchanged since, is not scored again.

    Raises
    ------
    InputError
        A path does not exist, `workers` is below 1 or `memory_limit_mib` below 256, no Dask scheduler answers, or the
        log cannot be written.
    SiteError
        The site file cannot be used.
    RecordsError
        The store cannot be used.
    WorkersError
        No worker process starts; Dask workers cannot do the work, or the connection to their scheduler is lost.
    RunInterrupted
        Ctrl-C or SIGTERM came: a `KeyboardInterrupt` with the summary of what was done. Where the caller handles these
        signals, nothing is changed about that.
    """
    sources = without_own_files(sources_of(archive), records, log)
    check_workers(workers, memory_limit_mib)
    settings = site if isinstance(site, Site) else load_site(site)
    with Interruption() as interruption, open_or_given(records) as store, open_log(log) as lines:
        with interruption.waiting():
            pool = pool_for(settings, workers=workers, client=client, memory_limit_mib=memory_limit_mib)
        whole = ArchiveRun(store, settings, sources, retry_failed=retry_failed, tally=Tally(progress), log=lines)
        return whole.go(pool, interruption)
