"""A list of paths as an archive, read while it is written."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from xrayiq.dicom.sources.containers import looked_into
from xrayiq.dicom.sources.folder import find_below, walk
from xrayiq.dicom.sources.source import SourceFile, place_key

_BLOCK: Final = 2**16
#: longest path, bytes; a longer line is none
_PATH_MAX: Final = 2**12
_ROOT: Final = Path("/")


@dataclass(frozen=True, slots=True, eq=False)
class ListSource:
    """The files, folders, zip and tar files that a list names, one path a line, or each ended by a NUL.

    Parameters
    ----------
    stream : binary file object
        The list; it is read once.
    """

    stream: BinaryIO

    @property
    def key(self) -> str:
        """Digest of the file system's root: a file is the same from whatever list."""
        return place_key(_ROOT)

    def files(self) -> Iterator[SourceFile]:
        """Every file, as its path is read; one that is missing comes with its `problem`.

        Yields
        ------
        SourceFile
            Its path is relative to the file system's root.
        """
        for path in _paths(self.stream):
            whole = Path(os.path.abspath(path))  # noqa: PTH100 - resolve() would follow links
            for found in walk(whole, _ROOT):
                yield from looked_into(found)

    def find(self, relative_path: str) -> SourceFile | None:
        """The file at a path below the file system's root, None where there is no regular file."""
        return find_below(_ROOT, relative_path)

    def count(self) -> None:
        """Not known before the list has ended."""
        return


def _paths(stream: BinaryIO) -> Iterator[str]:
    """Paths as they come; once a NUL has been seen, NULs alone part them. What is no path's length is cut."""
    read = getattr(stream, "read1", stream.read)
    left, mark = b"", b"\n"
    while block := read(_BLOCK):
        left += block
        if b"\0" in block:
            mark = b"\0"
        *whole, left = left.split(mark)
        yield from _decoded(whole)
        left = left[: _PATH_MAX + 1]
    yield from _decoded([left])


def _decoded(lines: list[bytes]) -> Iterator[str]:
    for line in lines:
        path = line.rstrip(b"\r\n")[: _PATH_MAX + 1]
        if path.strip():
            yield os.fsdecode(path)
