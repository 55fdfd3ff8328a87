"""A year of weekly quality control in three rooms, with a slow loss of gain, a change of detector and a dead line."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

import numpy as np

from xrayiq_phantoms.defects import Defect
from xrayiq_phantoms.detector import Detector
from xrayiq_phantoms.dicom_values import Equipment, Examination, Identifiers, Technique
from xrayiq_phantoms.dicom_writer import write_dicom
from xrayiq_phantoms.flat import simulate_flat

FIRST_DAY: Final = datetime.date(2025, 1, 6)
WEEKS: Final = 52
KERMA_UGY: Final = 2.5
CHARGE_MAS: Final = 2.0
#: stations of the three rooms: whose gain falls, whose detector is swapped, whose detector gets a dead line
DRIFT_ROOM: Final = "QCROOM1"
SWAP_ROOM: Final = "QCROOM2"
LINE_ROOM: Final = "QCROOM3"
#: last week of full gain, loss of gain in each week after it, week of the calibration that ends it
DRIFT_AFTER_WEEK: Final = 13
LOSS_PER_WEEK: Final = 0.0079
CALIBRATION_WEEK: Final = 44
#: first week of the new detector, and its gain by that of the old one
SWAP_WEEK: Final = 26
SWAP_GAIN: Final = 1.3
#: first week with the dead line, first week without it
LINE_WEEK: Final = 18
REPAIR_WEEK: Final = 22
LINE_COLUMN: Final = 201

_SOFTWARE: Final = ("1.0",)


@dataclass(frozen=True, slots=True, kw_only=True)
class YearFile:
    """One flat field of the year.

    Parameters
    ----------
    path : str
        Below the folder.
    week : int
        From 0.
    day : date
        Of the exposure.
    station, detector_id : str
        What the header names.
    gain : float
        Gain of the detector by that at the beginning of the year in its room.
    dead_line : bool
        Whether it has the dead line.
    """

    path: str
    week: int
    day: datetime.date
    station: str
    detector_id: str
    gain: float
    dead_line: bool


def day_of_week(week: int) -> datetime.date:
    """Day of a week's tests."""
    return FIRST_DAY + datetime.timedelta(weeks=week)


def gain_of(station: str, week: int) -> float:
    """Gain by that of the first week; in the first room 0.0079 less in each week after the 14th until calibration."""
    if station == DRIFT_ROOM and DRIFT_AFTER_WEEK < week < CALIBRATION_WEEK:
        return 1.0 - LOSS_PER_WEEK * (week - DRIFT_AFTER_WEEK)
    return SWAP_GAIN if station == SWAP_ROOM and week >= SWAP_WEEK else 1.0


def weeks_below(loss: float) -> tuple[int, ...]:
    """Weeks in which the drifting gain has lost more than a part of itself."""
    first = DRIFT_AFTER_WEEK + math.floor(loss / LOSS_PER_WEEK + 1e-9) + 1
    return tuple(range(first, CALIBRATION_WEEK))


def simulate_qc_year(
    folder: str | Path, *, weeks: range = range(WEEKS), side_px: int = 448, seed: int = 1
) -> tuple[YearFile, ...]:
    """Flat fields of some weeks of the year as DICOM files: one a week in two rooms, two in the room of the dead line.

    Parameters
    ----------
    folder : path
        Where to write; made if need be.
    weeks : range
        Which weeks, of 52 from 0.
    side_px : int
        Rows and columns of each image.
    seed : int
        Of the noise and the identifiers.

    Returns
    -------
    tuple of YearFile
        What was written, in the order of exposure.
    """
    written = []
    for week in weeks:
        for number, station in enumerate((DRIFT_ROOM, SWAP_ROOM, LINE_ROOM), start=1):
            for repeat in range(2 if station == LINE_ROOM else 1):
                written.append(_write(Path(folder), week, number, station, repeat, side_px=side_px, seed=seed))
    return tuple(written)


def _write(folder: Path, week: int, number: int, station: str, repeat: int, *, side_px: int, seed: int) -> YearFile:
    swapped = station == SWAP_ROOM and week >= SWAP_WEEK
    dead = station == LINE_ROOM and LINE_WEEK <= week < REPAIR_WEEK
    day = day_of_week(week)
    file = YearFile(
        path=f"week{week:02d}/{station}_{repeat}.dcm",
        week=week,
        day=day,
        station=station,
        detector_id=f"QCDET-{number}{'B' if swapped else 'A'}",
        gain=gain_of(station, week),
        dead_line=dead,
    )
    detector = Detector(
        pixel_pitch_mm=0.2,
        gain_dn_per_ugy=1000.0 * file.gain,
        bits_stored=14,
        electronic_noise_ugy=0.01,
        structured_noise_fraction=0.002,
        pattern_seed=100 * number + swapped,
    )
    if dead:
        detector = replace(detector, defects=(Defect(row=0, column=LINE_COLUMN, rows=None),))
    noise_seed = int(np.random.default_rng([seed, week, number, repeat]).integers(1 << 31))
    pixels = simulate_flat(detector, shape=(side_px, side_px), kerma_ugy=KERMA_UGY, seed=noise_seed).pixels
    target = folder / file.path
    target.parent.mkdir(parents=True, exist_ok=True)
    write_dicom(
        target,
        pixels,
        pixel_pitch_mm=detector.pixel_pitch_mm,
        technique=Technique(
            exposure_mas=CHARGE_MAS,
            exposure_time_ms=10.0,
            tube_current_ma=200.0,
            exposure_control_mode="MANUAL",
            filter_material="ALUMINUM",
            filter_thickness_mm=21.0,
            source_detector_distance_mm=1500.0,
            protocol_name="QC Flat field",
        ),
        equipment=Equipment(
            station_name=station,
            serial_number=f"QC-{number}",
            software_versions=_SOFTWARE,
            detector_id=file.detector_id,
        ),
        examination=Examination(
            patient_name=f"Simulated^Test{number}",
            patient_id=f"SIMQC{number}",
            birth_date=None,
            operator_name="Simulated^Physicist1",
            study_id=f"W{week:02d}",
        ),
        identifiers=Identifiers(
            seed=seed, study=f"week{week}room{number}", instance=str(repeat + 1), instance_number=repeat + 1
        ),
        acquired_at=datetime.datetime.combine(day, datetime.time(7, 10 * number, repeat)),
        quality_control=True,
    )
    return file
