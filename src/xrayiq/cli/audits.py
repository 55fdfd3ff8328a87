"""``xrayiq audit``: statistics over the exposures of a store, and what to look into."""

from __future__ import annotations

import datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from xrayiq.cli.options import DEFAULT_STORE, FirstDay, LastDay, OnlySite, Output, SiteSettings, Store, day_of
from xrayiq.cli.printing import Cell, Format, Row, say, show

if TYPE_CHECKING:
    from xrayiq.exchange import ExportedTable
    from xrayiq.model import AuditFinding

audit_application = typer.Typer(help="Audits over the exposures of a store.", no_args_is_help=True)


class DoseTable(StrEnum):
    """What an audit of doses prints."""

    findings = "findings"
    levels = "levels"
    typical = "typical"
    local_levels = "local_levels"
    excursions = "excursions"
    creep = "creep"
    workload = "workload"
    workload_by_voltage = "workload_by_voltage"
    optimisation = "optimisation"
    units = "units"
    unmapped = "unmapped"
    effective_dose = "effective_dose"
    skin_dose = "skin_dose"
    glandular_dose = "glandular_dose"


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
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Open no findings in the store.")] = False,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Hold doses against reference levels, and find wrong units, excursions and creep; findings go to the store."""
    from xrayiq.exchange import export_dose_log, export_dose_studies
    from xrayiq.procedures import audit_dose, load_site, record_dose_findings
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        audit = audit_dose(store, site=settings, first=day_of(first), last=day_of(last), only_site=only_site)
        if table is DoseTable.findings:
            show([_row(finding) for finding in audit.findings], output=output, title="To look into")
        else:
            rows = audit.frame(table.value).to_dict("records")
            show([{str(name): _cell(value) for name, value in row.items()} for row in rows], output=output)
        for file, export in ((log, export_dose_log), (wide, export_dose_studies)):
            if file is not None:
                _tell(export(audit, file))
        if not dry_run:
            told = record_dose_findings(store, audit, site=settings)
            say(f"findings: {told.opened} opened, {told.again} told again, {told.known} known")
    for reason, number in audit.left_out.items():
        say(f"left out: {number} {reason}")
    raise typer.Exit(1 if audit.findings else 0)


def _tell(written: ExportedTable) -> None:
    beside = f", {written.left_out} exposures of other kinds left out" if written.left_out else ""
    say(f"{written.file}: {written.rows} rows of {written.name}{beside}")


def _row(finding: AuditFinding) -> Row:
    return {
        "kind": finding.kind,
        "site": finding.site,
        "room": finding.room,
        "unit": finding.unit,
        "about": finding.about,
        "quantity": finding.quantity,
        "value": finding.value,
        "bound": finding.bound,
        "ratio": finding.ratio,
        "exposures": finding.exposures,
        "first_day": _cell(finding.first_day),
        "last_day": _cell(finding.last_day),
        "evidence": finding.sentence,
        "look_first": finding.suggestion,
        "source": finding.source,
    }


def _cell(value: Any) -> Cell:
    """A value of a frame as a cell: days and times as ISO texts, nothing where nothing is known."""
    if isinstance(value, (datetime.date, datetime.datetime)):
        return None if str(value) == "NaT" else value.isoformat()
    plain = value.item() if hasattr(value, "item") else value
    unknown = plain is None or str(plain) in ("nan", "<NA>")
    return None if unknown else plain
