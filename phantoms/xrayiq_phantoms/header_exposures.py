"""Headers of rooms in which single things are wrong: truth for audits of headers.

No file is made: a row holds the values of attributes, by the names of DICOM.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

_START: Final = datetime.datetime(2026, 1, 5, 7, 0)
#: body part, view, protocol's name without the side, paired
_VIEWS: Final = (("CHEST", "PA", "Chest PA", False), ("KNEE", "AP", "Knee AP", True), ("HAND", "PA", "Hand PA", True))
Problem = Literal["no_target_index", "sides", "clock", "unmapped", "no_dose", "burned_in_unknown", "midnight", "future"]
#: exposures of a room that have a wrong side, a date that stands still, or one still to come
WRONG_SIDES: Final = 3
_SHIFT: Final = datetime.timedelta(minutes=-50)
SHIFTED_ON: Final = _START.date() + datetime.timedelta(days=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class SimulatedHeader:
    """One header.

    Parameters
    ----------
    room : str
        Station name.
    attributes : dict
        Values by keyword; times as datetime, keywords without a value are missing.
    """

    room: str
    attributes: dict[str, Any]


def simulate_headers(
    problems: dict[str, tuple[Problem, ...]], *, days: int = 30, seed: int = 1
) -> tuple[SimulatedHeader, ...]:
    """Headers of rooms, three exposures a day each.

    Parameters
    ----------
    problems : dict of str to tuple
        Rooms, and what is wrong in each: ``"no_target_index"`` (none at all), ``"sides"`` (three exposures with the
        other side than their protocol), ``"clock"`` (50 minutes slow from `SHIFTED_ON` on), ``"unmapped"`` (one view in
        three under names that nothing knows), ``"no_dose"``, ``"burned_in_unknown"``, ``"midnight"`` (one exposure
        whose pixels have the date of the day before), ``"future"`` (one of the year 2099).
    days : int
        How many.
    seed : int
        Equal seeds give equal headers.
    """
    found = []
    for number, (room, wrong) in enumerate(problems.items()):
        rng = np.random.default_rng([seed, 23, number])
        for day in range(days):
            for turn in range(len(_VIEWS)):
                found.append(SimulatedHeader(room=room, attributes=_attributes(rng, day, turn, wrong)))
    return tuple(found)


def _attributes(rng: np.random.Generator, day: int, turn: int, wrong: tuple[Problem, ...]) -> dict[str, Any]:
    part, view, protocol, paired = _VIEWS[turn]
    study_at = _START + datetime.timedelta(days=day, hours=turn, minutes=int(rng.integers(50)))
    exposed_at = study_at + datetime.timedelta(minutes=int(rng.integers(3, 12)))
    side = ("L", "R")[int(rng.integers(2))]
    index = round(250.0 * 10.0 ** (float(rng.normal(0.0, 1.0)) / 10.0), 1)
    told: dict[str, Any] = {
        "Modality": "DX",
        "BodyPartExamined": part,
        "ViewPosition": view,
        "ProtocolName": f"{protocol} {('left', 'right')[side == 'R']}" if paired else protocol,
        "StudyAt": study_at,
        "KVP": 70.0,
        "Exposure": 4.0,
        "DistanceSourceToDetector": 1150.0,
        "ImageAndFluoroscopyAreaDoseProduct": 1.0e-5,
        "ExposureIndex": index,
        "TargetExposureIndex": 250.0,
        "DeviationIndex": round(10.0 * float(np.log10(index / 250.0)), 1),
        "Grid": "NONE",
        "ExposureControlMode": "AUTOMATIC",
        "BurnedInAnnotation": "NO",
        "DetectorID": "D1",
    }
    if paired:
        told["ImageLaterality"] = side
    if "sides" in wrong and turn == 1 and day < WRONG_SIDES:
        told["ImageLaterality"] = "R" if side == "L" else "L"
    if "clock" in wrong and exposed_at.date() >= SHIFTED_ON:
        exposed_at += _SHIFT
    if "future" in wrong and (day, turn) == (20, 0):
        exposed_at = exposed_at.replace(year=2099)
        del told["StudyAt"]
    told |= {"AcquisitionAt": exposed_at, "ContentAt": exposed_at + datetime.timedelta(seconds=20)}
    if "midnight" in wrong and (day, turn) == (10, 2):
        told["AcquisitionAt"] = exposed_at.replace(hour=23, minute=59)
        told["ContentAt"] = exposed_at.replace(hour=0, minute=1)
        told["StudyAt"] = told["AcquisitionAt"] - datetime.timedelta(minutes=5)
    if "unmapped" in wrong and turn == 2:
        told |= {"BodyPartExamined": "XTR 7", "ViewPosition": "Q", "ProtocolName": "Programme 12"}
        del told["ImageLaterality"]
    missing = {
        "no_target_index": ("TargetExposureIndex", "DeviationIndex"),
        "no_dose": ("ImageAndFluoroscopyAreaDoseProduct",),
        "burned_in_unknown": ("BurnedInAnnotation",),
    }
    for problem in wrong:
        for keyword in missing.get(problem, ()):
            del told[keyword]
    return told
