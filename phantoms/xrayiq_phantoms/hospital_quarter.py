"""A quarter of a simulated hospital as its archive and reject log show it, with what is wrong on purpose."""

from __future__ import annotations

import csv
import io
from pathlib import Path
from typing import Final

from xrayiq_phantoms.archive import write_with_faults
from xrayiq_phantoms.archive_plan import LEAST_FILES
from xrayiq_phantoms.archive_writer import ArchiveWriter, Progress
from xrayiq_phantoms.hospital_quarter_images import QuarterImages
from xrayiq_phantoms.hospital_quarter_plan import plan_quarter
from xrayiq_phantoms.hospital_quarter_rooms import PLANTS
from xrayiq_phantoms.manifest import Manifest
from xrayiq_phantoms.planned import ClinicalExposure, PlannedObject

#: log of rejects, in the folder of the archive
LOG_NAME: Final = "reject_log.csv"
_COLUMNS: Final = (
    *("exposed_at", "serial_number", "station_name", "status", "reason", "body_part", "view", "laterality", "protocol"),
    *("kv", "mas", "dap", "ei", "eit", "di", "sid_mm"),
)
#: cut, doubled and renamed files, and what is no DICOM
_FAULTS: Final = {"truncated": 2, "copies": 2, "renamed": 1, "strangers": 4}


def simulate_hospital_quarter(
    folder: str | Path, *, seed: int = 1, files: int = 1600, progress: Progress | None = None
) -> Manifest:
    """Write thirteen weeks of a simulated hospital, in which five rooms have a habit or a fault each.

    Parameters
    ----------
    folder : path
        Made if it is missing; files of equal name are replaced.
    seed : int
        Equal seeds write equal bytes.
    files : int
        About how many files, at least 24. From some 750 on there are enough exposures for every habit to be told.
    progress : callable, optional
        Called with the number of files written and of all files after each one.

    Returns
    -------
    Manifest
        Also written as ``manifest.json``; its `plants` are what is wrong with the rooms.

    Raises
    ------
    ValueError
        Too few files are asked for.

    Notes
    -----
    The three rooms of `simulate_archive` and two more; tests as there, every five weeks; images of patients of 1 mm
    pixels. Two rooms keep rejected images and send a note (key object) for each, in the others the image is gone and
    ``reject_log.csv`` tells of it, under the headings of the ``neutral`` mapping. One room sends a dose report of every
    study.
    """
    if files < LEAST_FILES:
        raise ValueError(f"{files} files; needed at least {LEAST_FILES}")
    beside = sum(_FAULTS.values()) - _FAULTS["truncated"] + 2  # and two tables
    plan = plan_quarter(seed, files - beside)
    images = QuarterImages(seed)
    total = len(plan.objects) + beside
    writer = ArchiveWriter(Path(folder), seed=seed, files=total, progress=progress, simulate=images.simulate)
    write_with_faults(writer, list(plan.objects), **_FAULTS)
    writer.write_text(LOG_NAME, _log(plan.logged, images), problem="reject_log")
    entries = tuple(sorted(writer.entries.values(), key=lambda entry: entry.path))
    manifest = Manifest(seed=seed, entries=entries, plants=PLANTS)
    manifest.write(folder)
    return manifest


def _log(logged: tuple[PlannedObject, ...], images: QuarterImages) -> str:
    """Rejects of the consoles as a table."""
    text = io.StringIO()
    table = csv.writer(text, lineterminator="\n")
    table.writerow(_COLUMNS)
    for item in logged:
        assert isinstance(item.exposure, ClinicalExposure)  # noqa: S101 - as the plan makes it
        told = images.simulate(item).technique
        unit = item.room.equipment
        table.writerow(
            [
                *(item.acquired_at.isoformat(), unit.serial_number, unit.station_name, "rejected", item.reason),
                *(told.body_part, told.view_position, told.laterality or "", told.protocol_name),
                *(told.tube_voltage_kv, told.exposure_mas, told.dap_gy_m2 or "", told.exposure_index),
                *(told.target_exposure_index, told.deviation_index, told.source_detector_distance_mm),
            ]
        )
    return text.getvalue()
