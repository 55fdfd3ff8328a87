"""The equipment register: units, detectors and their history, learnt from headers and corrected by the site."""

from __future__ import annotations

import dataclasses
import datetime
import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from xrayiq.model import Equipment
from xrayiq.procedures.whereabouts import EquipmentFact, Whereabouts, header_name, whereabouts, whole
from xrayiq.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class EquipmentDay:
    """Objects of one day from equipment of one identity.

    Parameters
    ----------
    equipment : Equipment
        As headers give it.
    day : date
        Day of exposure.
    objects : int
        How many.
    """

    equipment: Equipment
    day: datetime.date
    objects: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """A stretch of days in which something stayed as it was.

    Parameters
    ----------
    value : str
        What it was.
    first_day, last_day : date
        First and last exposure.
    """

    value: str
    first_day: datetime.date
    last_day: datetime.date


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredUnit:
    """One X-ray unit.

    Parameters
    ----------
    name : str
        What it is grouped by and called.
    site, room, tube : str
        On its last day.
    manufacturer, model, serial_number : str
        Of its last header.
    rooms, detectors, software : tuple of Span
        Where it stood, which detectors it had, and its software, in the order of time.
    objects : int
        Objects that it made.
    names : tuple of str
        What else headers call it: stations, serial numbers, and maker, model and number together; and what the site
        called it before.
    identity : tuple of str
        What its last header calls it, that which tells it from others best first: serial number, maker, model and
        number together, station.
    """

    name: str
    site: str
    room: str
    tube: str
    manufacturer: str
    model: str
    serial_number: str
    rooms: tuple[Span, ...]
    detectors: tuple[Span, ...]
    software: tuple[Span, ...]
    objects: int
    names: tuple[str, ...] = ()
    identity: tuple[str, ...] = ()

    @property
    def first_day(self) -> datetime.date:
        """Day of its first object."""
        return min(span.first_day for span in self.rooms)

    @property
    def last_day(self) -> datetime.date:
        """Day of its last object."""
        return max(span.last_day for span in self.rooms)


@dataclass(frozen=True, slots=True, kw_only=True)
class RegisteredDetector:
    """One detector, whichever units it was used in.

    Parameters
    ----------
    name : str
        What it is grouped by and called.
    detector_id : str
        Of its last header.
    units, rooms : tuple of Span
        Where it was, in the order of time.
    names : tuple of str
        What else headers call it.
    """

    name: str
    detector_id: str
    units: tuple[Span, ...]
    rooms: tuple[Span, ...]
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Register:
    """All equipment of a store.

    Parameters
    ----------
    units : tuple of RegisteredUnit
        By site, room and name.
    detectors : tuple of RegisteredDetector
        By name.
    problems : tuple of str
        What contradicts itself, and what to do about it.
    """

    units: tuple[RegisteredUnit, ...]
    detectors: tuple[RegisteredDetector, ...]
    problems: tuple[str, ...] = ()

    @property
    def own_detectors(self) -> tuple[RegisteredDetector, ...]:
        """Detectors with a name of their own: of units whose headers name none, the unit's name stands for them."""
        units = {unit.name for unit in self.units}
        return tuple(one for one in self.detectors if one.name not in units)


def equipment_days(records: Records) -> list[EquipmentDay]:
    """Days on which the equipment of a store was used."""
    return [
        EquipmentDay(equipment=equipment, day=day, objects=objects)
        for equipment, day, objects in records.equipment_days()
    ]


def build_register(days: Iterable[EquipmentDay], *, facts: Sequence[EquipmentFact] = ()) -> Register:
    """Register of all equipment that objects name.

    Parameters
    ----------
    days : iterable of EquipmentDay
        Objects by day and identity.
    facts : sequence of EquipmentFact
        What the site says.

    Returns
    -------
    Register
        Objects that name no equipment are no part of it.
    """
    known = [dataclasses.replace(one, equipment=whole(one.equipment, one.day, facts=facts)) for one in days]
    placed = sorted(
        ((one, whereabouts(one.equipment, one.day, facts=facts)) for one in known),
        key=lambda pair: (pair[0].day, pair[1].unit, pair[1].detector),
    )
    by_unit: dict[str, list[tuple[EquipmentDay, Whereabouts]]] = {}
    by_detector: dict[str, list[tuple[EquipmentDay, Whereabouts]]] = {}
    for pair in placed:
        if pair[1].unit:
            by_unit.setdefault(pair[1].unit, []).append(pair)
            by_detector.setdefault(pair[1].detector, []).append(pair)
    units = sorted((_unit(name, rows) for name, rows in by_unit.items()), key=lambda u: (u.site, u.room, u.name))
    detectors = (_detector(name, rows) for name, rows in sorted(by_detector.items()))
    problems = (*_shared_serials(placed), *_detectors_in_two_rooms(by_detector))
    return Register(units=tuple(units), detectors=tuple(detectors), problems=problems)


