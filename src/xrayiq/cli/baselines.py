"""``xrayiq records baseline``: what results are compared with, and baselines set by hand."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from xrayiq.cli.events import show_event, take_back
from xrayiq.cli.options import (
    DAY_FORMATS,
    DEFAULT_STORE,
    By,
    EventNumber,
    OnlySite,
    Output,
    Reason,
    SiteSettings,
    Store,
    Today,
    Unit,
    day_of,
)
from xrayiq.cli.printing import Format, Row, show

if TYPE_CHECKING:
    from xrayiq.procedures import BaselineInForce

baseline_application = typer.Typer(help="Baselines that results are compared with.", no_args_is_help=True)

UnitNamed = Annotated[
    str, typer.Option("--unit", metavar="NAME", help="Unit: its name in the register, serial number or station.")
]


@baseline_application.command("list")
def baseline_list(
    unit: Unit = "",
    only_site: OnlySite = "",
    quantity: Annotated[
        list[str] | None,
        typer.Option("--quantity", metavar="NAME", help="Only this one; may be given again. All with limits without."),
    ] = None,
    today: Today = None,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """List baselines per unit, quantity and mode: from how many results, since when, settled or not, set by whom."""
    from xrayiq.procedures import baselines_in_force, find_unit, load_site, register_of
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        units = [find_unit(register_of(store, settings), unit).name] if unit else None
        day = day_of(today) or date.today()
        found = baselines_in_force(store, site=settings, day=day, units=units, quantities=quantity, only_site=only_site)
    show([_row(one, for_people=output is Format.table) for one in found], output=output, title="Baselines")


@baseline_application.command("set")
def baseline_set(
    quantity: Annotated[str, typer.Argument(metavar="QUANTITY", help="Quantity that it is of.")],
    unit: UnitNamed,
    mean: Annotated[float, typer.Option("--mean", metavar="X", help="Baseline in the quantity's unit.")],
    day: Annotated[
        datetime, typer.Option("--day", formats=DAY_FORMATS, metavar="DAY", help="First day that it holds for.")
    ],
    by: By,
    reason: Reason,
    sigma: Annotated[
        float | None, typer.Option("--sigma", metavar="X", help="Standard deviation of single results, where known.")
    ] = None,
    procedure: Annotated[
        str,
        typer.Option("--procedure", metavar="NAME", help="Needed where several give the quantity, or none has yet."),
    ] = "",
    direction: Annotated[str, typer.Option("--direction", metavar="NAME", help="For example columns or rows.")] = "",
    mode: Annotated[str, typer.Option("--mode", metavar="TEXT", help="Mode as the list gives it; any without.")] = "",
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Set a baseline by hand from a day on, for example after an acceptance test."""
    from xrayiq.procedures import load_site, set_baseline
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        event = set_baseline(
            store,
            unit=unit,
            procedure=procedure,
            quantity=quantity,
            mean=mean,
            sigma=sigma,
            direction=direction,
            mode=mode,
            day=day.date(),
            actor=by,
            reason=reason,
            site=load_site(site),
        )
    show_event(event, output=output)


@baseline_application.command("withdraw")
def baseline_withdraw(
    event: EventNumber, by: By, reason: Reason, records: Store = DEFAULT_STORE, output: Output = Format.table
) -> None:
    """Take a baseline set by hand back from now on; the event itself stays in the record."""
    take_back(["baseline"], event, by=by, reason=reason, records=records, output=output)


def _row(one: BaselineInForce, *, for_people: bool) -> Row:
    from xrayiq.model import quantity

    row: Row = {"unit": one.key.unit, "procedure": one.key.procedure, "quantity": one.key.quantity}
    row |= {"direction": one.key.direction, "mode": one.key.mode}
    if not for_people:
        row["detectors"] = "; ".join(one.key.detectors)
    row |= {"mean": one.mean, "sigma": one.sigma, "measured_in": quantity(one.key.quantity).unit}
    row |= {"state": one.state.replace("_", " "), "n": one.count, "results": one.available}
    row["since"] = None if one.since is None else one.since.isoformat()
    return row | {"began_with": one.began_with, "set_by": one.set_by, "event": one.event}
