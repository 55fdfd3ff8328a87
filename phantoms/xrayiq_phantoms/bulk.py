"""Many files fast, for load tests: a few images, each file with a header of its own."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np

from xrayiq_phantoms.bulk_templates import TUBE_CURRENT_MA, make_templates, template_kinds
from xrayiq_phantoms.dicom_values import SIMULATED_START, simulated_uid
from xrayiq_phantoms.manifest import FileKind

_TEST_FRACTION: Final = 0.1
_FILES_A_FOLDER: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkFile:
    """One file of a load test, before it is written; fields as in the header, units in the names.

    `broken` files are cut in their pixel data.
    """

    path: str
    template: int
    kind: FileKind
    sop_instance_uid: str
    study_uid: str
    patient_id: str
    acquired_at: datetime.datetime
    operator: int
    tube_voltage_kv: float
    exposure_mas: float
    exposure_index: float
    deviation_index: float | None
    dap_gy_m2: float | None
    broken: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class BulkSummary:
    """What `simulate_bulk` wrote; `plan_bulk` gives the files again."""

    seed: int
    count: int
    broken_count: int
    byte_count: int
    kinds: dict[str, int]


def plan_bulk(*, count: int, seed: int, broken_fraction: float = 0.0) -> Iterator[BulkFile]:
    """Files of a load test in the order of writing.

    Parameters
    ----------
    count : int
        How many.
    seed : int
        Equal seeds give equal files; a file does not depend on the count.
    broken_fraction : float
        Part of the files that are cut, 0 to 1.

    Yields
    ------
    BulkFile
        Nine in ten are patients' images, the rest flat fields and edges.

    Raises
    ------
    ValueError
        The count is negative or the fraction is not between 0 and 1.
    """
    if count < 0 or not 0.0 <= broken_fraction <= 1.0:
        raise ValueError(f"{count} files, {broken_fraction} of them broken; needed 0 or more and a part from 0 to 1")
    kinds = template_kinds()
    tests = [number for number, (kind, _, _) in enumerate(kinds) if kind != "clinical"]
    patients = [number for number, (kind, _, _) in enumerate(kinds) if kind == "clinical"]
    for index in range(count):
        rng = np.random.default_rng([seed, 5, index])
        draws = rng.random(8)
        pool = tests if draws[0] < _TEST_FRACTION else patients
        template = pool[int(draws[1] * len(pool))]
        kind, room, projection = kinds[template]
        study = index // 2
        target = None if projection is None else projection.target_exposure_index
        spread = 10.0 ** (float(rng.normal(0.0, 1.2)) / 10.0)
        true_index = 250.0 if target is None else target * spread
        stated = round(true_index * room.exposure_index_factor, 1)
        charge = round(0.5 + 4.5 * float(draws[2]), 3)
        yield BulkFile(
            path=f"{index // _FILES_A_FOLDER:05d}/{index:08d}.dcm",
            template=template,
            kind=kind,
            sop_instance_uid=simulated_uid(seed, "bulk", index),
            study_uid=simulated_uid(seed, "bulk study", study),
            patient_id=f"SIMB{study:08d}",
            acquired_at=SIMULATED_START + datetime.timedelta(seconds=40 * index, microseconds=int(draws[3] * 1e6)),
            operator=int(draws[4] * 10),
            tube_voltage_kv=70.0 if projection is None else projection.tube_voltage_kv + round(float(draws[5]) * 4 - 2),
            exposure_mas=charge,
            exposure_index=stated,
            deviation_index=None if target is None else round(10.0 * math.log10(stated / target), 1),
            dap_gy_m2=float(f"{charge * 4e-7 * (0.5 + float(draws[6])):.4g}") if room.reports_dap else None,
            broken=bool(draws[7] < broken_fraction),
        )


def simulate_bulk(
    folder: str | Path,
    *,
    count: int,
    seed: int = 1,
    broken_fraction: float = 0.0,
    progress: Callable[[int, int], None] | None = None,
) -> BulkSummary:
    """Write many valid objects from a few images, each with identifiers, identity and technique of its own.

    Parameters
    ----------
    folder : path
        Made if it is missing; files of equal name are replaced.
    count : int
        How many files.
    seed : int
        Equal seeds write equal bytes.
    broken_fraction : float
        Part of the files that are cut in their pixel data.
    progress : callable, optional
        Called with the number of files written and of all files after each one.

    Returns
    -------
    BulkSummary
        Counts; the files themselves are those of `plan_bulk` with the same arguments.

    Raises
    ------
    ValueError
        The count or the fraction has no meaning.

    Notes
    -----
    The images (320² clinical, 512² tests) are encoded once. The header of each file is the template's with slots of
    fixed width filled anew, so every file keeps the structure that `write_dicom` gave it.
    """
    root = Path(folder)
    templates = make_templates()
    kinds: dict[str, int] = {}
    broken = written = 0
    for number, item in enumerate(plan_bulk(count=count, seed=seed, broken_fraction=broken_fraction)):
        template = templates[item.template]
        content = template.fill(_values(item, seed))
        if item.broken:
            broken += 1
            del content[template.pixels_start + (len(content) - template.pixels_start) // 2 :]
        target = root / item.path
        if number % _FILES_A_FOLDER == 0:
            target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
        written += len(content)
        kinds[item.kind] = kinds.get(item.kind, 0) + 1
        if progress is not None:
            progress(number + 1, count)
    return BulkSummary(seed=seed, count=count, broken_count=broken, byte_count=written, kinds=kinds)


def _values(item: BulkFile, seed: int) -> dict[str, str]:
    """Text of each slot of a file."""
    number = item.patient_id.removeprefix("SIMB")
    time_ms = item.exposure_mas / TUBE_CURRENT_MA * 1000.0
    return {
        "study_uid": item.study_uid,
        "series_uid": simulated_uid(seed, "bulk series", item.study_uid, item.template),
        "instance_uid": item.sop_instance_uid,
        "event_uid": simulated_uid(seed, "bulk event", item.path),
        "patient_id": item.patient_id,
        "patient_name": f"Simulated^Patient{number}",
        "accession": f"SIMA{number}",
        "study_id": f"T{number}",
        "operator": f"Simulated^Operator{item.operator}",
        "date": f"{item.acquired_at:%Y%m%d}",
        "time": f"{item.acquired_at:%H%M%S.%f}",
        "voltage": f"{item.tube_voltage_kv:g}",
        "charge_mas": f"{int(item.exposure_mas)}",
        "charge_uas": f"{round(item.exposure_mas * 1000)}",
        "time_us": f"{time_ms * 1000:.0f}",
        "time_ms": f"{time_ms:.0f}",
        "index": f"{item.exposure_index:.1f}",
        "deviation": "" if item.deviation_index is None else f"{item.deviation_index:.1f}",
        "dap": "" if item.dap_gy_m2 is None else f"{item.dap_gy_m2 * 1e5:.4g}",
    }
