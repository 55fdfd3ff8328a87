"""``xrayiq audit``: statistics over the exposures of a store, and what to look into."""

from __future__ import annotations

import datetime
from collections.abc import Callable
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
    QualityTable,
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

    def tell(audit: Any) -> None:
        from xrayiq.audit import dose_log_digest, tabulate_exposures
        from xrayiq.exchange import export_dose_log, export_dose_studies

        if log is not None:
            say(f"dose log: SHA-256 of the table {dose_log_digest(tabulate_exposures(audit))}")
        for file, export in ((log, export_dose_log), (wide, export_dose_studies)):
            if file is not None:
                _tell(export(audit, file))

    _audit("audit_dose", table, (first, last), only_site, tell, save, site, records, output, dry_run=dry_run)


def _say_short(audit: _Audit) -> None:
    """The audit in one line."""
    say(repr(audit))


def _say_unmapped(audit: Any) -> None:
    """How many exposures are of an examination that nothing tells."""
    if len(audit.unmapped):
        number = int(audit.unmapped["exposures"].sum())
        say(f"not judged: {number} exposures of a body part or view that nothing tells (--table unmapped)")


def _say_nothing(audit: _Audit) -> None:
    del audit


def _add(
    name: str,
    tables: type[StrEnum],
    purpose: str,
    tell: Callable[[Any], None] = _say_nothing,
    *,
    audited: str = "",
) -> None:
    """Add ``xrayiq audit NAME``, which prints a table of `audited` (or `audit_NAME`) and opens the findings."""
    function = audited or f"audit_{name}"

    def command(
        table: Any = tables("findings"),  # noqa: B008 - a member, which does not change
        first: FirstDay = None,
        last: LastDay = None,
        only_site: OnlySite = "",
        save: Save = None,
        dry_run: DryRun = False,
        site: SiteSettings = None,
        records: Store = DEFAULT_STORE,
        output: Output = Format.table,
    ) -> None:
        period = (first, last)
        _audit(function, table, period, only_site, tell, save, site, records, output, dry_run=dry_run)

    command.__annotations__["table"] = Annotated[tables, typer.Option("--table", help="Table that is printed.")]
    command.__doc__ = purpose
    audit_application.command(name)(command)


_add(
    "collimation",
    CollimationTable,
    "Compare fields in images, headers and dose reports; find open, cropped and off-centre ones; findings go in.",
    _say_short,
)
_add(
    "exposure",
    ExposureTable,
    "Hold exposure indices against their targets, and find what is off, drifts or steps; findings go to the store.",
    _say_unmapped,
)
_add(
    "metadata",
    MetadataTable,
    "Count what headers lack and what contradicts itself in them: sides, examinations, clocks, indices, technique.",
)
_add(
    "protocol",
    ProtocolTable,
    "Hold kV, mAs, distance, grid, filter and AEC against the site's table and other rooms, and date changes.",
)
_add(
    "quality",
    QualityTable,
    "Hold noise against exposure, date its changes, and count saturated, clipped, misaligned images and grid lines.",
    _say_unmapped,
    audited="audit_image_quality",
)
_add(
    "repeats",
    RepeatTable,
    "Count rejects and repeats by room, view, hour and operator key, and find apparent repeats; findings go in.",
    _say_short,
)


def _audit(
    function: str,
    table: StrEnum,
    period: tuple[datetime.datetime | None, datetime.datetime | None],
    only_site: str,
    tell: Callable[[Any], None],
    save: Path | None,
    site: Path | None,
    records: str,
    output: Format,
    *,
    dry_run: bool,
) -> NoReturn:
    """Audit a store, print a table and write it where asked, tell what else there is, and open the findings."""
    from xrayiq import procedures
    from xrayiq.records import open_records

    audited: Callable[..., _Audit] = getattr(procedures, function)
    settings = procedures.load_site(site)
    first, last = (day_of(moment) for moment in period)
    with open_records(records, create=False) as store:
        audit = audited(store, site=settings, first=first, last=last, only_site=only_site)
        _print(audit, table, output)
        _save(audit, table, save)
        tell(audit)
        _finish(audit, store, settings, dry_run=dry_run)
        name = function.removeprefix("audit_")
        where: dict[str, Any] = {"site": settings, "first": first, "last": last, "only_site": only_site}
        unmeasured = 0 if audit.findings else procedures.unmeasured_images(store, audit=name, **where)
        _leave(audit, unmeasured)


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


def _finish(audit: _Audit, store: Records, settings: Site, *, dry_run: bool) -> None:
    """Open the findings, and tell what was left out."""
    from xrayiq.procedures import record_audit_findings

    if not dry_run:
        told = record_audit_findings(store, audit, site=settings)
        mended = f", {told.within} corrected ones within their limits" if told.within else ""
        say(f"findings: {told.opened} opened, {told.again} told again, {told.known} known{mended}")
    for reason, number in audit.left_out.items():
        say(f"left out: {number} {reason}")


def _leave(audit: _Audit, unmeasured: int) -> NoReturn:
    """With 1 where there is something to look into, with 3 where nothing was found but images were not measured."""
    from xrayiq.batch import exit_code

    if unmeasured:
        images = "1 image" if unmeasured == 1 else f"{unmeasured} images"
        say(f"nothing found, but {images} of patients should have been measured and could not be")
    raise typer.Exit(exit_code(out_of_limits=bool(audit.findings), unmeasured=unmeasured > 0))


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
