"""The central directory of a zip file, read entry by entry (PKWARE APPNOTE 6.3, 4.3.12 to 4.3.16 and 4.5.3)."""

from __future__ import annotations

import struct
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final

import numpy as np
from numpy.typing import NDArray

from xrayiq.dicom.sources.entry_names import plain_name
from xrayiq.dicom.sources.entry_streams import damaged

_END: Final = struct.Struct("<4s4H2LH")
_END_64: Final = struct.Struct("<4sQ2H2L4Q")
_LOCATOR_64: Final = struct.Struct("<4sLQL")
_ENTRY: Final = struct.Struct("<4s6H3L5H2L")
#: least length of the header before an entry's content
_LOCAL_HEADER: Final = 30
_COMMENT_MAX: Final = 2**16
_IN_64: Final = 0xFFFFFFFF


@dataclass(frozen=True, slots=True, kw_only=True)
class ZipEntry:
    """One entry as the central directory declares it.

    Parameters
    ----------
    number : int
        Its place in the directory, from 1.
    name : str
        Its name as it stands there.
    made_on_unix : bool
        Whether `mode` is that of a Unix file.
    mode : int
        Kind and permissions of the file.
    flags, method, checksum : int
        General-purpose flags, compression method, CRC-32.
    stored_size, size : int
        Bytes compressed and decompressed.
    header_offset : int
        Where its local header begins in the file.
    """

    number: int
    name: str
    made_on_unix: bool
    mode: int
    flags: int
    method: int
    checksum: int
    stored_size: int
    size: int
    header_offset: int


