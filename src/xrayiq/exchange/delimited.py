"""Tables as CSV and JSON text, a part at a time."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd

from xrayiq.exchange.text import clean, is_formula, iso, plain


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
            columns = [[_csv_cell(value) for value in part[name]] for name in part.columns]
            writer.writerows(zip(*columns, strict=True))
            count += len(part)
    return count


def write_json(parts: Iterable[pd.DataFrame], path: Path, *, lines: bool) -> int:
    """Write parts of a table as a JSON array of objects or as one object a line, and give the number of rows."""
    count = 0
    with path.open("w", encoding="utf-8", newline="\n") as file:
        file.write("" if lines else "[")
        for part in parts:
            for row in zip(*(part[name] for name in part.columns), strict=True):
                between = "" if lines else ",\n" if count else "\n"
                cells = {str(name): json_cell(value) for name, value in zip(part.columns, row, strict=True)}
                file.write(between + json.dumps(cells, ensure_ascii=False, allow_nan=False) + ("\n" if lines else ""))
                count += 1
        file.write("" if lines else "\n]\n")
    return count


def _csv_cell(value: Any) -> Any:
    cell = plain(value)
    if isinstance(cell, datetime):
        return iso(cell)
    if isinstance(cell, str):
        text = clean(cell)
        return "'" + text if is_formula(cell) else text
    return cell


def json_cell(value: Any) -> Any:
    """Cell as JSON knows it: null for NaN and what is missing, lists and tables as they are, times as ISO 8601."""
    if isinstance(value, (list, dict)):
        return value
    cell = plain(value)
    return iso(cell) if isinstance(cell, datetime) else cell
