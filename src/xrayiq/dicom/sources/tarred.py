"""Members of a tar file as files of an archive, read in place; a compressed one is only read forwards."""

from __future__ import annotations

import contextlib
import functools
import io
import tarfile
import threading
import weakref
from array import array
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray

from xrayiq.dicom.sources.archive_names import is_archive_name, tar_compression
from xrayiq.dicom.sources.entry_names import SeenNames, is_numbered, name_problem, numbered_name, plain_name
from xrayiq.dicom.sources.entry_streams import ENTRY_MAX, damaged, open_archive, slice_stream
from xrayiq.dicom.sources.source import SourceFile
from xrayiq.dicom.sources.tar_reading import ForwardReader, HeaderReader

#: compressed tar files kept open for the next member
_OPEN_MAX: Final = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TarMember(SourceFile):
    """A file in a tar file.

    Parameters
    ----------
    reason : str
        Of its problem.
    offset : int
        Where its content begins in the decompressed tar file.
    compression : str
        ``gz``, ``bz2``, ``xz`` or empty.
    """

    reason: str = "refused_entry"
    offset: int = 0
    compression: str = ""

    def open(self) -> BinaryIO:
        """Seekable stream of its content.

        Of a compressed tar file each process keeps its place and reads on from there: members in their order cost
        one pass, an earlier member a new one.

        Raises
        ------
        OSError
            The archive cannot be read, has changed or ends early.
        """
        if self.compression:
            return io.BytesIO(_KEPT.content(self))
        return slice_stream(open_archive(self), self.offset, self.size)


def scan_tar(file: SourceFile) -> Iterator[SourceFile]:
    """Every file in a tar file, as it is read.

    Parameters
    ----------
    file : SourceFile
        The tar file; its path stands before those of the members.

    Yields
    ------
    SourceFile
        Members that are refused come with their `problem`: names that lead out of the archive, links, devices, sparse
        files, more than a gibibyte, archives.

    Raises
    ------
    OSError
        The tar file cannot be read to its end; what came before the damage has been given.
    """
    compression = tar_compression(file.path.name) or ""
    seen = SeenNames()
    with file.path.open("rb") as stream:
        opened = ForwardReader(stream, compression) if compression else HeaderReader(stream)
        for number, member in enumerate(_headers(opened), 1):
            yield _member(file, member, number, seen, compression)


def find_in_tar(file: SourceFile, name: str) -> SourceFile | None:
    """The member at a path below a tar file that `scan_tar` gave without a problem.

    Raises
    ------
    OSError
        The tar file cannot be read.
    """
    index = _index(file.path, file.size, file.mtime_ns)
    places = np.flatnonzero(index[:, 0] == hash(name))
    if not places.size:
        return None
    _, offset, size = (int(value) for value in index[places[0]])
    return TarMember(
        path=file.path,
        relative_path=f"{file.relative_path}/{name}",
        size=size,
        mtime_ns=file.mtime_ns,
        offset=offset,
        compression=tar_compression(file.path.name) or "",
    )


@functools.lru_cache(maxsize=4)
def _index(path: Path, size: int, mtime_ns: int) -> NDArray[np.int64]:
    """Name, offset and size of each sound member: a row of three numbers, so that a look-up need not read again."""
    root = SourceFile(path=path, relative_path="", size=size, mtime_ns=mtime_ns)
    rows = array("q")
    with contextlib.suppress(OSError):  # of an archive that is cut, what can be read
        for member in scan_tar(root):
            if isinstance(member, TarMember) and not member.problem:
                rows.extend((hash(member.relative_path[1:]), member.offset, member.size))
    return np.array(rows, np.int64).reshape(-1, 3)


class _Kept:
    """The compressed tar files that this process reads from, each where the last member ended."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[Path, int], ForwardReader] = OrderedDict()

    def content(self, member: TarMember) -> bytes:
        """Content of a member."""
        with self._lock:
            key = (member.path, member.mtime_ns)
            forward = self._open.pop(key, None)
            if forward is None or forward.tell() > member.offset:
                stream = open_archive(member)
                forward = ForwardReader(stream, member.compression)
                weakref.finalize(forward, stream.close)
            forward.seek(member.offset)
            content = forward.content(min(member.size, ENTRY_MAX))
            self._open[key] = forward
            while len(self._open) > _OPEN_MAX:
                self._open.popitem(last=False)
        if len(content) < member.size:
            raise damaged("the archive ends before this entry does")
        return content


_KEPT: Final = _Kept()


def _headers(opened: HeaderReader | ForwardReader) -> Iterator[tarfile.TarInfo]:
    """Members other than folders."""
    try:
        with tarfile.open(fileobj=cast(BinaryIO, opened), mode="r:", errors="surrogateescape") as archive:
            reached = -1
            while (member := archive.next()) is not None:
                archive.members.clear()  # type: ignore[attr-defined]  # it would keep them all
                if archive.offset <= reached:
                    raise damaged("the tar archive leads back to its beginning")
                reached = archive.offset
                if not member.isdir():
                    yield member
    except (tarfile.TarError, ArithmeticError, LookupError, RecursionError, ValueError):
        raise damaged(f"the tar archive is damaged or cut after {opened.tell()} bytes") from None
    if not opened.ended:
        raise damaged(f"the tar archive has no end mark: it is damaged or cut after {opened.tell()} bytes")


def _member(file: SourceFile, member: tarfile.TarInfo, number: int, seen: SeenNames, compression: str) -> SourceFile:
    refused = name_problem(member.name)
    name = plain_name(member.name)
    numbered = refused or is_numbered(name) or seen.add(name)
    return TarMember(
        path=file.path,
        relative_path=f"{file.relative_path}/{numbered_name(member.name, number) if numbered else name}",
        size=min(max(member.size, 0), 2**62),
        mtime_ns=file.mtime_ns,
        problem=refused or _content_problem(member),
        offset=member.offset_data,
        compression=compression,
    )


def _content_problem(member: tarfile.TarInfo) -> str:
    if member.issym() or member.islnk():
        return "it is a link"
    if member.issparse():
        return "it is a sparse file: pack it without holes"
    if not member.isreg():
        return "it is no regular file"
    if not 0 <= member.size <= ENTRY_MAX:
        return f"it declares {member.size} bytes, more than the {ENTRY_MAX} of one object"
    return "it is an archive inside an archive: unpack the outer one" if is_archive_name(member.name) else ""
