"""Where a unit stands, and which limits hold there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from xrayiq.model.limit import Limit


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Site, room and unit of an exposure.

    Parameters
    ----------
    site, room : str
        Names; empty where they are not known.
    unit : tuple of str
        Everything that the unit is called by: its name, station name, serial number.
    """

    site: str = ""
    room: str = ""
    unit: tuple[str, ...] = ()

    def is_within(self, limit: Limit) -> bool:
        """Whether a limit holds here: its site, room and unit are this one's, or not named."""
        return (
            _agrees(limit.site, (self.site,)) and _agrees(limit.room, (self.room,)) and _agrees(limit.unit, self.unit)
        )


def limits_at(limits: Iterable[Limit], place: Place | None) -> tuple[Limit, ...]:
    """Limits that hold at a place: of those with one name that of the unit before that of the room, site and document.

    Parameters
    ----------
    limits : iterable of Limit
        With overrides; of two for the same place the later one counts.
    place : Place or None
        None for a place that is not known: limits of no place in particular hold there.

    Returns
    -------
    tuple of Limit
        One of each name, in the order of the names' first appearance.
    """
    chosen: dict[str, Limit] = {}
    somewhere = place or Place()
    for limit in limits:
        if somewhere.is_within(limit):
            known = chosen.get(limit.id)
            if known is None or limit.narrowness >= known.narrowness:
                chosen[limit.id] = limit
    return tuple(chosen.values())


def same_name(one: str, other: str) -> bool:
    """Whether two names are the same but for case and blanks around them."""
    return one.strip().casefold() == other.strip().casefold()


def _agrees(wanted: str, names: tuple[str, ...]) -> bool:
    return not wanted.strip() or any(same_name(wanted, name) for name in names)
