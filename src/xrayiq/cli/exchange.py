"""``xrayiq records export``: results to other programs."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict, cast

import typer

from xrayiq.cli.options import DEFAULT_STORE, FirstDay, LastDay, OnlySite, Output, SiteSettings, Store, Unit, day_of
from xrayiq.cli.printing import Format, Row, show

if TYPE_CHECKING:
    from xrayiq.exchange import ExportedTable
    from xrayiq.exchange.tables import TableFormat
    from xrayiq.procedures import Site
    from xrayiq.records import Records


class _Chosen(TypedDict):
    """What of a store goes out."""

    since: date | None
    until: date | None
    only_site: str
    site: Site | None


class Target(StrEnum):
    """Where results go."""

    csv = "csv"
    xlsx = "xlsx"
    parquet = "parquet"
    json = "json"
    jsonl = "jsonl"
    quaac = "quaac"
    sr = "sr"
    qatrack = "qatrack"


_TABLES = (Target.csv, Target.xlsx, Target.parquet, Target.json, Target.jsonl)


def attach(group: typer.Typer) -> None:
    """Add the command to the group ``xrayiq records``."""
    group.command("export")(export)


def export(
    out: Annotated[
        Path | None,
        typer.Option(
            "--out", metavar="PATH", help="File, folder or .zip to write; structured reports go into a folder."
        ),
    ] = None,
    to: Annotated[
        Target | None, typer.Option("--as", help="Format or system; told by the ending of --out without it.")
    ] = None,
    table: Annotated[
        list[str] | None,
        typer.Option("--table", metavar="NAME", help="Table to write; may be given again. Results by default."),
    ] = None,
    since: FirstDay = None,
    until: LastDay = None,
    unit: Unit = "",
    only_site: OnlySite = "",
    performer: Annotated[str, typer.Option("--performer", metavar="NAME", help="For QuAAC: who did the tests.")] = "",
    email: Annotated[str, typer.Option("--email", metavar="ADDRESS", help="For QuAAC: the performer's e-mail.")] = "",
    mapping: Annotated[
        Path | None,
        typer.Option("--mapping", metavar="FILE", help="For QATrack+: server, lists and macros (TOML)."),
    ] = None,
    attached: Annotated[
        list[Path] | None,
        typer.Option("--attach", metavar="FILE", help="For QATrack+: file that goes along; may be given again."),
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="For QATrack+: look up lists and tests, but hand in nothing.")
    ] = False,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Write results for other programs: tables, QuAAC, DICOM structured reports; or hand them in to QATrack+."""
    from xrayiq.procedures import load_site
    from xrayiq.records import open_records

    _check(out, to, table, mapping, dry_run=dry_run, has_files=bool(attached), unit=unit)
    chosen: _Chosen = {"since": day_of(since), "until": day_of(until), "only_site": only_site, "site": load_site(site)}
    with open_records(records, create=False) as store:
        if mapping is not None:
            rows = _to_qatrack(store, mapping, chosen, attached or [], dry_run=dry_run)
        else:
            assert out is not None  # noqa: S101 - by the check above
            rows = _written(store, out, to, table, chosen, unit=unit, performer=(performer, email))
    show(rows, output=output, title="Written" if mapping is None else "QATrack+")


def _check(
    out: Path | None,
    to: Target | None,
    table: list[str] | None,
    mapping: Path | None,
    *,
    dry_run: bool,
    has_files: bool,
    unit: str,
) -> None:
    """Refuse options that say nothing where the results go."""
    if to is Target.qatrack:
        if mapping is None or out is not None:
            raise typer.BadParameter("--as qatrack takes --mapping, and no --out")
        if unit:
            raise typer.BadParameter("the mapping names the units for QATrack+: leave out --unit")
    elif out is None:
        raise typer.BadParameter("--out says where the results go")
    elif mapping is not None or dry_run or has_files:
        raise typer.BadParameter("--mapping, --dry-run and --attach go with --as qatrack")
    if table and to is not None and to not in _TABLES:
        raise typer.BadParameter("--table goes with tables: csv, xlsx, parquet, json or jsonl")


def _to_qatrack(store: Records, mapping: Path, chosen: _Chosen, files: list[Path], *, dry_run: bool) -> list[Row]:
    from xrayiq.exchange import send_to_qatrack

    sent = send_to_qatrack(store, mapping, **chosen, attachments=files, dry_run=dry_run)
    return [
        {
            "unit": each.unit,
            "test_list": each.test_list,
            "day": each.day.isoformat(),
            "status": each.status.replace("_", " "),
            "tests": each.tests,
            "skipped": each.skipped,
            "url": each.url,
        }
        for each in sent
    ]


def _written(
    store: Records,
    out: Path,
    to: Target | None,
    table: list[str] | None,
    chosen: _Chosen,
    *,
    unit: str,
    performer: tuple[str, str],
) -> list[Row]:
    from xrayiq.exchange import export_quaac, export_structured_reports, export_tables

    if to is Target.quaac:
        name, email = performer
        one = export_quaac(
            store,
            out,
            performer_name=name,
            performer_email=email,
            **chosen,
            unit=unit,
        )
        written: tuple[ExportedTable, ...] = (one,)
    elif to is Target.sr:
        written = (export_structured_reports(store, out, **chosen, unit=unit),)
    else:
        written = export_tables(
            store,
            out,
            tables=table,
            format=None if to is None else cast("TableFormat", to.value),
            **chosen,
            unit=unit,
        )
    return [{"what": e.name, "rows": e.rows, "left_out": e.left_out, "file": e.file} for e in written]
