"""Score what arrives in a folder, for as long as it is watched."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, TypeVar

from xrayiq.batch.archive_run import ArchiveRun
from xrayiq.batch.files import FileTask
from xrayiq.batch.interruption import Interruption
from xrayiq.batch.pool import Executor, Pool
from xrayiq.batch.pool_choice import check_workers, pool_for
from xrayiq.batch.run_log import RunLog, open_log
from xrayiq.batch.scored_file import PackedFile, UnchangedFile
from xrayiq.batch.sets import SetTask
from xrayiq.batch.summary import RunSummary
from xrayiq.batch.tally import Tally
from xrayiq.dicom import Arrivals, FolderSource, Source
from xrayiq.errors import InputError
from xrayiq.procedures import SET_KINDS, TABLE_NAME, Site, load_site
from xrayiq.records import Records, open_or_given, store_file

_Item = TypeVar("_Item")

#: a look at the folder takes at most one part in so many of the time until the next one
_REST_OF_IDLE: Final = 200.0
#: and this, while files are about to settle
_REST_OF_BUSY: Final = 10.0
#: reasons of outcomes that a file has because it, or its share, is gone again
_GONE: Final = frozenset({"unreadable_path", "damaged_archive"})


def watch(
    folder: str | Path,
    records: Records | str,
    *,
    site: Site | str | Path | None = None,
    workers: int | None = None,
    client: Executor | str | None = None,
    memory_limit_mib: int | None = None,
    settle_s: float = 5.0,
    quiet_s: float = 120.0,
    poll_s: float = 2.0,
    stop: threading.Event | None = None,
    say: Callable[[str], None] | None = None,
    log: str | Path | None = None,
) -> RunSummary:
    """Measure, judge and record what is in a folder and what arrives there, until asked to end.

    The folder is that of a DICOM receiver, a modality or a share. What `run` would do with it is done as files come;
    the records are the same, and either may go on where the other was ended or killed.

    Parameters
    ----------
    folder : path
        A folder; all below it is watched. It may vanish for a while, as the share of a machine that starts anew does.
    records : Records or str
        Store, or its URL; not in the folder itself.
    site : Site or path, optional
        As of `run`; read once, at the start.
    workers : int, optional
        As of `run`; they stay while the folder is watched.
    client : Executor or str, optional
        As of `run`.
    memory_limit_mib : int, optional
        As of `run`.
    settle_s : float
        How long size and time of a file must stay the same before it is taken for whole.
    quiet_s : float
        How long no image of a detector test, and no ``kerma.csv``, must have come before acquisition sets are measured.
        An image that comes later makes a new set that supersedes the old.
    poll_s : float
        Time between looks at the folder. It is longer where a look itself takes long, so that watching an unchanged
        folder costs less than a hundredth of a core; no file is opened to find out whether it changed.
    stop : threading.Event, optional
        Ends the watch when it is set: what workers have in hand is finished and stored.
    say : callable, optional
        Called with a line for people when something happens; no line holds a name of a file or folder.
    log : path, optional
        As of `run`; not in the folder itself.

    Returns
    -------
    RunSummary
        Of all that was done, once `stop` is set.

    Raises
    ------
    InputError
        There is no such folder, or the store or the log is in it; a number is out of range; as of `run`.
    SiteError, RecordsError, WorkersError, RunInterrupted
        As of `run`; another watch, or `run`, goes on.
    """
    root = Path(folder).absolute()
    if not root.is_dir():
        raise InputError("the folder to watch does not exist or is none", needed="a folder")
    if settle_s < 0 or quiet_s < 0 or poll_s <= 0:
        raise InputError(
            f"settle_s {settle_s:g}, quiet_s {quiet_s:g}, poll_s {poll_s:g}", needed="none below 0, and poll_s above 0"
        )
    _require_elsewhere("record store", store_file(records.url if isinstance(records, Records) else records), root)
    _require_elsewhere("log", None if log is None else Path(log), root)
    check_workers(workers, memory_limit_mib)
    settings = site if isinstance(site, Site) else load_site(site)
    with Interruption() as interruption, open_or_given(records) as store, open_log(log) as lines:
        with interruption.waiting():
            pool = pool_for(settings, workers=workers, client=client, memory_limit_mib=memory_limit_mib)
        watched = _Watch(
            store,
            settings,
            root,
            Arrivals(root, settle_s=settle_s),
            quiet_s=quiet_s,
            poll_s=poll_s,
            stop=stop or threading.Event(),
            say=say or (lambda _: None),
            log=lines,
        )
        return watched.go(pool, interruption)


def _require_elsewhere(name: str, file: Path | None, root: Path) -> None:
    if file is not None and file.resolve().is_relative_to(root.resolve()):
        raise InputError(
            f"the {name} is in the watched folder, where writing to it would look like an arrival",
            needed=f"a {name} elsewhere",
            source=file.name,
        )


class _Watch(ArchiveRun):
    """A run that looks at its folder again and again; files in hand are bounded by the pool, as in any run."""

    def __init__(
        self,
        records: Records,
        site: Site,
        root: Path,
        arrivals: Arrivals,
        *,
        quiet_s: float,
        poll_s: float,
        stop: threading.Event,
        say: Callable[[str], None],
        log: RunLog,
    ) -> None:
        super().__init__(records, site, [FolderSource(root)], retry_failed=False, tally=Tally(None), log=log)
        self._arrivals = arrivals
        self._quiet_s = quiet_s
        self._poll_s = poll_s
        self._stop = stop
        self._say = say
        self._last_member_s: float | None = time.monotonic()  # sets may be due from before; None once they are measured

    def work(self, run_id: int, pool: Pool) -> None:
        """Look, score, rest, until asked to end."""
        self._say("watching")
        was_there = True
        while not self._stop.is_set():
            is_there = self._arrivals.is_there()
            if is_there != was_there:
                self._say("the watched folder is back" if is_there else "the watched folder is gone: waiting for it")
                was_there = is_there
            rest_s = self._look(run_id, pool) if is_there else self._poll_s
            if is_there:
                self._measure_sets_when_quiet(run_id, pool)
            with self.interruption.waiting():
                self._stop.wait(rest_s)
        self.judge(run_id)

    def _look(self, run_id: int, pool: Pool) -> float:
        """Look at the folder once, score what has settled, and tell how long to rest."""
        was_empty, started_s = self._arrivals.is_empty, time.thread_time()
        tally = self.tally
        files, measured, outcomes = tally.files, tally.files - tally.unchanged, tally.new_outcomes
        (source,) = self.sources
        self.score(run_id, source, self.changed(source, self._arrivals.look()), pool)
        took_s = time.thread_time() - started_s
        if self._arrivals.is_empty and not was_empty:
            self._say("no file is left in the watched folder: is its share mounted?")
        if new := tally.files - tally.unchanged - measured:
            self._say(f"files measured: {new}, new outcomes: {tally.new_outcomes - outcomes}")
        due_s = self._arrivals.due_in_s()
        if tally.files > files:
            return self._poll_s if due_s is None or due_s > 0 else 0.0
        return max(self._poll_s, took_s * (_REST_OF_IDLE if due_s is None else _REST_OF_BUSY))

    def _measure_sets_when_quiet(self, run_id: int, pool: Pool) -> None:
        if self._last_member_s is None or time.monotonic() - self._last_member_s < self._quiet_s:
            return
        before = self.tally.new_outcomes
        self.measure_sets(run_id, pool)
        self.judge(run_id)
        if not self._stop.is_set():
            self._last_member_s = None
            self._say(f"quiet: acquisition sets measured, new outcomes: {self.tally.new_outcomes - before}")

    def score(self, run_id: int, source: Source, tasks: Iterator[FileTask], pool: Pool, *, again: bool = False) -> None:
        """Score files until asked to end, and write what comes back."""
        super().score(run_id, source, self._until_stopped(tasks), pool, again=again)

    def new_sets(self, planned: Iterator[SetTask]) -> Iterator[SetTask]:
        """Sets that are not in force as they are, until asked to end."""
        return self._until_stopped(super().new_sets(planned))

    def keeps(self, file: PackedFile | UnchangedFile) -> bool:
        """Not a file that could not be read because it, or its share, is gone again: it may come back."""
        if isinstance(file, UnchangedFile):
            return True
        if file.kind in SET_KINDS or file.name == TABLE_NAME:
            self._last_member_s = time.monotonic()
        if _GONE.isdisjoint(outcome.reason for outcome in file.outcomes):
            return True
        if self._arrivals.has(file.entry.relative_path):
            return True
        self._arrivals.give_again(file.entry.relative_path, file.entry.size, file.entry.mtime_ns)
        return False

    def _until_stopped(self, items: Iterator[_Item]) -> Iterator[_Item]:
        return itertools.takewhile(lambda _: not self._stop.is_set(), items)
