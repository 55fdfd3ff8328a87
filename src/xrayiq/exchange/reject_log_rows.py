"""Rows of a reject log, whatever it is written as: CSV, a workbook or XML."""

from __future__ import annotations

import csv
import datetime
import io
import xml.etree.ElementTree as ElementTree
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xrayiq.errors import ReadError
from xrayiq.exchange.reject_log_mapping import RejectLogMapping

_MOST_BYTES: Final = 50_000_000
#: of all parts of a workbook, unpacked
_MOST_UNPACKED: Final = 500_000_000
_MOST_ROWS: Final = 1_000_000
_LONGEST: Final = 256


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRows:
    """A log as it stands.

    Parameters
    ----------
    headings : tuple of str
        In their order.
    rows : list of (int, dict of str to str)
        Number of the row in the file, from 1, and its texts by heading.
    encoding : str
        Of the text; empty for a workbook.
    too_long : tuple of int
        Numbers of rows with cells beyond the last heading, which are not among the others: nobody can say which cell
        is of which column.
    """

    headings: tuple[str, ...]
    rows: list[tuple[int, dict[str, str]]]
    encoding: str = ""
    too_long: tuple[int, ...] = ()


def read_log(path: str | Path, mapping: RejectLogMapping) -> LogRows:
    """Rows of a log.

    Parameters
    ----------
    path : path
        .csv or .txt, .xlsx, or .xml.
    mapping : RejectLogMapping
        Separator, encodings, sheet or element.

    Raises
    ------
    ReadError
        It cannot be read, is none of these, or is too large.
    """
    place = Path(path)
    try:
        with place.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except OSError as error:
        raise ReadError(f"cannot be read ({error.strerror})", needed="a reject log", source=place.name) from None
    if len(content) > _MOST_BYTES:
        raise ReadError(f"more than {_MOST_BYTES} bytes", remedy="part the log", source=place.name)
    if content.startswith(b"PK\x03\x04"):
        return _workbook(content, mapping, place.name)
    if place.suffix.lower() == ".xml" or content.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        return _xml(content, mapping, place.name)
    return _csv(content, mapping, place.name)


def _csv(content: bytes, mapping: RejectLogMapping, name: str) -> LogRows:
    text, encoding = _decoded(content, mapping, name)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=mapping.separator)
    headings: tuple[str, ...] = ()
    rows: list[tuple[int, dict[str, str]]] = []
    too_long: list[int] = []
    try:
        for cells in reader:
            told = [cell.strip() for cell in cells]
            if not any(told):
                continue
            if not headings:
                headings = tuple(told)
            elif any(told[len(headings) :]):
                too_long.append(reader.line_num)
            else:
                rows.append((reader.line_num, dict(zip(headings, told, strict=False))))
            if len(rows) + len(too_long) > _MOST_ROWS:
                raise ReadError(f"more than {_MOST_ROWS} rows", remedy="part the log", source=name)
    except csv.Error as error:
        raise ReadError(f"no CSV (line {reader.line_num}: {error})", source=name) from None
    return LogRows(headings=headings, rows=rows, encoding=encoding, too_long=tuple(too_long))


def _decoded(content: bytes, mapping: RejectLogMapping, name: str) -> tuple[str, str]:
    """Text in the first encoding that fits; UTF-16 where a mark says so, and only there."""
    is_wide = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    narrow = [encoding for encoding in mapping.encodings if not encoding.lower().startswith("utf-16")]
    for encoding in ["utf-16"] if is_wide else narrow:
        try:
            text = content.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
        if "\0" not in text:
            return text, encoding
    tried = ", ".join(mapping.encodings)
    raise ReadError(f"no text in {tried}", needed="the encoding of the log in [table]", source=name)


def _workbook(content: bytes, mapping: RejectLogMapping, name: str) -> LogRows:
    import openpyxl

    try:
        with zipfile.ZipFile(io.BytesIO(content)) as parts:
            if sum(part.file_size for part in parts.infolist()) > _MOST_UNPACKED:
                raise ReadError(f"a workbook of more than {_MOST_UNPACKED} bytes", remedy="part the log", source=name)
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book[mapping.sheet] if mapping.sheet else book.worksheets[0]
        table = [[_cell(value) for value in row] for row in sheet.iter_rows(values_only=True)]
    except (KeyError, ValueError, TypeError, IndexError, OSError, zipfile.BadZipFile, ElementTree.ParseError) as error:
        raise ReadError(f"no workbook that can be read ({type(error).__name__})", source=name) from None
    headings: tuple[str, ...] = ()
    rows: list[tuple[int, dict[str, str]]] = []
    for number, cells in enumerate(table, start=1):
        if any(cells) and not headings:
            headings = tuple(cells)
        elif any(cells):
            rows.append((number, dict(zip(headings, cells, strict=False))))
    return LogRows(headings=headings, rows=rows)


def _cell(value: object) -> str:
    """Cell as text: dates and times as ISO 8601, whole numbers without a fraction."""
    if value is None:
        return ""
    if isinstance(value, (datetime.datetime, datetime.date, datetime.time)):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def _xml(content: bytes, mapping: RejectLogMapping, name: str) -> LogRows:
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content:
        raise ReadError("XML with a document type", needed="XML without declarations of its own", source=name)
    try:
        root = ElementTree.fromstring(content)  # noqa: S314 - no document type, so nothing expands or is fetched
    except (ElementTree.ParseError, ValueError, LookupError) as error:
        raise ReadError(f"no XML ({error})", source=name) from None
    wanted = mapping.row.casefold()
    found = [one for one in root.iter() if _plain(one.tag) == wanted] if wanted else list(root)
    rows = []
    for number, element in enumerate(found, start=1):
        told = {str(key): str(text).strip() for key, text in element.attrib.items()}
        for child in element.iter():
            if child is not element and len(child) == 0:
                told.setdefault(_name(child.tag), (child.text or "").strip())
        rows.append((number, told))
    headings = tuple(dict.fromkeys(key for _, told in rows for key in told))
    return LogRows(headings=headings, rows=rows, encoding="xml")


def _name(tag: str) -> str:
    return tag.rpartition("}")[2]


def _plain(tag: str) -> str:
    return _name(tag).casefold()
