"""What an archive is to a run: a stream of files, wherever they lie."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceFile:
    """One file of an archive, or a place of it that could not be looked into.

    Parameters
    ----------
    path : Path
        Where it lies.
    relative_path : str
        Path below the archive's root with ``/`` between its parts; bytes that are no text stand as lone surrogates.
        A zip or tar file stands in it as a folder of its name.
    size : int
        Bytes.
    mtime_ns : int
        Time of the last change, ns.
    problem : str
        Why there is no file to read here; empty for a file.
    reason : str
        Short stable word for the problem: ``unreadable_path``, ``refused_entry`` or ``damaged_archive``.
    """

    path: Path
    relative_path: str
    size: int = 0
    mtime_ns: int = 0
    problem: str = ""
    reason: str = "unreadable_path"

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


def place_key(root: Path) -> str:
    """Digest of a place, the same by whatever path it is reached."""
    return hashlib.sha256(os.fsencode(root.resolve())).hexdigest()[:16]


def stream_digest(stream: BinaryIO) -> str:
    """SHA-256 of what is left of a stream as ``sha256:…``."""
    digest = hashlib.sha256()
    while block := stream.read(2**20):
        digest.update(block)
    return "sha256:" + digest.hexdigest()


def content_digest(content: bytes) -> str:
    """SHA-256 of bytes, as `stream_digest` gives it of their stream."""
    return "sha256:" + hashlib.sha256(content).hexdigest()
