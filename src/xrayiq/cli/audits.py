"""``xrayiq audit``: statistics over the exposures of a store, and what to look into."""

from __future__ import annotations

import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, Protocol

import typer

from xrayiq.cli.audit_tables import (
    CollimationTable,
    DoseTable,
    ExposureTable,
    MetadataTable,
    ProtocolTable,
    RepeatTable,
)
from xrayiq.cli.options import DEFAULT_STORE, FirstDay, LastDay, OnlySite, Output, SiteSettings, Store, day_of
from xrayiq.cli.printing import Cell, Format, say, show

if TYPE_CHECKING:
    import pandas as pd

    from xrayiq.exchange import ExportedTable
    from xrayiq.model import AuditFinding
    from xrayiq.procedures import Site
    from xrayiq.records import Records

DryRun = Annotated[bool, typer.Option("--dry-run", help="Open no findings in the store.")]
Save = Annotated[
    Path | None,
    typer.Option("--save", metavar="FILE", help="Also write the table: .csv, .xlsx, .parquet, .json or .jsonl."),
]

audit_application = typer.Typer(help="Audits over the exposures of a store.", no_args_is_help=True)


@audit_application.command("dose")
def dose(
    table: Annotated[DoseTable, typer.Option("--table", help="Table that is printed.")] = DoseTable.findings,
    first: FirstDay = None,
    last: LastDay = None,
    only_site: OnlySite = "",
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Also write the dose log: .csv, .xlsx, .parquet, .json or .jsonl."),
    ] = None,
    wide: Annotated[
        Path | None,
        typer.Option("--wide", metavar="FILE", help="Also write a row for each study, in OpenREM's columns."),
    ] = None,
    save: Save = None,
    dry_run: DryRun = False,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Hold doses against reference levels, and find wrong units, excursions and creep; findings go to the store."""
    from xrayiq.audit import dose_log_digest, tabulate_exposures
    from xrayiq.exchange import export_dose_log, export_dose_studies
    from xrayiq.procedures import audit_dose, load_site
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        audit = audit_dose(store, site=settings, first=day_of(first), last=day_of(last), only_site=only_site)
        _print(audit, table, output)
        _save(audit, table, save)
        if log is not None:
            say(f"dose log: SHA-256 of the table {dose_log_digest(tabulate_exposures(audit))}")
        for file, export in ((log, export_dose_log), (wide, export_dose_studies)):
            if file is not None:
                _tell(export(audit, file))
        _finish(audit, store, settings, dry_run=dry_run)


@audit_application.command("collimation")
def collimation(
    table: Annotated[
        CollimationTable, typer.Option("--table", help="Table that is printed.")
    ] = CollimationTable.findings,
    first: FirstDay = None,
    last: LastDay = None,
    only_site: OnlySite = "",
    save: Save = None,
    dry_run: DryRun = False,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Compare fields in images, headers and dose reports; find open, cropped and off-centre ones; findings go in."""
    from xrayiq.procedures import audit_collimation, load_site
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        audit = audit_collimation(store, site=settings, first=day_of(first), last=day_of(last), only_site=only_site)
        _print(audit, table, output)
        _save(audit, table, save)
        say(repr(audit))
        _finish(audit, store, settings, dry_run=dry_run)


