"""Limits of a site's file for places that no image names."""

from __future__ import annotations

from collections.abc import Iterable

from xrayiq.errors import InputError
from xrayiq.model import Limit
from xrayiq.procedures.names import find_place, find_unit, is_called
from xrayiq.procedures.register import Register


def unknown_places(limits: Iterable[Limit], register: Register) -> tuple[str, ...]:
    """Warnings of limits that hold nowhere, each with the names that are known.

    Parameters
    ----------
    limits : iterable of Limit
        Of a site's settings.
    register : Register
        All equipment.

    Returns
    -------
    tuple of str
        None for an empty register, where nothing is known yet.
    """
    if not register.units:
        return ()
    found = []
    for limit in limits:
        try:
            if limit.unit and not any(is_called(unit, limit.unit) for unit in register.units):
                find_unit(register, limit.unit)  # which says what is known
            find_place(register, site=limit.site)
            find_place(register, room=limit.room)
        except InputError as error:
            found.append(f"the limit {limit.id} of the site's file holds nowhere ({limit.place}): {error}")
    return tuple(found)
