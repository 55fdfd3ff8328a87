"""``xrayiq records event``: service and downtime of units and detectors."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Final

import typer

from xrayiq.cli.events import take_back
from xrayiq.cli.options import DEFAULT_STORE, By, EventNumber, OnlySite, Output, Reason, SiteSettings, Store, Unit
from xrayiq.cli.printing import Format, Row, show

if TYPE_CHECKING:
    from xrayiq.procedures import ServiceEvent

_TIMES: Final = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M:%S"]

event_application = typer.Typer(help="Service and downtime of units.", no_args_is_help=True)

Detector = Annotated[
    str, typer.Option("--detector", metavar="NAME", help="Detector: its name in the register, or detector ID.")
]


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
    detector: Detector = "",
    at: Annotated[
        datetime | None, typer.Option("--at", formats=_TIMES, metavar="TIME", help="When it was done; now by default.")
    ] = None,
    until: Annotated[
        datetime | None,
        typer.Option(
            "--until", formats=_TIMES, metavar="TIME", help="When a downtime ended; `event end` tells it later."
        ),
    ] = None,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Enter what was done to a unit or its detector; it stands in the audit trail for good."""
    from xrayiq.procedures import add_service_event, load_site
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        event = add_service_event(
            store,
            kind=kind,
            unit=unit,
            detector=detector,
            happened_at=at or _now(),
            until=until,
            reason=reason,
            actor=by,
            site=load_site(site),
        )
    show([_row(event)], output=output)


@event_application.command("end")
def event_end(
    event: Annotated[int, typer.Argument(metavar="EVENT", help="Number of the downtime's event.")],
    reason: Annotated[str, typer.Option("--reason", metavar="TEXT", help="What ended it; names no patient.")],
    by: By,
    at: Annotated[
        datetime | None, typer.Option("--at", formats=_TIMES, metavar="TIME", help="When it ended; now by default.")
    ] = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Tell when a downtime ended that was entered without its end."""
    from xrayiq.procedures import end_downtime
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        ended = end_downtime(store, event, ended_at=at or _now(), reason=reason, actor=by)
    show([_row(ended)], output=output)


@event_application.command("withdraw")
def event_withdraw(
    event: EventNumber, by: By, reason: Reason, records: Store = DEFAULT_STORE, output: Output = Format.table
) -> None:
    """Take service, a downtime or the end of one back from now on; the event itself stays in the record."""
    from xrayiq.procedures.site_events import DOWNTIME_END, SERVICE_KINDS

    take_back([*SERVICE_KINDS, DOWNTIME_END], event, by=by, reason=reason, records=records, output=output)


@event_application.command("list")
def event_list(
    unit: Unit = "",
    detector: Detector = "",
    only_site: OnlySite = "",
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """List what was done to units and detectors, in the order in which it was done; not what was withdrawn."""
    from xrayiq.procedures import load_site, service_events
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        events = service_events(store, site=load_site(site), unit=unit, detector=detector, only_site=only_site)
    show([_row(event) for event in events], output=output)


def _now() -> datetime:
    return datetime.now().replace(microsecond=0)


def _row(event: ServiceEvent) -> Row:
    return {
        "number": event.number,
        "kind": event.kind,
        "unit": event.unit,
        "detector": event.detector,
        "happened_at": event.happened_at.isoformat(sep=" "),
        "until": None if event.until is None else event.until.isoformat(sep=" "),
        "end_event": event.end_event,
        "reason": event.reason,
        "by": event.actor,
        "entered_at": event.entered_at.isoformat(sep=" ", timespec="seconds"),
    }
