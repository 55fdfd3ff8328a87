"""DICOM files taken apart and put together again as bytes, so that any part of one can be made wrong."""

from __future__ import annotations

import functools
import struct
import zlib
from dataclasses import dataclass, replace

UNDEFINED = 0xFFFFFFFF
PIXEL_DATA = 0x7FE00010
ITEM, ITEM_END, SEQUENCE_END = 0xFFFEE000, 0xFFFEE00D, 0xFFFEE0DD
LONG_VRS = frozenset({b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"SQ", b"SV", b"UC", b"UN", b"UR", b"UT", b"UV"})
_DEFLATED = b"1.2.840.10008.1.2.1.99"
_BIG = b"1.2.840.10008.1.2.2"
_IMPLICIT = b"1.2.840.10008.1.2"


@dataclass(frozen=True)
class Element:
    """Where one element lies in the bytes of a data set; `vr` is empty in implicit encoding."""

    tag: int
    vr: bytes
    start: int
    value: int
    length: int
    end: int


@dataclass(frozen=True)
class Parts:
    """A file as preamble with file meta, and data set: inflated where it was deflated."""

    meta: bytes
    body: bytes
    syntax: bytes
    implicit: bool
    order: str
    deflated: bool

    def joined(self, body: bytes) -> bytes:
        """The file with another data set."""
        return self.meta + (deflate(body) if self.deflated else body)

    def element(self, tag: int, vr: bytes, value: bytes, length: int | None = None) -> bytes:
        """One encoded element; its declared length may lie."""
        length = len(value) if length is None else length
        head = struct.pack(f"{self.order}HH", tag >> 16, tag & 0xFFFF)
        if self.implicit or tag >> 16 == 0xFFFE:
            return head + struct.pack(f"{self.order}I", length) + value
        if vr in LONG_VRS:
            return head + vr + b"\0\0" + struct.pack(f"{self.order}I", length) + value
        return head + vr + struct.pack(f"{self.order}H", length & 0xFFFF) + value

    def number(self, value: int) -> bytes:
        """A word as US holds it."""
        return struct.pack(f"{self.order}H", value & 0xFFFF)

    def elements(self) -> list[Element]:
        """Elements at the top of the data set, as far as they follow one another."""
        return list(_elements(self, 0, len(self.body)))

    def with_element(self, tag: int, encoded: bytes) -> Parts:
        """The element in place of the one of this tag, or where it belongs."""
        found = self.elements()
        old = next((one for one in found if one.tag == tag), None)
        if old is not None:
            return replace(self, body=self.body[: old.start] + encoded + self.body[old.end :])
        place = next((one.start for one in found if one.tag > tag), len(self.body))
        return replace(self, body=self.body[:place] + encoded + self.body[place:])


def deflate(content: bytes) -> bytes:
    """Raw deflated bytes, as the deflated transfer syntax holds them."""
    deflater = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(content) + deflater.flush()


def deflated_with_zeros(content: bytes, mebibytes: int, *, ended: bool) -> bytes:
    """Raw deflated bytes of some content and so many MiB of zeros, made without holding them."""
    deflater = zlib.compressobj(1, zlib.DEFLATED, -zlib.MAX_WBITS)
    head = deflater.compress(content) + deflater.flush(zlib.Z_FULL_FLUSH)
    return head + _deflated_mebibyte() * mebibytes + (b"\x03\x00" if ended else b"")


@functools.cache
def _deflated_mebibyte() -> bytes:
    deflater = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    return deflater.compress(bytes(2**20)) + deflater.flush(zlib.Z_FULL_FLUSH)


def take_apart(content: bytes) -> Parts:
    """Parts of a sound file."""
    position, syntax = 132, b""
    while content[position : position + 2] == b"\x02\x00":
        long = content[position + 4 : position + 6] in LONG_VRS
        form, offset = ("<I", 12) if long else ("<H", 8)
        (length,) = struct.unpack_from(form, content, position + offset - struct.calcsize(form))
        if content[position : position + 4] == b"\x02\x00\x10\x00":
            syntax = content[position + offset : position + offset + length].rstrip(b"\0")
        position += offset + length
    deflated = syntax == _DEFLATED
    body = zlib.decompress(content[position:], -zlib.MAX_WBITS) if deflated else content[position:]
    order = ">" if syntax == _BIG else "<"
    return Parts(content[:position], body, syntax, syntax == _IMPLICIT, order, deflated)


def _elements(parts: Parts, position: int, end: int):
    body, order = parts.body, parts.order
    while position + 8 <= end:
        group, number = struct.unpack_from(f"{order}HH", body, position)
        vr = b"" if parts.implicit else body[position + 4 : position + 6]
        form, offset = ("I", 8) if parts.implicit else ("I", 12) if vr in LONG_VRS else ("H", 8)
        if position + offset > end:
            return
        (length,) = struct.unpack_from(order + form, body, position + offset - struct.calcsize(form))
        value = position + offset
        after = _end_of_items(parts, value) if length == UNDEFINED else value + length
        if after > end:
            return
        yield Element(group << 16 | number, vr, position, value, length, after)
        position = after


def _end_of_items(parts: Parts, position: int) -> int:
    """End of a sequence or of encapsulated pixel data of undefined length."""
    while position + 8 <= len(parts.body):
        group, number, length = struct.unpack_from(f"{parts.order}HHI", parts.body, position)
        tag, position = group << 16 | number, position + 8
        if tag == SEQUENCE_END:
            return position
        if length != UNDEFINED:
            position += length
            continue
        last = position
        for one in _elements(parts, position, len(parts.body)):
            if one.tag == ITEM_END:
                break
            last = one.end
        position = last + 8
    return len(parts.body)


def fragments(parts: Parts) -> tuple[Element, list[tuple[int, int]]] | None:
    """The encapsulated pixel data and (start, end) of its items' contents, basic offset table first."""
    pixels = next((one for one in parts.elements() if one.tag == PIXEL_DATA), None)
    if pixels is None or pixels.length != UNDEFINED:
        return None
    items, position = [], pixels.value
    while position + 8 <= pixels.end - 8:
        (length,) = struct.unpack_from("<I", parts.body, position + 4)
        items.append((position + 8, position + 8 + length))
        position += 8 + length
    return pixels, items


def encapsulated(parts: Parts, items: list[bytes], *, closed: bool = True) -> bytes:
    """Pixel data element of these items, the first of them the basic offset table."""
    content = b"".join(parts.element(ITEM, b"", item) for item in items)
    content += parts.element(SEQUENCE_END, b"", b"") if closed else b""
    return parts.element(PIXEL_DATA, b"OB", content, UNDEFINED)


def nested(parts: Parts, tag: int, vr: bytes, depth: int, *, defined: bool, closed: bool, inside: bytes = b"") -> bytes:
    """A sequence in a sequence in a sequence, `depth` times, each with one item that also holds `inside`."""
    if defined:
        content = inside
        for _ in range(depth):
            content = inside + parts.element(tag, vr, parts.element(ITEM, b"", content))
        return content[len(inside) :]
    opening = parts.element(tag, vr, b"", UNDEFINED) + parts.element(ITEM, b"", inside, UNDEFINED)
    closing = parts.element(ITEM_END, b"", b"") + parts.element(SEQUENCE_END, b"", b"")
    return opening * depth + (closing * depth if closed else b"")
