"""``xrayiq records``: what concerns the record store itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from xrayiq.cli.options import DEFAULT_STORE, Output, Store
from xrayiq.cli.printing import Format, Row, show, write_json, write_lines

records_application = typer.Typer(help="Look after the record store.", no_args_is_help=True)


@records_application.command()
def verify(
    records: Store = DEFAULT_STORE,
    head: Annotated[
        str | None,
        typer.Option("--head", metavar="NUMBER:DIGITS", help="Head that an earlier report or sign-off printed."),
    ] = None,
    archive: Annotated[
        Path | None, typer.Option("--archive", metavar="FILE", help="Examine this sealed archive instead of a store.")
    ] = None,
    output: Output = Format.table,
) -> None:
    """Find rows that were altered, removed, inserted or moved; exit code 0 if the store is whole, else 1."""
    if archive is not None and head is not None:
        raise typer.BadParameter("--head goes with a store, --archive without one")
    if archive is not None:
        from xrayiq.exchange import verify_archive

        found = verify_archive(archive)
    else:
        from xrayiq.cli.progress import rows_told
        from xrayiq.records import open_records

        with open_records(records, create=False) as store:
            found = store.verify(head, progress=rows_told())
    faults: list[Row] = [
        {"table": fault.table, "row": fault.row, "damage": fault.damage, "what": fault.description}
        for fault in found.faults
    ]
    if output is Format.json:
        counts: dict[str, int] = dict(found.counts)
        told = {"whole": found.whole, "head": found.head, "counts": counts, "notes": [*found.notes]}
        write_json(told | {"faults": faults, "more_faults": found.more_faults})
    elif output is Format.csv:
        show(faults, output=output)
    else:
        if faults:
            show(faults, output=output, title="Not as it was written")
        more = f" and {found.more_faults} more" if found.more_faults else ""
        lines = [f"note: {note}" for note in found.notes]
        lines.append("whole" if found.whole else f"not whole: {len(faults)}{more} faults")
        lines.append(f"{sum(found.counts.values())} rows examined, head {found.head}")
        write_lines(lines)
    raise typer.Exit(0 if found.whole else 1)
