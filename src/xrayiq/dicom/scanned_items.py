"""Items of a sequence as layers of plain elements, as many of them as its bytes yield.

Structured reports nest thousands of tiny items; an object for each of their elements takes ten times as long.
"""

from __future__ import annotations

import struct
from typing import Final

from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.sequence import Sequence

from xrayiq.dicom.elements import Elements, Layer
from xrayiq.dicom.faults import PARSE_ERRORS
from xrayiq.dicom.header_window import NotPlainError
from xrayiq.dicom.tag_scanner import LONG_VRS, VRS, ScannedElements, encodings_of, sequence_end

_UNDEFINED: Final = 0xFFFFFFFF
_ITEM: Final = 0xFFFEE000
_ITEM_END: Final = 0xFFFEE00D
_SEQUENCE_END: Final = 0xFFFEE0DD
_DELIMITERS: Final = 0xFFFE
_CHARACTER_SET: Final = 0x00080005
_HEAD: Final = struct.Struct("<HHI").unpack_from
_EXPLICIT: Final = struct.Struct("<HH2sH").unpack_from
_LENGTH: Final = struct.Struct("<I").unpack_from


class _DamagedError(Exception):
    """Bytes that are no elements; what stood before them is kept."""


def layers_of(layer: Layer, tag: int) -> tuple[tuple[Layer, ...], bool]:
    """Items of a sequence, and whether they are all there is.

    Parameters
    ----------
    layer : Dataset or ScannedElements
        Holds the sequence.
    tag : int
        Of the sequence.

    Returns
    -------
    items : tuple of Dataset or ScannedElements
        Empty where the layer has no such sequence. Of a damaged item the elements before the damage.
    whole : bool
        False where something of the sequence could not be read.
    """
    try:
        if isinstance(layer, ScannedElements):
            stored = layer.stored.get(tag)
            if stored is None:
                return (), True
            return scanned_items(stored[1], stored[0] == "UN" or layer.implicit, layer.original_character_set)
        return _of_dataset(layer, tag)
    except (*PARSE_ERRORS, OSError):
        return (), False


def _of_dataset(dataset: Dataset, tag: int) -> tuple[tuple[Layer, ...], bool]:
    if tag not in dataset:
        return (), True
    raw: object = dataset.get_item(tag)
    if isinstance(raw, RawDataElement) and raw.is_little_endian and isinstance(raw.value, bytes):
        return scanned_items(raw.value, raw.VR == "UN" or raw.is_implicit_VR, _encodings_in(dataset))
    found = dataset[tag].value
    return (tuple(found), True) if isinstance(found, Sequence) else ((), not found)


def _encodings_in(dataset: Dataset) -> str | tuple[str, ...]:
    declared = Elements((dataset,)).joined("SpecificCharacterSet")
    if declared is not None:
        return _named(("CS", declared.encode("ascii", "replace"), False), "iso8859")
    inherited = dataset.original_character_set or "iso8859"
    return inherited if isinstance(inherited, str) else tuple(inherited)


def scanned_items(
    content: bytes, implicit: bool, encodings: str | tuple[str, ...]
) -> tuple[tuple[ScannedElements, ...], bool]:
    """Items in the bytes of a little-endian sequence, and whether all of them could be read.

    Parameters
    ----------
    content : bytes
        Value of the sequence; a delimiter ends it.
    implicit : bool
        Whether its elements have no VR.
    encodings : str or tuple of str
        Python's names of the character sets of what holds the sequence.
    """
    items: list[ScannedElements] = []
    position, whole = 0, True
    while position + 8 <= len(content):
        group, number, length = _HEAD(content, position)
        tag = group << 16 | number
        position += 8
        if tag == _SEQUENCE_END:
            return tuple(items), whole
        if tag != _ITEM:
            return tuple(items), False
        end = len(content) if length == _UNDEFINED else position + length
        stored: dict[int, tuple[str | None, bytes, bool]] = {}
        try:
            position = _scan(content, position, end, implicit, stored, delimited=length == _UNDEFINED)
        except (_DamagedError, NotPlainError, struct.error, KeyError):
            whole, position = False, end
        own = stored.get(_CHARACTER_SET)
        items.append(ScannedElements(stored, implicit, _named(own, encodings)))
    return tuple(items), whole and position == len(content)


def _scan(
    content: bytes,
    position: int,
    end: int,
    implicit: bool,
    stored: dict[int, tuple[str | None, bytes, bool]],
    *,
    delimited: bool,
) -> int:
    """Position after the elements of one item, which are stored as they are found."""
    while position < end:
        if implicit:
            group, number, length = _HEAD(content, position)
            vr, start = None, position + 8
        else:
            group, number, code, length = _EXPLICIT(content, position)
            vr, start = VRS.get(code), position + 8
            if code in LONG_VRS:
                length, start = _LENGTH(content, start)[0], start + 4
        tag = group << 16 | number
        if tag == _ITEM_END and delimited:
            return position + 8
        if tag == 0 or group == _DELIMITERS or (vr is None and not implicit):
            raise _DamagedError
        undefined = length == _UNDEFINED
        position = sequence_end(content, start, implicit or vr == "UN", 0) if undefined else start + length
        if position > end:
            raise _DamagedError
        stored[tag] = vr, content[start:position], undefined
    if delimited:
        raise _DamagedError
    return position


def _named(own: tuple[str | None, bytes, bool] | None, inherited: str | tuple[str, ...]) -> str | tuple[str, ...]:
    try:
        return inherited if own is None else encodings_of(own)
    except NotPlainError:
        return inherited
