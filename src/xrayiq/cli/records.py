"""``xrayiq records``: what concerns the record store itself."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

from xrayiq.cli.options import DEFAULT_STORE, By, Output, Store
from xrayiq.cli.printing import Format, Row, show, write_json, write_lines

if TYPE_CHECKING:
    from xrayiq.records import ServiceEvent

_TIMES: Final = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]

records_application = typer.Typer(help="Look after the record store.", no_args_is_help=True)
event_application = typer.Typer(help="Service and downtime of units.", no_args_is_help=True)
records_application.add_typer(event_application, name="event")

Unit = Annotated[str, typer.Option("--unit", metavar="SERIAL", help="Serial number of the unit.")]
DetectorId = Annotated[str, typer.Option("--detector", metavar="ID", help="Detector ID.")]


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


@event_application.command("add")
def event_add(
    kind: Annotated[
        str,
        typer.Argument(
            metavar="KIND", help="acceptance, calibration, repair, software, detector_swap, service or downtime."
        ),
    ],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What was done and why; names no patient.")],
    by: By,
    unit: Unit = "",
    detector: DetectorId = "",
    at: Annotated[
        datetime | None, typer.Option("--at", formats=_TIMES, metavar="TIME", help="When it was done; now by default.")
    ] = None,
    until: Annotated[
        datetime | None, typer.Option("--until", formats=_TIMES, metavar="TIME", help="When a downtime ended.")
    ] = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Enter what was done to a unit or its detector; it stands in the audit trail for good."""
    from xrayiq.records import add_service_event, open_records

    with open_records(records, create=False) as store:
        event = add_service_event(
            store,
            kind=kind,
            unit=unit,
            detector=detector,
            happened_at=at or datetime.now().replace(microsecond=0),
            until=until,
            reason=reason,
            actor=by,
        )
    show([_row(event)], output=output)


@event_application.command("list")
def event_list(
    unit: Unit = "", detector: DetectorId = "", records: Store = DEFAULT_STORE, output: Output = Format.table
) -> None:
    """List what was done to units and detectors, in the order in which it was done."""
    from xrayiq.records import open_records, service_events

    with open_records(records, create=False) as store:
        events = service_events(store, unit=unit, detector=detector)
    show([_row(event) for event in events], output=output)


def _row(event: ServiceEvent) -> Row:
    return {
        "number": event.number,
        "kind": event.kind,
        "unit": event.unit,
        "detector": event.detector,
        "happened_at": event.happened_at.isoformat(sep=" "),
        "until": None if event.until is None else event.until.isoformat(sep=" "),
        "reason": event.reason,
        "by": event.actor,
        "entered_at": event.entered_at.isoformat(sep=" ", timespec="seconds"),
    }
