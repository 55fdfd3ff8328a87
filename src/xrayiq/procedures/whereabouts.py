"""Which unit and detector made an image, and where they stood that day."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, Final

from xrayiq.errors import SiteError
from xrayiq.model import Equipment, Place, same_name
from xrayiq.procedures.populations import RegisteredEquipment

#: what can be told of equipment that its headers do not, or tell wrong
TOLD: Final = ("site", "room", "unit", "detector", "tube")
MATCHED: Final = tuple(field.name for field in fields(RegisteredEquipment))
#: what the name of a unit by its header is made of
_NAMING: Final = ("manufacturer", "model", "serial_number")
#: key of an event's details that the header of some equipment stands under
_HEADER: Final = "header"


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentFact:
    """What a site says of some equipment.

    Parameters
    ----------
    match : RegisteredEquipment
        Which equipment, by its headers.
    site, room, unit, detector, tube : str or None
        What holds in place of what the headers say; None where they are right. `unit` and `detector` are names that
        equipment is grouped by.
    valid_from : date or None
        First day; None for ever.
    withdrawn : bool
        Whether it was taken back: then it only tells what the equipment was called once.
    same_as : tuple of (date, Equipment)
        What headers state, from each day on, of equipment that is named by no more than `match`; empty for what a site
        says. See `whole_equipment`.
    """

    match: RegisteredEquipment
    site: str | None = None
    room: str | None = None
    unit: str | None = None
    detector: str | None = None
    tube: str | None = None
    valid_from: datetime.date | None = None
    withdrawn: bool = False
    same_as: tuple[tuple[datetime.date, Equipment], ...] = ()

    def completed(self, equipment: Equipment, day: datetime.date | None) -> Equipment:
        """Equipment with what headers of that day state beside; the first ones where it is of earlier."""
        if not self.same_as or any(
            not same_name(getattr(equipment, name) or "", getattr(self.match, name) or "") for name in _NAMING
        ):
            return equipment
        before = [one for since, one in self.same_as if day is None or since <= day]
        known = before[-1] if before else self.same_as[0][1]
        detectors = {one.detector_id for _, one in self.same_as}
        told = {name: getattr(known, name) for name in MATCHED if name != "detector_id" or len(detectors) == 1}
        return dataclasses.replace(
            equipment, **{name: text for name, text in told.items() if not getattr(equipment, name)}
        )

    def holds_on(self, day: datetime.date | None) -> bool:
        """Whether it is in force on a day; on an unknown day only what holds for ever is."""
        return not self.withdrawn and (self.valid_from is None or (day is not None and day >= self.valid_from))

    def replaces(self, other: EquipmentFact) -> bool:
        """Whether it is in force on every day that an earlier fact is."""
        if self.withdrawn:
            return False
        return self.valid_from is None or (other.valid_from is not None and self.valid_from <= other.valid_from)


@dataclass(frozen=True, slots=True, kw_only=True)
class Whereabouts:
    """Unit and detector of an exposure, and where they stood.

    Parameters
    ----------
    unit : str
        Name of the unit; empty where nothing tells it.
    detector : str
        Name of the detector; that of the unit where headers name none.
    site, room : str
        Names; empty where nothing tells them.
    tube : str
        Name of the tube; empty where nobody told it.
    names, detector_names : tuple of str
        What else the unit and the detector are called by in headers, and what the site called them before.
    """

    unit: str = ""
    detector: str = ""
    site: str = ""
    room: str = ""
    tube: str = ""
    names: tuple[str, ...] = ()
    detector_names: tuple[str, ...] = ()

    def is_called(self, subject: str) -> bool:
        """Whether an event's subject, ``unit:NAME`` or ``detector:NAME``, is this unit or detector."""
        what, _, name = subject.partition(":")
        called = {"unit": (self.unit, *self.names), "detector": (self.detector, *self.detector_names)}.get(what, ())
        return bool(name.strip()) and any(same_name(name, one) for one in called)

    @property
    def place(self) -> Place:
        """Where limits are looked up for."""
        return Place(site=self.site, room=self.room, unit=(self.unit, *self.names))


def whereabouts(
    equipment: Equipment, day: datetime.date | None = None, *, facts: Collection[EquipmentFact] = ()
) -> Whereabouts:
    """Unit, detector and place of an exposure: by its header, with what the site says in its place.

    Parameters
    ----------
    equipment : Equipment
        Of its header.
    day : date, optional
        Day of the exposure.
    facts : collection of EquipmentFact
        What the site says; of two of the same equipment and thing the later one counts.

    Returns
    -------
    Whereabouts
        The site is the institution and the room the station, where nobody says otherwise.
    """
    equipment = whole(equipment, day, facts=facts)
    unit = header_name(equipment)
    detector = _detector(equipment, unit)
    told = {
        "site": equipment.institution or "",
        "room": equipment.station_name or "",
        "unit": unit,
        "detector": detector,
    }
    own: list[EquipmentFact] = []
    others: list[EquipmentFact] = []
    for fact in facts:
        (own if fact.match.is_of(equipment) else others).append(fact)
    for fact in own:
        if fact.holds_on(day):
            told |= {name: text for name in TOLD if (text := getattr(fact, name)) is not None}
    if told["unit"] != unit and told["detector"] == unit:
        told["detector"] = told["unit"]
    names = (equipment.station_name, equipment.serial_number, unit, *_earlier_names("unit", own, others))
    detector_names = (equipment.detector_id, detector, *_earlier_names("detector", own, others))
    return Whereabouts(
        **told, names=_without(told["unit"], names), detector_names=_without(told["detector"], detector_names)
    )


