"""Run procedures over an archive into a record store."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Final

from xrayiq.batch.files import scored_files
from xrayiq.batch.pool import Executor
from xrayiq.batch.scored_file import ScoredFile
from xrayiq.batch.sets import SetTask, defect_maps, measured_sets, plan_sets
from xrayiq.batch.summary import Progress, RunSummary
from xrayiq.dicom import SourceFile, load_key, scan_folder
from xrayiq.errors import InputError
from xrayiq.metrics import KERNEL_DIGEST
from xrayiq.procedures import EXPECTED, MAP_PREFIX, RESULT_TYPES, SET_KINDS, ResponseBook, Site, load_site, plan_digest
from xrayiq.records import Records, open_records

#: files written to the store in one transaction
_FILES_PER_COMMIT: Final = 50

Paths = str | Path | Sequence[str | Path]


def run(
    archive: Paths,
    records: Records | str,
    *,
    site: Site | str | Path | None = None,
    workers: int | None = None,
    client: Executor | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> RunSummary:
    """Measure, judge and record everything in an archive.

    Parameters
    ----------
    archive : path or sequence of paths
        Folders or files.
    records : Records or str
        Store, or its URL.
    site : Site or path, optional
        Site settings, or their ``site.toml``; the shipped settings by default.
    workers : int, optional
        Worker processes; by default one per core.
    client : Executor, optional
        Dask client or other executor to run on instead of local processes.
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
        A path does not exist or `workers` is below 1.
    SiteError
        The site file cannot be used.
    RecordsError
        The store cannot be used.
    """
    roots = [Path(path) for path in ([archive] if isinstance(archive, (str, Path)) else archive)]
    missing = [root.name for root in roots if not root.exists()]
    if missing or not roots:
        raise InputError(f"archive {missing[0]!r} does not exist" if roots else "no archive", needed="a folder or file")
    if workers is not None and workers < 1:
        raise InputError(f"{workers} workers", needed="at least 1")
    settings = site if isinstance(site, Site) else load_site(site)
    if isinstance(records, Records):
        return _Run(records, settings, roots, progress).go(workers, client)
    with open_records(records) as store:
        return _Run(store, settings, roots, progress).go(workers, client)


class _Run:
    """One run: walks the roots, writes what comes back, counts."""

    def __init__(
        self, records: Records, site: Site, roots: list[Path], progress: Callable[[Progress], None] | None
    ) -> None:
        self.records = records
        self.site = site
        self.roots = roots
        self.plan = plan_digest(site)
        self.report_progress = progress
        self.total: int | None = None
        self.files = 0
        self.unchanged = 0
        self.new_outcomes = 0
        self.odd_paths: dict[tuple[str, str], Path] = {}
        self.book = ResponseBook(entries=records.responses())

    def go(self, workers: int | None, client: Executor | None) -> RunSummary:
        started = time.monotonic()
        keys = [archive_key(root) for root in self.roots]
        run_id = self.records.begin_run(
            archive_key=" ".join(keys),
            plan_digest=self.plan,
            site_digest=self.site.digest,
            kernel_digest=KERNEL_DIGEST,
            version=version("xrayiq"),
        )
        if self.report_progress is not None:
            threading.Thread(target=self._count, daemon=True).start()
        try:
            archives = list(zip(self.roots, keys, strict=True))
            for root, key in archives:
                self._walk(run_id, root, key, workers, client)
            self._measure_sets(run_id, archives, workers, client)
            for root, key in archives:
                self._measure_with_responses(run_id, root, key, workers, client)
        except BaseException as error:
            status = "interrupted" if isinstance(error, KeyboardInterrupt) else "failed"
            self.records.finish_run(run_id, status=status, counts=self._summary(run_id, keys, started).counts())
            raise
        summary = self._summary(run_id, keys, started)
        self.records.finish_run(run_id, status="finished", counts=summary.counts())
        return summary

    def _count(self) -> None:
        self.total = sum(1 for root in self.roots for _ in scan_folder(root))

    def _walk(self, run_id: int, root: Path, key: str, workers: int | None, client: Executor | None) -> None:
        """Score what is new or changed, as it is found."""
        known = self.records.unchanged_files(key, self.plan)
        self._score(run_id, key, self._changed(root, key, known), workers, client, advance=True)

    def _score(
        self,
        run_id: int,
        key: str,
        files: Iterator[SourceFile],
        workers: int | None,
        client: Executor | None,
        *,
        advance: bool,
    ) -> None:
        scored = scored_files(
            files, key=load_key(), site=self.site, responses=self.book, workers=workers, client=client
        )
        waiting: list[ScoredFile] = []
        try:
            for file in scored:
                waiting.append(file)
                if len(waiting) >= _FILES_PER_COMMIT:
                    self._write(run_id, key, waiting)
                if advance:
                    self._advance()
        finally:
            self._write(run_id, key, waiting)

    def _measure_sets(
        self, run_id: int, archives: list[tuple[Path, str]], workers: int | None, client: Executor | None
    ) -> None:
        """Measure the acquisition sets that are new or have changed: those that tell a response first."""
        indexed = (
            (self.records.indexed_objects(key, self.plan, kinds=SET_KINDS), self._path_below(root, key))
            for root, key in archives
        )
        planned = plan_sets(indexed, site=self.site)
        for telling in (True, False):
            tasks = self._new_sets(task for task in planned if task.images.tells_response == telling)
            for measured in measured_sets(tasks, site=self.site, workers=workers, client=client):
                self.new_outcomes += self.records.add_set(
                    run_id, measured.entry, plan_digest=self.plan, mode=measured.mode, response=measured.response
                )
            self.book = ResponseBook(entries=self.records.responses())
        self._compare_defects(run_id)

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

    def _new_sets(self, planned: Iterator[SetTask]) -> Iterator[SetTask]:
        for each in planned:
            told = each.images.tells_response  # one of before would depend on what was measured earlier
            task = replace(each, response=None if told else self.book.valid_for(each.images.flats[0].header))
            if not self.records.has_set(task.images.group, task.images.subject, self.plan, task.response_id):
                yield task

    def _measure_with_responses(
        self, run_id: int, root: Path, key: str, workers: int | None, client: Executor | None
    ) -> None:
        """Score again what was scored with another response than the valid one."""
        path_below = self._path_below(root, key)
        paths = self.records.files_without(key, self.plan, self.book.entries)
        files = (file for path in paths for file in self._still_there(path_below(path), path))
        self._score(run_id, key, files, workers, client, advance=False)

    def _path_below(self, root: Path, key: str) -> Callable[[str], Path]:
        base = root if root.is_dir() else root.parent
        return lambda relative: self.odd_paths.get((key, relative), base / relative)

    @staticmethod
    def _still_there(path: Path, relative_path: str) -> Iterator[SourceFile]:
        try:
            status = path.stat()
        except OSError:
            return  # its outcomes stand until the file is back
        yield SourceFile(path=path, relative_path=relative_path, size=status.st_size, mtime_ns=status.st_mtime_ns)

    def _changed(self, root: Path, key: str, known: dict[str, tuple[int, int]]) -> Iterator[SourceFile]:
        for file in scan_folder(root):
            if not str(file.path).endswith(file.relative_path):
                self.odd_paths[key, file.relative_path] = file.path
            if known.get(file.relative_path) == (file.size, file.mtime_ns) and not file.problem:
                self.unchanged += 1
                self._advance()
            else:
                yield file

    def _advance(self) -> None:
        self.files += 1
        if self.report_progress is not None:
            self.report_progress(Progress(done=self.files, total=self.total))

    def _write(self, run_id: int, key: str, waiting: list[ScoredFile]) -> None:
        with self.records.transaction():
            for file in (self._told_apart(key, scored) for scored in waiting):
                self.new_outcomes += self.records.add(
                    run_id,
                    archive_key=key,
                    plan_digest=self.plan,
                    file=file.entry,
                    header=file.header,
                    kind=file.kind,
                    outcomes=file.outcomes,
                )
        waiting.clear()

    def _told_apart(self, key: str, file: ScoredFile) -> ScoredFile:
        """The file as it is, or keyed by its content where another object already bears its SOP Instance UID.

        Copies of one object differ at most in who the patient is and how pixels are encoded. Where equipment, time,
        technique or indicators differ, two objects share a UID by mistake and both are kept.
        """
        entry, header = file.entry, file.header
        if header is None or entry.status != "object" or entry.subject == entry.digest:
            return file
        known = self.records.header(entry.subject)
        if known is None or known.acquisition == header.acquisition:
            return file
        if self.records.object_path(key, entry.subject) in (None, entry.relative_path):
            return file
        return replace(
            file,
            entry=replace(entry, subject=entry.digest),
            header=replace(header, subject=entry.digest),
            outcomes=tuple(replace(outcome, subject=entry.digest) for outcome in file.outcomes),
        )

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
        )


def archive_key(root: Path) -> str:
    """Digest that stands for an archive's place; the place itself is not stored."""
    return hashlib.sha256(str(root.resolve()).encode()).hexdigest()[:16]
