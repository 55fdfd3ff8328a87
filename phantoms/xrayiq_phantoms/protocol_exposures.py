"""Exposures of rooms whose protocols are known, one of which changed on a day: truth for protocol audits.

No image is made: a row holds what a header tells of an exposure.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

_START: Final = np.datetime64("2026-01-05T07:00:00", "us")
#: view, tube voltage, distance, manual charge (0: exposure control), grid, filter, dose-area product in Gy·m²
VIEWS: Final = (
    ("CHEST", "PA", 125.0, 1800.0, 0.0, "FOCUSED", "COPPER", 0.1, 1.0e-5),
    ("ABDOMEN", "AP", 80.0, 1150.0, 0.0, "FOCUSED", None, None, 2.0e-4),
    ("HAND", "PA", 52.0, 1050.0, 1.6, "NONE", None, None, 1.0e-6),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolChange:
    """A change of one parameter of a room's view on a day.

    Parameters
    ----------
    room, body_part : str
        Where and of which view.
    parameter : str
        Column that changes.
    day : int
        Days from the first.
    value : float or str
        What it is from then on.
    """

    room: str
    body_part: str
    parameter: str
    day: int
    value: float | str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolSlope:
    """A slow change of one number of a room's view.

    Parameters
    ----------
    room, body_part : str
        Where and of which view.
    parameter : str
        Column that changes.
    day : int
        Days from the first until it begins.
    per_day : float
        How much it changes in a day, in the unit of the column; of ``exposure_mas`` the change of its logarithm.
    """

    room: str
    body_part: str
    parameter: str
    day: int
    per_day: float


def simulate_protocols(
    *,
    rooms: tuple[str, ...] = ("R1", "R2", "R3"),
    days: int = 91,
    exposures_a_day: int = 6,
    changes: tuple[ProtocolChange, ...] = (),
    slopes: tuple[ProtocolSlope, ...] = (),
    seed: int = 1,
) -> dict[str, list[Any]]:
    """Columns of exposures, the same number of every room and view on every day.

    Parameters
    ----------
    rooms : tuple of str
        Their names.
    days, exposures_a_day : int
        How long, and exposures of each room and day; views take turns.
    changes : tuple of ProtocolChange
        What is planted.
    slopes : tuple of ProtocolSlope
        What is planted; voltages are set to whole kV.
    seed : int
        Equal seeds give equal rows.

    Returns
    -------
    dict of str to list
        Columns of a frame of exposures. Voltage and manual charge are adapted to one patient in twenty (by 10 kV, and
        by a factor of 1.6); charges under exposure control spread by 0.35 in the logarithm, distances by 10 mm.
    """
    rng = np.random.default_rng([seed, 19])
    columns: dict[str, list[Any]] = {}
    for day in range(days):
        for room in rooms:
            for turn in range(exposures_a_day):
                row = _row(rng, room, day, turn, changes)
                for slope in slopes:
                    if (slope.room, slope.body_part) == (room, row["body_part"]):
                        _slide(row, slope, max(0, day - slope.day))
                row["subject"] = f"2.25.{len(columns.get('subject', ())) + 1}"
                for name, value in row.items():
                    columns.setdefault(name, []).append(value)
    return columns


def _row(
    rng: np.random.Generator, room: str, day: int, turn: int, changes: tuple[ProtocolChange, ...]
) -> dict[str, Any]:
    part, view, voltage, distance, charge, grid, material, thickness, dose = VIEWS[turn % len(VIEWS)]
    row: dict[str, Any] = {
        "site": "North",
        "room": room,
        "unit": f"unit of {room}",
        "body_part": part,
        "view": view,
        "band": "adult",
        "exposed_at": _START + np.timedelta64(day * 1440 + turn * 60 + int(rng.integers(60)), "m"),
        "tube_voltage_kv": voltage,
        "exposure_mas": charge,
        "source_detector_distance_mm": distance,
        "exposure_control_mode": "MANUAL" if charge else "AUTOMATIC",
        "grid": grid,
        "filter_material": material,
        "filter_thickness_min_mm": thickness,
        "filter_thickness_max_mm": thickness,
        "average_glandular_dose": float("nan"),
        "deviation_index": round(float(rng.normal(0.0, 1.2)), 1),
        "noise": float("nan"),
        "snr": float("nan"),
        "event_type": None,
    }
    for change in changes:
        if (change.room, change.body_part) == (room, part) and day >= change.day:
            row[change.parameter] = change.value
    stout = bool(rng.random() < 0.05)
    spread = float(np.exp(rng.normal(0.0, 0.35)))
    row["tube_voltage_kv"] += 10.0 if stout else 0.0
    row["exposure_mas"] = row["exposure_mas"] * (1.6 if stout else 1.0) if charge else 2.0 * spread
    row["source_detector_distance_mm"] += round(float(rng.normal(0.0, 10.0)))
    return row | {"dose_area_product": dose * spread}


def _slide(row: dict[str, Any], slope: ProtocolSlope, days: int) -> None:
    if slope.parameter == "exposure_mas":
        row["exposure_mas"] *= float(np.exp(slope.per_day * days))
    else:
        row[slope.parameter] = round(row[slope.parameter] + slope.per_day * days)