def days_of_change(facts: Collection[EquipmentFact]) -> list[datetime.date]:
    """Days, in order, from which on `whereabouts` may tell otherwise; between two of them it tells the same."""
    days = {fact.valid_from for fact in facts} | {since for fact in facts for since, _ in fact.same_as}
    return sorted(day for day in days if day is not None)


def whole(equipment: Equipment, day: datetime.date | None, *, facts: Collection[EquipmentFact]) -> Equipment:
    """Equipment that is named by its serial number alone with what headers of the unit of that number state."""
    if equipment.serial_number and not (equipment.manufacturer and equipment.model):
        for fact in facts:
            equipment = fact.completed(equipment, day)
    return equipment


def _earlier_names(what: str, own: Sequence[EquipmentFact], others: Iterable[EquipmentFact]) -> list[str]:
    """Names that a site once gave to equipment and that neither another day of it nor other equipment has now."""
    naming = [(fact, name) for fact in own if (name := getattr(fact, what))]
    gone = [
        name
        for place, (fact, name) in enumerate(naming)
        if fact.withdrawn or any(later.replaces(fact) for later, _ in naming[place + 1 :])
    ]
    if not gone:
        return []
    now = [getattr(fact, what) or "" for fact in others if not fact.withdrawn]
    return [name for name in gone if not any(same_name(name, one) for one in now)]


def _without(name: str, names: Iterable[str | None]) -> tuple[str, ...]:
    """Names that are there, each once, without the one."""
    return tuple(dict.fromkeys(one for one in names if one and one != name))


def fact_of_row(row: Mapping[str, Any], source: str) -> EquipmentFact:
    """What one row of a site's file, or one event, says of equipment.

    Parameters
    ----------
    row : mapping
        Texts of headers that are matched (fields of `RegisteredEquipment`), what is told (`TOLD`), and ``from``.
    source : str
        Name of the file or command for messages.

    Raises
    ------
    SiteError
        It matches everything, tells nothing, or holds an unknown key, a value that is no text, or no date.
    """
    matched = {name: text for name, text in row.items() if name in MATCHED}
    told = {name: text for name, text in row.items() if name in TOLD}
    unknown = set(row) - set(MATCHED) - set(TOLD) - {"from"}
    if unknown or not matched:
        found = f"unknown key {sorted(unknown)[0]!r}" if unknown else "equipment that is not named"
        raise SiteError(found, needed="any of " + ", ".join((*MATCHED, *TOLD, "from")), source=source)
    if not all(isinstance(text, str) and text.strip() for text in (*matched.values(), *told.values())):
        raise SiteError("equipment with a value that is no text", needed="text in quotes", source=source)
    return EquipmentFact(match=RegisteredEquipment(**matched), valid_from=_day(row.get("from"), source), **told)


def _day(value: object, source: str) -> datetime.date | None:
    if value is None or (isinstance(value, datetime.date) and not isinstance(value, datetime.datetime)):
        return value
    try:
        return datetime.date.fromisoformat(str(value))
    except ValueError:
        raise SiteError(f"from = {value!r}", needed="a date like 2026-01-31", source=source) from None


def header_name(equipment: Equipment) -> str:
    """Name of a unit by its header alone: maker, model and serial number, or station where that is not stated."""
    maker = " ".join(part for part in (equipment.manufacturer, equipment.model) if part)
    if equipment.serial_number:
        own = f"serial {equipment.serial_number}"
    else:
        own = equipment.station_name or equipment.detector_id or ""
    return ", ".join(part for part in (maker, own) if part)


def header_details(equipment: Equipment) -> dict[str, Any]:
    """Details of an event that hold what a header states of equipment, which lasts whatever the site calls it."""
    return {_HEADER: {name: text for name in MATCHED if (text := getattr(equipment, name))}}


def header_of_details(details: Mapping[str, Any]) -> Equipment | None:
    """Equipment by the header that an event's details hold; None where they hold none."""
    header = details.get(_HEADER)
    if not isinstance(header, Mapping):
        return None
    return Equipment(**{name: str(text) for name, text in header.items() if name in MATCHED})  # type: ignore[arg-type]  # every field but the software is text


def _detector(equipment: Equipment, unit: str) -> str:
    if not equipment.detector_id:
        return unit
    return " ".join(part for part in (equipment.manufacturer, "detector", equipment.detector_id) if part)
