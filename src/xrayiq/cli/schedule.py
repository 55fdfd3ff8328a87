"""``xrayiq records schedule``: tests due and overdue, and how often they are owed."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from xrayiq.cli.events import show_event, take_back
from xrayiq.cli.options import (
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
    from xrayiq.audit import DueTest

schedule_application = typer.Typer(help="Tests that units owe.", no_args_is_help=True)


@schedule_application.command("list")
def schedule_list(
    every: Annotated[bool, typer.Option("--all", help="Also tests that are done and not due again yet.")] = False,
    unit: Unit = "",
    only_site: OnlySite = "",
    today: Today = None,
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """List tests due and overdue, the most overdue first; results found in the archive tick them off."""
    from xrayiq.procedures import find_place, find_unit, load_site, register_of, test_history
    from xrayiq.records import open_records

    settings = load_site(site)
    with open_records(records, create=False) as store:
        register = register_of(store, settings)
        units = [find_unit(register, unit).name] if unit else None
        where = find_place(register, site=only_site).site
        due = test_history(store, site=settings, only_site=where, units=units).due(day_of(today) or date.today())
    rows = [_row(one, for_people=output is Format.table) for one in due if every or one.status != "done"]
    show(rows, output=output, title="Tests" if every else "Tests due")


@schedule_application.command("set")
def schedule_set(
    test: Annotated[str, typer.Argument(metavar="TEST", help="ID of the test, as the list gives it, or a new one.")],
    by: By,
    reason: Reason,
    frequency_days: Annotated[
        int | None, typer.Option("--frequency-days", min=1, metavar="N", help="Days from a result to the next.")
    ] = None,
    grace_days: Annotated[
        int | None, typer.Option("--grace-days", min=0, metavar="N", help="Days after that until it is overdue.")
    ] = None,
    owed: Annotated[bool | None, typer.Option("--owed/--not-owed", help="Whether it is owed at all.")] = None,
    title: Annotated[str, typer.Option("--title", metavar="TEXT", help="How it is called; a new test needs it.")] = "",
    procedure: Annotated[
        list[str] | None,
        typer.Option("--procedure", metavar="NAME", help="Procedure that does it; may be given again. For a new test."),
    ] = None,
    unit: Unit = "",
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Change how often a test is owed, by one unit or by all, from now on."""
    from xrayiq.procedures import change_schedule, load_site
    from xrayiq.records import open_records

    told = {"frequency_days": frequency_days, "grace_days": grace_days, "owed": owed, "procedures": procedure or None}
    changes = {name: given for name, given in told.items() if given is not None} | ({"title": title} if title else {})
    if not changes:
        raise typer.BadParameter("say what changes: --frequency-days, --grace-days, --owed or --not-owed")
    row = {"test": test, **changes} | ({"unit": unit} if unit else {})
    with open_records(records, create=False) as store:
        event = change_schedule(store, row, site=load_site(site), actor=by, reason=reason)
    show_event(event, output=output)


@schedule_application.command("withdraw")
def schedule_withdraw(
    event: EventNumber, by: By, reason: Reason, records: Store = DEFAULT_STORE, output: Output = Format.table
) -> None:
    """Take a change of the schedule back from now on; the event itself stays in the record."""
    take_back(["schedule"], event, by=by, reason=reason, records=records, output=output)


def _row(one: DueTest, *, for_people: bool) -> Row:
    test = one.test
    row: Row = {"status": one.status, "unit": one.unit, "test": test.id, "title": test.title}
    row |= {"last_done": None if one.last_done is None else one.last_done.isoformat(), "due": one.due.isoformat()}
    row |= {"latest": one.latest.isoformat(), "days_overdue": one.days_overdue}
    row |= {"frequency_days": test.frequency_days, "grace_days": test.grace_days}
    row["after"] = "" if one.event is None else f"{one.event.kind.replace('_', ' ')} of {one.event.date}"
    if not for_people:
        row |= {"source": test.source, "reason": test.reason, "by": test.author}
    return row
