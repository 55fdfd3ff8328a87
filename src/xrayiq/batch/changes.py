"""What has become of an archive's files since they were dealt with, told from the index."""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.dicom import SourceFile
from xrayiq.records import KnownFile, Records

#: files looked up in the index at a time
_FILES_PER_LOOK: Final = 100

FileState = Literal["new", "changed", "touched", "retried", "unchanged", "unreadable"]
#: every state with what it means to a run
FILE_STATES: Final[dict[FileState, str]] = {
    "new": "not dealt with under these procedures and settings: measured",
    "changed": "another size than before: measured again",
    "touched": "the size of before and a newer time: measured again if the content differs",
    "retried": "an error among its outcomes: measured again on demand",
    "unchanged": "nothing to do",
    "unreadable": "a file, folder or entry that cannot be looked into: recorded as such",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundFile:
    """A file of the archive beside what the index knows of it.

    Parameters
    ----------
    file : SourceFile
        The file as it is found.
    state : {"new", "changed", "touched", "retried", "unchanged", "unreadable"}
        See `FILE_STATES`.
    known : KnownFile or None
        What the index knows of it; None where it knows nothing.
    """

    file: SourceFile
    state: FileState
    known: KnownFile | None = None


def found_files(
    files: Iterator[SourceFile],
    records: Records | None,
    *,
    archive_key: str,
    plan_digest: str,
    retry_failed: bool,
) -> Iterator[FoundFile]:
    """Tell what is new, changed by size or time, retried or unchanged.

    Parameters
    ----------
    files : iterator of SourceFile
        Files of one archive, as they are found; some hundred are looked up at a time.
    records : Records or None
        The store; None where there is none yet.
    archive_key, plan_digest : str
        The archive, and the plan that its files are dealt with under.
    retry_failed : bool
        Whether files with an error among their outcomes are measured again.

    Yields
    ------
    FoundFile
        One for each file, in their order.
    """
    while group := list(itertools.islice(files, _FILES_PER_LOOK)):
        paths = [file.relative_path for file in group]
        known = {} if records is None else records.known_files(archive_key, plan_digest, paths)
        failed: set[str] = set()
        if records is not None and retry_failed:
            failed = records.failed_files(archive_key, plan_digest, paths)
        for file in group:
            before = known.get(file.relative_path)
            state = _state(file, before, failed=file.relative_path in failed)
            yield FoundFile(file=file, state=state, known=before)


def _state(file: SourceFile, before: KnownFile | None, *, failed: bool) -> FileState:
    if file.problem:
        return "unreadable"
    if before is None:
        return "new"
    if failed:
        return "retried"
    if before.size != file.size:
        return "changed"
    return "unchanged" if before.mtime_ns == file.mtime_ns else "touched"
