"""Tables as CSV and JSON text, a part at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from xrayiq.exchange.text import cells_of, clean, is_formula, iso, plain


def write_csv(parts: Iterable[pd.DataFrame], path: Path) -> int:
    """Write parts of a table as CSV (UTF-8, comma, decimal point), and give the number of rows.

    Text that a spreadsheet would take for a formula has an apostrophe before it; a missing value is an empty cell.
    """
    count = 0
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        for number, part in enumerate(parts):
            if number == 0:
                writer.writerow(part.columns)
            columns = [_csv_cells(cells_of(part[name])) for name in part.columns]
            writer.writerows(zip(*columns, strict=True))
            count += len(part)
    return count


def write_json(parts: Iterable[pd.DataFrame], path: Path, *, lines: bool) -> int:
    """Write parts of a table as a JSON array of objects or as one object a line, and give the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("" if lines else "[")
        for part in parts:
            names = [str(name) for name in part.columns]
            for row in zip(*(_json_cells(part[name]) for name in part.columns), strict=True):
                between = "" if lines else ",\n" if count else "\n"
                cells = dict(zip(names, row, strict=True))
                file.write(between + json.dumps(cells, ensure_ascii=False, allow_nan=False) + ("\n" if lines else ""))
                count += 1
        file.write("" if lines else "\n]\n")
    return count


def _csv_cells(cells: Sequence[Any]) -> list[Any]:
    """Cells of a column as they are written; of text that stands again and again each is looked at once."""
    written: dict[str, str] = {}
    return [_csv_cell(cell, written) if isinstance(cell, (str, datetime)) else cell for cell in cells]


def _csv_cell(cell: str | datetime, written: dict[str, str]) -> str:
    if isinstance(cell, datetime):
        return iso(cell)
    if cell not in written:
        written[cell] = "'" + clean(cell) if is_formula(cell) else clean(cell)
    return written[cell]


def _json_cells(column: pd.Series[Any]) -> list[Any]:
    """Cells as JSON knows them: null for NaN and what is missing, lists and tables as they are, times as ISO 8601."""
    if column.dtype == object:
        return [value if isinstance(value, (list, dict)) else plain(value) for value in column]
    return [iso(cell) if isinstance(cell, datetime) else cell for cell in cells_of(column)]
