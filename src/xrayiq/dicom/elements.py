"""Attributes as clean text and numbers, whatever the header holds; None where it is silent.

Values are taken from the raw bytes, so that a decimal comma, a decimal in an integer string or a wrong VR loses
nothing and raises nothing. 0 is a value. Text is hostile: control characters are removed and it is cut to its VR.
"""

from __future__ import annotations

import functools
import io
import re
import struct
import unicodedata
from dataclasses import dataclass
from typing import Any, BinaryIO, Final, cast

import numpy as np
from numpy.typing import NDArray
from pydicom.charset import convert_encodings, decode_bytes
from pydicom.datadict import dictionary_VR, tag_for_keyword
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset
from pydicom.filereader import read_sequence
from pydicom.sequence import Sequence

from xrayiq.dicom.bounded_reading import ZEROS_MAX, BoundedReader
from xrayiq.dicom.faults import PARSE_ERRORS
from xrayiq.dicom.tag_scanner import ScannedElements
from xrayiq.errors import HeaderError

Value = str | int | float
Layer = Dataset | ScannedElements

#: greatest number of characters of one value (DICOM PS3.5, table 6.2-1)
_LENGTHS: Final = {"LO": 64, "SH": 16, "CS": 16, "AS": 4, "UI": 64, "PN": 324, "AE": 16, "DA": 10, "TM": 16, "DT": 26}
_BINARY: Final = {"US": "H", "SS": "h", "UL": "I", "SL": "i", "UV": "Q", "SV": "q", "FL": "f", "FD": "d"}
_UNTOLD: Final = frozenset({"UN", "OB", "OW"})
_DECODED: Final = frozenset({"LO", "SH", "PN", "ST", "LT", "UC", "UT"})
#: each resets the encoding to the first one (DICOM PS3.5, 6.1.2.5.3)
_DELIMITERS: Final = {ord(c) for c in "\\\r\n\t\f"}
#: least and greatest size of a number that is no zero: no attribute has others, and calculations with them overflow
_SIZES: Final = (1e-18, 1e18)
_NUMBER: Final = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_UID: Final = re.compile(r"[0-9]+(?:\.[0-9]+)*")


def clean_text(text: str, limit: int = 64) -> str:
    """Text without control, format and surrogate characters, stripped and cut.

    Parameters
    ----------
    text : str
        Text of a header.
    limit : int
        Greatest number of characters kept.

    Returns
    -------
    str
        Safe for one line of a terminal or a table cell; markup is not escaped.
    """
    if text.isascii() and text.isprintable():
        return text.strip()[:limit].strip()
    spaced = re.sub(r"[\t\r\n\f\v]", " ", text)
    kept = "".join(
        c for c in spaced if unicodedata.category(c)[0] != "C" and unicodedata.category(c) not in ("Zl", "Zp")
    )
    return kept.strip()[:limit].strip()


def parse_number(value: Value) -> float | None:
    """Number that a value stands for; a decimal comma counts as a point.

    None where it stands for none, or for one of a size that no quantity of a header has: infinite, above 1e18, or
    nearer to zero than 1e-18.
    """
    if isinstance(value, str):
        text = value.strip().strip("\0").strip()
        if text.count(",") == 1 and "." not in text:
            text = text.replace(",", ".")
        if len(text) > 64 or not _NUMBER.fullmatch(text):
            return None
        value = float(text)
    number = float(value)
    return number if number == 0.0 or _SIZES[0] <= abs(number) <= _SIZES[1] else None


