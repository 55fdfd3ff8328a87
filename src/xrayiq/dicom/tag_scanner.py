"""Header of a plain little-endian DICOM file without an object for each element: what the index of an archive reads.

Whatever is not plain (another encoding, a length or a nesting that needs judgement, an end inside an element) is left
to the whole parser, so that there is one place that says what is wrong with a file.
"""

from __future__ import annotations

import functools
import io
import struct
from dataclasses import dataclass
from typing import BinaryIO, Final

from pydicom.charset import convert_encodings, python_encoding
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence
from pydicom.tag import BaseTag
from pydicom.valuerep import EXPLICIT_VR_LENGTH_32, STANDARD_VR

from xrayiq.dicom.header_window import HeaderWindow, NotPlainError

_UNDEFINED: Final = 0xFFFFFFFF
_ITEM: Final = 0xFFFEE000
_ITEM_END: Final = 0xFFFEE00D
_SEQUENCE_END: Final = 0xFFFEE0DD
_DELIMITERS: Final = 0xFFFE
_FIRST_META_TAG: Final = 0x00020000
_AFTER_META: Final = range(0x00030000, 2**32)
#: upper bytes of the groups of curves and overlays
_REPEATING: Final = frozenset({0x50, 0x60})
_PIXEL_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
_CHARACTER_SET: Final = 0x00080005
_TRANSFER_SYNTAX: Final = 0x00020010
#: transfer syntaxes whose header is plain, and whether it is implicit: native, RLE and the JPEG family
_PLAIN: Final = {b"1.2.840.10008.1.2": True} | dict.fromkeys(
    (
        b"1.2.840.10008.1.2.1",
        b"1.2.840.10008.1.2.5",
        *(b"1.2.840.10008.1.2.4.%d" % n for n in (50, 51, 57, 70, 80, 81, 90, 91, 201, 202, 203)),
    ),
    False,
)
VRS: Final = {str(vr).encode(): str(vr) for vr in STANDARD_VR}
LONG_VRS: Final = frozenset(str(vr).encode() for vr in EXPLICIT_VR_LENGTH_32)
_EXPLICIT: Final = struct.Struct("<HH2sH").unpack_from
_IMPLICIT: Final = struct.Struct("<HHI").unpack_from
_LENGTH: Final = struct.Struct("<I").unpack_from
#: longer private values and overlays are passed over unread
_PASSED_OVER_BYTES: Final = 2**12
_DEPTH_MAX: Final = 16
_DEFAULT_ENCODING: Final = "iso8859"


@dataclass(frozen=True, slots=True)
class ScannedElements:
    """Elements of a header as bytes; the part of a pydicom Dataset that `Elements` looks at.

    Parameters
    ----------
    stored : dict
        (VR, None for implicit, and value) of each tag. Long private values and overlays are left out.
    implicit : bool
        Whether the VRs are not in the file.
    original_character_set : str or tuple of str
        Python's names of the encodings, as pydicom gives them.
    """

    stored: dict[int, tuple[str | None, bytes, bool]]
    implicit: bool
    original_character_set: str | tuple[str, ...] = _DEFAULT_ENCODING

    def __contains__(self, tag: object) -> bool:
        return (tag_for_keyword(tag) if isinstance(tag, str) else tag) in self.stored

    def get_item(self, tag: int) -> RawDataElement | None:
        """Element as it stands in the file, None where there is none."""
        found = self.stored.get(tag)
        if found is None:
            return None
        vr, value, undefined = found
        length = _UNDEFINED if undefined else len(value)
        return RawDataElement(BaseTag(tag), vr, length, value, 0, self.implicit, True)

    def __getitem__(self, keyword: str) -> DataElement:
        """Element with its value decoded, sequences included."""
        tag = BaseTag(tag_for_keyword(keyword) or 0)
        raw = self.get_item(tag)
        if raw is None:
            raise KeyError(keyword)
        character_set = self.original_character_set
        encoding = character_set if isinstance(character_set, str) else list(character_set)
        if raw.length == _UNDEFINED:
            items = read_sequence(io.BytesIO(raw.value or b""), self.implicit, True, _UNDEFINED, encoding)
            return DataElement(tag, "SQ", items)
        holder = Dataset({tag: raw})
        holder.set_original_encoding(self.implicit, True, encoding)
        return holder[tag]


@dataclass(frozen=True, slots=True)
class ScannedHeader:
    """File meta and header of one plain file."""

    meta: ScannedElements
    elements: ScannedElements


def scan_header(stream: BinaryIO) -> ScannedHeader | None:
    """Header of a plain file up to its pixel data, None where the file is anything else.

    Plain is: the file format's prefix and a meta group, little endian, known VRs, rising tags, every value whole,
    sequences of undefined length closed, character sets that are known, an end at the pixel data or with an element.

    Parameters
    ----------
    stream : binary file object
        Seekable; read from its beginning in blocks, never into the pixel data further than one block.
    """
    size = stream.seek(0, io.SEEK_END)
    stream.seek(0)
    try:
        window = HeaderWindow(stream, size)
        if window.content[128:132] != b"DICM":
            return None
        meta, position = _scanned(window, 132, False, after=_FIRST_META_TAG - 1, stop_tags=_AFTER_META)
        syntax = meta.stored.get(_TRANSFER_SYNTAX, ("UI", b"", False))[1].rstrip(b"\0 ")
        implicit = _PLAIN.get(syntax)
        if implicit is None or (implicit and _looks_explicit(window.content, position)):
            return None
        elements, _ = _scanned(window, position, implicit, after=-1, stop_tags=_PIXEL_TAGS)
    except (NotPlainError, struct.error):
        return None
    return ScannedHeader(meta, elements) if elements.stored else None


