"""Run procedures over an archive into a record store."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from xrayiq.batch.archives import Archive, sources_of
from xrayiq.batch.changes import found_files
from xrayiq.batch.files import FileTask, scored_files
from xrayiq.batch.interruption import HeedingPool, Interruption, RunInterrupted
from xrayiq.batch.kept_files import FileKeeper
from xrayiq.batch.living_runs import own_process, still_lives
from xrayiq.batch.local_pool import LocalPool
from xrayiq.batch.pool import Executor, Pool
from xrayiq.batch.pool_choice import check_workers, pool_for
from xrayiq.batch.scored_file import PackedFile, UnchangedFile
from xrayiq.batch.sets import SetTask, defect_maps, measured_sets, plan_sets
from xrayiq.batch.summary import Progress, RunSummary
from xrayiq.dicom import Source, SourceFile, load_key
from xrayiq.metrics import KERNEL_DIGEST
from xrayiq.procedures import EXPECTED, MAP_PREFIX, RESULT_TYPES, SET_KINDS, ResponseBook, Site, load_site, plan_digest
from xrayiq.records import Records, open_records


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
) -> RunSummary:
    """Measure, judge and record everything in an archive.

    Parameters
    ----------
    archive : path, Source, or sequence of them
        Folders, files, zip or tar archives, a DICOMDIR, or ``-`` for a list of paths on standard input.
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
        Called with a `Progress` after each file.

    Returns
    -------
    RunSummary
        Counts and the exit code. Every file has an outcome in the store; a file scored before under the same
        procedures and settings, and unchanged since, is not scored again.

    Raises
    ------
    InputError
        A path does not exist, `workers` is below 1 or `memory_limit_mib` below 256, or no Dask scheduler answers.
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
    sources = sources_of(archive)
    check_workers(workers, memory_limit_mib)
    settings = site if isinstance(site, Site) else load_site(site)
    store = contextlib.nullcontext(records) if isinstance(records, Records) else open_records(records)
    with store as opened:
        pool = pool_for(settings, workers=workers, client=client, memory_limit_mib=memory_limit_mib)
        return ArchiveRun(opened, settings, sources, retry_failed=retry_failed, progress=progress).go(pool)


