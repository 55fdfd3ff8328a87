"""Options that several commands have."""

from __future__ import annotations

from typing import Annotated, Final

import typer

from xrayiq.cli.printing import Format

DEFAULT_STORE: Final = "sqlite:///xrayiq.db"

Output = Annotated[Format, typer.Option("--format", help="How data are written to stdout.")]
Store = Annotated[str, typer.Option("--records", metavar="URL", help="Record store.")]