def _looks_explicit(content: bytes, position: int) -> bool:
    """Whether the first element has a VR, which pydicom then believes more than the transfer syntax."""
    code = content[position + 4 : position + 6]
    return code.isalpha() and code.isupper()


def _scanned(
    window: HeaderWindow, position: int, implicit: bool, *, after: int, stop_tags: range | frozenset[int]
) -> tuple[ScannedElements, int]:
    """Elements from a position to the first one that belongs to what follows, and the position of that one."""
    stored: dict[int, tuple[str | None, bytes, bool]] = {}
    previous = after
    content = window.content
    while True:
        if position + 12 > len(content):
            left = window.left(position)
            if left == 0:
                break
            window.need(position + min(left, 12))
            content = window.content
        tag, vr, start, length = _element(content, position, implicit)
        if tag in stop_tags:
            if window.left(position) < 12:
                raise NotPlainError
            break
        if tag <= previous or tag >> 16 == _DELIMITERS or (vr is None and not implicit):
            raise NotPlainError
        previous = tag
        if length == _UNDEFINED:
            end = _closed_sequence(window, tag, vr, start, implicit)
            content = window.content
            stored[tag] = "SQ", content[start:end], True
        elif start + length <= len(content):
            end = start + length
            stored[tag] = vr, content[start:end], False
        elif length > _PASSED_OVER_BYTES and (tag >> 16 & 1 or tag >> 24 in _REPEATING):
            window.begin_at(start + length)
            content, end = window.content, 0
        else:
            end = start + length
            window.need(end)
            content = window.content
            stored[tag] = vr, content[start:end], False
        position = end
    return ScannedElements(stored, implicit, encodings_of(stored.get(_CHARACTER_SET))), position


def _element(content: bytes, position: int, implicit: bool) -> tuple[int, str | None, int, int]:
    """Tag, VR (None for implicit or unknown), beginning and length of a value."""
    if implicit:
        group, number, length = _IMPLICIT(content, position)
        return group << 16 | number, None, position + 8, length
    group, number, code, length = _EXPLICIT(content, position)
    if code in LONG_VRS:
        return group << 16 | number, VRS[code], position + 12, _LENGTH(content, position + 8)[0]
    return group << 16 | number, VRS.get(code), position + 8, length


def encodings_of(stored: tuple[str | None, bytes, bool] | None) -> str | tuple[str, ...]:
    """Python's names of the character sets declared, as pydicom gives them."""
    if stored is None:
        return _DEFAULT_ENCODING
    vr, value, _ = stored
    if vr not in ("CS", None):
        raise NotPlainError
    return _encodings_named(value)


@functools.lru_cache(maxsize=64)
def _encodings_named(value: bytes) -> tuple[str, ...]:
    names = value.decode("latin-1").rstrip("\0 ").split("\\")
    if any(name not in python_encoding for name in names):
        raise NotPlainError
    return tuple(convert_encodings(names))


def _closed_sequence(window: HeaderWindow, tag: int, vr: str | None, start: int, implicit: bool) -> int:
    """End of a sequence of undefined length, its delimiter included."""
    if not _is_sequence(tag, vr):
        raise NotPlainError
    while True:
        read = len(window.content)
        try:
            return sequence_end(window.content, start, implicit, 0)
        except struct.error:
            if window.left(read) == 0:
                raise
            window.need(read + min(read, window.left(read)))


def sequence_end(content: bytes, position: int, implicit: bool, depth: int) -> int:
    """Position after the delimiter of a sequence of undefined length whose items are sound.

    Raises
    ------
    NotPlainError, struct.error
        They are not, or the content ends before.
    """
    if depth > _DEPTH_MAX:
        raise NotPlainError
    while True:
        group, number, length = _IMPLICIT(content, position)
        tag, position = group << 16 | number, position + 8
        if tag == _SEQUENCE_END:
            return position
        if tag != _ITEM:
            raise NotPlainError
        position = _item_end(content, position, length, implicit, depth)


def _item_end(content: bytes, position: int, item_length: int, implicit: bool, depth: int) -> int:
    """End of an item whose elements are sound and fill it exactly."""
    end = None if item_length == _UNDEFINED else position + item_length
    while end is None or position < end:
        tag, vr, start, length = _element(content, position, implicit)
        if tag == _ITEM_END and vr is None and end is None:
            return start
        if tag == 0 or tag >> 16 == _DELIMITERS or (vr is None and not implicit):
            raise NotPlainError
        if length != _UNDEFINED:
            position = start + length
        elif _is_sequence(tag, vr):
            position = sequence_end(content, start, implicit, depth + 1)
        else:
            raise NotPlainError
        if tag == _CHARACTER_SET:
            encodings_of((vr, content[start:position], False))
    if position != end:
        raise NotPlainError
    return position


def _is_sequence(tag: int, vr: str | None) -> bool:
    if vr is not None:
        return vr == "SQ"
    try:
        return dictionary_VR(tag) == "SQ"
    except KeyError:
        return False
