"""Cells of a table of earlier results: each one number with its place, day and unit, or the reason why it is none."""

from __future__ import annotations

import csv
import datetime
import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from xrayiq.errors import ReadError, SiteError
from xrayiq.exchange.history_mapping import HistoryMapping, MappedValue
from xrayiq.exchange.measuring_units import to_quantity_unit
from xrayiq.model import Equipment
from xrayiq.units import UnknownUnitError

Reason = Literal[
    "",
    "no_date",
    "bad_date",
    "date_in_future",
    "no_unit",
    "unknown_unit",
    "unknown_quantity",
    "no_number",
    "decimal_comma",
    "decimal_point",
    "wrong_measuring_unit",
    "duplicate",
    "contradiction",
    "stored_differently",
]

_MOST_BYTES: Final = 50_000_000
_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_IDENTITY: Final = (
    "manufacturer",
    "model",
    "station_name",
    "serial_number",
    "detector_id",
    "institution",
    "department",
)
_LONGEST: Final = 64


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryCell:
    """One cell of a table, read.

    Parameters
    ----------
    line : int
        Of the file, from 1.
    column : str
        Heading, or name in the column of names.
    reason : str
        Short stable word why it cannot be taken; empty where it can.
    message : str
        The same for a person.
    equipment : Equipment or None
        Unit and detector.
    exposed_at : datetime or None
        Date and time; midnight without a time.
    meaning : MappedValue or None
        What it is.
    value : float
        In the quantity's unit; NaN where there is none.
    """

    line: int
    column: str
    reason: Reason = ""
    message: str = ""
    equipment: Equipment | None = None
    exposed_at: datetime.datetime | None = None
    meaning: MappedValue | None = None
    value: float = math.nan


class _UnusableError(Exception):
    def __init__(self, reason: Reason, message: str) -> None:
        self.reason: Reason = reason
        self.message = message
        super().__init__(message)


def read_cells(path: str | Path, mapping: HistoryMapping) -> tuple[list[HistoryCell], int, tuple[str, ...]]:
    """Cells of a CSV file.

    Parameters
    ----------
    path : path
        The file.
    mapping : HistoryMapping
        What its columns are.

    Returns
    -------
    cells : list of HistoryCell
        In their order, those that are empty left out.
    empty : int
        How many are.
    unread : tuple of str
        Headings that the mapping does not name.

    Raises
    ------
    ReadError
        The file cannot be read, is no text of the encoding, or is longer than 50 MB.
    SiteError
        A heading of the mapping is not there.
    """
    place = Path(path)
    rows = _rows(_text(place, mapping.encoding), mapping.separator, place.name)
    _, headings = next(rows, (0, []))
    if len(set(headings)) != len(headings):
        raise ReadError("headings that stand twice", needed="one name for each column", source=place.name)
    wanted = [*mapping.columns.values(), *mapping.by_column, *mapping.dropped]
    absent = [heading for heading in wanted if heading not in headings]
    if absent:
        raise SiteError(
            f"no column {absent[0]!r} in the table", needed="the headings of the mapping", source=place.name
        )
    cells: list[HistoryCell] = []
    empty = 0
    for line, row in rows:
        named = dict(zip(headings, (*row, *[""] * (len(headings) - len(row))), strict=False))
        for column, text, meaning in _texts(named, mapping):
            if text:
                cells.append(_cell(line, column, text, meaning, named, mapping))
            else:
                empty += 1
    return cells, empty, tuple(heading for heading in headings if heading and heading not in wanted)


def _text(place: Path, encoding: str) -> str:
    try:
        with place.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        if len(content) > _MOST_BYTES:
            raise ReadError(f"more than {_MOST_BYTES} bytes", remedy="part the table", source=place.name)
        return content.decode(encoding)
    except OSError as error:
        raise ReadError(f"cannot be read ({error.strerror})", needed="a CSV file", source=place.name) from None
    except (UnicodeDecodeError, LookupError):
        raise ReadError(
            f"no text in {encoding}", needed="the encoding of the file in [table]", source=place.name
        ) from None


def _rows(text: str, separator: str, source: str) -> Iterator[tuple[int, list[str]]]:
    reader = csv.reader(text.splitlines(keepends=True), delimiter=separator)
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if any(cells):
                yield reader.line_num, cells
    except csv.Error as error:
        raise ReadError(f"no CSV (line {reader.line_num}: {error})", source=source) from None


