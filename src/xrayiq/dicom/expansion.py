"""How much content so few bytes may hold before they are taken as a decompression bomb."""

from __future__ import annotations

import io
import zlib
from typing import Final

from xrayiq.errors import HeaderError, TruncatedFileError

#: content of so many bytes is never suspect: it fits into the memory of any worker
_SUSPECT_SIZE: Final = 2**26
#: content of more bytes is, where it is more than so many times its compressed size; radiographs compress to a third
_EXPANSION_MAX: Final = 200
#: greatest size of an inflated data set, bytes
_INFLATED_MAX: Final = 2**29
#: bytes taken, and inflated, at a time
_PIECE: Final = 2**16
_BLOCK: Final = 2**20


def is_bomb(size: int, stored_size: int) -> bool:
    """Whether so much content from so few bytes is beyond what images compress to."""
    return size > _SUSPECT_SIZE and size > _EXPANSION_MAX * stored_size


def inflated_data_set(compressed: bytes, name: str, *, most: int | None = None) -> io.BytesIO:
    """Content of a deflated data set, at its end.

    Parameters
    ----------
    compressed : bytes
        Raw deflated bytes; what follows their end is left.
    name : str
        Name used in messages.
    most : int, optional
        Bytes of content that are enough; what follows is left deflated.

    Raises
    ------
    HeaderError
        It holds more than an image of sane size, or more than so few bytes should.
    TruncatedFileError
        It has no end.
    """
    inflater = zlib.decompressobj(-zlib.MAX_WBITS)
    content = io.BytesIO()
    for taken in range(0, len(compressed), _PIECE):
        piece = compressed[taken : taken + _PIECE]
        while piece and not inflater.eof:
            content.write(inflater.decompress(piece, _BLOCK))
            piece = inflater.unconsumed_tail
            size = content.tell()
            if most is not None and size >= most:
                return content
            if size > _INFLATED_MAX or is_bomb(size, taken + _PIECE):
                content.close()  # it would live as long as the error
                raise HeaderError(
                    f"the deflated data set of {len(compressed)} bytes holds {size} and more",
                    needed="an image of sane size",
                    remedy="export it in another transfer syntax",
                    source=name,
                )
    if not inflater.eof:
        raise TruncatedFileError(
            "the deflated data set has no end", needed="the whole file", remedy="copy or export it again", source=name
        )
    return content
