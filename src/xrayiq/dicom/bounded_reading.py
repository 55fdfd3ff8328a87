"""Reading that takes no more memory than there is content, for a header alone no more than a header needs, no zeros."""

from __future__ import annotations

import io
from typing import BinaryIO, Final

from xrayiq.errors import HeaderError, TruncatedFileError

#: most that is read, and longest value that is kept, where only the header is asked for, bytes
HEADER_MAX: Final = 2**26
HEADER_VALUE_MAX: Final = 2**24
#: how much of a deflated data set is read, and inflated, for its header, bytes
HEADER_DEFLATED_MAX: Final = 2**25 + 2**20
HEADER_INFLATED_MAX: Final = 2**25
#: what a parser reads of zeros as an element, or an item, without content; more of them in a row than fill a sector of
#: the medium are none
_ZEROS: Final = bytes(8)
ZEROS_MAX: Final = 2**9


class ContentStream(io.BytesIO):
    """Stream of bytes in memory, of which a part can be taken without copying it."""

    def __init__(self, content: bytes) -> None:
        super().__init__(content)
        self._content = memoryview(content)

    def take(self, count: int) -> memoryview:
        """The next bytes."""
        start = self.tell()
        self.seek(start + count)
        return self._content[start : start + count]


class BoundedReader:
    """File object whose reads never ask for more than there is, nor all together for more than they may.

    Zeros are no elements: reads of eight of them, one after the other, are refused once they fill a sector.

    Parameters
    ----------
    stream : binary file object
        What is read.
    size : int
        Its bytes.
    name : str
        Name used in messages.
    most : int or None
        Greatest number of bytes that may be read; None for no bound.

    Attributes
    ----------
    refusal : HeaderError or None
        What a read was refused with, which pydicom may turn into another error.
    """

    def __init__(self, stream: BinaryIO, size: int, name: str, *, most: int | None) -> None:
        self._stream = stream
        self._size = size
        self._name = name
        self._allowance = most
        self._zeros = 0
        self.refusal: HeaderError | None = None
        self.seek = stream.seek
        self.tell = stream.tell

    def read(self, count: int = -1) -> bytes:
        """Bytes of the stream, fewer where it ends.

        Raises
        ------
        HeaderError
            More is asked for than may be read, or zeros stand in place of elements.
        """
        left = max(self._size - self._stream.tell(), 0)
        count = left if count < 0 else min(count, left)
        if self._allowance is not None:
            self._allowance -= count
            if self._allowance < 0:
                self.refusal = HeaderError(
                    f"a header of more than {HEADER_MAX // 2**20} MiB",
                    needed="a header of sane size",
                    remedy="leave the object out of the archive",
                    source=self._name,
                )
                raise self.refusal
        block = self._stream.read(count)
        if count == len(_ZEROS):
            self._zeros = self._zeros + count if block == _ZEROS else 0
            if self._zeros > ZEROS_MAX:
                self.refusal = zeros_between_elements(self._name)
                raise self.refusal
        return block

    def take(self, count: int) -> bytes | memoryview:
        """As many bytes as `read` would give; a view of them where they lie in memory."""
        if isinstance(self._stream, ContentStream) and self._allowance is None:
            return self._stream.take(min(count, max(self._size - self._stream.tell(), 0)))
        return self.read(count)


def zeros_between_elements(name: str) -> HeaderError:
    """Error of a file in which zeros stand where elements should."""
    return HeaderError(
        "zeros between the elements of the header",
        needed="one element after the other",
        remedy="copy or export it again",
        source=name,
    )


def truncated(found: str, name: str) -> TruncatedFileError:
    """Error of a file that ends too early."""
    return TruncatedFileError(found, needed="the whole file", remedy="copy or export it again", source=name)
