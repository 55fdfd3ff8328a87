"""Files of an archive, streamed as the folders are walked."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol

from xrayiq.dicom.elements import clean_text
from xrayiq.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of an archive, or a place of it that could not be looked into.

    Parameters
    ----------
    path : Path
        Where it lies.
    relative_path : str
        Path below the archive's root with ``/`` between its parts; bytes that are no text stand as lone surrogates.
    size : int
        Bytes.
    mtime_ns : int
        Time of the last change, ns.
    problem : str
        Why there is no file to read here; empty for a file.
    """

    path: Path
    relative_path: str
    size: int = 0
    mtime_ns: int = 0
    problem: str = ""

    def open(self) -> BinaryIO:
        """Seekable stream of its content.

        Raises
        ------
        OSError
            It cannot be read.
        """
        return self.path.open("rb")


class Source(Protocol):
    """An archive, or a part of one, as a stream of files."""

    @property
    def key(self) -> str:
        """Digest that stands for the archive's place in the index; the place itself is not stored."""

    def files(self) -> Iterator[SourceFile]:
        """Every file, as it is found."""

    def find(self, relative_path: str) -> SourceFile | None:
        """The file at a path that `files` gave, None where it is no longer there."""

    def count(self) -> int | None:
        """Number of files, None where it cannot be told without reading everything."""


@dataclass(frozen=True, slots=True)
class FolderSource:
    """A folder tree, or a single file.

    Parameters
    ----------
    root : Path
        The folder or file.
    """

    root: Path

    @property
    def key(self) -> str:
        """Digest of the root's place."""
        return hashlib.sha256(os.fsencode(self.root.resolve())).hexdigest()[:16]

    def files(self) -> Iterator[SourceFile]:
        """Every file below the root; see `scan_folder`."""
        return scan_folder(self.root)

    def find(self, relative_path: str) -> SourceFile | None:
        """The file at a path below the root, None where there is no regular file."""
        base = self.root if self.root.is_dir() else self.root.parent
        found = _source_file(base / relative_path, base)
        return None if found.problem else found

    def count(self) -> int:
        """Number of files below the root."""
        return sum(1 for _ in self.files())


def scan_folder(root: str | Path) -> Iterator[SourceFile]:
    """Every file below a folder, found as it is walked; sorted within each folder, files before folders.

    Parameters
    ----------
    root : path
        A folder, or a single file.

    Returns
    -------
    iterator of SourceFile
        Symbolic links are followed, each folder is entered once. A folder without permission, a broken link and
        what is no regular file come with their `problem`, so nothing is lost.

    Raises
    ------
    InputError
        There is nothing at `root`.
    """
    base = Path(root)
    try:
        found = base.exists()
    except OSError:
        found = False
    if not found:
        raise InputError("no such folder or file", needed="an archive to read", source=clean_text(base.name, 255))
    return _walk(base)


def stream_digest(stream: BinaryIO) -> str:
    """SHA-256 of what is left of a stream as ``sha256:…``."""
    digest = hashlib.sha256()
    while block := stream.read(2**20):
        digest.update(block)
    return "sha256:" + digest.hexdigest()


def _walk(base: Path) -> Iterator[SourceFile]:
    if not base.is_dir():
        yield _source_file(base, base.parent)
        return
    entered: set[tuple[int, int]] = set()
    waiting = [base]
    while waiting:
        folder = waiting.pop()
        try:
            status = folder.stat()
            if (status.st_dev, status.st_ino) in entered:
                continue
            entered.add((status.st_dev, status.st_ino))
            with os.scandir(folder) as listing:
                entries = sorted(listing, key=lambda entry: entry.name)
        except OSError as error:
            yield _problem(folder, base, error)
            continue
        folders = []
        for entry in entries:
            path = folder / entry.name
            if _is_folder(entry):
                folders.append(path)
            else:
                yield _source_file(path, base)
        waiting += reversed(folders)


def _is_folder(entry: os.DirEntry[str]) -> bool:
    try:
        return entry.is_dir()
    except OSError:
        return False


def _source_file(path: Path, base: Path) -> SourceFile:
    try:
        status = path.stat()
    except OSError as error:
        return _problem(path, base, error)
    problem = "" if stat.S_ISREG(status.st_mode) else "not a regular file"
    return SourceFile(
        path=path,
        relative_path=_relative(path, base),
        size=status.st_size,
        mtime_ns=status.st_mtime_ns,
        problem=problem,
    )


def _problem(path: Path, base: Path, error: OSError) -> SourceFile:
    reason = "broken symbolic link" if path.is_symlink() and isinstance(error, FileNotFoundError) else error.strerror
    return SourceFile(path=path, relative_path=_relative(path, base), problem=(reason or "unreadable").lower())


def _relative(path: Path, base: Path) -> str:
    return path.relative_to(base).as_posix()
