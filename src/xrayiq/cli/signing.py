"""``xrayiq records sign``: sign-off of a period."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from xrayiq.cli.options import DAY_FORMATS, DEFAULT_STORE, OnlySite, Output, SiteSettings, Store
from xrayiq.cli.printing import Format, Row, show

if TYPE_CHECKING:
    from xrayiq.model import Event

sign_application = typer.Typer(help="Sign off a period, and list what was signed.", invoke_without_command=True)


@sign_application.callback()
def sign(
    context: typer.Context,
    first: Annotated[
        datetime | None, typer.Option("--from", formats=DAY_FORMATS, metavar="DAY", help="First day of exposure.")
    ] = None,
    last: Annotated[
        datetime | None, typer.Option("--to", formats=DAY_FORMATS, metavar="DAY", help="Last day of exposure.")
    ] = None,
    by: Annotated[str, typer.Option("--by", metavar="ACCOUNT", help="Account name of whoever signs.")] = "",
    role: Annotated[str, typer.Option("--role", metavar="TEXT", help="Role in which it is signed.")] = "",
    statement: Annotated[str, typer.Option("--statement", metavar="TEXT", help="What is stated.")] = "",
    only_site: OnlySite = "",
    site: SiteSettings = None,
    records: Store = DEFAULT_STORE,
    output: Output = Format.table,
) -> None:
    """Sign off a period: every row is examined first, and counts and head go into the audit trail."""
    if context.invoked_subcommand is not None:
        return
    if first is None or last is None or not by:
        raise typer.BadParameter("a sign-off needs --from, --to, --by, --role and --statement")
    from xrayiq.cli.progress import rows_told
    from xrayiq.procedures import load_site, sign_period
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        event = sign_period(
            store,
            site=load_site(site),
            first=first.date(),
            last=last.date(),
            actor=by,
            role=role,
            statement=statement,
            site_name=only_site,
            progress=rows_told(),
        )
    show([_row(event)], output=output)


@sign_application.command("list")
def sign_list(records: Store = DEFAULT_STORE, output: Output = Format.table) -> None:
    """List what was signed, by whom, and the head of the trail that they signed."""
    from xrayiq.procedures.signing import SIGNED
    from xrayiq.records import open_records

    with open_records(records, create=False) as store:
        events = store.events(kind=SIGNED)
    show([_row(event) for event in events], output=output, title="Sign-offs")


def _row(event: Event) -> Row:
    from xrayiq.records import details_of

    with details_of(event) as told:
        row: Row = {"event": event.number, "from": str(told["from"]), "to": str(told["to"])}
        row |= {"site": str(told["site"]), "by": event.actor, "role": str(told["role"]), "statement": event.reason}
        row |= {name: _words(told[name]) for name in ("outcomes", "verdicts", "findings")}
        row |= {"at": event.at.isoformat(sep=" ", timespec="seconds"), "head_signed": str(told["head"])}
    return row | {"head": event.head}


def _words(counts: object) -> str:
    told = counts if isinstance(counts, dict) else {}
    return ", ".join(f"{number} {name.replace('_', ' ')}" for name, number in told.items()) or "none"