class ZipDirectory:
    """Central directory of a zip file, of which a few bytes for each entry are kept in memory.

    Parameters
    ----------
    path : Path
        The zip file.

    Raises
    ------
    OSError
        It cannot be read, is no zip file, or its directory is damaged.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._names = array("q")
        self._positions = array("Q")
        with path.open("rb") as stream:
            self._start, self._end, self._shift, self._declared = _extent(stream)
            places = self._survey(stream)
        self._overlapping = _overlapping(places)
        self._sorted_names = np.sort(np.array(self._names, np.int64))

    def __len__(self) -> int:
        return len(self._names)

    def entries(self) -> Iterator[ZipEntry]:
        """Every entry in the order of the directory.

        Raises
        ------
        OSError
            The file cannot be read any more, or has been changed.
        """
        with self.path.open("rb") as stream:
            for number, (_, entry) in enumerate(self._walk(stream), 1):
                if number > len(self):
                    raise damaged("the archive has changed while it was looked into")
                yield entry

    def overlaps(self, entry: ZipEntry) -> bool:
        """Whether an entry shares bytes of the file with another."""
        return bool(self._overlapping[entry.number - 1])

    def is_repeated(self, entry: ZipEntry) -> bool:
        """Whether other entries have the same name."""
        name = hash(plain_name(entry.name))
        left = np.searchsorted(self._sorted_names, name)
        return bool(left + 1 < len(self) and self._sorted_names[left + 1] == name)

    def named(self, name: str) -> list[ZipEntry]:
        """Entries of a name, without reading the others."""
        places = np.flatnonzero(np.asarray(self._names) == hash(name))
        return [self.numbered(int(place) + 1) for place in places]

    def numbered(self, number: int) -> ZipEntry:
        """The entry at a place of the directory, from 1."""
        with self.path.open("rb") as stream:
            stream.seek(self._positions[number - 1])
            return self._entry(stream, number)[0]

    def _survey(self, stream: BinaryIO) -> NDArray[np.uint64]:
        places = array("Q")
        for position, entry in self._walk(stream):
            self._names.append(hash(plain_name(entry.name)))
            self._positions.append(position)
            places.extend((entry.header_offset, min(entry.stored_size, 2**62)))
        if len(self) != self._declared:
            raise damaged(f"its directory holds {len(self)} of {self._declared} entries")
        return np.array(places, np.uint64).reshape(-1, 2)

    def _walk(self, stream: BinaryIO) -> Iterator[tuple[int, ZipEntry]]:
        position = self._start
        number = 0
        stream.seek(position)
        while position + _ENTRY.size <= self._end:
            number += 1
            entry, length = self._entry(stream, number)
            yield position, entry
            position += length

    def _entry(self, stream: BinaryIO, number: int) -> tuple[ZipEntry, int]:
        head = stream.read(_ENTRY.size)
        if len(head) < _ENTRY.size or head[:4] != b"PK\1\2":
            raise damaged(f"its directory is damaged at entry {number}")
        _, made_by, _, flags, method, _, _, checksum, *rest = _ENTRY.unpack(head)
        stored_size, size, name_length, extra_length, comment_length, _, _, attributes, offset = rest
        name = stream.read(name_length)
        extra = stream.read(extra_length)
        stream.read(comment_length)
        size, stored_size, offset = _in_64(extra, size, stored_size, offset)
        entry = ZipEntry(
            number=number,
            name=name.decode("utf-8", "surrogateescape") if flags & 0x800 else name.decode("cp437"),
            made_on_unix=made_by >> 8 == 3,
            mode=attributes >> 16,
            flags=flags,
            method=method,
            checksum=checksum,
            stored_size=stored_size,
            size=size,
            header_offset=offset + self._shift,
        )
        return entry, _ENTRY.size + name_length + extra_length + comment_length


def content_start(stream: BinaryIO, header_offset: int) -> int:
    """Where the content behind a local header begins.

    Raises
    ------
    OSError
        There is no such header.
    """
    stream.seek(header_offset)
    head = stream.read(_LOCAL_HEADER)
    if len(head) < _LOCAL_HEADER or head[:4] != b"PK\3\4":
        raise damaged("there is no entry where the archive's directory says")
    name_length, extra_length = struct.unpack("<2H", head[26:])
    return header_offset + _LOCAL_HEADER + int(name_length) + int(extra_length)


def _extent(stream: BinaryIO) -> tuple[int, int, int, int]:
    """Start and end of the directory, what stands before the archive, and the number of entries declared."""
    file_size = stream.seek(0, 2)
    tail_start = max(file_size - _END.size - _COMMENT_MAX, 0)
    stream.seek(tail_start)
    tail = stream.read()
    found = tail.rfind(b"PK\5\6")
    if found < 0 or len(tail) - found < _END.size:
        raise damaged("its directory is missing: the end of the archive is cut off")
    _, disk, _, _, count, size, offset, _ = _END.unpack_from(tail, found)
    end = tail_start + found
    wide = _extent_64(stream, end)
    if wide is not None:
        disk, count, size, offset, end = wide
    if disk not in (0, 0xFFFF):
        raise damaged("it is one part of an archive in several parts")
    shift = end - size - offset
    if shift < 0 or size > end:
        raise damaged("its directory does not lie where it says")
    return end - size, end, shift, count


def _extent_64(stream: BinaryIO, end: int) -> tuple[int, int, int, int, int] | None:
    start = end - _LOCATOR_64.size - _END_64.size
    if start < 0:
        return None
    stream.seek(start)
    record = stream.read(_END_64.size)
    if stream.read(4) != b"PK\6\7" or record[:4] != b"PK\6\6":
        return None
    _, _, _, _, disk, _, _, count, size, offset = _END_64.unpack(record)
    return disk, count, size, offset, start


def _in_64(extra: bytes, size: int, stored_size: int, offset: int) -> tuple[int, int, int]:
    """Sizes and offset with those that stand in the extra field of 64-bit values."""
    values = [size, stored_size, offset]
    while len(extra) >= 4:
        kind, length = struct.unpack_from("<2H", extra)
        field, extra = extra[4 : 4 + length], extra[4 + length :]
        if kind != 1:
            continue
        for place, value in enumerate(values):
            if value == _IN_64 and len(field) >= 8:
                values[place] = struct.unpack_from("<Q", field)[0]
                field = field[8:]
    return values[0], values[1], values[2]


def _overlapping(places: NDArray[np.uint64]) -> NDArray[np.bool_]:
    """Of (start, compressed size) of each entry, which lie over the beginning of a later one or are lain over."""
    order = np.argsort(places[:, 0], kind="stable")
    starts = places[order, 0].astype(np.float64)
    ends = np.maximum.accumulate(starts + places[order, 1] + _LOCAL_HEADER)
    marked = np.zeros(len(places), bool)
    covered = np.flatnonzero(starts[1:] < ends[:-1]) + 1
    marked[order[covered]] = True
    marked[order[covered - 1]] = True
    return marked
