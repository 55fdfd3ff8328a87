"""The bytes of a DICOM object: preamble, file meta, header and pixel data, every length checked against the file."""

from __future__ import annotations

import io
import struct
from collections.abc import Callable
from typing import BinaryIO, Final, cast

from pydicom.config import IGNORE
from pydicom.datadict import dictionary_keyword
from pydicom.dataelem import DataElement, RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_dataset
from pydicom.tag import BaseTag
from pydicom.uid import UID
from pydicom.values import converters

from xrayiq.dicom.bounded_reading import (
    HEADER_DEFLATED_MAX,
    HEADER_INFLATED_MAX,
    HEADER_MAX,
    HEADER_VALUE_MAX,
    BoundedReader,
    truncated,
    zeros_between_elements,
)
from xrayiq.dicom.elements import Elements, clean_text
from xrayiq.dicom.expansion import inflated_data_set
from xrayiq.dicom.faults import PARSE_ERRORS
from xrayiq.dicom.transfer_syntaxes import is_transfer_syntax
from xrayiq.errors import HeaderError, NotDicomError, TransferSyntaxError

IMPLICIT_LITTLE: Final = "1.2.840.10008.1.2"
EXPLICIT_LITTLE: Final = "1.2.840.10008.1.2.1"
EXPLICIT_BIG: Final = "1.2.840.10008.1.2.2"
NATIVE: Final = frozenset({IMPLICIT_LITTLE, EXPLICIT_LITTLE, EXPLICIT_BIG, "1.2.840.10008.1.2.1.99"})
_DEFLATED: Final = frozenset({"1.2.840.10008.1.2.1.99", "1.2.840.10008.1.2.4.95", "1.2.840.10008.1.2.4.205"})
_UNDEFINED: Final = 0xFFFFFFFF
_PIXELS: Final = BaseTag(0x7FE00010)
_PIXEL_TAGS: Final = frozenset({0x7FE00008, 0x7FE00009, 0x7FE00010})
#: an object without the file format's prefix is taken as DICOM if it holds one of these
_IDENTITY: Final = ("SOPClassUID", "SOPInstanceUID", "StudyInstanceUID", "Modality", "Rows")


class SourceDataset(Dataset):
    """Dataset of one file or buffer, with what was noticed while reading it.

    ``filename`` is its name for messages; ``reading_notes`` are warnings for the user; ``content_digest`` is set where
    the object has no SOP Instance UID; ``pixels_skipped`` is True where the reading stopped before the pixel data.
    """

    filename: str = ""
    reading_notes: tuple[str, ...] = ()
    content_digest: str | None = None
    pixels_skipped: bool = False