def _texts(named: Mapping[str, str], mapping: HistoryMapping) -> Iterator[tuple[str, str, MappedValue | None]]:
    """Name, text and meaning of each cell of a row that may hold a number."""
    for column, meaning in mapping.by_column.items():
        yield column, named[column], meaning
    if mapping.by_name:
        name = named[mapping.columns["name"]]
        yield name, named[mapping.columns["value"]], mapping.by_name.get(name)


def _cell(
    line: int, column: str, text: str, meaning: MappedValue | None, named: Mapping[str, str], mapping: HistoryMapping
) -> HistoryCell:
    try:
        if meaning is None:
            raise _UnusableError("unknown_quantity", f"no [[values]] has the name {column[:_LONGEST]!r}")
        equipment = _equipment(named, mapping)
        moment = _moment(named, mapping)
        number = _number(text, mapping.decimal)
        return HistoryCell(
            line=line,
            column=column,
            equipment=equipment,
            exposed_at=moment,
            meaning=meaning,
            value=_converted(number, meaning, named, mapping),
        )
    except _UnusableError as fault:
        return HistoryCell(line=line, column=column[:_LONGEST], reason=fault.reason, message=fault.message)


def _equipment(named: Mapping[str, str], mapping: HistoryMapping) -> Equipment:
    told = {name: named[mapping.columns[name]][:_LONGEST] or None for name in _IDENTITY if name in mapping.columns}
    if "unit" in mapping.columns:
        label = named[mapping.columns["unit"]]
        if not label:
            raise _UnusableError("no_unit", "the cell of the unit is empty")
        if label not in mapping.units:
            raise _UnusableError("unknown_unit", f"no [units] has the name {label[:_LONGEST]!r}")
        known = mapping.units[label]
        told = {name: told.get(name) or getattr(known, name) for name in _IDENTITY}
    elif not any(told.get(name) for name in ("serial_number", "detector_id", "station_name")):
        raise _UnusableError("no_unit", "the cells of the unit are empty")
    return Equipment(**told)  # type: ignore[arg-type]  # every field but the software is text


def _moment(named: Mapping[str, str], mapping: HistoryMapping) -> datetime.datetime:
    text = named[mapping.columns["date"]]
    time = named[mapping.columns["time"]] if "time" in mapping.columns else ""
    if not text:
        raise _UnusableError("no_date", "the cell of the date is empty")
    try:
        form = mapping.date_format
        day = datetime.datetime.strptime(text, form) if form else datetime.datetime.fromisoformat(text)
        if time:
            form = mapping.time_format
            clock = datetime.datetime.strptime(time, form).time() if form else datetime.time.fromisoformat(time)
            day = datetime.datetime.combine(day.date(), clock)
    except ValueError:
        wanted = mapping.date_format or "ISO 8601 (2024-12-31)"
        given = f"{text[:_LONGEST]!r}" + (f" {time[:_LONGEST]!r}" if time else "")
        raise _UnusableError("bad_date", f"{given} is no date as {wanted}") from None
    day = day.replace(tzinfo=None)
    if day > datetime.datetime.now() + datetime.timedelta(days=1):
        raise _UnusableError("date_in_future", f"{day.date()} is yet to come")
    return day


def _number(text: str, decimal: str) -> float:
    other = "," if decimal == "." else "."
    if _NUMBER.fullmatch(text.replace(",", ".")) and other in text:
        reason: Reason = "decimal_comma" if other == "," else "decimal_point"
        raise _UnusableError(reason, f"{text[:_LONGEST]!r} where the decimal sign is {decimal!r}: say which in [table]")
    plain = text.replace(decimal, ".")
    if not _NUMBER.fullmatch(plain) or not math.isfinite(float(plain)):
        raise _UnusableError("no_number", f"{text[:_LONGEST]!r} is no number")
    return float(plain)


def _converted(number: float, meaning: MappedValue, named: Mapping[str, str], mapping: HistoryMapping) -> float:
    if meaning.factor is not None:
        return number * meaning.factor
    unit = meaning.measuring_unit or named[mapping.columns["measuring_unit"]]
    try:
        return to_quantity_unit(number, unit, meaning.quantity)
    except UnknownUnitError as error:
        raise _UnusableError("wrong_measuring_unit", str(error)) from None
