"""What became of one file, ready for the record."""

from __future__ import annotations

import contextlib
import traceback
from dataclasses import dataclass, replace
from pathlib import Path, PurePosixPath
from typing import Final

from xrayiq.batch.memory import is_out_of_memory
from xrayiq.batch.pool import OUT_OF_MEMORY
from xrayiq.dicom import SourceFile, path_key, stream_digest
from xrayiq.errors import XrayiqError
from xrayiq.model import ObjectHeader, Outcome, Population
from xrayiq.procedures import Kind, Site, check_header, reading_outcome
from xrayiq.records import FileEntry, FileStatus, PackedHeader, PackedOutcome, pack_header, pack_outcome

#: what the subject of a file begins with that only its place stands for
UNNAMED: Final = "path:"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ScoredFile:
    """A file with its object and outcomes, ready for the record.

    Parameters
    ----------
    entry : FileEntry
        The file's row in the index.
    header : ObjectHeader or None
        Header of the object; None where there is none.
    kind : str
        Kind of the object.
    outcomes : tuple of Outcome
        At least one.
    evidence : str
        What the kind was told from.
    population : str
        What the object counts as by itself.
    """

    entry: FileEntry
    header: ObjectHeader | None
    kind: Kind
    outcomes: tuple[Outcome, ...]
    evidence: str = ""
    population: Population = "not_classed"

    @property
    def name(self) -> str:
        """Name of the file without its folders."""
        return PurePosixPath(self.entry.relative_path).name


@dataclass(frozen=True, slots=True, kw_only=True)
class PackedFile:
    """A scored file as a worker hands it to the process that writes: small, with nothing left to be packed.

    Parameters
    ----------
    entry : FileEntry
        The file's row in the index.
    header : PackedHeader or None
        Header of the object; None where there is none.
    kind : str
        Kind of the object.
    population : str
        What the object counts as by itself.
    outcomes : tuple of PackedOutcome
        At least one.
    seconds : float or None
        How long it took a worker; None if it could not end it.
    """

    entry: FileEntry
    header: PackedHeader | None
    kind: Kind
    population: Population
    outcomes: tuple[PackedOutcome, ...]
    seconds: float | None = None

    @property
    def name(self) -> str:
        """Name of the file without its folders."""
        return PurePosixPath(self.entry.relative_path).name


def pack_file(scored: ScoredFile, *, seconds: float | None = None) -> PackedFile:
    """Scored file ready for its way to the process that writes, with how long it took."""
    return PackedFile(
        entry=scored.entry,
        header=None if scored.header is None else pack_header(scored.header),
        kind=scored.kind,
        population=scored.population,
        outcomes=tuple(pack_outcome(outcome) for outcome in scored.outcomes),
        seconds=seconds,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class UnchangedFile:
    """A file with a new time of change and the content that was scored before.

    Parameters
    ----------
    file : SourceFile
        The file.
    """

    file: SourceFile


def failed_file(
    file: SourceFile,
    site: Site,
    *,
    key: bytes | None,
    reason: str,
    message: str,
    digest: str = "",
    status: FileStatus = "unreadable",
    header: ObjectHeader | None = None,
) -> ScoredFile:
    """A file that gave no object to measure, with the outcome that says why.

    Where there is no content to stand for it, a hash of its path does; without a key for that, nothing.
    """
    subject = digest or UNNAMED + ("" if key is None else path_key(key, file.relative_path))
    outcome = reading_outcome(
        subject,
        "not_measurable" if status == "not_dicom" else "error",
        site=site,
        reason=reason,
        message=message,
    )
    return ScoredFile(
        entry=entry_of(file, digest, subject, status),
        header=header,
        kind="other",
        outcomes=(outcome,),
        evidence=reason.replace("_", " "),
    )


def checked_header(header: ObjectHeader, kind: Kind, site: Site) -> ObjectHeader:
    """The header with the names of the checks that found a problem in it."""
    problems = check_header(header, kind=kind, names=site.examinations)
    return replace(header, checks=tuple(dict.fromkeys(one.check for one in problems)))


def entry_of(file: SourceFile, digest: str, subject: str, status: FileStatus) -> FileEntry:
    """Row of a file in the index."""
    return FileEntry(
        relative_path=file.relative_path,
        size=file.size,
        mtime_ns=file.mtime_ns,
        digest=digest,
        subject=subject,
        status=status,
    )


def digest_of(file: SourceFile) -> str:
    """Digest of a file's content, a block at a time; empty where it cannot be read."""
    with contextlib.suppress(OSError), file.open() as stream:
        return stream_digest(stream)
    return ""


def told_of(error: BaseException) -> tuple[str, str]:
    """Reason and message of an error that nobody expected."""
    if is_out_of_memory(error):
        return "out_of_memory", OUT_OF_MEMORY
    return "internal_error", error.explanation if isinstance(error, XrayiqError) else where_it_happened(error)


def where_it_happened(error: BaseException) -> str:
    """Type of an unexpected error and the line of ours that raised it; its text may hold header values and is left."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if "xrayiq" in frame.filename]
    place = f" in {Path(frames[-1].filename).name}, line {frames[-1].lineno}" if frames else ""
    return f"internal error: {type(error).__name__}{place}; please report it"