@audit_application.command("exposure")
def exposure(
    table: Annotated[ExposureTable, typer.Option("--table", help="Table that is printed.")] = ExposureTable.findings,
    first: FirstDay = None,
    last: LastDay = None,
    only_site: OnlySite = "",
    save: Save = None,
    dry_run: DryRun = False,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Hold exposure indices against their targets, and find what is off, drifts or steps; findings go to the store."""
    from xrayiq.procedures import audit_exposure, load_site
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        audit = audit_exposure(store, site=settings, first=day_of(first), last=day_of(last), only_site=only_site)
        _print(audit, table, output)
        _save(audit, table, save)
        if len(audit.unmapped):
            number = int(audit.unmapped["exposures"].sum())
            say(f"not judged: {number} exposures of a body part or view that nothing tells (--table unmapped)")
        _finish(audit, store, settings, dry_run=dry_run)


@audit_application.command("metadata")
def metadata(
    table: Annotated[MetadataTable, typer.Option("--table", help="Table that is printed.")] = MetadataTable.findings,
    first: FirstDay = None,
    last: LastDay = None,
    only_site: OnlySite = "",
    save: Save = None,
    dry_run: DryRun = False,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Count what headers lack and what contradicts itself in them: sides, examinations, clocks, indices, technique."""
    from xrayiq.procedures import audit_metadata, load_site
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        audit = audit_metadata(store, site=settings, first=day_of(first), last=day_of(last), only_site=only_site)
        _print(audit, table, output)
        _save(audit, table, save)
        _finish(audit, store, settings, dry_run=dry_run)


@audit_application.command("protocol")
def protocol(
    table: Annotated[ProtocolTable, typer.Option("--table", help="Table that is printed.")] = ProtocolTable.findings,
    first: FirstDay = None,
    last: LastDay = None,
    only_site: OnlySite = "",
    save: Save = None,
    dry_run: DryRun = False,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Hold kV, mAs, distance, grid, filter and AEC against the site's table and other rooms, and date changes."""
    from xrayiq.procedures import audit_protocol, load_site
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        audit = audit_protocol(store, site=settings, first=day_of(first), last=day_of(last), only_site=only_site)
        _print(audit, table, output)
        _save(audit, table, save)
        _finish(audit, store, settings, dry_run=dry_run)


@audit_application.command("repeats")
def repeats(
    table: Annotated[RepeatTable, typer.Option("--table", help="Table that is printed.")] = RepeatTable.findings,
    first: FirstDay = None,
    last: LastDay = None,
    only_site: OnlySite = "",
    save: Save = None,
    dry_run: DryRun = False,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Count rejects and repeats by room, view, hour and operator key, and find apparent repeats; findings go in."""
    from xrayiq.procedures import audit_repeats, load_site
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        audit = audit_repeats(store, site=settings, first=day_of(first), last=day_of(last), only_site=only_site)
        _print(audit, table, output)
        _save(audit, table, save)
        say(repr(audit))
        _finish(audit, store, settings, dry_run=dry_run)


class _Audit(Protocol):
    """What any audit gives."""

    @property
    def exposures(self) -> pd.DataFrame: ...

    @property
    def findings(self) -> tuple[AuditFinding, ...]: ...

    @property
    def left_out(self) -> dict[str, int]: ...

    def frame(self, name: str) -> pd.DataFrame: ...


def _print(audit: _Audit, table: StrEnum, output: Format) -> None:
    rows = audit.frame(table.value).to_dict("records")
    title = "To look into" if table.value == "findings" else ""
    show([{str(name): _cell(value) for name, value in row.items()} for row in rows], output=output, title=title)


def _save(audit: _Audit, table: StrEnum, file: Path | None) -> None:
    """Write the table that is printed."""
    from xrayiq.exchange import export_audit_table

    if file is not None:
        _tell(export_audit_table(audit, table.value, file))


def _finish(audit: _Audit, store: Records, settings: Site, *, dry_run: bool) -> NoReturn:
    """Open the findings, tell what was left out, and leave with 1 where there is something to look into."""
    from xrayiq.procedures import record_audit_findings

    if not dry_run:
        told = record_audit_findings(store, audit, site=settings)
        mended = f", {told.within} corrected ones within their limits" if told.within else ""
        say(f"findings: {told.opened} opened, {told.again} told again, {told.known} known{mended}")
    for reason, number in audit.left_out.items():
        say(f"left out: {number} {reason}")
    raise typer.Exit(1 if audit.findings else 0)


def _tell(written: ExportedTable) -> None:
    beside = f", {written.left_out} exposures of other kinds left out" if written.left_out else ""
    say(f"{written.file}: {written.rows} rows of {written.name}{beside}")


def _cell(value: Any) -> Cell:
    """A value of a frame as a cell: days and times as ISO texts, nothing where nothing is known."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return None if str(value) == "NaT" else value.isoformat()
    plain = value.item() if hasattr(value, "item") else value
    unknown = plain is None or str(plain) in ("nan", "<NA>")
    return None if unknown else plain
