"""Rooms and views of a simulated hospital's quarter, how each room works, and what is wrong with it."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass, replace
from typing import Final

from xrayiq_phantoms.dicom_values import SIMULATED_START, Equipment
from xrayiq_phantoms.hospital import ABDOMEN_AP, CHEST_AP, CHEST_PA, HAND_OBLIQUE, HAND_PA, Projection
from xrayiq_phantoms.manifest import Plant
from xrayiq_phantoms.rooms import ROOMS, ImageFormat, Room

FIRST_DAY: Final = SIMULATED_START.date()
WEEKS: Final = 13
#: pixels of patients' images; small, so that a quarter is written in a minute
PIXEL_PITCH_MM: Final = 1.0
_DETECTOR_MM: Final = (430.0, 430.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterRoom:
    """A room and how it works.

    Parameters
    ----------
    room : Room
        Unit.
    share : float
        Of the hospital's studies.
    examinations : tuple of (tuple of Projection, float)
        Views of each examination that is done there, and its share of the room's studies.
    rejects, repeats : float
        Share of exposures that are rejected, and of those that are taken again without a word.
    notes : bool
        Whether rejected images are stored with a note that rejects them; else the reject log alone tells of them.
    reported : str
        Body part whose studies have a dose report; empty for none.
    """

    room: Room
    share: float
    examinations: tuple[tuple[tuple[Projection, ...], float], ...]
    rejects: float = 0.05
    repeats: float = 0.01
    notes: bool = False
    reported: str = ""


def _clinical(image_format: ImageFormat) -> ImageFormat:
    return replace(image_format, detector=replace(image_format.detector, pixel_pitch_mm=PIXEL_PITCH_MM))


def _room(room: Room, equipment: Equipment | None = None) -> Room:
    own = replace(equipment or room.equipment, active_dimensions_mm=_DETECTOR_MM)
    return replace(room, equipment=own, clinical=_clinical(room.clinical))


_FOURTH: Final = Equipment(
    manufacturer="Imaginary Imaging",
    model="Linea 4",
    station_name="SIMROOM4",
    serial_number="SIM-0004",
    software_versions=("3.1",),
    detector_id="SIMDET-0004",
)
_FIFTH: Final = replace(
    _FOURTH, station_name="SIMROOM5", serial_number="SIM-0005", detector_id="SIMDET-0005", software_versions=("3.2",)
)
_HANDS: Final = (HAND_PA, HAND_OBLIQUE)
_PLATES: Final = _clinical(ROOMS[2].clinical)
#: reading noise of a plate averages over the larger pixels; stray radiation beside the field of a hand stays in range
_PLATES_IN_RANGE: Final = replace(
    _PLATES, detector=replace(_PLATES.detector, offset_dn=500.0, electronic_noise_ugy=0.005)
)
#: the first and the fourth room keep rejected images with a note; of the third the log tells one reject, and the plates
#: of beds are read there
QUARTER_ROOMS: Final = (
    QuarterRoom(
        room=_room(ROOMS[0]),
        share=0.18,
        examinations=(((CHEST_PA,), 0.35), (_HANDS, 0.5), ((ABDOMEN_AP,), 0.15)),
        notes=True,
    ),
    QuarterRoom(room=_room(ROOMS[1]), share=0.13, examinations=(((CHEST_PA,), 0.5), ((ABDOMEN_AP,), 0.5))),
    QuarterRoom(
        room=replace(ROOMS[2], clinical=_PLATES_IN_RANGE),
        share=0.43,
        examinations=(((CHEST_PA,), 0.4), ((CHEST_AP,), 0.24), (_HANDS, 0.2), ((ABDOMEN_AP,), 0.16)),
        rejects=0.0,
        repeats=0.065,
    ),
    QuarterRoom(
        room=_room(ROOMS[0], _FOURTH),
        share=0.13,
        examinations=(((CHEST_PA,), 0.45), ((ABDOMEN_AP,), 0.55)),
        notes=True,
        reported="ABDOMEN",
    ),
    QuarterRoom(
        room=_room(ROOMS[0], _FIFTH),
        share=0.13,
        examinations=(((CHEST_PA,), 0.7), (_HANDS, 0.3)),
    ),
)

#: what the rooms do otherwise than they should
CLUSTER: Final = Plant(
    audit="repeats",
    kinds=("reject_cluster",),
    room="SIMROOM1",
    body_part="HAND",
    view_position="PA",
    size=0.24,
    text="hands PA are rejected for positioning five times as often as other views",
)
CALIBRATION: Final = Plant(
    audit="exposure",
    kinds=("index_calibration",),
    room="SIMROOM2",
    size=10.0 * math.log10(ROOMS[1].exposure_index_factor),
    text="the exposure index reads 1.8 times what reaches the detector",
)
FEW_REJECTS: Final = Plant(
    audit="repeats",
    kinds=("reject_rate_too_low", "repeat_rate_of_room", "repeat_cluster"),
    room="SIMROOM3",
    size=0.065,
    text="the log tells of one reject in a quarter, while images are taken again without a word",
)
CROPPING: Final = Plant(
    audit="collimation",
    kinds=("cropped_afterwards",),
    room="SIMROOM4",
    body_part="ABDOMEN",
    view_position="AP",
    size=0.7,
    text="abdomens are exposed with an open field and cropped afterwards",
)
CHANGE: Final = Plant(
    audit="protocol",
    kinds=("change", "table", "room_difference"),
    room="SIMROOM5",
    body_part="CHEST",
    view_position="PA",
    size=100.0,
    since=(FIRST_DAY + datetime.timedelta(days=45)).isoformat(),
    text="chests PA are exposed with another tube voltage than the table of protocols asks for",
)
PLANTS: Final = (CALIBRATION, CROPPING, CLUSTER, FEW_REJECTS, CHANGE)
#: a change that the table of protocols has, of all rooms: chests in bed, from this day on
MEANT_ON: Final = FIRST_DAY + datetime.timedelta(days=56)
MEANT_KV: Final = 100.0


def small(projection: Projection) -> Projection:
    """A view in the pixels of the quarter."""
    factor = ROOMS[0].clinical.detector.pixel_pitch_mm / PIXEL_PITCH_MM
    rows, columns = projection.shape
    return replace(projection, shape=(round(rows * factor), round(columns * factor)))


def view_on(projection: Projection, room: Room, day: datetime.date) -> Projection:
    """A view as a room exposes it on a day."""
    of_change = (CHANGE.room, CHANGE.body_part, CHANGE.view_position)
    if (room.name, projection.body_part, projection.view_position) == of_change and day.isoformat() >= CHANGE.since:
        projection = replace(projection, tube_voltage_kv=CHANGE.size)
    if projection == CHEST_AP and day >= MEANT_ON:
        projection = replace(projection, tube_voltage_kv=MEANT_KV)
    return small(projection)


def reject_share(own: QuarterRoom, projection: Projection) -> float:
    """Share of a view's exposures that a room rejects."""
    of_cluster = (CLUSTER.room, CLUSTER.body_part, CLUSTER.view_position)
    if (own.room.name, projection.body_part, projection.view_position) == of_cluster:
        return CLUSTER.size
    return own.rejects


def is_cropped_view(room: Room, projection: Projection) -> bool:
    """Whether a room leaves the field of a view open by habit."""
    of_cropping = (CROPPING.room, CROPPING.body_part, CROPPING.view_position)
    return (room.name, projection.body_part, projection.view_position) == of_cropping


def open_field_mm(room: Room) -> tuple[float, float]:
    """Height and width of the field that nobody set."""
    return room.equipment.active_dimensions_mm or _DETECTOR_MM


def files_of_study(own: QuarterRoom) -> float:
    """Expected number of files of a room's study: images, notes and dose reports."""
    notes = 2.0 if own.notes else 0.0  # the rejected image and what rejects it
    total = 0.0
    for views, share in own.examinations:
        total += share * sum(1.0 + own.repeats + notes * reject_share(own, view) for view in views)
        total += share * float(views[0].body_part == own.reported)
    return total
