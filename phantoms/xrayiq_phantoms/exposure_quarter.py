"""A quarter of a simulated hospital's exposure indices: header values of each exposure, and what was planted."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

#: a Monday
FIRST_DAY: Final = datetime.date(2026, 1, 5)
DAYS: Final = 91
#: share of a day's exposures by the hours between which they lie
_HOURS: Final = ((7, 15, 0.62), (15, 22, 0.26), (22, 31, 0.12))
#: standard deviation of the deviation index with automatic exposure control and without
_SD: Final = {"AUTOMATIC": 0.9, "MANUAL": 1.6}
_FREEDOM: Final = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterView:
    """What is exposed, as headers name it: `share` of a room's exposures, target index and usual charge."""

    body_part: str
    view_position: str
    protocol_name: str
    control: str
    share: float
    target: float
    charge_mas: float
    age_years: float = 55.0


#: protocol names in several languages; the last two say nothing in the attributes of body part and view
VIEWS: Final = (
    QuarterView(body_part="CHEST", view_position="PA", protocol_name="Thorax pa", control="AUTOMATIC", share=0.34,
                target=300.0, charge_mas=1.6),
    QuarterView(body_part="CHEST", view_position="LL", protocol_name="Chest LAT", control="AUTOMATIC", share=0.18,
                target=400.0, charge_mas=4.0),
    QuarterView(body_part="ABDOMEN", view_position="AP", protocol_name="Abdomen AP", control="AUTOMATIC", share=0.14,
                target=450.0, charge_mas=20.0),
    QuarterView(body_part="HAND", view_position="PA", protocol_name="Hand dp", control="MANUAL", share=0.14,
                target=350.0, charge_mas=2.5),
    QuarterView(body_part="CHEST", view_position="AP", protocol_name="Thorax ap Kind", control="MANUAL", share=0.08,
                target=250.0, charge_mas=0.8, age_years=5.0),
    QuarterView(body_part="", view_position="", protocol_name="LWS ap", control="AUTOMATIC", share=0.12,
                target=500.0, charge_mas=32.0),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterRoom:
    """A room and its unit."""

    name: str
    manufacturer: str
    exposures: int


ROOMS: Final = (
    QuarterRoom(name="A", manufacturer="Simulated Medical", exposures=1100),
    QuarterRoom(name="B", manufacturer="Simulated Medical", exposures=1100),
    QuarterRoom(name="C", manufacturer="Simulated Medical", exposures=1100),
    QuarterRoom(name="D", manufacturer="Simulated Medical", exposures=1100),
    QuarterRoom(name="E", manufacturer="Carestream Health", exposures=150),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterPlant:
    """Something that is wrong: a stable word, the room, what of it, and its size.

    Parameters
    ----------
    name, room : str
        What, and where.
    about : str
        Body part and view, shift or protocol it holds for; empty for all.
    size : float
        Change of the deviation index, or number of exposures.
    """

    name: str
    room: str
    about: str = ""
    size: float = 0.0


#: index of B 1.5 times what reaches the receptor; chests PA of C drift; abdomens of D step at mid-quarter; nights of A
#: expose more; some indices of D are 0, negative or text; A's stated deviation index has another origin; 45 protocols
#: of C are mapped by nothing; 60 hands of C have no target; E writes an older scale in place of the index
PLANTS: Final = (
    QuarterPlant(name="index_calibration", room="B", size=10.0 * math.log10(1.5)),
    QuarterPlant(name="drift", room="C", about="CHEST PA", size=2.2),
    QuarterPlant(name="step", room="D", about="ABDOMEN AP", size=-2.0),
    QuarterPlant(name="shift_apart", room="A", about="night", size=1.6),
    QuarterPlant(name="index_not_positive", room="D", size=30),
    QuarterPlant(name="index_text", room="D", size=25),
    QuarterPlant(name="di_disagrees", room="A", size=0.4),
    QuarterPlant(name="unmapped", room="C", about="Sonderprogramm 7", size=45),
    QuarterPlant(name="index_target_missing", room="C", about="HAND PA", size=60),
    QuarterPlant(name="index_older_scale", room="E", size=150),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class QuarterExposure:
    """Header values of one exposure, and what is true of it.

    Parameters
    ----------
    number : int
        Place in the quarter.
    room, manufacturer, body_part, view_position, protocol_name, control : str
        As headers have them; empty where the header is silent.
    exposed_at : datetime
        Reading of the unit's clock.
    age_years, charge_mas : float
        Of the patient, and of the exposure.
    index : str
        Text of ExposureIndex.
    target, deviation : str
        Texts of TargetExposureIndex and DeviationIndex; empty where the header is silent.
    receptor_kerma_ugy : float
        What reached the receptor.
    """

    number: int
    room: str
    manufacturer: str
    body_part: str
    view_position: str
    protocol_name: str
    control: str
    exposed_at: datetime.datetime
    age_years: float
    charge_mas: float
    index: str
    target: str
    deviation: str
    receptor_kerma_ugy: float


def simulate_exposure_quarter(*, seed: int = 1, planted: bool = True) -> tuple[QuarterExposure, ...]:
    """Exposures of five rooms in a quarter, in the order of time.

    Parameters
    ----------
    seed : int
        Equal seeds give equal exposures.
    planted : bool
        Whether `PLANTS` are in; without, every room is on target.

    Returns
    -------
    tuple of QuarterExposure
        Some 4500. Deviation indices of a view spread as Student's t of eight degrees of freedom about 0, charge with
        them; the index is 100 per µGy of the receptor's kerma.
    """
    rng = np.random.default_rng(seed)
    rows = [
        _exposure(room, VIEWS[place], moment, float(noise), rng, planted=planted)
        for room in ROOMS
        for place, moment, noise in _plan(room, rng)
    ]
    if planted:
        rows = _spoil(rows)
    rows.sort(key=lambda row: (row["exposed_at"], row["room"]))
    return tuple(QuarterExposure(number=number, **row) for number, row in enumerate(rows, start=1))


def _plan(room: QuarterRoom, rng: np.random.Generator) -> list[tuple[int, datetime.datetime, float]]:
    places = rng.choice(len(VIEWS), room.exposures, p=[view.share for view in VIEWS])
    spans = rng.choice(len(_HOURS), room.exposures, p=[share for _, _, share in _HOURS])
    days = rng.integers(0, DAYS, room.exposures)
    start = datetime.datetime.combine(FIRST_DAY, datetime.time())
    moments = [
        start + datetime.timedelta(days=int(day), seconds=int(3600 * rng.uniform(*_HOURS[span][:2])))
        for day, span in zip(days, spans, strict=True)
    ]
    noise = rng.standard_t(_FREEDOM, room.exposures) * math.sqrt((_FREEDOM - 2.0) / _FREEDOM)
    return list(zip(map(int, places), moments, map(float, noise), strict=True))


def _exposure(
    room: QuarterRoom,
    view: QuarterView,
    moment: datetime.datetime,
    noise: float,
    rng: np.random.Generator,
    *,
    planted: bool,
) -> dict[str, Any]:
    deviation = _SD[view.control] * noise
    demand = math.exp(rng.normal(0.0, 0.25))  # thickness: charge follows it, the receptor does not
    wrong = 0.0
    if planted:
        day = (moment.date() - FIRST_DAY).days
        if room.name == "C" and view.view_position == "PA" and view.body_part == "CHEST":
            deviation += _size("drift") * min(day / DAYS, 1.0)
        if room.name == "D" and view.body_part == "ABDOMEN" and day >= DAYS // 2:
            deviation += _size("step")
        if room.name == "A" and (moment.hour >= 22 or moment.hour < 7):
            deviation += _size("shift_apart")
        wrong = _size("index_calibration") if room.name == "B" else 0.0
    kerma = view.target / 100.0 * 10.0 ** (deviation / 10.0)
    index = round(100.0 * kerma * 10.0 ** (wrong / 10.0))
    stated = 10.0 * math.log10(index / view.target)
    if planted and room.name == "A":
        stated += _size("di_disagrees")
    return {
        "room": room.name,
        "manufacturer": room.manufacturer,
        "body_part": view.body_part,
        "view_position": view.view_position,
        "protocol_name": view.protocol_name,
        "control": view.control,
        "exposed_at": moment,
        "age_years": view.age_years,
        "charge_mas": round(view.charge_mas * demand * 10.0 ** (deviation / 10.0), 3),
        "index": str(index),
        "target": f"{view.target:g}",
        "deviation": f"{stated:.1f}",
        "receptor_kerma_ugy": kerma,
    }


def _spoil(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Texts that single headers have wrong: the first of a room each, evenly spread over it."""
    for row in rows:
        if row["room"] == "E":
            mbel = 2000.0 + 1000.0 * math.log10(row["receptor_kerma_ugy"] / 8.73)
            row |= {"index": f"{mbel:.0f}", "target": "", "deviation": ""}
    own = [row for row in rows if row["room"] == "D" and row["body_part"] != "ABDOMEN"]
    for place, row in enumerate(own[:: max(len(own) // 55, 1)][:55]):
        row |= {"index": "NOT AVAILABLE" if place < 25 else ("0" if place % 2 else "-1"), "deviation": ""}
    hands = [row for row in rows if row["room"] == "C" and row["body_part"] == "HAND"]
    for row in hands[:60]:
        row |= {"target": "", "deviation": ""}
    rest = [row for row in rows if row["room"] == "C" and row["protocol_name"] == "LWS ap"]
    for row in rest[:45]:
        row["protocol_name"] = "Sonderprogramm 7"
    return rows


def _size(name: str) -> float:
    return next(plant.size for plant in PLANTS if plant.name == name)
