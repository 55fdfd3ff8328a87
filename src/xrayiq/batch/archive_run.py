"""One run over archives: what is new or changed is measured, and what comes back is written."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from importlib.metadata import version

from xrayiq.batch.changes import found_files
from xrayiq.batch.files import FileTask, scored_files
from xrayiq.batch.interruption import HeedingPool, Interruption, RunInterrupted
from xrayiq.batch.kept_files import FileKeeper
from xrayiq.batch.living_runs import own_process, still_lives
from xrayiq.batch.local_pool import LocalPool
from xrayiq.batch.pool import Pool
from xrayiq.batch.run_ending import own_summary, whole_summary
from xrayiq.batch.run_log import RunLog, is_unnamed
from xrayiq.batch.scored_file import PackedFile, UnchangedFile
from xrayiq.batch.scoring_site import ScoringSite
from xrayiq.batch.sets import SetTask, defect_maps, measured_sets, plan_sets
from xrayiq.batch.summary import RunSummary
from xrayiq.batch.tally import Tally
from xrayiq.dicom import Source, SourceFile
from xrayiq.errors import InputError, note_later
from xrayiq.key_file import load_key
from xrayiq.metrics import KERNEL_DIGEST
from xrayiq.procedures import (
    MAP_PREFIX,
    RESULT_TYPES,
    SET_KINDS,
    ResponseBook,
    Site,
    judge_runs,
    plan_digest,
)
from xrayiq.records import FileStatus, Records


class ArchiveRun:
    """One run: walks the sources, hands out what is new or changed, writes what comes back.

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
    tally : Tally
        Its counts.
    log : RunLog
        Where it tells what it does.
    """

    def __init__(
        self,
        records: Records,
        site: Site,
        sources: list[Source],
        *,
        retry_failed: bool,
        tally: Tally,
        log: RunLog,
    ) -> None:
        self.records = records
        self.site = site
        self.sources = sources
        self.plan = plan_digest(site)
        self.retry_failed = retry_failed
        self.tally = tally
        self.log = log
        self.book = ResponseBook(entries=records.responses())
        self.scoring_site = ScoringSite(records, site)

    def go(self, pool: Pool, interruption: Interruption) -> RunSummary:
        """Do the work on a pool until asked to end, and record that it was done."""
        self.interruption = interruption
        if isinstance(pool, LocalPool):
            interruption.at_once = pool.kill
        return self._go(HeedingPool(pool, interruption))

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
        self.log.begin(
            run_id,
            xrayiq=version("xrayiq"),
            kernels=KERNEL_DIGEST,
            plan=self.plan,
            site=self.site.digest,
            archives=[*keys],
            workers=pool.wanted,
            retry_failed=self.retry_failed,
        )
        self.tally.look_ahead(self.sources)
        try:
            with pool:
                self.work(run_id, pool)
        except KeyboardInterrupt as request:
            raise self._end_interrupted(run_id, keys, started, request) from None
        except BaseException as error:
            self._end_failed(run_id, keys, started, error=type(error).__name__)
            raise
        try:
            summary = self._summary(run_id, keys, started)
            self.records.finish_run(run_id, status="finished", counts=summary.counts())
        except Exception as error:
            self._end_failed(run_id, keys, started, error=type(error).__name__)
            raise
        self.log.end("finished", summary)
        return summary

    def _end_interrupted(
        self, run_id: int, keys: list[str], started: float, request: KeyboardInterrupt
    ) -> RunInterrupted:
        """What an interrupted run raises, with a note of each thing that failed in its wake."""
        failed = None
        summary = replace(self._own_summary(run_id, started), interrupted=True)
        try:
            summary = replace(self._summary(run_id, keys, started), interrupted=True)
            self.records.finish_run(run_id, status="interrupted", counts=summary.counts())
        except Exception as error:  # noqa: BLE001 - it is a note of the interruption
            note_later(request, error, doing="storing how the run ended")
            failed = type(error).__name__
        try:
            if failed is None:
                self.log.end("interrupted", summary)
            else:
                self.log.fail(failed, status="interrupted", seconds=summary.seconds, counts=None)
        except InputError as error:
            note_later(request, error, doing="writing the log")
        interrupted = RunInterrupted(summary)
        for note in getattr(request, "__notes__", ()):
            interrupted.add_note(note)
        return interrupted

    def _end_failed(self, run_id: int, keys: list[str], started: float, *, error: str) -> None:
        """Tell that the run failed as far as that can be told: it may be the store, or the log, that failed."""
        counts = None
        with contextlib.suppress(Exception):
            told = self._summary(run_id, keys, started).counts()
            self.records.finish_run(run_id, status="failed", counts=told)
            counts = told
        with contextlib.suppress(InputError):
            self.log.fail(error, seconds=time.monotonic() - started, counts=counts)

    def work(self, run_id: int, pool: Pool) -> None:
        """Score what is new or changed, measure sets, then what is measured with their responses, and judge all."""
        for source in self.sources:
            self.score(run_id, source, self.changed(source, source.files()), pool)
        self.measure_sets(run_id, pool)
        self.judge(run_id)

    def judge(self, run_id: int) -> None:
        """Judge by baselines what was measured, and open findings."""
        judgement = judge_runs(self.records, self.site, run_id=run_id)
        self.tally.opened_findings += judgement.opened + judgement.reopened
        self.tally.warnings = judgement.warnings or self.tally.warnings

    def keeps(self, file: PackedFile | UnchangedFile) -> bool:
        """Whether what became of a file is written to the store."""
        del file
        return True

    def score(self, run_id: int, source: Source, tasks: Iterator[FileTask], pool: Pool, *, again: bool = False) -> None:
        """Score files and write what comes back."""
        keeper = FileKeeper(
            self.records,
            run_id=run_id,
            archive_key=source.key,
            plan_digest=self.plan,
            stored=partial(self._tell_stored, source.key, again),
        )
        try:
            for file in scored_files(
                tasks, key=load_key(), site=self.scoring_site.now(), pool=pool, responses=self.book
            ):
                if self.keeps(file):
                    keeper.add(file)
                if again:
                    self.tally.add_again()
                else:
                    self.tally.add_file(file)
        except BaseException as error:
            keeper.write_after(error)
            raise
        else:
            keeper.write()
        finally:
            self.tally.new_outcomes += keeper.new_outcomes
        if not self.interruption.asked:
            self.tally.tell_stored()

    def _tell_stored(self, archive_key: str, again: bool, file: PackedFile, status: FileStatus) -> None:
        if not again:
            self.tally.add_stored(file, status)
        number = self.records.file_number(archive_key, file.entry.relative_path) if is_unnamed(file) else None
        self.log.file(file, status, number=number, again=again)

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
                self.tally.skip_file()
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
            for measured in measured_sets(tasks, site=self.scoring_site.now(), pool=pool):
                new = self.records.add_set(
                    run_id, measured.entry, plan_digest=self.plan, mode=measured.mode, response=measured.response
                )
                self.tally.add_set(measured.entry, new_outcomes=new)
                self.log.set(measured.entry, seconds=measured.seconds)
            self.book = ResponseBook(entries=self.records.responses())
        self._compare_defects(run_id)
        for source in self.sources:
            self._measure_with_responses(run_id, source, pool)

    def _compare_defects(self, run_id: int) -> None:
        """Number the defect maps of each detector and tell what changed, where a set came after the last map."""
        if self.records.newest_set().startswith(MAP_PREFIX):
            return
        found = self.records.results(RESULT_TYPES, procedure="defects")
        entries = list(defect_maps(found, self.scoring_site.now()))
        added = []
        with self.records.transaction():  # all or none: the newest set tells whether the maps are made
            for entry in entries:
                if not self.records.has_set(entry.group_key, entry.subject, self.plan):
                    added.append((entry, self.records.add_set(run_id, entry, plan_digest=self.plan)))
        for entry, new in added:
            self.tally.add_set(entry, new_outcomes=new)
            self.log.set(entry, seconds=None)

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
        self.score(run_id, source, tasks, pool, again=True)

    def _own_summary(self, run_id: int, started: float) -> RunSummary:
        return own_summary(self.tally, run_id, started=started)

    def _summary(self, run_id: int, keys: list[str], started: float) -> RunSummary:
        return whole_summary(self.records, keys, self.plan, self._own_summary(run_id, started))
