"""``xrayiq records archive``: sealed archives of old periods."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from xrayiq.cli.options import DAY_FORMATS, DEFAULT_STORE, By, OnlySite, Output, SiteSettings, Store
from xrayiq.cli.printing import Format, Row, show


def archive(
    first: Annotated[
        datetime, typer.Option("--from", formats=DAY_FORMATS, metavar="DAY", help="First day of exposure.")
    ],
    last: Annotated[datetime, typer.Option("--to", formats=DAY_FORMATS, metavar="DAY", help="Last day of exposure.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE.zip", help="File to write.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; names no patient.")] = "retention",
    only_site: OnlySite = "",
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Write the sealed archive of a period: everything measured and decided, and the audit trail; no paths."""
    from xrayiq.cli.progress import rows_told
    from xrayiq.exchange import write_archive
    from xrayiq.procedures import load_site
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        event = write_archive(
            store,
            out,
            first=first.date(),
            last=last.date(),
            actor=by,
            reason=reason,
            only_site=only_site,
            site=load_site(site),
            progress=rows_told(),
        )
    told = event.details
    rows = told["rows"]
    assert isinstance(rows, dict)  # noqa: S101 - as `write_archive` made it
    row: Row = {"event": event.number, "from": str(told["from"]), "to": str(told["to"])}
    row |= {name: int(str(number)) for name, number in rows.items()}
    show([row | {"manifest_sha256": str(told["manifest_sha256"]), "head": event.head}], output=output)