def parse_object(stream: BinaryIO, name: str, *, stop_before_pixels: bool) -> SourceDataset:
    """Dataset of an open DICOM file.

    Parameters
    ----------
    stream : binary file object
        Seekable; read from its beginning.
    name : str
        Name used in messages.
    stop_before_pixels : bool
        Leave the pixel data unread, and values of more than 16 MiB out, so that the memory taken does not depend on the
        size of the object.

    Returns
    -------
    SourceDataset
        With ``file_meta``; its transfer syntax is filled in where it was missing and could be told safely.

    Raises
    ------
    NotDicomError, TruncatedFileError, TransferSyntaxError, HeaderError
        The bytes are no DICOM object, end early, are encoded unknowably, or contradict themselves.
    """
    size = stream.seek(0, io.SEEK_END)
    if size == 0:
        raise NotDicomError("empty file", needed="a DICOM object", remedy="export it again", source=name)
    stream.seek(0)
    head = stream.read(132)
    prefixed = head[128:132] == b"DICM"
    if not prefixed:
        _require_plausible(head, name)
        stream.seek(0)
    most = HEADER_MAX if stop_before_pixels else None
    reader = cast(BinaryIO, BoundedReader(stream, size, name, most=most))
    meta = _parsed(reader, size, EXPLICIT_LITTLE, _after_meta, name)
    syntax, notes = _transfer_syntax(meta, reader, name)
    if not prefixed:
        notes = ("no DICOM file prefix: read as a bare data set", *notes)
    if syntax in _DEFLATED:
        deflated = reader.read(HEADER_DEFLATED_MAX if stop_before_pixels else -1)
        inflated = inflated_data_set(deflated, name, most=HEADER_INFLATED_MAX if stop_before_pixels else None)
        size = inflated.tell()
        inflated.seek(0)
        reader = cast(BinaryIO, BoundedReader(inflated, size, name, most=None))
    start = reader.tell()
    parsed = _parsed(reader, size, syntax, _at_pixels, name, longest=HEADER_VALUE_MAX if stop_before_pixels else None)
    if len(parsed) == 0 and reader.tell() > start:
        raise truncated("the header ends inside an element", name)
    dataset = SourceDataset(parsed)
    implicit, little = parsed.original_encoding
    dataset.set_original_encoding(implicit, little, parsed.original_character_set)
    dataset.file_meta = FileMetaDataset(meta)
    dataset.file_meta.TransferSyntaxUID = UID(syntax)
    dataset.filename = name
    dataset.reading_notes = notes
    _read_pixel_element(dataset, reader, size, name, stop_before_pixels)
    if not prefixed and not any(keyword in dataset for keyword in _IDENTITY):
        raise _not_dicom(name)
    return dataset


def _not_dicom(name: str) -> NotDicomError:
    return NotDicomError("not a DICOM file", needed="a DICOM object", remedy="leave it out of the archive", source=name)


def _require_plausible(head: bytes, name: str) -> None:
    """Without the prefix: the first element must be of group 2 or 8, the lowest that a data set begins with."""
    if len(head) < 8 or head[:2] not in (b"\x02\x00", b"\x08\x00", b"\x00\x08"):
        raise _not_dicom(name)


