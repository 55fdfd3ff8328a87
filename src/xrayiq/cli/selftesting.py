"""``xrayiq selftest``: this installation's numbers against exact truth."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, NoReturn

import typer

from xrayiq.cli.options import Output, Workers
from xrayiq.cli.printing import Format, say


def attach(application: typer.Typer) -> None:
    """Add the command to ``xrayiq``."""
    application.command("selftest")(selftest)


def selftest(
    accuracy: Annotated[
        bool, typer.Option("--accuracy", help="Every metric over a grid of cases; takes minutes.")
    ] = False,
    quick: Annotated[bool, typer.Option("--quick", help="A coarse grid, some seconds.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE.md", help="Markdown page, or its part between two marks.")
    ] = None,
    figure: Annotated[Path | None, typer.Option("--figure", metavar="FILE.png", help="Figure of all cases.")] = None,
    workers: Workers = None,
    output: Output = Format.table,
) -> None:
    """Measure simulated images of known truth and check this installation's numbers against it."""
    from xrayiq.cli.printing import show
    from xrayiq.selftest import check_installation

    if accuracy:
        _accuracy(quick=quick, out=out, figure=figure, workers=workers, output=output)
    if quick or out or figure or workers:
        raise typer.BadParameter("--quick, --out, --figure and --workers go with --accuracy")
    checks = check_installation()
    show([check.row() for check in checks], output=output, title="Self-test against exact truth")
    raise typer.Exit(0 if all(check.passed for check in checks) else 1)


def _accuracy(*, quick: bool, out: Path | None, figure: Path | None, workers: int | None, output: Format) -> NoReturn:
    from xrayiq.cli.printing import show
    from xrayiq.cli.progress import progress_bar
    from xrayiq.selftest.accuracy import measure_accuracy, write_accuracy, write_accuracy_figure

    with progress_bar("cases") as advance:
        rows = measure_accuracy(grid="quick" if quick else "full", workers=workers, progress=advance)
    if out is not None:
        write_accuracy(rows, out)
        say(f"table written to {out}")
    if figure is not None:
        write_accuracy_figure(rows, figure)
        say(f"figure written to {figure}")
    show([row.row() for row in rows], output=output, title="Accuracy against exact truth (measured less true)")
    raise typer.Exit(1 if any(row.met is False for row in rows) else 0)
