"""Tables as an XLSX workbook: frozen headings with units, filters, widths, dates as dates, no formulas."""

from __future__ import annotations

import datetime
import importlib.metadata
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import pandas as pd
from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Font, PatternFill
from openpyxl.utils import get_column_letter

from xrayiq.exchange.text import cells_of, clean, heading, is_formula

#: rows of a sheet beside its heading
_MOST_ROWS: Final = 1_048_575
_MOST_CHARACTERS: Final = 32_767
_WIDTHS: Final = (8.0, 48.0)
_SAMPLE: Final = 200
_DATE: Final = "yyyy-mm-dd hh:mm:ss"
_FILLS: Final = {
    "pass": PatternFill("solid", start_color="FFE2F0D9"),
    "warning": PatternFill("solid", start_color="FFFFF2CC"),
    "fail": PatternFill("solid", start_color="FFF8CBAD"),
}
_HEADING: Final = PatternFill("solid", start_color="FFD9E2EC")


def write_workbook(tables: Iterable[tuple[str, Iterable[pd.DataFrame]]], path: Path) -> dict[str, int]:
    """Write tables as sheets of one workbook, and give the number of rows of each.

    A table that is longer than a sheet goes on in another. A last sheet says what made the workbook.
    """
    book = Workbook(write_only=True)
    counts = {name: sum(_write_sheets(book, name, parts)) for name, parts in tables}
    _write_about(book, counts)
    book.save(path)
    return counts


def _write_sheets(book: Any, name: str, parts: Iterable[pd.DataFrame]) -> Iterator[int]:
    sheet: Any = None
    sheets = rows = 0
    for part in parts:
        start = 0
        while sheet is None or start < len(part):
            if sheet is None or rows == _MOST_ROWS:
                sheets += 1
                sheet, rows = _new_sheet(book, name if sheets == 1 else f"{name} {sheets}", part), 0
            stop = min(len(part), start + _MOST_ROWS - rows)
            _append(sheet, part.iloc[start:stop])
            rows += stop - start
            yield stop - start
            sheet.auto_filter.ref = f"A1:{get_column_letter(max(len(part.columns), 1))}{rows + 1}"
            start = stop


def _new_sheet(book: Any, title: str, part: pd.DataFrame) -> Any:
    sheet = book.create_sheet(title)
    sheet.freeze_panes = "B2"
    for number, column in enumerate(part.columns, 1):
        sheet.column_dimensions[get_column_letter(number)].width = _width(part[column], heading(column))
    cells = []
    for column in part.columns:
        cell = WriteOnlyCell(sheet, heading(column))
        cell.font = Font(bold=True)
        cell.fill = _HEADING
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        cells.append(cell)
    sheet.append(cells)
    return sheet


def _append(sheet: Any, part: pd.DataFrame) -> None:
    names = list(part.columns)
    columns = [[_cell(sheet, value, name) for value in cells_of(part[name])] for name in names]
    for row in zip(*columns, strict=True):
        sheet.append(row)


def _cell(sheet: Any, content: Any, column: str = "") -> Any:
    """Cell of its own type; text is text, whatever it begins with."""
    if content is None or isinstance(content, (bool, int, float)):
        return content
    if isinstance(content, datetime.datetime):
        naive = content.astimezone(datetime.UTC).replace(tzinfo=None) if content.tzinfo else content
        cell = WriteOnlyCell(sheet, naive)
        cell.number_format = _DATE
        return cell
    text = clean(content)[:_MOST_CHARACTERS]
    coloured = column == "status" and text in _FILLS
    if content == text and content[:1].isalnum() and not coloured:
        return text  # openpyxl takes it as it is
    cell = WriteOnlyCell(sheet, text)
    cell.data_type = "s"  # openpyxl takes =… for a formula and #N/A for an error
    if is_formula(content):
        cell.quotePrefix = True  # and it stays text when somebody edits it
    if coloured:
        cell.fill = _FILLS[text]
    return cell


def _width(values: pd.Series[Any], title: str) -> float:
    """Width in characters that shows most of a column's first cells; a heading may break between words."""
    said = [_shown(value) for value in cells_of(values.iloc[:_SAMPLE])]
    longest = max([len(text) for text in said] + [len(word) + 3 for word in title.split(" ")])
    return min(max(_WIDTHS[0], longest + 2.0), _WIDTHS[1])


def _shown(value: Any) -> str:
    if isinstance(value, datetime.datetime):
        return _DATE
    return "" if value is None else f"{value:.6g}" if isinstance(value, float) else str(value)


def _write_about(book: Any, counts: dict[str, int]) -> None:
    sheet = book.create_sheet("about")
    sheet.column_dimensions["A"].width, sheet.column_dimensions["B"].width = 24, 80
    rows: list[tuple[str, object]] = [
        ("Made by", f"xrayiq {importlib.metadata.version('xrayiq')}"),
        ("Made at [UTC]", datetime.datetime.now(datetime.UTC).replace(microsecond=0)),
        ("value, unit", "as stored, in UCUM units; fractions are fractions"),
        ("value on paper", "as reports print it: fractions in percent"),
        ("exposed at", "reading of the modality's own clock"),
        *((f"rows of {name}", count) for name, count in counts.items()),
    ]
    for name, value in rows:
        sheet.append([_cell(sheet, name), _cell(sheet, value)])
