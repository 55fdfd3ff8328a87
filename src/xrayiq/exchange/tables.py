"""Tables of a record store as CSV, XLSX, Parquet or JSON."""

from __future__ import annotations

import datetime
import tempfile
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xrayiq.errors import InputError
from xrayiq.exchange.placing import placed_file, placed_folder
from xrayiq.exchange.selection import Selection, check_tables, parts_of, table_names
from xrayiq.exchange.table_files import FORMAT_OF_ENDING, TableFormat, format_of, write_table
from xrayiq.procedures.places import places_of
from xrayiq.procedures.site import Site
from xrayiq.records import Records

__all__ = ["ExportedTable", "TableFormat", "export_tables", "table_names"]

DEFAULT_TABLES: Final = ("results", "register", "outcomes", "equipment", "runs", "events")


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportedTable:
    """A table that was written.

    Parameters
    ----------
    name : str
        Which.
    rows : int
        How many.
    file : str
        Name of the file or folder that holds it.
    left_out : int
        What belonged to it and could not go out.
    """

    name: str
    rows: int
    file: str
    left_out: int = 0


def export_tables(
    records: Records,
    path: str | Path,
    *,
    tables: Sequence[str] | None = None,
    format: TableFormat | None = None,
    since: datetime.date | None = None,
    until: datetime.date | None = None,
    unit: str = "",
    only_site: str = "",
    site: Site | None = None,
    superseded: bool = False,
) -> tuple[ExportedTable, ...]:
    """Write tables of a store for other programs; file paths and the index of files never go out.

    Parameters
    ----------
    records : Records
        Store.
    path : path
        File to write, whole or not at all. Several tables in another format than XLSX need a folder or a ``.zip``.
    tables : sequence of str, optional
        Of `table_names`. By default ``"results"`` (one row per number and limit: quantity and its label, value, unit,
        limit with its source, verdict, equipment, site, room and unit by the register, date) for a single file, else
        also the register (whole, whatever the period), outcomes, equipment as headers name it, runs and the audit
        trail.
    format : {"csv", "xlsx", "parquet", "json", "jsonl"}, optional
        By the ending of `path` where not given.
    since, until : date, optional
        First and last day of the exposure; what has no date is then left out.
    unit, only_site : str
        Only of this X-ray unit, by any name that only it has, and only of this site.
    site : Site, optional
        Settings that name equipment.
    superseded : bool
        Also outcomes of earlier settings or versions.

    Returns
    -------
    tuple of ExportedTable
        What was written.

    Raises
    ------
    InputError
        A table or format is unknown, the store has no such unit or site, or the place cannot be written to.
    RecordsError
        The store cannot be read.

    Notes
    -----
    Text that begins with ``=``, ``+``, ``-``, ``@``, a tab or a line end is text in every program: in CSV by an
    apostrophe before it, in XLSX by the cell's type. Missing values and NaN are empty cells, or null.
    """
    target = Path(path)
    kind = _format(target, format)
    places = places_of(records, site=site, only_site=only_site, unit=unit)
    selection = Selection(since=since, until=until, places=places, superseded=superseded)
    single = kind != "xlsx" and target.suffix.lower() in FORMAT_OF_ENDING and not target.is_dir()
    names = check_tables(tables if tables is not None else DEFAULT_TABLES[:1] if single else DEFAULT_TABLES)
    if kind == "xlsx":
        return _to_workbook(records, target, names, selection)
    if single:
        if len(names) > 1:
            raise InputError(
                f"{len(names)} tables for the one file {target.name!r}",
                needed="one table, or a folder or a .zip for several",
            )
        with placed_file(target) as place:
            return (_write(records, names[0], place, kind, selection, target.name),)
    if target.suffix.lower() == ".zip":
        with placed_file(target) as place:
            return _to_zip(records, place, names, kind, selection)
    with placed_folder(target) as folder:
        return tuple(_write(records, name, folder / f"{name}.{kind}", kind, selection) for name in names)


def _format(target: Path, given: str | None) -> TableFormat:
    return "csv" if given is None and target.suffix.lower() == ".zip" else format_of(target, given)


def _to_workbook(
    records: Records, target: Path, names: tuple[str, ...], selection: Selection
) -> tuple[ExportedTable, ...]:
    from xrayiq.exchange.workbook import write_workbook

    with placed_file(target) as place:
        counts = write_workbook(((name, parts_of(records, name, selection)) for name in names), place)
    return tuple(ExportedTable(name=name, rows=counts[name], file=target.name) for name in names)


def _to_zip(
    records: Records, place: Path, names: tuple[str, ...], kind: TableFormat, selection: Selection
) -> tuple[ExportedTable, ...]:
    written = []
    with (
        tempfile.TemporaryDirectory(dir=place.parent, prefix=f"{place.name}.") as folder,
        zipfile.ZipFile(place, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for name in names:
            part = Path(folder) / f"{name}.{kind}"
            written.append(_write(records, name, part, kind, selection))
            archive.write(part, part.name)
            part.unlink()
    return tuple(written)


def _write(
    records: Records, name: str, place: Path, kind: TableFormat, selection: Selection, file: str = ""
) -> ExportedTable:
    rows = write_table(name, parts_of(records, name, selection), place, kind)
    return ExportedTable(name=name, rows=rows, file=file or place.name)
