"""Readings of a dose and voltage meter from a table of comma-separated values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from xrayiq.dose.meter_columns import Column, column_of, named_test, names_of_tests
from xrayiq.dose.meter_table import MeterSource, MeterTable, table_of, text_of
from xrayiq.errors import NotMeasurableError, ReadError
from xrayiq.units import UnknownUnitError

#: characters of a heading that messages repeat
_QUOTED: Final = 40
#: cells that messages repeat
_NUMBER_LIKE: Final = re.compile(r"[-+−0-9.,eE_' ]{1,24}|nan|inf")
#: sizes of numbers, in the units inside, that are no slip of the pen: with them no test can overflow
_LEAST: Final = 1e-15
_MOST: Final = 1e12
#: numbers that may be 0; all others must be above
_ZERO_ALLOWED: Final = frozenset({"added_filter_mm_al", "kerma_ugy", "leakage_mgy_per_h", "exposure_index"})


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReading:
    """One row of a meter's table: one exposure; None where a cell is empty.

    Fields carry their unit in their name. `line` counts the lines of the file from 1, `test` is the stable name of the
    test that the exposure was made for (empty for any), `group` keeps exposures apart that only look alike.
    """

    line: int
    test: str = ""
    group: str = ""
    focal_spot: str = ""
    chamber: str = ""
    set_voltage_kv: float | None = None
    set_current_ma: float | None = None
    set_time_ms: float | None = None
    set_exposure_mas: float | None = None
    distance_mm: float | None = None
    measured_voltage_kv: float | None = None
    kerma_ugy: float | None = None
    half_value_layer_mm_al: float | None = None
    added_filter_mm_al: float | None = None
    measured_time_ms: float | None = None
    measured_exposure_mas: float | None = None
    thickness_mm: float | None = None
    exposure_index: float | None = None
    detector_kerma_ugy: float | None = None
    leakage_mgy_per_h: float | None = None
    displayed_dap_gy_m2: float | None = None
    field_width_mm: float | None = None
    field_height_mm: float | None = None
    field_area_mm2: float | None = None
    field_distance_mm: float | None = None

    @property
    def exposure_mas(self) -> float | None:
        """Set exposure: as it stands, or current times time."""
        if self.set_exposure_mas is not None or self.set_current_ma is None or self.set_time_ms is None:
            return self.set_exposure_mas
        return self.set_current_ma * self.set_time_ms / 1000.0

    @property
    def is_filtered(self) -> bool:
        """Whether aluminium was added to the beam."""
        return bool(self.added_filter_mm_al)


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterFault:
    """Something in a table that could not be taken as it stands.

    Parameters
    ----------
    line : int
        Line of the file, counted from 1.
    column : str
        Heading of the column; empty where the whole row is meant.
    message : str
        What was found, what was needed.
    """

    line: int
    column: str
    message: str

    @property
    def text(self) -> str:
        """Where and what, in one sentence."""
        return (
            f"line {self.line}, {self.column}: {self.message}" if self.column else f"line {self.line}: {self.message}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MeterReadings:
    """Readings of a meter, with what could not be taken.

    Parameters
    ----------
    readings : tuple of MeterReading
        In the order of the table.
    faults : tuple of MeterFault
        Cells and columns that were left out; the rest is kept.
    unused_columns : tuple of str
        Headings that name nothing known, for example remarks.
    source : str
        Name of the file without its folder.
    """

    readings: tuple[MeterReading, ...]
    faults: tuple[MeterFault, ...] = ()
    unused_columns: tuple[str, ...] = ()
    source: str = ""


def read_meter_readings(source: MeterSource) -> MeterReadings:
    """Readings of a dose and voltage meter from a CSV file.

    Columns are known by their headings, in any order, with their unit in brackets (``kerma [µGy]``). Separators may be
    commas, semicolons or tabs, decimals points or (then everywhere) commas, the text UTF-8, UTF-16 or Latin-1. Lines
    above the headings, empty lines and lines that start with ``#`` are passed over.

    Parameters
    ----------
    source : path, bytes, or text or binary file object
        The table.

    Returns
    -------
    MeterReadings
        One reading for each row with at least one number. Bad numbers, units and test names become faults with their
        line and column, and the rest is kept; a row with an unknown test name is left out.

    Raises
    ------
    ReadError
        The file cannot be read, is no text, or is longer than 2 MB or 10 000 rows.
    NotMeasurableError
        ``no_meter_table``: no line with the headings of settings and of readings.
    InputError
        The source is of a kind that cannot be read.
    """
    text, name = text_of(source)
    table = table_of(text, name)
    faults: list[MeterFault] = []
    unused: list[str] = []
    columns = _columns(table, faults, unused)
    points = any("." in row[place] for _, row in table.rows for place in _number_places(columns) if place < len(row))
    readings = [
        reading
        for line, row in table.rows
        if (reading := _reading(line, row, table.headings, columns, points, faults)) is not None
    ]
    return MeterReadings(readings=tuple(readings), faults=tuple(faults), unused_columns=tuple(unused), source=name)


def is_meter_table(content: bytes) -> bool:
    """Whether a file's content is a table of meter readings, by its headings.

    Parameters
    ----------
    content : bytes
        The whole file.

    Returns
    -------
    bool
        True for text with a line that names a setting and a reading and no column of a table about images.
    """
    try:
        table_of(text_of(content)[0], "")
    except (ReadError, NotMeasurableError):
        return False
    return True


def _columns(table: MeterTable, faults: list[MeterFault], unused: list[str]) -> dict[int, Column]:
    """Columns that are taken, by their place."""
    columns: dict[int, Column] = {}
    taken: set[str] = set()
    for place, heading in enumerate(table.headings):
        try:
            column = column_of(heading)
        except UnknownUnitError as error:
            faults.append(MeterFault(line=table.heading_line, column=_quoted(heading), message=str(error)))
            continue
        if column is None:
            if heading:
                unused.append(_quoted(heading))
        elif column.field in taken:
            message = "a second column of this quantity; needed one, the first was taken"
            faults.append(MeterFault(line=table.heading_line, column=_quoted(heading), message=message))
        else:
            taken.add(column.field)
            columns[place] = column
    return columns


def _number_places(columns: dict[int, Column]) -> Iterator[int]:
    return (place for place, column in columns.items() if not column.is_text)


def _reading(
    line: int,
    row: list[str],
    headings: tuple[str, ...],
    columns: dict[int, Column],
    points: bool,
    faults: list[MeterFault],
) -> MeterReading | None:
    """Reading of one row; None where it holds no number, or was made for an unknown test."""
    if any(cell.strip() for cell in row[len(headings) :]):
        faults.append(
            MeterFault(line=line, column="", message=f"{len(row)} cells; needed at most {len(headings)}, as headings")
        )
    texts: dict[str, str] = {}
    numbers: dict[str, float] = {}
    known = True
    for place, column in columns.items():
        cell = row[place].strip() if place < len(row) else ""
        if not cell:
            continue
        message = ""
        if column.field == "test":
            test = named_test(cell)
            known = test is not None
            texts["test"] = test or ""
            message = "" if known else f"unknown test; needed one of {', '.join(names_of_tests())}"
        elif column.is_text:
            texts[column.field] = cell
        else:
            number, message = _number(cell, column, points)
            if not message:
                numbers[column.field] = number
        if message:
            faults.append(MeterFault(line=line, column=_quoted(headings[place]), message=message))
    if not numbers or not known:
        return None
    return MeterReading(line=line, **texts, **numbers)  # type: ignore[arg-type]  # fields by the table of columns


def _number(cell: str, column: Column, points: bool) -> tuple[float, str]:
    """Number of a cell in the unit of its field, or what is wrong with it."""
    if "," in cell and points:
        return 0.0, f"{_shown(cell)}; needed a number with a decimal point, as elsewhere in the table"
    try:
        number = float(cell.replace(",", ".").replace("−", "-").replace("_", " "))
    except ValueError:
        return 0.0, f"{_shown(cell)}; needed a number"
    least = "of 0 or more" if column.field in _ZERO_ALLOWED else "above 0"
    if not math.isfinite(number) or number < 0 or (number == 0 and column.field not in _ZERO_ALLOWED):
        return 0.0, f"{_shown(cell)}; needed a number {least}"
    inside = column.to_inside(number)
    if inside != 0 and not _LEAST <= inside <= _MOST:
        return 0.0, f"{_shown(cell)}; needed a number of a size that a meter can show"
    return inside, ""


def _shown(cell: str) -> str:
    """A cell as messages repeat it: what looks like a number as it stands, words not, as they may name a person."""
    return f"'{cell}'" if _NUMBER_LIKE.fullmatch(cell) else "text"


def _quoted(text: str) -> str:
    return "".join(character for character in text[:_QUOTED] if character.isprintable())
