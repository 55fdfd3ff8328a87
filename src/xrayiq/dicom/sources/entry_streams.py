"""Content of entries in zip and tar files as seekable streams that never give more than was declared."""

from __future__ import annotations

import bz2
import errno
import io
import lzma
import os
import zlib
from collections.abc import Callable, Iterator
from typing import Any, BinaryIO, Final, cast

from xrayiq.dicom.sources.source import SourceFile

#: greatest size of one entry, bytes
ENTRY_MAX: Final = 2**30
#: bytes taken from a file, and given back decompressed, at a time
_BLOCK: Final = 2**16
#: greatest memory that xz may take, bytes; its strongest setting takes a quarter
_XZ_MEMORY: Final = 2**28


def damaged(found: str) -> OSError:
    """Error of content that does not hold what its archive says."""
    return OSError(errno.EIO, found)


def open_archive(file: SourceFile) -> BinaryIO:
    """The zip or tar file that an entry lies in.

    Raises
    ------
    OSError
        It cannot be read, or has changed since the entry was found.
    """
    stream = file.path.open("rb")
    if os.fstat(stream.fileno()).st_mtime_ns != file.mtime_ns:
        stream.close()
        raise damaged("the archive around it has changed since it was looked into")
    return stream


class _EntryStream(io.RawIOBase):
    """Base of seekable streams of known size."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        super().__init__()
        self._file = file
        self._size = size
        self._position = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        start = {io.SEEK_SET: 0, io.SEEK_CUR: self._position, io.SEEK_END: self._size}[whence]
        self._position = max(start + offset, 0)
        return self._position

    def tell(self) -> int:
        return self._position

    def close(self) -> None:
        self._file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        wanted = max(min(len(buffer), self._size - self._position), 0)
        content = self._content(self._position, wanted)
        buffer[: len(content)] = content
        self._position += len(content)
        return len(content)

    def _content(self, start: int, count: int) -> bytes:
        raise NotImplementedError


class _Slice(_EntryStream):
    """Part of a file."""

    def __init__(self, file: BinaryIO, start: int, size: int) -> None:
        super().__init__(file, size)
        self._start = start

    def _content(self, start: int, count: int) -> bytes:
        self._file.seek(self._start + start)
        content = self._file.read(count)
        if count and not content:
            raise damaged("the archive ends before this entry does")
        return content


class _Growing(_EntryStream):
    """Content that comes in blocks; what has come is kept, so that it can be sought in."""

    def __init__(self, file: BinaryIO, blocks: Iterator[bytes], size: int, checksum: int) -> None:
        super().__init__(file, size)
        self._blocks = blocks
        self._come = bytearray()
        self._checksum = checksum
        self._running = 0

    def _content(self, start: int, count: int) -> bytes:
        start = min(start, self._size)
        while len(self._come) < start + count or (start + count == self._size and self._running >= 0):
            block = next(self._blocks, None)
            if block is None:
                self._check_whole()
                break
            self._come += block
            self._running = zlib.crc32(block, self._running)
            if len(self._come) > self._size:
                raise damaged(f"it holds more than the {self._size} bytes that it declares")
        return bytes(self._come[start : start + count])

    def _check_whole(self) -> None:
        if len(self._come) < self._size:
            raise damaged(f"it ends after {len(self._come)} of {self._size} bytes")
        if self._running != self._checksum:
            raise damaged("its checksum does not match its content")
        self._running = -1  # checked


def slice_stream(file: BinaryIO, start: int, size: int) -> BinaryIO:
    """Stream of a part of a file, which it closes in the end."""
    return cast(BinaryIO, io.BufferedReader(_Slice(file, start, size)))


def checked_stream(file: BinaryIO, blocks: Iterator[bytes], *, size: int, checksum: int) -> BinaryIO:
    """Stream of blocks read from a file, which it closes in the end.

    Parameters
    ----------
    file : binary file object
        What the blocks come from.
    blocks : iterator of bytes
        The content; taken as far as it is read.
    size, checksum : int
        Declared bytes and CRC-32; once the end has been read the content is known to agree with both.
    """
    return cast(BinaryIO, io.BufferedReader(_Growing(file, blocks, size, checksum)))


def stored_blocks(file: BinaryIO, count: int) -> Iterator[bytes]:
    """The next bytes of a file; less where it ends."""
    while count and (block := file.read(min(count, _BLOCK))):
        count -= len(block)
        yield block


def inflated_blocks(compressed: Iterator[bytes], *, window: int = -zlib.MAX_WBITS) -> Iterator[bytes]:
    """Content of deflated blocks; of ``window=31`` that of a gzip file, which may have several parts."""
    inflater = zlib.decompressobj(window)
    try:
        for block in compressed:
            left = block
            while left:
                if inflater.eof:
                    if window < 0 or not left.strip(b"\0"):
                        break
                    inflater = zlib.decompressobj(window)
                yield inflater.decompress(left, 4 * _BLOCK)
                left = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        yield inflater.flush()
    except zlib.error:
        raise damaged("its compressed data are damaged") from None


def expanded_blocks(compressed: Iterator[bytes], kind: str) -> Iterator[bytes]:
    """Content of blocks compressed by ``bz2`` or ``xz``, in one part or several."""
    make: Callable[[], Any] = bz2.BZ2Decompressor if kind == "bz2" else _xz_decompressor
    decompressor = make()
    try:
        for block in compressed:
            left = block
            while left or not (decompressor.eof or decompressor.needs_input):
                if decompressor.eof:
                    if not left.strip(b"\0"):
                        break
                    decompressor = make()
                yield decompressor.decompress(left, 4 * _BLOCK)
                left = decompressor.unused_data if decompressor.eof else b""
    except (OSError, EOFError, ValueError, lzma.LZMAError):
        raise damaged("its compressed data are damaged") from None


def _xz_decompressor() -> lzma.LZMADecompressor:
    return lzma.LZMADecompressor(memlimit=_XZ_MEMORY)


def unzipped_blocks(file: BinaryIO, method: int, stored_size: int) -> Iterator[bytes]:
    """Content of a zip entry of a method that is supported: 0 stored, 8 deflated, 12 bzip2."""
    blocks = stored_blocks(file, stored_size)
    if method == 8:
        return inflated_blocks(blocks)
    return expanded_blocks(blocks, "bz2") if method == 12 else blocks
