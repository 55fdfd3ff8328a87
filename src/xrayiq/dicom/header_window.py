"""The beginning of a file, read in blocks as far as a scan of its header needs."""

from __future__ import annotations

import io
from typing import BinaryIO, Final

_BLOCK_BYTES: Final = 2**14
#: a header that needs more than this is left to the whole parser
_HEADER_BYTES_MAX: Final = 2**22


class NotPlainError(Exception):
    """The file is not plain, or perhaps damaged: the whole parser decides."""


class HeaderWindow:
    """The part of a file that has been read, growing as the scan goes on; begun anew where bytes are passed over."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream = stream
        self._unread = size
        self._allowance = _HEADER_BYTES_MAX
        self.content = b""
        self._read(_BLOCK_BYTES)

    def left(self, position: int) -> int:
        """Bytes of the file that follow a position."""
        return len(self.content) - position + self._unread

    def need(self, end: int) -> None:
        """Read on until the content reaches to `end`."""
        missing = end - len(self.content)
        if missing > self._unread:
            raise NotPlainError
        if missing > 0:
            self._read(max(missing, _BLOCK_BYTES))

    def begin_at(self, position: int) -> None:
        """Pass over what lies between the content and a position behind it."""
        passed = position - len(self.content)
        if passed > self._unread:
            raise NotPlainError
        self._stream.seek(passed, io.SEEK_CUR)
        self._unread -= passed
        self.content = b""
        self._read(_BLOCK_BYTES)

    def _read(self, count: int) -> None:
        count = min(count, self._unread)
        self._allowance -= count
        block = self._stream.read(count) if self._allowance >= 0 else b""
        if len(block) < count:
            raise NotPlainError
        self._unread -= count
        self.content += block
