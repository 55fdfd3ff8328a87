"""Rows of a table of comma-separated values as meters, spreadsheets and people write them."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Final, TextIO

from xrayiq.dose.meter_columns import field_of, is_foreign
from xrayiq.errors import InputError, NotMeasurableError, ReadError

MeterSource = str | Path | bytes | BinaryIO | TextIO

#: most bytes, and most rows, of a table that a person filled in
MOST_BYTES: Final = 2_000_000
MOST_ROWS: Final = 10_000
#: rows in which the headings are looked for; titles may stand above them
_HEADING_ROWS: Final = 30
_SETTINGS: Final = frozenset(
    {
        "test",
        "set_voltage_kv",
        "set_current_ma",
        "set_time_ms",
        "set_exposure_mas",
        "added_filter_mm_al",
        "thickness_mm",
        "field_width_mm",
        "field_area_mm2",
    }
)
_MEASURED: Final = frozenset(
    {
        "measured_voltage_kv",
        "kerma_ugy",
        "half_value_layer_mm_al",
        "measured_time_ms",
        "measured_exposure_mas",
        "exposure_index",
        "detector_kerma_ugy",
        "leakage_mgy_per_h",
        "displayed_dap_gy_m2",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterTable:
    """Rows of a table below its headings.

    Parameters
    ----------
    heading_line : int
        Line of the headings, counted from 1.
    headings : tuple of str
        As they stand.
    rows : tuple of (int, list of str)
        Line and cells of every row that is not empty.
    """

    heading_line: int
    headings: tuple[str, ...]
    rows: tuple[tuple[int, list[str]], ...]


def text_of(source: MeterSource) -> tuple[str, str]:
    """Text and name of a source.

    Raises
    ------
    ReadError
        It cannot be read, is no text, or is longer than 2 MB.
    InputError
        The source is of a kind that cannot be read.
    """
    if isinstance(source, (str, Path)):
        path = Path(source)
        try:
            with path.open("rb") as stream:
                return _decoded(stream.read(MOST_BYTES + 1), path.name), path.name
        except OSError as error:
            raise ReadError(
                f"cannot be read ({error.strerror})", needed="a CSV file", remedy="check the path", source=path.name
            ) from None
    if isinstance(source, (bytes, bytearray, memoryview)):
        return _decoded(bytes(source), "bytes"), "bytes"
    if not hasattr(source, "read"):
        raise InputError(f"a source of type {type(source).__name__}", needed="a path, bytes or a file object")
    content = source.read(MOST_BYTES + 1)
    name = Path(str(getattr(source, "name", ""))).name or "file object"
    return _decoded(content if isinstance(content, bytes) else content.encode(), name), name


def _decoded(content: bytes, name: str) -> str:
    if len(content) > MOST_BYTES:
        raise ReadError(
            f"more than {MOST_BYTES} bytes",
            needed="the table of one session's readings",
            remedy="part the table",
            source=name,
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    else:
        encodings = ("utf-8-sig", "latin-1")
        if b"\0" in content:
            encodings = ()
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if all(character.isprintable() or character.isspace() for character in text):
            return text
    raise ReadError("no text", needed="comma-separated values", remedy="export the table as CSV", source=name)


def table_of(text: str, name: str) -> MeterTable:
    """Headings and rows of a text.

    Raises
    ------
    ReadError
        It has more than 10 000 rows.
    NotMeasurableError
        ``no_meter_table``: no line with the headings of a setting and of a reading, or the table is one about images.
    """
    lines = [(number, line) for number, line in enumerate(text.splitlines(), 1) if line.strip(" \t\r;,")]
    lines = [(number, line) for number, line in lines if not line.lstrip().startswith("#")]
    for place, (number, line) in enumerate(lines[:_HEADING_ROWS]):
        for separator in "\t;,":
            headings = tuple(cell.strip() for cell in _cells(line, separator))
            if not _names_readings(headings):
                continue
            if len(lines) - place - 1 > MOST_ROWS:
                raise ReadError(
                    f"{len(lines) - place - 1} rows",
                    needed=f"at most {MOST_ROWS}",
                    remedy="part the table",
                    source=name,
                )
            rows = tuple((below, _cells(row, separator)) for below, row in lines[place + 1 :])
            return MeterTable(heading_line=number, headings=headings, rows=rows)
    raise NotMeasurableError(
        "no_meter_table",
        "no line with the headings of a meter's table",
        needed='the headings of a setting ("set kVp", "set mAs" …) and of a reading ("measured kVp", "kerma [µGy]" …)',
        remedy="name the columns as the documentation lists them",
        source=name,
    )


def _cells(line: str, separator: str) -> list[str]:
    try:
        return next(csv.reader([line], delimiter=separator), [])
    except csv.Error:
        return line.split(separator)


def _names_readings(headings: tuple[str, ...]) -> bool:
    if any(is_foreign(heading) for heading in headings):
        return False
    found = {field_of(heading) for heading in headings}
    return bool(found & _SETTINGS) and bool(found & _MEASURED)
