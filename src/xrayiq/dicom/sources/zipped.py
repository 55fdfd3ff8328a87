"""Entries of a zip file as files of an archive, read in place."""

from __future__ import annotations

import functools
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

from xrayiq.dicom.expansion import is_bomb
from xrayiq.dicom.sources.archive_names import is_archive_name
from xrayiq.dicom.sources.entry_names import is_numbered, name_problem, numbered_name, plain_name
from xrayiq.dicom.sources.entry_streams import ENTRY_MAX, checked_stream, open_archive, unzipped_blocks
from xrayiq.dicom.sources.source import SourceFile
from xrayiq.dicom.sources.zip_directory import ZipDirectory, ZipEntry, content_start

_METHODS: Final = (0, 8, 12)
_SYMBOLIC_LINK: Final = "it is a symbolic link"


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipMember(SourceFile):
    """A file in a zip file.

    Parameters
    ----------
    reason : str
        Of its problem.
    header_offset, stored_size, method, checksum : int
        As in `ZipEntry`.
    """

    reason: str = "refused_entry"
    header_offset: int = 0
    stored_size: int = 0
    method: int = 0
    checksum: int = 0

    def open(self) -> BinaryIO:
        """Seekable stream of its content, decompressed as far as it is read.

        Raises
        ------
        OSError
            The archive cannot be read or has changed; while reading also where the content is damaged, or longer or
            shorter than declared.
        """
        stream = open_archive(self)
        try:
            stream.seek(content_start(stream, self.header_offset))
        except OSError:
            stream.close()
            raise
        blocks = unzipped_blocks(stream, self.method, self.stored_size)
        return checked_stream(stream, blocks, size=self.size, checksum=self.checksum)


def scan_zip(file: SourceFile) -> Iterator[SourceFile]:
    """Every file in a zip file, in the order of its directory.

    Parameters
    ----------
    file : SourceFile
        The zip file; its path stands before those of the entries.

    Yields
    ------
    SourceFile
        Entries that are refused come with their `problem`: names that lead out of the archive, links, encryption,
        unknown compression, more than a gibibyte or an absurd expansion, bytes shared with other entries, archives.

    Raises
    ------
    OSError
        The zip file cannot be read or its directory is damaged.
    """
    directory = _directory(file.path, file.size, file.mtime_ns)
    for entry in directory.entries():
        if not _is_folder(entry):
            yield _member(file, directory, entry)


def find_in_zip(file: SourceFile, name: str) -> SourceFile | None:
    """The entry at a path below a zip file that `scan_zip` gave; see there.

    Raises
    ------
    OSError
        The zip file cannot be read or its directory is damaged.
    """
    directory = _directory(file.path, file.size, file.mtime_ns)
    number = re.search(r"\[entry (\d{1,18})\]\Z", name)
    if number is not None:
        entries = [directory.numbered(int(number[1]))] if 1 <= int(number[1]) <= len(directory) else []
    else:
        entries = directory.named(name)
    members = (_member(file, directory, entry) for entry in entries if not _is_folder(entry))
    return next((member for member in members if member.relative_path == f"{file.relative_path}/{name}"), None)


def count_in_zip(file: SourceFile) -> int:
    """Number of files in a zip file.

    Raises
    ------
    OSError
        The zip file cannot be read or its directory is damaged.
    """
    return sum(not _is_folder(entry) for entry in _directory(file.path, file.size, file.mtime_ns).entries())


@functools.lru_cache(maxsize=4)
def _directory(path: Path, size: int, mtime_ns: int) -> ZipDirectory:
    return ZipDirectory(path)


def _is_folder(entry: ZipEntry) -> bool:
    return entry.name.endswith("/") and entry.size == 0


def _member(file: SourceFile, directory: ZipDirectory, entry: ZipEntry) -> SourceFile:
    refused = name_problem(entry.name)
    numbered = refused or is_numbered(entry.name) or directory.is_repeated(entry)
    name = numbered_name(entry.name, entry.number) if numbered else plain_name(entry.name)
    return ZipMember(
        path=file.path,
        relative_path=f"{file.relative_path}/{name}",
        size=min(entry.size, 2**62),
        mtime_ns=file.mtime_ns,
        problem=refused or _content_problem(entry) or ("" if not directory.overlaps(entry) else _OVERLAP),
        header_offset=entry.header_offset,
        stored_size=entry.stored_size,
        method=entry.method,
        checksum=entry.checksum,
    )


_OVERLAP: Final = "it shares bytes of the archive with another entry, as decompression bombs do"


def _content_problem(entry: ZipEntry) -> str:
    kind = stat.S_IFMT(entry.mode) if entry.made_on_unix else 0
    if kind and kind != stat.S_IFREG:
        return _SYMBOLIC_LINK if kind == stat.S_IFLNK else "it is no regular file"
    if entry.flags & 0x2041:
        return "it is encrypted"
    if entry.method not in _METHODS:
        return f"its compression method {entry.method} is not supported: pack it as stored or deflated"
    if max(entry.size, entry.stored_size) > ENTRY_MAX:
        return f"it declares {max(entry.size, entry.stored_size)} bytes, more than the {ENTRY_MAX} of one object"
    if is_bomb(entry.size, entry.stored_size):
        return f"it declares {entry.size} bytes from {entry.stored_size}, as decompression bombs do"
    return "it is an archive inside an archive: unpack the outer one" if is_archive_name(entry.name) else ""
