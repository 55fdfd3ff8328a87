"""A table of an audit as a file."""

from __future__ import annotations

from pathlib import Path
from typing import Protocol

import pandas as pd

from xrayiq.exchange.placing import placed_file
from xrayiq.exchange.table_files import format_of, write_table
from xrayiq.exchange.tables import ExportedTable


class Tabulated(Protocol):
    """An audit, whose tables have names."""

    def frame(self, name: str) -> pd.DataFrame:
        """One table."""


def export_audit_table(audit: Tabulated, name: str, path: str | Path) -> ExportedTable:
    """Write one table of an audit.

    Parameters
    ----------
    audit : Tabulated
        What any audit of `xrayiq.audit` gives.
    name : str
        As its `frame` takes it.
    path : path
        File to write, whole or not at all: .csv, .xlsx, .parquet, .json or .jsonl.

    Returns
    -------
    ExportedTable
        What was written.

    Raises
    ------
    InputError
        There is no such table, the ending tells no format, or the place cannot be written to.
    """
    return write_named(name, audit.frame(name), path)


def write_named(name: str, table: pd.DataFrame, path: str | Path, *, left_out: int = 0) -> ExportedTable:
    """Write a table under its name; see `export_audit_table`."""
    target = Path(path)
    kind = format_of(target)
    with placed_file(target) as place:
        rows = write_table(name, [table], place, kind)
    return ExportedTable(name=name, rows=rows, file=target.name, left_out=left_out)
