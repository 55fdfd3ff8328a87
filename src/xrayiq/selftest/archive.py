"""Simulated hospital archives."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from xrayiq.batch import Progress
from xrayiq.errors import InputError, writing_to
from xrayiq_phantoms import (
    simulate_archive,
    simulate_bulk,
    simulate_detector_tests,
    simulate_dose_hospital,
    simulate_hospital_quarter,
)


def write_archive(
    folder: Path,
    *,
    files: int = 300,
    seed: int = 1,
    bulk: int | None = None,
    test_days: int | None = None,
    dose: bool = False,
    quarter: bool = False,
    progress: Callable[[Progress], None] | None = None,
) -> int:
    """Write a simulated archive with a manifest of its truth.

    Parameters
    ----------
    folder : Path
        Folder to write into; made if it is not there, and empty if it is.
    files : int
        About how many files of a whole hospital archive.
    seed : int
        The same seed gives the same bytes.
    bulk : int, optional
        Write this many small files with fresh headers instead, for load tests.
    test_days : int, optional
        Write this many days of whole detector tests of three rooms instead.
    dose : bool
        Write half a year of dose reports and images of four rooms instead, for the audit of doses.
    quarter : bool
        Write thirteen weeks of five rooms of small images instead, `files` in all, for the audits of exposure,
        collimation, repeats and protocols.
    progress : callable, optional
        Called with a `Progress` after each file.

    Returns
    -------
    int
        Files written.

    Raises
    ------
    InputError
        More than one other archive is asked for, or the folder holds files, is a file or cannot be written to.
    """
    if sum((bulk is not None, test_days is not None, dose, quarter)) > 1:
        raise InputError(
            "several archives for one folder",
            needed="one of bulk, test days, dose and quarter",
            remedy="give one of them",
        )
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError(f"{folder.name} is no empty folder", needed="a new or empty folder", remedy="choose another")
    report = progress or (lambda _: None)

    def step(done: int, total: int) -> None:
        report(Progress(done=done, total=total))

    with writing_to(folder):
        if bulk is not None:
            return simulate_bulk(folder, count=bulk, seed=seed, progress=step).count
        if test_days is not None:
            return len(simulate_detector_tests(folder, days=test_days, seed=seed, progress=step).entries)
        if dose:
            return len(simulate_dose_hospital(folder, seed=seed, progress=step).manifest)
        if quarter:
            return len(simulate_hospital_quarter(folder, seed=seed, files=files, progress=step).entries)
        return len(simulate_archive(folder, seed=seed, files=files, progress=step).entries)