def _after_meta(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag >> 16 != 2


def _at_pixels(tag: BaseTag, vr: str | None, length: int) -> bool:
    return tag in _PIXEL_TAGS or tag == 0


def _parsed(
    reader: BinaryIO,
    size: int,
    syntax: str,
    stop_when: Callable[[BaseTag, str | None, int], bool],
    name: str,
    *,
    longest: int | None = None,
) -> Dataset:
    """Elements up to the stop, each as long as it declares; those longer than the longest asked for are left out."""
    little = syntax != EXPLICIT_BIG
    try:
        dataset = read_dataset(reader, syntax == IMPLICIT_LITTLE, little, stop_when=stop_when, defer_size=longest)
    except (*PARSE_ERRORS, OSError):
        if isinstance(reader, BoundedReader) and reader.refusal is not None:
            raise reader.refusal from None
        if reader.tell() >= size:
            raise truncated("the header ends inside an element", name) from None
        raise
    last = None
    for element in sorted(dataset.values(), key=lambda each: each.tag):  # as they stand: none is read again
        last = element if isinstance(element, RawDataElement) and element.length != _UNDEFINED else None
        if last is None:
            continue
        if longest is not None and last.length > longest and last.value is None:
            held = min(last.length, max(size - last.value_tell, 0))
            del dataset[last.tag]
        else:
            held = len(last.value or b"")
        if held < last.length:
            raise truncated(f"{_label(last.tag)} ends after {held} of {last.length} bytes", name)
    if last is not None and reader.tell() >= size:
        reader.seek(last.value_tell + last.length)
        if reader.read().strip(b"\0"):
            raise truncated(f"the file ends inside the element after {_label(last.tag)}", name)
    return dataset


def _label(tag: BaseTag) -> str:
    try:
        return f"{dictionary_keyword(tag)} ({tag >> 16:04X},{tag & 0xFFFF:04X})"
    except KeyError:
        return f"({tag >> 16:04X},{tag & 0xFFFF:04X})"


def _transfer_syntax(meta: Dataset, reader: BinaryIO, name: str) -> tuple[str, tuple[str, ...]]:
    declared = Elements((meta,)).text("TransferSyntaxUID")
    if declared is None:
        return _guessed_syntax(reader)
    if not is_transfer_syntax(declared):
        raise TransferSyntaxError(
            f"unknown transfer syntax {clean_text(declared)}",
            needed="a transfer syntax of the DICOM standard",
            remedy="export the object uncompressed or losslessly compressed",
            source=name,
        )
    return declared, ()


def _guessed_syntax(reader: BinaryIO) -> tuple[str, tuple[str, ...]]:
    """Native encoding that the first element shows: a VR is there or not, its group reads in one byte order only."""
    position = reader.tell()
    head = reader.read(6)
    reader.seek(position)
    syntax = IMPLICIT_LITTLE
    if len(head) == 6 and head[4:6].decode("latin-1") in converters:
        syntax = EXPLICIT_BIG if struct.unpack("<H", head[:2])[0] >= 0x0400 else EXPLICIT_LITTLE
    return syntax, (f"no transfer syntax in the file: read as {UID(syntax).name}",)


def _read_pixel_element(dataset: SourceDataset, reader: BinaryIO, size: int, name: str, skip: bool) -> None:
    implicit, little = dataset.original_encoding
    start = reader.tell()
    head = reader.read(12)
    if len(head) < 8:
        if head.strip(b"\0"):
            raise truncated("the file ends inside an element", name)
        return
    order = "<" if little else ">"
    group, number = struct.unpack(f"{order}HH", head[:4])
    if group == number == 0:
        _require_zeros(reader, start, name)
        return
    vr, offset = ("OW", 8) if implicit else (head[4:6].decode("latin-1"), 12)
    if len(head) < offset:
        raise truncated("the file ends inside the pixel data's header", name)
    (length,) = struct.unpack(f"{order}I", head[offset - 4 : offset])
    if skip:
        dataset.pixels_skipped = True
        return
    if (group << 16 | number) != _PIXELS:
        raise HeaderError(
            "floating-point pixel data",
            needed="integer pixel data (7FE0,0010)",
            remedy="export it as integers",
            source=name,
        )
    reader.seek(start + offset)
    available = size - reader.tell()
    value: bytes | memoryview
    if length == _UNDEFINED:
        value = _encapsulated_bytes(reader, size, name)
    elif length > available:
        raise truncated(f"the pixel data end after {available} of {length} bytes", name)
    else:
        value = reader.take(length) if isinstance(reader, BoundedReader) else reader.read(length)
    vr = vr if vr in ("OB", "OW") else "OW"
    element = DataElement(_PIXELS, vr, value, validation_mode=IGNORE)  # a view of a buffer is no bytes to pydicom
    element.is_undefined_length = length == _UNDEFINED
    dataset[_PIXELS] = element


def _require_zeros(reader: BinaryIO, start: int, name: str) -> None:
    """Zeros after the last element fill up a sector of the medium; each eight of them would parse as an element."""
    reader.seek(start)
    if reader.read().strip(b"\0"):
        raise zeros_between_elements(name)


def _encapsulated_bytes(reader: BinaryIO, size: int, name: str) -> bytes:
    """All items of encapsulated pixel data, without the sequence delimiter."""
    start = position = reader.tell()
    while True:
        reader.seek(position)
        head = reader.read(8)
        if len(head) < 8:
            raise truncated("the compressed pixel data have no end", name)
        group, number, length = struct.unpack("<HHI", head)
        if (group, number) == (0xFFFE, 0xE0DD):
            reader.seek(start)
            return reader.read(position - start)
        if (group, number) != (0xFFFE, 0xE000) or length == _UNDEFINED:
            raise HeaderError(
                f"element ({group:04X},{number:04X}) inside compressed pixel data",
                needed="items of known length",
                remedy="export it again",
                source=name,
            )
        if length > size - position - 8:
            raise truncated(f"a fragment ends after {size - position - 8} of {length} bytes", name)
        position += 8 + length
