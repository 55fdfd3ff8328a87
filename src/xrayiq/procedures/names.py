"""Units and places by the names that people give them."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from typing import Final

from xrayiq.errors import InputError
from xrayiq.model import Place, same_name
from xrayiq.procedures.register import Register, RegisteredUnit

#: names that a message lists
_MOST_NAMED: Final = 8


def find_unit(register: Register, name: str) -> RegisteredUnit:
    """Unit of a name: that of the register, else a serial number, station or other name that only one unit has.

    Parameters
    ----------
    register : Register
        All equipment.
    name : str
        Whatever the case of its letters.

    Raises
    ------
    InputError
        No unit is called so, or several are; the message lists what is known, the closest first.
    """
    units = register.units
    found = [one for one in units if same_name(one.name, name)] or [one for one in units if is_called(one, name)]
    if len(found) == 1:
        return found[0]
    if found:
        several = _listed([one.name for one in found])
        raise InputError(f"unit {name!r}, which {len(found)} are called", needed="one of " + several)
    near = sorted(units, key=lambda unit: max(_likeness(one, name) for one in (unit.name, *unit.names)), reverse=True)
    raise _unknown([one.name + (f" ({', '.join(one.names)})" if one.names else "") for one in near], name, "unit")


def subject_of_unit(register: Register, unit: RegisteredUnit) -> str:
    """Subject of events about a unit; see `lasting_name`."""
    return f"unit:{lasting_name(register, unit)}"


def lasting_name(register: Register, unit: RegisteredUnit) -> str:
    """Name of a unit that outlasts its being renamed: by its header where no other is called so, else the register's.

    Its serial number, else maker, model and number together, else its station.
    """
    for name in unit.identity:
        if sum(is_called(one, name) for one in register.units) == 1:
            return name
    return unit.name


def is_called(unit: RegisteredUnit, name: str) -> bool:
    """Whether it is the register's name of a unit, one that headers call it by, or one that it had before."""
    return same_name(unit.name, name) or any(same_name(one, name) for one in unit.names)


def find_place(register: Register, *, site: str = "", room: str = "", unit: str = "") -> Place:
    """Place of a limit as the register has it: what is not named of it follows from the unit, or from the room.

    Parameters
    ----------
    register : Register
        All equipment.
    site, room, unit : str
        Names; empty for any.

    Raises
    ------
    InputError
        The register has none of that name.
    """
    if unit:
        found = find_unit(register, unit)
        return Place(site=site or found.site, room=room or found.room, unit=(found.name, *found.names))
    known_site = known_name(sites_of(register), site, "site") if site else ""
    if not room:
        return Place(site=known_site)
    here = [one for one in register.units if not site or same_name(one.site, site)]
    known_room = known_name(rooms_of(here), room, "room")
    sites = {one.site for one in here if any(same_name(span.value, room) for span in one.rooms)}
    return Place(site=known_site or (sites.pop() if len(sites) == 1 else ""), room=known_room)


def sites_of(register: Register) -> tuple[str, ...]:
    """Names of all sites."""
    return tuple(dict.fromkeys(unit.site for unit in register.units if unit.site))


def rooms_of(units: Iterable[RegisteredUnit]) -> tuple[str, ...]:
    """Names of all rooms that units stand or stood in."""
    return tuple(dict.fromkeys(span.value for unit in units for span in unit.rooms if span.value))


def known_name(known: Sequence[str], name: str, what: str) -> str:
    """The one of some names that is meant, as it is spelt there.

    Raises
    ------
    InputError
        It is none of them.
    """
    found = next((one for one in known if same_name(one, name)), None)
    if found is None:
        raise _unknown(sorted(known, key=lambda one: _likeness(one, name), reverse=True), name, what)
    return found


def _unknown(known: Sequence[str], name: str, what: str) -> InputError:
    if not known:
        return InputError(f"no {what} {name!r}", needed=f"a {what} that images in the store name: there is none yet")
    return InputError(f"the store knows no {what} {name!r}", needed="one of " + _listed(known))


def _listed(names: Sequence[str]) -> str:
    more = len(names) - _MOST_NAMED
    return "; ".join(names[:_MOST_NAMED]) + (f"; and {more} more" if more > 0 else "")


def _likeness(one: str, other: str) -> float:
    """How like two names are; one that begins with the other is liker than any that does not."""
    known, wanted = one.strip().casefold(), other.strip().casefold()
    return difflib.SequenceMatcher(None, wanted, known).ratio() + known.startswith(wanted)
