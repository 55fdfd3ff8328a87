"""Equipment that is named by its serial number alone, as in tables of earlier results: what headers state of it."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Sequence

from xrayiq.model import Equipment
from xrayiq.procedures.populations import RegisteredEquipment
from xrayiq.procedures.whereabouts import EquipmentFact
from xrayiq.records import Records

#: what a unit is named by beside its serial number
_MAKER = ("manufacturer", "model")


def completing_facts(records: Records, also: Iterable[Equipment] = ()) -> tuple[EquipmentFact, ...]:
    """What headers of a store say of equipment that is named by its serial number without maker or model.

    Parameters
    ----------
    records : Records
        The store.
    also : iterable of Equipment
        Further equipment, which is not in the store yet.

    Returns
    -------
    tuple of EquipmentFact
        One for each that headers of one maker and model state more of; where those of two makers have the number, none:
        nobody can tell which is meant.
    """
    short = [one for one in dict.fromkeys((*records.known_equipment(), *also)) if _is_short(one)]
    if not short:
        return ()
    days = [(day, equipment) for equipment, day, _ in records.equipment_days() if equipment.serial_number]
    return whole_equipment(short, days)


def whole_equipment(
    short: Iterable[Equipment], days: Sequence[tuple[datetime.date, Equipment]]
) -> tuple[EquipmentFact, ...]:
    """As `completing_facts`, of the equipment of headers in the order of days."""
    found = []
    for match in dict.fromkeys(_match(one) for one in short):
        whole = [(day, one) for day, one in days if match.is_of(one) and _stated(one) > _stated(match)]
        most = max((_stated(one) for _, one in whole), default=0)
        whole = [(day, one) for day, one in whole if _stated(one) == most]
        if len({_named(one) for _, one in whole}) == 1:
            changes = (next(group) for _, group in itertools.groupby(whole, key=lambda pair: pair[1]))
            found.append(EquipmentFact(match=match, same_as=tuple(changes)))
    return tuple(found)


def _is_short(equipment: Equipment) -> bool:
    return bool(equipment.serial_number) and _stated(equipment) < len(_MAKER)


def _match(equipment: Equipment) -> RegisteredEquipment:
    return RegisteredEquipment(
        manufacturer=equipment.manufacturer or None,
        model=equipment.model or None,
        serial_number=equipment.serial_number,
    )


def _stated(equipment: Equipment | RegisteredEquipment) -> int:
    return sum(bool(getattr(equipment, name)) for name in _MAKER)


def _named(equipment: Equipment) -> tuple[str, ...]:
    return tuple((getattr(equipment, name) or "").strip().casefold() for name in _MAKER)
