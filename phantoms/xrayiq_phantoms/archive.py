"""A whole simulated hospital archive with its manifest of truth."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from xrayiq_phantoms.archive_plan import LEAST_FILES, plan_objects
from xrayiq_phantoms.archive_writer import ArchiveWriter, Progress
from xrayiq_phantoms.manifest import Manifest
from xrayiq_phantoms.planned import ClinicalExposure, PlannedObject


def simulate_archive(
    folder: str | Path, *, seed: int = 1, files: int = 300, progress: Progress | None = None
) -> Manifest:
    """Write the archive of a simulated hospital, as a PACS would export it, and what is true of it.

    Parameters
    ----------
    folder : path
        Made if it is missing; files of equal name are replaced.
    seed : int
        Equal seeds write equal bytes.
    files : int
        How many files, at least 24, besides ``manifest.json``.
    progress : callable, optional
        Called with the number of files written and of all files after each one.

    Returns
    -------
    Manifest
        Also written as ``manifest.json``.

    Raises
    ------
    ValueError
        Too few files are asked for.

    Notes
    -----
    Three rooms of different makers: DX with linear values, DX with logarithmic values, CR. Days of quality control
    (flat fields over a range of kerma, edges in both directions, collimated fields; 1024² FOR PROCESSING) and of
    patients' images with presentation twins, apparent repeats and dose reports; a table of the kerma of the tests; then
    copies, truncated files and files that are not DICOM. The second room states exposure indices that are too high, one
    flat field of the first room has a gain fault, and some stated deviation indices contradict their exposure indices.
    """
    if files < LEAST_FILES:
        raise ValueError(f"{files} files; needed at least {LEAST_FILES}")
    strangers = max(4, files // 75)
    copies, renamed = max(1, files // 100), max(1, files // 150)
    planned = plan_objects(seed, files - strangers - copies - renamed - 1)
    writer = ArchiveWriter(Path(folder), seed=seed, files=files, progress=progress)
    cut = max(2, files // 100)
    write_with_faults(writer, planned, truncated=cut, copies=copies, renamed=renamed, strangers=strangers)
    manifest = Manifest(seed=seed, entries=tuple(sorted(writer.entries.values(), key=lambda entry: entry.path)))
    manifest.write(folder)
    return manifest


def write_with_faults(
    writer: ArchiveWriter, planned: list[PlannedObject], *, truncated: int, copies: int, renamed: int, strangers: int
) -> None:
    """Write planned objects, then what any export has beside them, and the table of the tests' kerma.

    Parameters
    ----------
    writer : ArchiveWriter
        Of the archive.
    planned : list of PlannedObject
        In the order in which they are written.
    truncated, copies, renamed : int
        Patients' images that are cut, stand there again byte for byte, and in another encoding.
    strangers : int
        Files that are no DICOM objects.
    """
    rng = np.random.default_rng([writer.seed, 3])
    cut = _choose(rng, planned, truncated)
    for item in planned:
        writer.write_object(item)
    for number, item in enumerate(cut):
        writer.truncate(item.path, in_header=number == 0)
    whole = [item for item in planned if item not in cut]
    for number, item in enumerate(_choose(rng, whole, copies)):
        writer.copy(item.path, f"DICOM/copies/{number + 1:05d}.dcm")
    for number, item in enumerate(_choose(rng, whole, renamed)):
        writer.rename(item, f"DICOM/import/A{number + 1:04d}")
    for number in range(strangers):
        writer.write_stranger(number)
    writer.write_kerma_table(planned)


def _choose(rng: np.random.Generator, planned: list[PlannedObject], count: int) -> list[PlannedObject]:
    """Patients' images that stand for themselves: no twins, no repeats, and not the pattern of a repeat."""
    related = {path for item in planned for path in (item.repeat_of, item.presentation_of, item.rejects) if path}
    candidates = [
        item
        for item in planned
        if isinstance(item.exposure, ClinicalExposure)
        and item.path not in related
        and item.repeat_of is None
        and item.presentation_of is None
    ]
    chosen = rng.choice(len(candidates), size=min(count, len(candidates)), replace=False)
    return [candidates[index] for index in sorted(chosen)]
