"""Tar files as tarfile reads them: headers of bounded length, compressed ones forwards only."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO, Final

from xrayiq.dicom.expansion import is_bomb
from xrayiq.dicom.sources.entry_streams import damaged, expanded_blocks, inflated_blocks, stored_blocks

#: greatest header that is read at once, bytes: names and attributes, not content
_HEADER_MAX: Final = 2**20
_END_MARK: Final = bytes(512)


class HeaderReader:
    """A plain tar file whose headers may not ask for more than a header's length.

    Parameters
    ----------
    stream : binary file object
        The tar file.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.ended = False

    def tell(self) -> int:
        """Place in the file."""
        return self._stream.tell()

    def seek(self, position: int) -> int:
        """Go to a place of the file."""
        return self._stream.seek(position)

    def read(self, count: int) -> bytes:
        """Next bytes.

        Raises
        ------
        OSError
            So many bytes are no header.
        """
        content = self._stream.read(_bounded(count))
        self.ended = content == _END_MARK
        return content


class ForwardReader:
    """The content of a compressed tar file, read forwards.

    Parameters
    ----------
    stream : binary file object
        The compressed file.
    compression : {"gz", "bz2", "xz"}
        How.
    """

    def __init__(self, stream: BinaryIO, compression: str) -> None:
        self._stream = stream
        stored = stored_blocks(stream, 2**62)
        gzip = compression == "gz"
        self._blocks = inflated_blocks(stored, window=31) if gzip else expanded_blocks(stored, compression)
        self._come = memoryview(b"")
        self._position = 0
        self.ended = False

    def tell(self) -> int:
        """Place in the decompressed file."""
        return self._position

    def seek(self, position: int) -> int:
        """Read on to a place of the decompressed file.

        Raises
        ------
        OSError
            The place lies behind, or the compressed data are damaged or a bomb.
        """
        if position < self._position:
            raise damaged("the tar archive leads back to its beginning")
        for _ in self._parts(position - self._position):
            pass
        return self._position

    def read(self, count: int) -> bytes:
        """Next bytes of a header.

        Raises
        ------
        OSError
            So many bytes are no header, or the compressed data are damaged or a bomb.
        """
        content = self.content(_bounded(count))
        self.ended = content == _END_MARK
        return content

    def content(self, count: int) -> bytes:
        """Next bytes, however many.

        Raises
        ------
        OSError
            The compressed data are damaged or a bomb.
        """
        return b"".join(self._parts(count))

    def _parts(self, count: int) -> Iterator[memoryview]:
        while count:
            if not self._come:
                block = next(self._blocks, None)
                if block is None:
                    return
                self._come = memoryview(block)
            part, self._come = self._come[:count], self._come[count:]
            count -= len(part)
            self._position += len(part)
            if is_bomb(self._position, self._stream.tell()):
                raise damaged(f"it expands to {self._position} bytes and more, as decompression bombs do")
            yield part


def _bounded(count: int) -> int:
    if count > _HEADER_MAX:
        raise damaged(f"the tar archive has a header of {count} bytes")
    return count
