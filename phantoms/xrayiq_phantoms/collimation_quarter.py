"""Fields of a simulated quarter in rooms whose habits are known: truth for collimation audits.

No image is made: a row holds what a field search, the header and the dose report tell of an exposure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_START: Final = np.datetime64("2026-01-05T07:00:00", "us")
_DETECTOR_MM: Final = 430.0
#: view, needed height and width at the detector, distance
VIEWS: Final = (
    ("CHEST", "PA", 400.0, 350.0, 1800.0),
    ("LSPINE", "AP", 345.0, 150.0, 1150.0),
    ("KNEE", "AP", 280.0, 200.0, 1150.0),
    ("HAND", "PA", 220.0, 170.0, 1150.0),
)
#: part of a well set field that lies beside the anatomy, how it scatters, and what a habit of wide fields adds
_BESIDE: Final = {"CHEST": 0.3, "LSPINE": 0.2, "KNEE": 0.4, "HAND": 0.6}
_BESIDE_SD, _WIDE = 0.06, 0.25
#: shares of exposures that any room leaves open, or crops a little; fields that the search gets wrong, and unknowingly
_OPEN, _CROPPED, _LOST, _WRONG = 0.06, 0.03, 0.04, 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class CollimationFault:
    """What is planted in a room.

    Parameters
    ----------
    room : str
        Where.
    kind : {"open_collimation", "cropped_afterwards", "off_centre", "field_disagrees", "beside_anatomy"}
        Which habit or fault.
    body_part : str
        Of habits: in which examination.
    """

    room: str
    kind: str
    body_part: str = ""


#: one of each
FAULTS: Final = (
    CollimationFault(room="R2", kind="cropped_afterwards", body_part="KNEE"),
    CollimationFault(room="R3", kind="off_centre"),
    CollimationFault(room="R4", kind="field_disagrees"),
    CollimationFault(room="R5", kind="open_collimation", body_part="HAND"),
    CollimationFault(room="R1", kind="beside_anatomy", body_part="LSPINE"),
)


def simulate_collimation(
    *,
    rooms: tuple[str, ...] = ("R1", "R2", "R3", "R4", "R5"),
    exposures: int = 400,
    faults: tuple[CollimationFault, ...] = (),
    seed: int = 1,
) -> dict[str, list[Any]]:
    """Columns of exposures, the same number of each room, views taking turns.

    Parameters
    ----------
    rooms : tuple of str
        Their names.
    exposures : int
        Of each room.
    faults : tuple of CollimationFault
        What is planted: the habit in 7 of 10 exposures of the view (``"beside_anatomy"``: a quarter of the field more
        beside the anatomy), a centre 40 mm to the right, or a header whose edges are 30 mm inside the field on every
        side.
    seed : int
        Equal seeds give equal rows.

    Returns
    -------
    dict of str to list
        Columns of a frame of exposures: lengths at the detector, positions from the centre of the image.
    """
    rng, apart = np.random.default_rng([seed, 31]), np.random.default_rng([seed, 37])
    columns: dict[str, list[Any]] = {}
    for room in rooms:
        own = tuple(one for one in faults if one.room == room)
        habits = {one.body_part for one in own if one.kind == "beside_anatomy"}
        for number in range(exposures):
            row = _row(rng, room, number, own)
            row["beside_anatomy_fraction"] = _beside(apart, row, habits)
            row["subject"] = f"2.25.{len(columns.get('subject', ())) + 1}"
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
    return columns


def _row(rng: np.random.Generator, room: str, number: int, faults: tuple[CollimationFault, ...]) -> dict[str, Any]:
    part, view, height, width, distance = VIEWS[number % len(VIEWS)]
    planted = (one for one in faults if one.body_part == part and one.kind != "beside_anatomy")
    habits = {one.kind for one in planted if rng.random() < 0.7}
    kinds = {one.kind for one in faults}
    field = np.array([height, width]) * np.exp(rng.normal(0.0, 0.05, 2))
    centre = rng.normal([0.0, 40.0 if "off_centre" in kinds else 0.0], 8.0)
    stored = np.array([_DETECTOR_MM, _DETECTOR_MM])
    if habits or rng.random() < _OPEN:
        wanted, field, centre = field, stored, np.zeros(2)
        if "cropped_afterwards" in habits:
            stored = wanted
    elif rng.random() < _CROPPED:
        stored = field * 0.93
        centre = np.zeros(2)
    low, high = centre - field / 2.0, centre + field / 2.0
    seen_low, seen_high = np.maximum(low, -stored / 2.0), np.minimum(high, stored / 2.0)
    at_border = int(np.sum(low <= -stored / 2.0) + np.sum(high >= stored / 2.0))
    inside = 30.0 if "field_disagrees" in kinds else 0.0
    header = np.concatenate([low + inside, high - inside]) + rng.normal(0.0, 0.5, 4)
    luck = rng.random()
    found_low, found_high = (edge + rng.normal(0.0, 0.4, 2) for edge in (seen_low, seen_high))
    if luck < _LOST + _WRONG:  # the search took an edge of anatomy for a blade
        found_low = found_low + np.array([0.3 * field[0], 0.0])
    size = found_high - found_low
    reported = float(np.prod(field)) * float(np.exp(rng.normal(0.0, 0.02)))
    return {
        "site": "North",
        "room": room,
        "unit": f"unit of {room}",
        "body_part": part,
        "view": view,
        "band": "adult",
        "exposed_at": _START + np.timedelta64(number * 300 + int(rng.integers(60)), "m"),
        "source_detector_distance_mm": distance,
        "image_height_mm": float(stored[0]),
        "image_width_mm": float(stored[1]),
        "detector_height_mm": _DETECTOR_MM,
        "detector_width_mm": _DETECTOR_MM,
        "found_height_mm": float(size[0]),
        "found_width_mm": float(size[1]),
        "found_offset_rows_mm": float(found_low[0] + found_high[0]) / 2.0,
        "found_offset_columns_mm": float(found_low[1] + found_high[1]) / 2.0,
        "found_area_mm2": float(np.prod(size)),
        "rotation_deg": float(rng.normal(0.0, 0.6)),
        "confidence": float(rng.uniform(0.1, 0.6) if luck < _LOST else rng.uniform(0.8, 1.0)),
        "visible_borders": float(4 - at_border),
        "sides_at_border": float(at_border),
        "header_top_mm": float(header[0]),
        "header_left_mm": float(header[1]),
        "header_bottom_mm": float(header[2]),
        "header_right_mm": float(header[3]),
        "header_area_mm2": float((header[2] - header[0]) * (header[3] - header[1])),
        "report_area_mm2": reported,
    }


def _beside(rng: np.random.Generator, row: dict[str, Any], habits: set[str]) -> float:
    """Part of a field that lies beside the anatomy."""
    part = str(row["body_part"])
    found = _BESIDE[part] + float(rng.normal(0.0, _BESIDE_SD))
    if part in habits and rng.random() < 0.7:
        found += _WIDE
    return min(max(found, 0.0), 1.0)
