"""Archives of detector tests: flat fields at several kermas and edges in both directions, by day and room."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

from xrayiq_phantoms.archive_plan import examination_of_test
from xrayiq_phantoms.archive_writer import ArchiveWriter, Progress
from xrayiq_phantoms.dicom_values import SIMULATED_START, Identifiers
from xrayiq_phantoms.manifest import Manifest
from xrayiq_phantoms.planned import PlannedObject, TestExposure
from xrayiq_phantoms.rooms import ROOMS, Room

#: kermas of the flat fields (µGy): the levels of noise power spectra (0.78, 2.5 and 8 µGy) among seven from 0.3 to 20
TEST_KERMAS_UGY: Final = (0.3, 0.78, 1.4, 2.5, 8.0, 14.0, 20.0)
_EDGE_KERMA_UGY: Final = 8.0
_ACROSS: Final = (("columns", 3.0), ("rows", 2.6))


def simulate_detector_tests(
    folder: str | Path,
    *,
    rooms: Sequence[Room] = ROOMS,
    days: int = 1,
    kermas_ugy: Sequence[float] = TEST_KERMAS_UGY,
    flats: int = 4,
    edges: int = 4,
    shape: tuple[int, int] = (1024, 1024),
    seed: int = 1,
    kerma_table: bool = True,
    progress: Progress | None = None,
) -> Manifest:
    """Write what an acceptance test or a yearly test of detectors leaves in an archive, and what is true of it.

    Parameters
    ----------
    folder : path
        Made if it is missing; files of equal name are replaced.
    rooms : sequence of Room
        Units that are tested.
    days : int
        Days of tests, four weeks apart.
    kermas_ugy : sequence of float
        Kerma of each level of flat fields.
    flats, edges : int
        Images of each level and of each direction of the edge.
    shape : (int, int)
        Rows and columns of every image.
    seed : int
        Equal seeds write equal bytes.
    kerma_table : bool
        Whether a ``kerma.csv`` of the true kerma lies beside the images of each day, as a physicist with a dosemeter
        would leave it; without it the headers' exposure indices are all there is.
    progress : callable, optional
        Called with the number of files written and of all images after each one.

    Returns
    -------
    Manifest
        Also written as ``manifest.json``; the kerma tables are not in it.
    """
    planned = list(_plan(rooms, days, kermas_ugy, flats, edges, shape, seed))
    writer = ArchiveWriter(Path(folder), seed=seed, files=len(planned), progress=progress)
    for item in planned:
        writer.write_object(item)
    if kerma_table:
        _write_tables(Path(folder), planned)
    manifest = Manifest(seed=seed, entries=tuple(sorted(writer.entries.values(), key=lambda entry: entry.path)))
    manifest.write(folder)
    return manifest


def _plan(
    rooms: Sequence[Room],
    days: int,
    kermas_ugy: Sequence[float],
    flats: int,
    edges: int,
    shape: tuple[int, int],
    seed: int,
) -> Iterator[PlannedObject]:
    exposures = [
        TestExposure(kind="flat_field", kerma_ugy=kerma, shape=shape) for kerma in kermas_ugy for _ in range(flats)
    ]
    exposures += [
        TestExposure(kind="edge", kerma_ugy=_EDGE_KERMA_UGY, across=across, angle_deg=angle, shape=shape)  # type: ignore[arg-type]  # one of both
        for across, angle in _ACROSS
        for _ in range(edges)
    ]
    for day in range(days):
        for number, room in enumerate(rooms):
            start = SIMULATED_START + datetime.timedelta(days=28 * day, hours=number)
            for slot, exposure in enumerate(exposures):
                yield _test(seed, room, number, exposure, start + datetime.timedelta(minutes=slot), day, slot)


def _test(
    seed: int, room: Room, number: int, exposure: TestExposure, at: datetime.datetime, day: int, slot: int
) -> PlannedObject:
    name = f"T{day + 1:03d}{number + 1}"
    rng = np.random.default_rng([seed, 5, day, number, slot])
    return PlannedObject(
        path=f"DICOM/{at:%Y%m%d}/{name}/{slot + 1:05d}.dcm",
        room=room,
        exposure=exposure,
        identifiers=Identifiers(seed=seed, study=name, instance=str(slot + 1), instance_number=slot + 1),
        examination=examination_of_test(room, number, name),
        acquired_at=at,
        operator=0,
        transfer_syntax=str(rng.choice(room.test.transfer_syntaxes)),  # type: ignore[arg-type]  # one of the names
        noise_seed=int(rng.integers(1 << 31)),
    )


def _write_tables(folder: Path, planned: Sequence[PlannedObject]) -> None:
    """Kerma of each flat field and edge, by the name of its file."""
    rows: dict[Path, list[str]] = {}
    for item in planned:
        if isinstance(item.exposure, TestExposure):
            path = folder / item.path
            rows.setdefault(path.parent, []).append(f"{path.name},{item.exposure.kerma_ugy:g},RQA5/2015")
    for parent, lines in rows.items():
        (parent / "kerma.csv").write_text("\n".join(["file,kerma_ugy,beam", *lines, ""]), encoding="utf-8")
