"""A quarter of clinical images in rooms whose quality is known: truth for audits of image quality.

No image is made: a row holds what is measured of an exposure's image and what its header states.
"""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from typing import Any, Final, Literal

import numpy as np

QualityFault = Literal["noise_step", "noisier_room", "clipping", "saturation", "grid_lines", "beyond_detector", "seams"]

FIRST_DAY: Final = datetime.date(2026, 1, 5)
_START: Final = np.datetime64(FIRST_DAY, "us")
DAYS: Final = 90
#: view, usual kerma at the receptor in µGy, relative noise in the anatomy at it
VIEWS: Final = (
    ("CHEST", "PA", 3.0, 0.020),
    ("CHEST", "LAT", 4.0, 0.030),
    ("ABDOMEN", "AP", 4.5, 0.035),
    ("HAND", "PA", 3.5, 0.016),
)
#: of quanta: noise goes by the root of the kerma
QUANTUM_SLOPE: Final = -0.5
#: standard deviations of logarithms: kerma about what is usual, and noise about what the kerma gives
KERMA_SPREAD, NOISE_SPREAD = 0.22, 0.12
#: shares of images of any room with a fault
CLIPPED_SHARE, SATURATED_SHARE, BEYOND_SHARE, STITCHED_SHARE = 0.03, 0.003, 0.01, 0.15


@dataclass(frozen=True, slots=True, kw_only=True)
class QualityPlant:
    """What is planted in a room.

    Parameters
    ----------
    kind : str
        Which fault: ``"noise_step"`` (the exposures stay), ``"noisier_room"`` (from the first day), ``"clipping"``,
        ``"saturation"``, ``"grid_lines"``, ``"beyond_detector"`` or ``"seams"``.
    room : str
        Where.
    size : float
        Factor of the noise, or share of the images.
    day : int
        Day from which on it is there.
    body_part : str
        Of which it is; all where empty.
    """

    kind: QualityFault
    room: str
    size: float
    day: int = 0
    body_part: str = ""


#: one of each
PLANTS: Final = (
    QualityPlant(kind="noise_step", room="R2", size=1.4, day=45),
    QualityPlant(kind="clipping", room="R3", size=0.4),
    QualityPlant(kind="grid_lines", room="R4", size=0.8, day=55),
    QualityPlant(kind="beyond_detector", room="R5", size=0.3, body_part="HAND"),
    QualityPlant(kind="saturation", room="R6", size=0.12, body_part="ABDOMEN"),
    QualityPlant(kind="seams", room="R7", size=0.7),
    QualityPlant(kind="noisier_room", room="R8", size=1.6),
)
ROOMS: Final = tuple(f"R{number}" for number in range(1, 9))


def day_of(plant: QualityPlant) -> datetime.date:
    """Day on which a plant begins."""
    return FIRST_DAY + datetime.timedelta(days=plant.day)


def simulate_quality(
    *,
    rooms: tuple[str, ...] = ROOMS,
    exposures: int = 480,
    plants: tuple[QualityPlant, ...] = (),
    seed: int = 1,
) -> dict[str, list[Any]]:
    """Columns of exposures, the same number of each room over 90 days, views taking turns.

    Parameters
    ----------
    rooms : tuple of str
        Their names.
    exposures : int
        Of each room.
    plants : tuple of QualityPlant
        What is planted.
    seed : int
        Equal seeds give equal rows.

    Returns
    -------
    dict of str to list
        Columns of a frame of exposures. The logarithm of the noise is that of its view at the usual kerma, less half
        the logarithm of the kerma over the usual one, plus a normal deviate of 0.12 and what is planted.
    """
    columns: dict[str, list[Any]] = {}
    for place, room in enumerate(rooms):
        rng = np.random.default_rng([seed, place, 47])
        own = tuple(one for one in plants if one.room == room)
        for number in range(exposures):
            row = _row(rng, room, number, exposures, own)
            row["subject"] = f"2.25.{len(columns.get('subject', ())) + 1}"
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
    return columns


def _row(
    rng: np.random.Generator, room: str, number: int, exposures: int, plants: tuple[QualityPlant, ...]
) -> dict[str, Any]:
    part, view, usual_ugy, usual_noise = VIEWS[number % len(VIEWS)]
    minute = round((number + float(rng.uniform(0.0, 0.9))) * DAYS * 1440 / exposures)
    active = {one.kind: one.size for one in plants if minute // 1440 >= one.day and one.body_part in ("", part)}
    deviation = float(rng.normal(0.0, KERMA_SPREAD))
    excess = math.log(active.get("noise_step", 1.0)) + math.log(active.get("noisier_room", 1.0))
    noise = usual_noise * math.exp(QUANTUM_SLOPE * deviation + float(rng.normal(0.0, NOISE_SPREAD)) + excess)
    luck = dict(zip(("clipped", "saturated", "beyond", "stitched", "lines", "seam"), rng.random(6), strict=True))
    is_clipped = luck["clipped"] < active.get("clipping", CLIPPED_SHARE)
    is_saturated = luck["saturated"] < active.get("saturation", SATURATED_SHARE)
    is_beyond = luck["beyond"] < active.get("beyond_detector", BEYOND_SHARE)
    has_lines = luck["lines"] < active.get("grid_lines", 0.0)
    has_seam = luck["seam"] < active.get("seams", 0.0)
    nothing = math.nan
    return {
        "site": "North",
        "room": room,
        "unit": f"unit of {room}",
        "detector": f"detector of {room}",
        "body_part": part,
        "view": view,
        "band": "adult",
        "exposed_at": _START + np.timedelta64(minute, "m"),
        "receptor_kerma_ugy": usual_ugy * math.exp(deviation),
        "deviation_index": 10.0 * deviation / math.log(10.0),
        "noise": nothing if is_saturated else noise,
        "snr": nothing if is_saturated else 1.0 / noise,
        "is_saturated": float(is_saturated),
        "clipped_low_fraction": 0.0,
        "clipped_high_fraction": float(rng.uniform(0.03, 0.2) if is_clipped else rng.uniform(0.0, 0.01)),
        "grid_line_contrast": float(rng.uniform(0.02, 0.05) if has_lines else rng.uniform(0.0, 0.003)),
        "grid_line_frequency": 4.0 if has_lines else nothing,
        "field_beyond_detector_fraction": float(rng.uniform(0.08, 0.3) if is_beyond else rng.uniform(0.0, 0.02)),
        "seam_contrast": nothing
        if luck["stitched"] > STITCHED_SHARE
        else float(rng.uniform(0.08, 0.2) if has_seam else rng.uniform(0.0, 0.02)),
        "artefact_candidates": 600.0,
    }
