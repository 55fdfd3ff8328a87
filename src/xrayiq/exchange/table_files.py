"""One table as one file: CSV, XLSX, Parquet or JSON, by the file's ending."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Final, Literal, get_args

import pandas as pd

from xrayiq.errors import InputError

TableFormat = Literal["csv", "xlsx", "parquet", "json", "jsonl"]
FORMAT_OF_ENDING: Final[dict[str, TableFormat]] = {
    ".csv": "csv",
    ".xlsx": "xlsx",
    ".parquet": "parquet",
    ".json": "json",
    ".jsonl": "jsonl",
    ".ndjson": "jsonl",
}


def format_of(target: Path, given: str | None = None) -> TableFormat:
    """Format of a file by its name, or the one that is given.

    Raises
    ------
    InputError
        The ending tells no format, or there is none of the name given.
    """
    kind = FORMAT_OF_ENDING.get(target.suffix.lower()) if given is None else given
    if kind not in get_args(TableFormat):
        found = f"format {given!r}" if given is not None else f"{target.name!r}, whose ending tells no format"
        raise InputError(found, needed="one of " + ", ".join(get_args(TableFormat)))
    return kind  # type: ignore[return-value]  # one of the literals by the check above


def write_table(name: str, parts: Iterable[pd.DataFrame], place: Path, kind: TableFormat) -> int:
    """Write parts of a table into one file, and give the number of rows.

    Parameters
    ----------
    name : str
        Of the table: its sheet in a workbook.
    parts : iterable of DataFrame
        Of the same columns; at least one.
    place : path
        File that is written.
    kind : str
        Format.
    """
    from xrayiq.exchange.delimited import write_csv, write_json

    if kind == "csv":
        return write_csv(parts, place)
    if kind == "parquet":
        from xrayiq.exchange.parquet import write_parquet

        return write_parquet(parts, place, name=name)
    if kind == "xlsx":
        from xrayiq.exchange.workbook import write_workbook

        return write_workbook([(name, parts)], place)[name]
    return write_json(parts, place, lines=kind == "jsonl")
