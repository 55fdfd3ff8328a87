"""A DICOM object from a path, bytes, a file object or a dataset."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom.dataset import Dataset

from xrayiq.dicom.bounded_reading import ContentStream
from xrayiq.dicom.elements import Elements, Layer, clean_text
from xrayiq.dicom.faults import guarded
from xrayiq.dicom.part10 import SourceDataset, parse_object
from xrayiq.dicom.sources import stream_digest
from xrayiq.dicom.tag_scanner import scan_header
from xrayiq.errors import InputError, ReadError

Source = str | Path | bytes | bytearray | memoryview | BinaryIO | Dataset


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenedHeader:
    """A header with the file meta, the identity of its object, and its name for messages."""

    content: Layer
    meta: Layer | None
    subject: str
    name: str


def open_object(source: Source, *, stop_before_pixels: bool = False) -> tuple[Dataset, str]:
    """Dataset of a DICOM object and its name for messages.

    Permissive to what real archives hold: no preamble, no file meta, a missing transfer syntax where the native
    encoding can be told from the bytes (noted), wrong VRs, sequences of unknown VR. Strict about lengths.

    Parameters
    ----------
    source : path, bytes, binary file object or pydicom Dataset
        The object; a dataset is handed back as it is.
    stop_before_pixels : bool
        Read the header only.

    Returns
    -------
    dataset : Dataset
        Its pixel data hold the whole declared length.
    name : str
        File name without its folder, or the kind of the source.

    Raises
    ------
    NotDicomError, TruncatedFileError, TransferSyntaxError, HeaderError, ReadError
        The source cannot be opened or parsed.
    InputError
        The source is of a kind that cannot be read.
    """
    if isinstance(source, Dataset):
        return source, source_name(source)
    name = source_name(source)
    with guarded(name), _stream(source, name) as stream:
        return _parsed(stream, name, stop_before_pixels), name


def open_header(source: Source) -> OpenedHeader:
    """Header of a DICOM object, scanned where its file is plain and parsed where it is not: what is read is the same.

    Parameters
    ----------
    source : path, bytes, binary file object or pydicom Dataset
        The object.

    Raises
    ------
    NotDicomError, TruncatedFileError, TransferSyntaxError, HeaderError, ReadError, InputError
        As `open_object`.
    """
    name = source_name(source)
    if isinstance(source, Dataset):
        return opened_dataset(source, name)
    with guarded(name), _stream(source, name) as stream:
        scanned = scan_header(stream)
        subject = None if scanned is None else _identity(scanned.elements, scanned.meta)
        if scanned is not None and subject is not None:
            return OpenedHeader(content=scanned.elements, meta=scanned.meta, subject=subject, name=name)
        return opened_dataset(_parsed(stream, name, stop_before_pixels=True), name)


def opened_dataset(dataset: Dataset, name: str) -> OpenedHeader:
    """Header of a dataset that has been opened."""
    with guarded(name):
        meta = getattr(dataset, "file_meta", None)
        return OpenedHeader(content=dataset, meta=meta, subject=subject_of(dataset), name=name)


def opened_document(source: Source) -> OpenedHeader:
    """Header of a structured report with its content whole, however long that is."""
    opened = open_header(source)
    if isinstance(source, Dataset) or not isinstance(opened.content, Dataset):
        return opened
    return opened_dataset(*open_object(source))


def source_name(source: object) -> str:
    """Name of a source for messages: a file name without its folder, else what kind of thing it is."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        return "bytes"
    kind = "dataset" if isinstance(source, Dataset) else "file object"
    label = (
        source
        if isinstance(source, (str, Path))
        else getattr(source, "filename", None) or getattr(source, "name", None)
    )
    return (clean_text(Path(label).name, 255) or kind) if isinstance(label, (str, Path)) else kind


def subject_of(dataset: Dataset) -> str:
    """SOP Instance UID, or ``sha256:…`` of the content where the object has none."""
    identity = _identity(dataset, getattr(dataset, "file_meta", None))
    if identity is not None:
        return identity
    stored = dataset.content_digest if isinstance(dataset, SourceDataset) else None
    return stored or _element_digest(dataset)


def _identity(content: Layer, meta: Layer | None) -> str | None:
    stored = Elements((meta,)).uid("MediaStorageSOPInstanceUID") if meta is not None else None
    return Elements((content,)).uid("SOPInstanceUID") or stored


def _parsed(stream: BinaryIO, name: str, stop_before_pixels: bool) -> SourceDataset:
    dataset = parse_object(stream, name, stop_before_pixels=stop_before_pixels)
    if _identity(dataset, dataset.file_meta) is None:
        stream.seek(0)
        dataset.content_digest = stream_digest(stream)
    return dataset


@contextmanager
def _stream(source: Source, name: str) -> Iterator[BinaryIO]:
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield ContentStream(source) if isinstance(source, bytes) else io.BytesIO(source)
    elif isinstance(source, (str, Path)):
        path = source if isinstance(source, Path) else Path(source)
        if path.is_dir():
            raise ReadError("it is a folder", needed="one file", remedy="run the folder as an archive", source=name)
        with path.open("rb") as stream:
            yield stream
    elif not isinstance(source, Dataset) and hasattr(source, "read"):
        seekable = getattr(source, "seekable", None)
        yield source if seekable is not None and seekable() else io.BytesIO(source.read())
    else:
        raise InputError(
            f"a source of type {type(source).__name__}",
            needed="a path, bytes, a binary file object or a pydicom Dataset",
        )


def _element_digest(dataset: Dataset) -> str:
    digest = hashlib.sha256()
    for element in dataset.elements():
        value = element.value
        digest.update(f"{int(element.tag):08x}".encode())
        digest.update(value if isinstance(value, (bytes, memoryview)) else str(value).encode(errors="replace"))
    return "sha256:" + digest.hexdigest()
