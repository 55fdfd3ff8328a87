"""What arrives in a folder, told by looking at it again and again."""

from __future__ import annotations

import os
import time
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Final

from xrayiq.dicom.sources.containers import looked_into
from xrayiq.dicom.sources.folder import walk
from xrayiq.dicom.sources.source import SourceFile

#: files that are noted at a time until they no longer change; the others are noted once these have been given
_NOTED_AT_MOST: Final = 10_000


class Arrivals:
    """Files of a folder that have come or changed and are no longer written to.

    No file is opened to find that out, and one that was given is not given again unless its size or time changes:
    size and time of each are kept as one number. Works on network shares, where the system tells no changes.

    Parameters
    ----------
    root : Path
        The folder.
    settle_s : float
        How long size and time of a file must have stayed the same before it is given.
    noted_at_most : int
        Files waited for at a time, so that memory stays flat however many arrive at once.
    """

    def __init__(self, root: Path, *, settle_s: float, noted_at_most: int = _NOTED_AT_MOST) -> None:
        self._root = root.absolute()  # so that paths are spelled alike wherever they come from
        self._settle_s = settle_s
        self._noted_at_most = noted_at_most
        self._given: set[int] = set()
        self._giving: set[int] = set()  # of the look that is under way, or was the last
        self._noted: dict[int, float] = {}

    @property
    def is_empty(self) -> bool:
        """Whether the last look found no file."""
        return not self._noted and not self._given

    def is_there(self) -> bool:
        """Whether the folder can be looked into; not where its share is gone."""
        try:
            with os.scandir(self._root):
                return True
        except OSError:
            return False

    def due_in_s(self) -> float | None:
        """Time until the first of the files noted may be given; None where none is noted."""
        if not self._noted:
            return None
        return min(self._noted.values()) + self._settle_s - time.monotonic()

    def look(self) -> Iterator[SourceFile]:
        """Walk through the folder once.

        Yields
        ------
        SourceFile
            Files that have stayed as they were found by an earlier look; zip and tar files are looked into. What
            cannot be looked into comes with its `problem`. They count as given once the walk has come to its end.
        """
        noted: dict[int, float] = {}
        given = self._giving = set()

        def is_not_due(path: str, size: int, mtime_ns: int) -> bool:
            mark = hash((path, size, mtime_ns))
            if mark in self._given:
                given.add(mark)
                return True
            since = self._noted.get(mark)
            now = time.monotonic()
            if since is not None and now - since >= self._settle_s:
                return False
            if len(noted) < self._noted_at_most:
                noted[mark] = now if since is None else since
            return True

        for file in walk(self._root, skip=is_not_due):
            # what has changed since the folder was listed, and what cannot be looked into, waits as well
            if not is_not_due(str(file.path), file.size, file.mtime_ns):
                given.add(hash((str(file.path), file.size, file.mtime_ns)))
                yield from looked_into(file)
        self._noted, self._given = noted, given

    def has(self, relative_path: str) -> bool:
        """Whether there is still something at the place of a file, or of the zip or tar file that it is in."""
        path = self._root
        for part in PurePosixPath(relative_path).parts:
            path = path / part
            if not path.is_dir():
                return os.path.lexists(path)
        return True

    def give_again(self, relative_path: str, size: int, mtime_ns: int) -> None:
        """Forget that a file was given by the last look."""
        mark = hash((str(self._root / relative_path), size, mtime_ns))
        if mark in self._giving:
            self._giving.discard(mark)
        else:  # in a zip or tar file: whichever it was, the index knows what needs no measuring
            self._giving.clear()
