"""Sizes that compressed frames declare themselves, read before a codec allocates anything."""

from __future__ import annotations

import itertools
import struct
from dataclasses import dataclass
from typing import Final

_START_OF_FRAME: Final = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_JPEG_LS_FRAME: Final = 0xF7
_JP2_SIGNATURE: Final = b"\x00\x00\x00\x0cjP  "
_BARE_MARKERS: Final = frozenset({0x01, 0xD8, *range(0xD0, 0xD8)})
#: the end marker may be followed by padding
_TAIL_BYTES: Final = 64
#: greatest number of tiles along a side; their number in all is a word of 16 bits
_TILES_MAX: Final = 2**12
_RLE_HEADER: Final = struct.Struct("<16I")


@dataclass(frozen=True, slots=True, kw_only=True)
class FrameSize:
    """Rows, columns, components and bits of one compressed frame, as its codestream says."""

    rows: int
    columns: int
    components: int
    precision: int


def jpeg_size(frame: bytes) -> FrameSize | None:
    """Size in the frame header of a JPEG or JPEG-LS codestream, None where there is none."""
    position = 2
    while frame[:2] == b"\xff\xd8" and position + 4 <= len(frame):
        if frame[position] != 0xFF:
            return None
        marker = frame[position + 1]
        if marker == 0xFF:
            position += 1
            continue
        if marker in _BARE_MARKERS:
            position += 2
            continue
        if marker in _START_OF_FRAME or marker == _JPEG_LS_FRAME:
            if position + 10 > len(frame):
                return None
            precision, rows, columns, components = struct.unpack(">BHHB", frame[position + 4 : position + 10])
            return FrameSize(rows=rows, columns=columns, components=components, precision=precision)
        position += 2 + int(struct.unpack(">H", frame[position + 2 : position + 4])[0])
    return None


def has_end_marker(frame: bytes) -> bool:
    """True where a codestream of the JPEG family has its end marker; without it decoders may fill in grey."""
    return b"\xff\xd9" in frame[-_TAIL_BYTES:]


def has_sound_boxes(frame: bytes) -> bool:
    """Whether the boxes of a JP2 file lead on to its codestream or its end; true of a bare codestream.

    A box of length 0 reaches to the end of the file and cannot be one that another follows: what skips it by its length
    stays where it is.
    """
    if not frame.startswith(_JP2_SIGNATURE):
        return True
    position = len(_JP2_SIGNATURE) + 4
    while position < len(frame) and frame[position + 4 : position + 8] != b"jp2c":
        length = int.from_bytes(frame[position : position + 4], "big")
        if length < 8:
            return False
        position += length
    return True


def jpeg2000_size(frame: bytes) -> FrameSize | None:
    """Size in the SIZ segment of a JPEG 2000 codestream, bare or inside a JP2 file.

    None where there is none, or where its tiles do not begin at the image or are absurdly many: a decoder that believes
    it goes over tiles of no size for ever.
    """
    start = frame.find(b"\xff\x4f\xff\x51", 0, 4096)
    if start < 0 or start + 43 > len(frame):
        return None
    fields = struct.unpack(">HHIIIIIIIIHB", frame[start + 4 : start + 43])
    width, height, left, top, *tiles = fields[2:10]
    for end, begin, size, origin in ((width, left, tiles[0], tiles[2]), (height, top, tiles[1], tiles[3])):
        if not (origin <= begin < end and begin < origin + size and (end - origin) <= _TILES_MAX * size):
            return None
    return FrameSize(rows=height - top, columns=width - left, components=fields[10], precision=(fields[11] & 0x7F) + 1)


def has_sound_segments(frame: bytes, segments: int) -> bool:
    """Whether an RLE frame's header tells of so many segments, one after the other and within the frame."""
    if len(frame) < _RLE_HEADER.size:
        return False
    count, *offsets = _RLE_HEADER.unpack_from(frame)
    places = [_RLE_HEADER.size, *offsets[:segments], len(frame)]
    return count == segments and all(first <= second for first, second in itertools.pairwise(places))
