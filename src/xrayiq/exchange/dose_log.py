"""The doses of an audit as files: each exposure, and each study as OpenREM writes it."""

from __future__ import annotations

from pathlib import Path

from xrayiq.audit import DoseAudit, tabulate_exposures
from xrayiq.exchange.audit_tables import write_named
from xrayiq.exchange.dose_studies import dose_studies
from xrayiq.exchange.tables import ExportedTable


def export_dose_log(audit: DoseAudit, path: str | Path) -> ExportedTable:
    """Write the exposures of an audit, one row each; see `tabulate_exposures`.

    Parameters
    ----------
    audit : DoseAudit
        Audit of a period.
    path : path
        File to write, whole or not at all: .csv, .xlsx, .parquet, .json or .jsonl.

    Returns
    -------
    ExportedTable
        What was written.

    Raises
    ------
    InputError
        The ending tells no format, or the place cannot be written to.
    """
    return write_named("dose_log", tabulate_exposures(audit), path)


def export_dose_studies(audit: DoseAudit, path: str | Path) -> ExportedTable:
    """Write the radiography of an audit, one row for each study, under the headings of OpenREM's DX export.

    Parameters
    ----------
    audit : DoseAudit
        Audit of a period.
    path : path
        As in `export_dose_log`.

    Returns
    -------
    ExportedTable
        What was written; `left_out` counts the exposures of mammography, fluoroscopy, angiography and computed
        tomography.

    Raises
    ------
    InputError
        As in `export_dose_log`.
    """
    studies, left_out = dose_studies(tabulate_exposures(audit))
    return write_named("dose_studies", studies, path, left_out=left_out)
