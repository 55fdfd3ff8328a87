"""What a run has done so far, told to its caller as it goes on."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Sequence

from xrayiq.batch.scored_file import PackedFile, UnchangedFile
from xrayiq.batch.summary import Progress
from xrayiq.dicom import Source
from xrayiq.records import FileStatus, SetEntry


class Tally:
    """Counts of one run.

    Parameters
    ----------
    progress : callable or None
        Called with a `Progress` after each file and set, and once the last files are stored.
    """

    def __init__(self, progress: Callable[[Progress], None] | None) -> None:
        self._progress = progress
        self._total: int | None = None
        self._outcomes: Counter[str] = Counter()
        self._told: Counter[str] = Counter()
        self._sets = 0
        self._again = 0
        self.files = 0
        self.unchanged = 0
        self.new_outcomes = 0
        self.opened_findings = 0
        self.warnings: tuple[str, ...] = ()

    def look_ahead(self, sources: Sequence[Source]) -> None:
        """Count files beside the run, if anybody listens."""
        if self._progress is not None:
            threading.Thread(target=self._count, args=(sources,), daemon=True).start()

    def _count(self, sources: Sequence[Source]) -> None:
        counts = [source.count() for source in sources]
        self._total = None if None in counts else sum(count for count in counts if count is not None)

    def skip_file(self) -> None:
        """One more file that has not changed."""
        self.files += 1
        self.unchanged += 1
        self._tell()

    def add_file(self, file: PackedFile | UnchangedFile) -> None:
        """One more file of the archive."""
        if isinstance(file, UnchangedFile):
            self.skip_file()
            return
        self.files += 1
        self._tell()

    def add_stored(self, file: PackedFile, status: FileStatus) -> None:
        """Count the outcomes of a file that is stored, unless those of another file stand for them."""
        if status != "duplicate":
            self._outcomes.update(outcome.kind for outcome in file.outcomes)

    def tell_stored(self) -> None:
        """Tell what came with the last files that were stored, if that was not told yet."""
        if self._outcomes != self._told:
            self._tell()

    def add_again(self) -> None:
        """One more of the files that are measured again, with a response that was not known before."""
        self._again += 1
        self._tell()

    def add_set(self, entry: SetEntry, *, new_outcomes: int) -> None:
        """One more acquisition set that is stored."""
        self._sets += 1
        self.new_outcomes += new_outcomes
        self._outcomes.update(outcome.kind for outcome in entry.outcomes)
        self._tell()

    def _tell(self) -> None:
        self._told = self._outcomes.copy()
        if self._progress is not None:
            self._progress(
                Progress(
                    done=self.files,
                    total=self._total,
                    unchanged=self.unchanged,
                    sets=self._sets,
                    again=self._again,
                    outcomes=dict(self._outcomes),
                )
            )
