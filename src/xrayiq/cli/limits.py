"""``xrayiq records limit``: limits in force, and a site's own in place of a document's."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Final

import typer

from xrayiq.cli.events import show_event, take_back
from xrayiq.cli.options import (
    DEFAULT_STORE,
    By,
    EventNumber,
    OnlySite,
    Output,
    Reason,
    Room,
    SiteName,
    SiteSettings,
    Store,
    Unit,
)
from xrayiq.cli.printing import Format, Row, say, show

if TYPE_CHECKING:
    from xrayiq.model import Limit
    from xrayiq.procedures import LimitInForce

_TITLE: Final = "Limits: warning is the action level, fail the suspension level; one that warns only opens no finding"
_WARNS_ONLY: Final = "warns only"
_BOUNDS: Final = ("fail_low", "warning_low", "warning_high", "fail_high")

limit_application = typer.Typer(help="Limits in force, and a site's own in their place.", no_args_is_help=True)

Bound = Annotated[
    str | None,
    typer.Option(
        metavar="X", help="Bound in the quantity's unit (a fraction of the baseline), or none to take it away."
    ),
]


@limit_application.command("list")
def limit_list(
    site_name: SiteName = "",
    room: Room = "",
    unit: Unit = "",
    only_site: OnlySite = "",
    quantity: Annotated[str, typer.Option("--quantity", metavar="NAME", help="Only limits of this quantity.")] = "",
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """List limits with their source, and who put which in place of a document's: at a place, a site, or all of them.

    Outside its warning bounds a value calls for action (a document's action level); outside its fail bounds the unit is
    not to be used until somebody has decided (its suspension level).
    """
    from xrayiq.model import same_name
    from xrayiq.procedures import find_place, limits_in_force, load_site
    from xrayiq.procedures.places import places_of
    from xrayiq.procedures.unknown_places import unknown_places
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        places = places_of(store, site=settings, only_site=only_site)
        register = places.register(store)
        named = bool(site_name or room or unit)
        place = find_place(register, site=site_name, room=room, unit=unit) if named else None
        own = [one for one in settings.limits if not only_site or same_name(one.site, places.only_site)]
        for warning in unknown_places(own, register):
            say(f"warning: {warning}")
        found = limits_in_force(store, site=settings, place=place, quantity=quantity, places=places)
    rows = [_table_row(one) if output is Format.table else _row(one) for one in found]
    show(rows, output=output, title=_TITLE)


@limit_application.command("set")
def limit_set(
    limit: Annotated[str, typer.Argument(metavar="LIMIT", help="Name of the limit, as the list gives it.")],
    by: By,
    reason: Reason,
    warning_low: Bound = None,
    warning_high: Bound = None,
    fail_low: Bound = None,
    fail_high: Bound = None,
    bounds_unit: Annotated[
        str | None,
        typer.Option(
            "--bounds-unit",
            metavar="UNIT",
            help="Unit the bounds are in, as the list gives it; refused if it is another one.",
        ),
    ] = None,
    site_name: SiteName = "",
    room: Room = "",
    unit: Unit = "",
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Give a site, room or unit its own bounds; verdicts that are there stay, later results meet the new ones."""
    from xrayiq.procedures import load_site, override_limit
    from xrayiq.records import open_records

    bounds = {"warning_low": warning_low, "warning_high": warning_high, "fail_low": fail_low, "fail_high": fail_high}
    row: dict[str, str | float] = {"limit": limit}
    row |= {name: _bound(name, text) for name, text in bounds.items() if text is not None}
    told = {"site": site_name, "room": room, "unit": unit, "bounds_unit": bounds_unit}
    row |= {name: text for name, text in told.items() if text}
    with open_records(records, create=False) as store:
        event = override_limit(store, row, site=load_site(site), actor=by, reason=reason)
    show_event(event, output=output)


@limit_application.command("withdraw")
def limit_withdraw(
    event: EventNumber, by: By, reason: Reason, records: Store = DEFAULT_STORE, output: Output = Format.table
) -> None:
    """Take a site's own limit back from now on; the event itself stays in the record."""
    take_back(["limit"], event, by=by, reason=reason, records=records, output=output)


def _bound(name: str, text: str) -> str | float:
    if text.strip().casefold() == "none":
        return "none"
    try:
        return float(text)
    except ValueError:
        raise typer.BadParameter(f"--{name.replace('_', '-')} takes a number or none, not {text!r}") from None


def _unit(limit: Limit) -> str:
    from xrayiq.model import quantity
    from xrayiq.procedures.limits import RELATIVE_UNITS

    return quantity(limit.quantity).unit if limit.basis == "absolute" else RELATIVE_UNITS[-1]


def _row(one: LimitInForce) -> Row:
    limit, document = one.limit, one.document
    row: Row = {"limit": limit.id, "quantity": limit.quantity, "procedure": limit.procedure, "basis": limit.basis}
    row |= {name: getattr(limit, name) for name in _BOUNDS}
    row |= {"warns_only": limit.warns_only, "bounds_unit": _unit(limit), "source": limit.source}
    row |= {"site": limit.site, "room": limit.room, "unit": limit.unit}
    row |= {f"document_{name}": None if document is None else getattr(document, name) for name in _BOUNDS}
    return row | {"reason": limit.reason, "by": limit.author, "event": one.event, "note": limit.note}


def _table_row(one: LimitInForce) -> Row:
    limit, document = one.limit, one.document
    return {
        "limit": limit.id,
        "quantity": limit.quantity,
        "warning": _range(limit.warning_low, limit.warning_high),
        "fail": _WARNS_ONLY if limit.warns_only else _range(limit.fail_low, limit.fail_high),
        "unit": _unit(limit),
        "source": limit.source,
        "where": limit.place or "anywhere",
        "instead_of": "" if document is None else _both(document),
        "reason": limit.reason,
        "by": limit.author,
        "event": one.event,
    }


def _both(limit: Limit) -> str:
    told = {"warning": (limit.warning_low, limit.warning_high), "fail": (limit.fail_low, limit.fail_high)}
    return ", ".join(f"{name} {_range(*bounds)}" for name, bounds in told.items() if bounds != (None, None))


def _range(low: float | None, high: float | None) -> str:
    if low is None or high is None:
        return "" if low is high else f"≤ {high:.4g}" if low is None else f"≥ {low:.4g}"
    return f"{low:.4g} to {high:.4g}"
