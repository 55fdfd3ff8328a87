"""Options that several commands have."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Annotated, Final

import typer

from xrayiq.cli.printing import Format

DAY_FORMATS: Final = ["%Y-%m-%d"]
DEFAULT_STORE: Final = "sqlite:///xrayiq.db"

Output = Annotated[Format, typer.Option("--format", help="How data are written to stdout.")]
Store = Annotated[str, typer.Option("--records", metavar="URL", help="Record store.")]
SiteSettings = Annotated[Path | None, typer.Option("--site", metavar="FILE", help="Site settings (site.toml).")]

By = Annotated[str, typer.Option("--by", metavar="ACCOUNT", help="Account name of whoever enters it.")]
Reason = Annotated[str, typer.Option("--reason", metavar="TEXT", help="Why; names no patient.")]
EventNumber = Annotated[int, typer.Argument(metavar="EVENT", help="Number of the event that is taken back.")]

SiteName = Annotated[str, typer.Option("--site-name", metavar="NAME", help="Name of the site.")]
OnlySite = Annotated[
    str, typer.Option("--only-site", metavar="NAME", help="Only what stood at this site, and nothing of any other.")
]
Room = Annotated[str, typer.Option("--room", metavar="NAME", help="Name of the room.")]
Unit = Annotated[
    str, typer.Option("--unit", metavar="NAME", help="Unit: its name in the register, serial number or station.")
]
Workers = Annotated[int | None, typer.Option("--workers", min=1, help="Worker processes; one per core by default.")]
FirstDay = Annotated[datetime | None, typer.Option("--from", formats=DAY_FORMATS, metavar="DAY", help="First day.")]
LastDay = Annotated[datetime | None, typer.Option("--to", formats=DAY_FORMATS, metavar="DAY", help="Last day.")]
Today = Annotated[
    datetime | None,
    typer.Option("--today", formats=DAY_FORMATS, metavar="DAY", help="Day to look from; today without."),
]


def day_of(moment: datetime | None) -> date | None:
    """Day of an option that takes a day."""
    return None if moment is None else moment.date()
