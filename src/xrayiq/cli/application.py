"""The commands. Each parses its arguments, calls one library function and prints what it returns."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from xrayiq.cli import exchange, importing, keeping, selftesting
from xrayiq.cli.audits import audit_application
from xrayiq.cli.options import DEFAULT_STORE, FirstDay, LastDay, OnlySite, Output, SiteSettings, Store, Workers
from xrayiq.cli.printing import Format, say
from xrayiq.cli.records import records_application

#: how long a file that arrives must not have changed
_SETTLE_S: Final = 5.0

application = typer.Typer(
    name="xrayiq",
    help="Image quality and dose of projection X-ray, over whole DICOM archives.",
    epilog="Exit codes: 0 within limits, 1 out of limits, 2 usage, 3 an image that should be measurable was not, "
    "4 internal error, 130 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)

for part in (exchange, importing, keeping):
    part.attach(records_application)
application.add_typer(records_application, name="records")
application.add_typer(audit_application, name="audit")


@application.command()
def demo(
    folder: Annotated[Path, typer.Argument(help="Where the archive, the store and the report go.")] = Path("demo"),
    files: Annotated[int, typer.Option(min=24, help="About how many files of the simulated archive.")] = 1600,
    workers: Workers = None,
) -> None:
    """Simulate a quarter of a hospital, measure and audit it, write the report and say what was found."""
    from xrayiq.cli.progress import progress_bar
    from xrayiq.selftest import run_demo

    with progress_bar() as advance:
        result = run_demo(folder, files=files, workers=workers, progress=advance)
    typer.echo(result.text())


@application.command()
def simulate(
    folder: Annotated[Path, typer.Argument(help="Folder to write; made if it is not there.")],
    files: Annotated[int, typer.Option(min=24, help="About how many files.")] = 300,
    seed: Annotated[int, typer.Option(help="The same seed gives the same bytes.")] = 1,
    bulk: Annotated[int | None, typer.Option(min=1, help="Write this many small files fast, for load tests.")] = None,
    test_days: Annotated[int | None, typer.Option(min=1, help="Write whole detector tests of so many days.")] = None,
    dose: Annotated[bool, typer.Option("--dose", help="Write half a year of doses in four rooms instead.")] = False,
    quarter: Annotated[
        bool, typer.Option("--quarter", help="Write thirteen weeks of five rooms instead; --files 800 or more.")
    ] = False,
) -> None:
    """Write a simulated hospital archive with a manifest of its truth."""
    from xrayiq.cli.progress import progress_bar
    from xrayiq.selftest import write_archive

    with progress_bar() as step:
        written = write_archive(
            folder, files=files, seed=seed, bulk=bulk, test_days=test_days, dose=dose, quarter=quarter, progress=step
        )
    say(f"{written} files in {folder}")


@application.command()
def inspect(
    files: Annotated[list[Path], typer.Argument(exists=True, help="Files to explain.")],
    site: SiteSettings = None,
    page: Annotated[
        Path | None, typer.Option("--html", metavar="FILE", help="Also write one HTML page with pictures.")
    ] = None,
    output: Output = Format.table,
) -> None:
    """Say what each file is, what can be measured on it, what cannot and why, and what its header lacks."""
    from xrayiq.batch import inspect_paths
    from xrayiq.cli.inspections import show_inspections

    inspections = list(inspect_paths(files, site=site))
    show_inspections(inspections, output=output)
    if page is not None:
        from xrayiq.report import write_inspection

        say(f"page written to {write_inspection(inspections, page)}")


@application.command()
def score(
    files: Annotated[list[Path], typer.Argument(exists=True, help="Files to measure.")],
    site: SiteSettings = None,
    frame: Annotated[
        int | None, typer.Option(min=1, help="Frame of several to measure; without it the representative or first one.")
    ] = None,
    output: Output = Format.table,
) -> None:
    """Measure files and judge them by the limits, without a record store."""
    from xrayiq.batch import score_paths, scores_exit_code
    from xrayiq.cli.outcomes import show_scores

    scored = list(score_paths(files, site=site, frame=frame))
    show_scores(scored, output=output)
    raise typer.Exit(scores_exit_code(scored))


@application.command()
def run(
    archive: Annotated[
        list[str],
        typer.Argument(
            metavar="ARCHIVE...",
            help="Folders, files, zip or tar archives, a DICOMDIR, or - for a list of paths (one a line, or each "
            "ended by NUL) on stdin.",
        ),
    ],
    records: Store = DEFAULT_STORE,
    site: SiteSettings = None,
    workers: Workers = None,
    memory: Annotated[
        int | None,
        typer.Option(min=256, metavar="MIB", help="Memory of a worker beside what it takes at rest; told by default."),
    ] = None,
    retry_failed: Annotated[
        bool, typer.Option("--retry-failed", help="Measure again what ended in an error, though it has not changed.")
    ] = False,
    scheduler: Annotated[
        str | None,
        typer.Option(metavar="URL", help="Run on the Dask cluster of this scheduler (tcp://host:8786 or tls://)."),
    ] = None,
    watched: Annotated[
        bool, typer.Option("--watch", help="Go on with what arrives in a folder, until Ctrl-C or SIGTERM.")
    ] = False,
    settle: Annotated[
        float | None,
        typer.Option(
            min=0, metavar="S", help="Only with --watch: how long a file must not have changed; 5 by default."
        ),
    ] = None,
    log: Annotated[
        Path | None,
        typer.Option("--log", metavar="FILE", help="Add JSON lines on what is done to a file; they name no patient."),
    ] = None,
    dry_run: Annotated[
        bool,
        typer.Option(
            "--dry-run",
            help="Say how many files are new, changed or unchanged, and write nothing; without --log and --scheduler. "
            "--workers and --memory change nothing of it.",
        ),
    ] = False,
    output: Output = Format.table,
) -> None:
    """Measure, judge and record everything in an archive."""
    from xrayiq.batch import RunInterrupted, plan_run, watch
    from xrayiq.batch import run as run_archive
    from xrayiq.cli.outcomes import show_plan, show_summary
    from xrayiq.cli.progress import progress_bar

    if watched and (dry_run or retry_failed or len(archive) > 1):
        raise typer.BadParameter("--watch takes one folder, without --dry-run and --retry-failed")
    if settle is not None and not watched:
        raise typer.BadParameter("--settle is for --watch, which waits until files have settled")
    if dry_run and (log or scheduler):
        raise typer.BadParameter("--dry-run counts files here and writes nothing: leave out --log and --scheduler")
    if dry_run:
        show_plan(plan_run(archive, records, site=site, retry_failed=retry_failed, log=log), output=output)
        return
    if scheduler and workers:
        raise typer.BadParameter("--workers are processes of this machine; a scheduler knows its own")
    try:
        if watched:
            summary = watch(
                archive[0],
                records,
                site=site,
                workers=workers,
                client=scheduler,
                memory_limit_mib=memory,
                settle_s=_SETTLE_S if settle is None else settle,
                say=say,
                log=log,
            )
        else:
            with progress_bar() as advance:
                summary = run_archive(
                    archive,
                    records,
                    site=site,
                    workers=workers,
                    client=scheduler,
                    memory_limit_mib=memory,
                    retry_failed=retry_failed,
                    progress=advance,
                    log=log,
                )
    except RunInterrupted as interrupted:
        summary = interrupted.summary
        for note in getattr(interrupted, "__notes__", ()):
            say(f"xrayiq: {note}")
    show_summary(summary, output=output)
    raise typer.Exit(summary.exit_code)


@application.command()
def report(
    records: Store = DEFAULT_STORE,
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="HTML file to write; report.html by default.")
    ] = None,
    title: Annotated[str, typer.Option(help="Title of the overview.")] = "X-ray image quality report",
    pages: Annotated[
        Path | None, typer.Option("--pages", metavar="DIR", help="Pages of every site, unit and detector instead.")
    ] = None,
    inspection: Annotated[
        bool, typer.Option("--inspection", help="Inspection packet of a period instead; needs --from and --to.")
    ] = False,
    kpi: Annotated[str, typer.Option("--kpi", metavar="MONTH", help="Figures of a month (2026-03) instead.")] = "",
    compare: Annotated[
        tuple[str, str] | None,
        typer.Option(
            metavar="BEFORE AFTER",
            help="Comparison of two periods, detectors or software versions instead; a side is any of unit=, "
            "detector=, software=, from=, to= with commas between.",
        ),
    ] = None,
    first: FirstDay = None,
    last: LastDay = None,
    pdf: Annotated[bool, typer.Option("--pdf", help="Also write PDF beside the HTML; needs the extra pdf.")] = False,
    only_site: OnlySite = "",
    site: SiteSettings = None,
) -> None:
    """Write reports from the record store: an overview, pages, an inspection packet, figures or a comparison."""
    from xrayiq.cli.reports import Asked, check, write_asked
    from xrayiq.records import open_records

    asked = Asked(
        out=out,
        title=title,
        pages=pages,
        inspection=inspection,
        kpi=kpi,
        compare=compare,
        first=first,
        last=last,
        pdf=pdf,
        only_site=only_site,
        site=site,
    )
    check(asked)
    with open_records(records, create=False) as store:
        for line in write_asked(store, asked):
            say(line)


selftesting.attach(application)