def spans(days: Iterable[tuple[datetime.date, str]]) -> tuple[Span, ...]:
    """Stretches of equal values, given in the order of days; values of one day in the order of their text."""
    found: list[Span] = []
    for day, value in days:
        if found and found[-1].value == value:
            found[-1] = Span(value=value, first_day=found[-1].first_day, last_day=day)
        else:
            found.append(Span(value=value, first_day=day, last_day=day))
    return tuple(found)


def _unit(name: str, rows: Sequence[tuple[EquipmentDay, Whereabouts]]) -> RegisteredUnit:
    last, where = rows[-1]
    software = (
        (one.day, "\\".join(one.equipment.software_versions)) for one, _ in rows if one.equipment.software_versions
    )
    return RegisteredUnit(
        name=name,
        site=where.site,
        room=where.room,
        tube=where.tube,
        manufacturer=last.equipment.manufacturer or "",
        model=last.equipment.model or "",
        serial_number=last.equipment.serial_number or "",
        rooms=spans((one.day, place.room) for one, place in rows),
        detectors=spans((one.day, place.detector) for one, place in rows if place.detector != name),
        software=spans(software),
        objects=sum(one.objects for one, _ in rows),
        names=_others(name, (text for _, place in rows for text in place.names)),
        identity=tuple(
            text
            for text in (last.equipment.serial_number, header_name(last.equipment), last.equipment.station_name)
            if text
        ),
    )


def _detector(name: str, rows: Sequence[tuple[EquipmentDay, Whereabouts]]) -> RegisteredDetector:
    return RegisteredDetector(
        name=name,
        detector_id=rows[-1][0].equipment.detector_id or "",
        units=spans((one.day, place.unit) for one, place in rows),
        rooms=spans((one.day, place.room) for one, place in rows),
        names=_others(name, (text for _, place in rows for text in place.detector_names)),
    )


def _others(name: str, texts: Iterable[str]) -> tuple[str, ...]:
    """Texts in their order, each once, without the name and empty ones."""
    return tuple(text for text in dict.fromkeys(texts) if text and text != name)


def _shared_serials(placed: Sequence[tuple[EquipmentDay, Whereabouts]]) -> tuple[str, ...]:
    """Units whose headers name several stations in turn: two units that state one serial number."""
    stations: dict[str, list[str]] = {}
    for one, where in placed:
        if one.equipment.serial_number and one.equipment.station_name:
            stations.setdefault(where.unit, []).append(one.equipment.station_name)
    problems = []
    for unit, names in stations.items():
        changes = [name for name, _ in itertools.groupby(names)]
        if len(changes) > len(set(changes)):
            several = " and ".join(sorted(set(changes)))
            problems.append(
                f"{unit}: stations {several} state this serial number in turn; if they are two units, name each "
                "with `xrayiq records equipment set --station … --unit …`"
            )
    return tuple(problems)


def _detectors_in_two_rooms(
    by_detector: dict[str, list[tuple[EquipmentDay, Whereabouts]]],
) -> tuple[str, ...]:
    """Detectors that several units name on one day: a shared portable detector, or one number given twice."""
    problems = []
    for name, rows in sorted(by_detector.items()):
        for day, group in itertools.groupby(rows, key=lambda pair: pair[0].day):
            units = sorted({place.unit for _, place in group})
            if len(units) > 1:
                problems.append(
                    f"{name}: named by {' and '.join(units)} on {day.isoformat()}; if these are two detectors, name "
                    "each with `xrayiq records equipment set --detector-id … --serial … --detector …`"
                )
                break
    return tuple(problems)