@dataclass(frozen=True, slots=True)
class Elements:
    """Defensive access to the attributes of one object.

    Parameters
    ----------
    layers : tuple of Dataset or ScannedElements
        Where an attribute is looked for, in this order: the object itself, then the items of its shared and of one
        frame's functional groups.
    """

    layers: tuple[Layer, ...]

    @classmethod
    def of(cls, header: Layer, frame: int = 1) -> Elements:
        """Elements of a dataset or scanned header, its shared functional groups and those of one frame, from 1."""
        root = cls((header,))
        layers = [header]
        for groups, item in (("SharedFunctionalGroupsSequence", 1), ("PerFrameFunctionalGroupsSequence", frame)):
            for group in root.items(groups)[item - 1 : item]:
                macros = cls((group,))
                layers += [item for keyword in group.dir("Sequence") for item in macros.items(keyword)[:1]]
        return cls(tuple(layers))

    def has(self, keyword: str) -> bool:
        """True where the object holds the attribute, even an empty one."""
        return any(keyword in layer for layer in self.layers)

    def values(self, keyword: str) -> tuple[Value, ...]:
        """All values of the first layer that holds any; empty where the header is silent or unreadable."""
        for layer in self.layers:
            found = _values(layer, keyword)
            if found and (found[0] != "" or any(value != "" for value in found)):
                return found
        return ()

    def texts(self, keyword: str) -> tuple[str, ...]:
        """All values as clean text cut to the VR's length."""
        found = self.values(keyword)
        if not found:
            return ()
        limit = _LENGTHS.get(_vr_of(keyword), 64)
        return tuple([clean_text(str(value), limit) for value in found])

    def text(self, keyword: str) -> str | None:
        """First value that is not empty, as clean text."""
        for text in self.texts(keyword):
            if text:
                return text
        return None

    def joined(self, keyword: str) -> str | None:
        r"""All values as one text, separated by ``\`` as in the header."""
        return "\\".join(self.texts(keyword)) or None

    def choice(self, keyword: str, allowed: tuple[str, ...]) -> str | None:
        """First value in upper case if it is one of those allowed."""
        text = (self.text(keyword) or "").upper()
        return text if text in allowed else None

    def uid(self, keyword: str) -> str | None:
        """First value if it has the form of a UID."""
        text = self.text(keyword)
        return text if text and _UID.fullmatch(text) else None

    def numbers(self, keyword: str) -> tuple[float, ...]:
        """All values as numbers; empty if one of them is none."""
        parsed = [parse_number(value) for value in self.values(keyword)]
        numbers = tuple(number for number in parsed if number is not None)
        return numbers if len(numbers) == len(parsed) else ()

    def number(self, keyword: str) -> float | None:
        """First value that is a number."""
        for value in self.values(keyword):
            number = parse_number(value)
            if number is not None:
                return number
        return None

    def integer(self, keyword: str) -> int | None:
        """First number if it is whole."""
        number = self.number(keyword)
        return int(number) if number is not None and number.is_integer() else None

    def words(self, keyword: str) -> NDArray[np.uint16]:
        """Value of a US or OW attribute as unsigned 16-bit words; empty where it is missing."""
        for layer in self.layers:
            tag = tag_for_keyword(keyword)
            element = layer.get_item(tag) if tag is not None and tag in layer else None
            value = None if element is None else element.value
            if isinstance(value, (bytes, bytearray)):
                little = getattr(element, "is_little_endian", True)
                return np.frombuffer(value[: len(value) // 2 * 2], dtype="<u2" if little else ">u2").astype(np.uint16)
        return np.array([number for number in self.numbers(keyword) if 0 <= number < 65536], dtype=np.uint16)

    def items(self, keyword: str) -> tuple[Dataset, ...]:
        """Items of a sequence; empty where it is missing or damaged."""
        for layer in self.layers:
            try:
                found = sequence_items(layer, keyword)
            except (*PARSE_ERRORS, OSError, HeaderError):
                continue
            if found:
                return found
        return ()


def sequence_items(dataset: Layer, keyword: str) -> tuple[Dataset, ...]:
    """Items of a sequence; empty where it is missing. What a damaged one raises is not caught."""
    if keyword not in dataset:
        return ()
    _require_elements(dataset.get_item(_tag_of(keyword) or 0))
    found = dataset[keyword].value
    return tuple(found) if isinstance(found, Sequence) else ()


def _require_elements(element: object) -> None:
    """Refuse a sequence of known length, which is parsed when it is asked for, with zeros in place of elements."""
    if not isinstance(element, RawDataElement) or element.VR not in (None, "SQ", "UN"):
        return
    value = element.value or b""
    if bytes(ZEROS_MAX) not in value:  # so that hardly any is parsed twice
        return
    reader = BoundedReader(io.BytesIO(value), len(value), "", most=None)
    try:
        read_sequence(cast(BinaryIO, reader), element.is_implicit_VR, element.is_little_endian, len(value), "iso8859")
    except OSError:
        if reader.refusal is not None:
            raise reader.refusal from None
        raise


@functools.cache
def _vr_of(keyword: str) -> str:
    return dictionary_VR(keyword)


@functools.cache
def _tag_of(keyword: str) -> int | None:
    tag = tag_for_keyword(keyword)
    return None if tag is None else int(tag)


def _known_vr(vr: str | None, keyword: str) -> str:
    """VR in the file, or that of the dictionary where the file does not tell."""
    return _vr_of(keyword) if vr is None or vr in _UNTOLD else vr


def _values(dataset: Layer, keyword: str) -> tuple[Value, ...]:
    tag = _tag_of(keyword)
    if tag is None:
        return ()
    try:
        if isinstance(dataset, ScannedElements):
            stored = dataset.stored.get(tag)
            return () if stored is None else _raw_values(dataset, _known_vr(stored[0], keyword), stored[1], True)
        element: object = dataset.get_item(tag)
        if isinstance(element, RawDataElement):
            vr = _known_vr(element.VR, keyword)
            return _raw_values(dataset, vr, element.value or b"", element.is_little_endian)
        value = getattr(element, "value", None)
        if isinstance(value, bytes):
            return _raw_values(dataset, _vr_of(keyword), value, True)
        return _plain_values(value)
    except PARSE_ERRORS:
        return ()


def _plain_values(value: Any) -> tuple[Value, ...]:
    if value is None or isinstance(value, Sequence):
        return ()
    if isinstance(value, (str, int, float)):
        text = getattr(value, "original_string", None)
        plain = text if text is not None else value
        return tuple(plain.split("\\")) if isinstance(plain, str) else (plain,)
    if hasattr(value, "__iter__") and not hasattr(value, "components"):
        return tuple(part for one in value for part in (_plain_values(one) or ("",)))
    return (str(value),)


def _raw_values(dataset: Layer, vr: str, value: bytes, little: bool) -> tuple[Value, ...]:
    if not isinstance(value, (bytes, bytearray)) or not value:
        return ()
    kind = _BINARY.get(vr[:2])
    if kind is not None:
        count = len(value) // struct.calcsize(kind)
        return struct.unpack(f"{'<' if little else '>'}{count}{kind}", value[: count * struct.calcsize(kind)])
    if vr == "SQ":
        return ()
    text = _decoded(dataset, bytes(value)) if vr in _DECODED else value.decode("latin-1")
    return tuple([part.strip(" \0") for part in text.split("\\")])


def _decoded(dataset: Layer, value: bytes) -> str:
    if value.isascii() and b"\x1b" not in value:
        return value.decode("ascii")  # the same in every encoding of DICOM
    try:
        charsets = tuple(str(name) for name in _values(dataset, "SpecificCharacterSet"))
        inherited = dataset.original_character_set or "iso8859"
        names = _encodings(charsets) if charsets else (inherited if isinstance(inherited, str) else tuple(inherited))
        return decode_bytes(value, [names] if isinstance(names, str) else list(names), _DELIMITERS)
    except PARSE_ERRORS:
        return value.decode("latin-1")


@functools.lru_cache(maxsize=64)
def _encodings(charsets: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(convert_encodings(list(charsets)))
