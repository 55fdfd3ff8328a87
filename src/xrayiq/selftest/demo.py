"""The whole way once: simulate an archive, run it, write the report."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from xrayiq.batch import Progress, RunSummary, run
from xrayiq.errors import InputError, writing_to
from xrayiq.records import open_records
from xrayiq.report import write_report
from xrayiq.selftest.archive import write_archive

_MARK = "demo-of-xrayiq.txt"


@dataclass(frozen=True, slots=True, kw_only=True)
class DemoResult:
    """Where the demo's things lie and what the run found.

    Parameters
    ----------
    archive, store, report : Path
        Simulated archive, record store and report.
    summary : RunSummary
        Counts of the run.
    """

    archive: Path
    store: Path
    report: Path
    summary: RunSummary

    def text(self) -> str:
        """Summary for a person."""
        summary = self.summary
        outcomes, verdicts = summary.outcome_counts, summary.verdict_counts
        return "\n".join(
            [
                f"{summary.files} files read in {summary.seconds:.0f} s: "
                + ", ".join(f"{count} {status.replace('_', ' ')}" for status, count in summary.file_counts.items()),
                f"{summary.object_counts.get('clinical', 0)} exposures of patients, each counted once; "
                f"{summary.object_counts.get('quality_control', 0)} test images",
                f"{outcomes.get('measured', 0)} outcomes measured, {outcomes.get('not_measurable', 0)} not measurable, "
                f"{outcomes.get('error', 0)} errors",
                f"verdicts: {verdicts.get('pass', 0)} within limits, {verdicts.get('warning', 0)} warnings, "
                f"{verdicts.get('fail', 0)} out of limits, {verdicts.get('indeterminate', 0)} without a baseline yet",
                f"archive  {self.archive}",
                f"records  {self.store}",
                f"report   {self.report}",
            ]
        )


def run_demo(
    folder: Path,
    *,
    files: int = 300,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> DemoResult:
    """Simulate a hospital archive, measure it and write the report.

    Parameters
    ----------
    folder : Path
        New or empty folder, or that of an earlier demo, which is replaced.
    files : int
        About how many files to simulate.
    workers : int, optional
        Worker processes; by default one per core.
    progress : callable, optional
        Called with a `Progress` while files are written and again while they are measured.

    Returns
    -------
    DemoResult
        Where things lie, and the run's counts.

    Raises
    ------
    InputError
        The folder holds something else than an earlier demo, is a file or cannot be written to.
    """
    _make_room(folder)
    archive, store, report = folder / "archive", folder / "xrayiq.db", folder / "report.html"
    write_archive(archive, files=files, progress=progress)
    with open_records(f"sqlite:///{store}") as records:
        summary = run(archive, records, workers=workers, progress=progress)
        write_report(records, report, title="Simulated hospital: image quality report")
    return DemoResult(archive=archive, store=store, report=report, summary=summary)


def _make_room(folder: Path) -> None:
    if folder.is_dir() and any(folder.iterdir()):
        if not (folder / _MARK).is_file():
            raise InputError(
                f"{folder.name} holds other files", needed="a new or empty folder", remedy="choose another"
            )
        with writing_to(folder):
            shutil.rmtree(folder)
    with writing_to(folder):
        folder.mkdir(parents=True, exist_ok=True)
        (folder / _MARK).write_text("Written by `xrayiq demo`, which replaces this folder when run again.\n")