class ArchiveRun:
    """One run: walks the sources, hands out what is new or changed, counts.

    Parameters
    ----------
    records : Records
        The store.
    site : Site
        Site settings.
    sources : list of Source
        The archives.
    retry_failed : bool
        As given to `run`.
    progress : callable or None
        As given to `run`.
    """

    def __init__(
        self,
        records: Records,
        site: Site,
        sources: list[Source],
        *,
        retry_failed: bool,
        progress: Callable[[Progress], None] | None,
    ) -> None:
        self.records = records
        self.site = site
        self.sources = sources
        self.plan = plan_digest(site)
        self.retry_failed = retry_failed
        self.report_progress = progress
        self.total: int | None = None
        self.files = 0
        self.unchanged = 0
        self.new_outcomes = 0
        self.book = ResponseBook(entries=records.responses())

    def go(self, pool: Pool) -> RunSummary:
        """Do the work on a pool, and record that it was done."""
        self.interruption = Interruption(pool.kill if isinstance(pool, LocalPool) else None)
        with self.interruption:
            return self._go(HeedingPool(pool, self.interruption))

    def _go(self, pool: Pool) -> RunSummary:
        started = time.monotonic()
        keys = [source.key for source in self.sources]
        self.records.end_killed_runs(still_lives)
        run_id = self.records.begin_run(
            archive_key=" ".join(keys),
            plan_digest=self.plan,
            site_digest=self.site.digest,
            kernel_digest=KERNEL_DIGEST,
            version=version("xrayiq"),
            process=own_process(),
        )
        if self.report_progress is not None:
            threading.Thread(target=self._count, daemon=True).start()
        try:
            with pool:
                self.work(run_id, pool)
        except KeyboardInterrupt:
            summary = replace(self._summary(run_id, keys, started), interrupted=True)
            self.records.finish_run(run_id, status="interrupted", counts=summary.counts())
            raise RunInterrupted(summary) from None
        except BaseException:
            self.records.finish_run(run_id, status="failed", counts=self._summary(run_id, keys, started).counts())
            raise
        summary = self._summary(run_id, keys, started)
        self.records.finish_run(run_id, status="finished", counts=summary.counts())
        return summary

    def work(self, run_id: int, pool: Pool) -> None:
        """Score what is new or changed, then measure sets, then what is measured with their responses."""
        for source in self.sources:
            self.score(run_id, source, self.changed(source, source.files()), pool, advance=True)
        self.measure_sets(run_id, pool)

    def keeps(self, file: PackedFile | UnchangedFile) -> bool:
        """Whether what became of a file is written to the store."""
        del file
        return True

    def _count(self) -> None:
        counts = [source.count() for source in self.sources]
        self.total = None if None in counts else sum(count for count in counts if count is not None)

    def score(self, run_id: int, source: Source, tasks: Iterator[FileTask], pool: Pool, *, advance: bool) -> None:
        """Score files and write what comes back."""
        keeper = FileKeeper(self.records, run_id=run_id, archive_key=source.key, plan_digest=self.plan)
        try:
            for file in scored_files(tasks, key=load_key(), site=self.site, pool=pool, responses=self.book):
                if self.keeps(file):
                    keeper.add(file)
                if advance:
                    self._advance(unchanged=isinstance(file, UnchangedFile))
        finally:
            keeper.write()
            self.new_outcomes += keeper.new_outcomes

    def changed(self, source: Source, files: Iterator[SourceFile]) -> Iterator[FileTask]:
        """What is new, changed by size, time, and then content, or retried."""
        found = found_files(
            self.interruption.each(files),
            self.records,
            archive_key=source.key,
            plan_digest=self.plan,
            retry_failed=self.retry_failed,
        )
        for each in self.interruption.between(found):
            if each.state == "unchanged":
                self._advance(unchanged=True)
            else:
                same_if = each.known.digest if each.known is not None and each.state == "touched" else ""
                yield FileTask(file=each.file, known_digest=same_if)

    def measure_sets(self, run_id: int, pool: Pool) -> None:
        """Measure the acquisition sets that are new, have changed or are retried, and files again by their responses.

        Those that tell a response come first.
        """
        heed = self.interruption.between
        indexed = (
            (heed(self.records.indexed_objects(source.key, self.plan, kinds=SET_KINDS)), source)
            for source in self.sources
        )
        planned = plan_sets(indexed, site=self.site)
        for telling in (True, False):
            tasks = self.new_sets(task for task in planned if task.images.tells_response == telling)
            for measured in measured_sets(tasks, site=self.site, pool=pool):
                self.new_outcomes += self.records.add_set(
                    run_id, measured.entry, plan_digest=self.plan, mode=measured.mode, response=measured.response
                )
            self.book = ResponseBook(entries=self.records.responses())
        self._compare_defects(run_id)
        for source in self.sources:
            self._measure_with_responses(run_id, source, pool)

    def _compare_defects(self, run_id: int) -> None:
        """Number the defect maps of each detector and tell what changed, where a set came after the last map."""
        if self.records.newest_set().startswith(MAP_PREFIX):
            return
        found = self.records.results(RESULT_TYPES, procedure="defects")
        entries = list(defect_maps(found, self.site))
        with self.records.transaction():  # all or none: the newest set tells whether the maps are made
            for entry in entries:
                if not self.records.has_set(entry.group_key, entry.subject, self.plan):
                    self.new_outcomes += self.records.add_set(run_id, entry, plan_digest=self.plan)

    def new_sets(self, planned: Iterator[SetTask]) -> Iterator[SetTask]:
        """Sets that are not in force as they are."""
        for each in self.interruption.between(planned):
            told = each.images.tells_response  # one of before would depend on what was measured earlier
            task = replace(each, response=None if told else self.book.valid_for(each.images.flats[0].header))
            known = self.records.has_set(task.images.group, task.images.subject, self.plan, task.response_id)
            again = self.retry_failed and self.records.has_failed_set(task.images.subject, self.plan)
            if again or not known:
                yield task

    def _measure_with_responses(self, run_id: int, source: Source, pool: Pool) -> None:
        """Score again what was scored with another response than the valid one; what is gone keeps its outcomes."""
        paths = self.records.files_without(source.key, self.plan, self.book.entries)
        files = (source.find(path) for path in self.interruption.between(paths))
        tasks = (FileTask(file=file) for file in files if file is not None)
        self.score(run_id, source, tasks, pool, advance=False)

    def _advance(self, *, unchanged: bool) -> None:
        self.files += 1
        self.unchanged += unchanged
        if self.report_progress is not None:
            self.report_progress(Progress(done=self.files, total=self.total))

    def _summary(self, run_id: int, keys: list[str], started: float) -> RunSummary:
        status = self.records.archive_status(keys, plan_digest=self.plan, expected=EXPECTED)
        return RunSummary(
            run_id=run_id,
            files=self.files,
            unchanged=self.unchanged,
            new_outcomes=self.new_outcomes,
            unmeasured=status.unmeasured,
            seconds=time.monotonic() - started,
            file_counts=status.files,
            outcome_counts=status.outcomes,
            verdict_counts=status.verdicts,
            object_counts=status.populations,
        )
