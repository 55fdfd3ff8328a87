"""Data to stdout as table, JSON or CSV; messages to stderr. Text from files reaches neither raw."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Iterator, Sequence
from enum import StrEnum
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from rich.table import Table

Cell = str | int | float | bool | None
Row = dict[str, Cell]

#: letters of a word from which on it may be broken in a table
_WORD: Final = 28


class Format(StrEnum):
    """How data are written to stdout."""

    table = "table"
    json = "json"
    csv = "csv"


def printable(text: str) -> str:
    """Text without control and formatting characters, safe on a terminal."""
    return "".join(character if character.isprintable() else "�" for character in text)


def say(message: str) -> None:
    """One line to stderr."""
    sys.stderr.write(printable(message) + "\n")


def show(rows: Sequence[Row], *, output: Format, title: str = "") -> None:
    """Rows of named cells to stdout.

    Parameters
    ----------
    rows : sequence of dict
        All with the same keys; numbers keep full precision in JSON and CSV and are rounded in a table.
    output : Format
        Table for people, JSON and CSV for programs.
    title : str
        Heading of a table.
    """
    if output is Format.json:
        write_json(rows)
    elif output is Format.csv:
        _show_csv(rows)
    else:
        _show_table(rows, title)


def write_json(document: object) -> None:
    """One JSON document to stdout."""
    sys.stdout.write(json.dumps(document, indent=2) + "\n")


def write_lines(lines: Sequence[str]) -> None:
    """Lines of plain text to stdout."""
    sys.stdout.write("".join(printable(line) + "\n" for line in lines))


def _show_csv(rows: Sequence[Row]) -> None:
    if not rows:
        return
    writer = csv.DictWriter(sys.stdout, fieldnames=list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({name: _csv_cell(cell) for name, cell in row.items()} for row in rows)


def _csv_cell(cell: Cell) -> Cell:
    """Text that a spreadsheet would take for a formula is quoted with an apostrophe."""
    if not isinstance(cell, str):
        return cell
    text = printable(cell)
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text


def _show_table(rows: Sequence[Row], title: str) -> None:
    from rich.console import Console
    from rich.text import Text

    console = Console(soft_wrap=False)
    if not rows:
        console.print(Text("nothing to show"))
    elif _narrowest(rows) <= console.width:
        console.print(_table(rows, title))
    else:
        write_lines([*([title] if title else []), *_blocks(rows)])


def _table(rows: Sequence[Row], title: str) -> Table:
    from rich.table import Table
    from rich.text import Text

    table = Table(
        title=Text(printable(title), style="bold") if title else None,
        title_justify="left",
        show_edge=False,
        pad_edge=False,
    )
    names = list(rows[0])
    for name in names:
        numeric = all(isinstance(row[name], (int, float)) or row[name] is None for row in rows)
        right = numeric or (name == "value" and "what" not in names)
        least = _narrowest_column(rows, name)
        table.add_column(name.replace("_", " "), justify="right" if right else "left", overflow="fold", min_width=least)
    for row in rows:
        table.add_row(*(Text(_table_cell(row[name])) for name in names))
    return table


def _narrowest(rows: Sequence[Row]) -> int:
    """Width of a table that breaks no word, but very long ones."""
    widths = [_narrowest_column(rows, name) for name in rows[0]]
    return sum(widths) + 3 * (len(widths) - 1)


def _narrowest_column(rows: Sequence[Row], name: str) -> int:
    return max(_longest_word(name.replace("_", " ")), *(_longest_word(_table_cell(row[name])) for row in rows))


def _longest_word(text: str) -> int:
    return min(max((len(word) for word in text.split()), default=0), _WORD)


def _blocks(rows: Sequence[Row]) -> Iterator[str]:
    """Each row as lines of name and cell, without empty cells, for tables that would not fit."""
    width = max(len(name) for name in rows[0])
    for row in rows:
        yield ""
        for name, cell in row.items():
            if text := _table_cell(cell):
                yield f"{name.replace('_', ' '):>{width}}  {text}"


def _table_cell(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, bool):
        return "yes" if cell else "no"
    if isinstance(cell, float):
        return f"{cell:.4g}"
    return printable(str(cell))
