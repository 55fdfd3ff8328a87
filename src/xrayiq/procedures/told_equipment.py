"""What a site has said of its equipment, in its file and by events."""

from __future__ import annotations

from dataclasses import dataclass

from xrayiq.procedures.places import Places
from xrayiq.procedures.site import Site
from xrayiq.procedures.site_events import EQUIPMENT, fact_of_event, in_force
from xrayiq.procedures.whereabouts import MATCHED, TOLD, EquipmentFact
from xrayiq.records import Records


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldEquipment:
    """One thing that a site says of equipment in place of its headers.

    Parameters
    ----------
    fact : EquipmentFact
        What it says.
    event : int or None
        Event that says so; None where the site's file does.
    reason, author : str
        Why, and who says so; empty for the site's file.
    """

    fact: EquipmentFact
    event: int | None = None
    reason: str = ""
    author: str = ""

    @property
    def which(self) -> str:
        """Equipment that it is about, in words."""
        stated = {name: getattr(self.fact.match, name) for name in MATCHED}
        return ", ".join(f"{name.replace('_', ' ')} {text}" for name, text in stated.items() if text is not None)

    @property
    def what(self) -> str:
        """What is said of it, in words."""
        stated = {name: getattr(self.fact, name) for name in TOLD}
        return ", ".join(f"{name} {text}" for name, text in stated.items() if text is not None)


def told_equipment(records: Records, *, site: Site, places: Places | None = None) -> tuple[ToldEquipment, ...]:
    """What a site's file and its store's events say of equipment, in the order in which it counts.

    Parameters
    ----------
    records : Records
        The store.
    site : Site
        Settings of the site's file.
    places : Places, optional
        Only what is said of equipment that belongs there, and of no other site.
    """
    events = [event for event in in_force(records.events()) if event.kind == EQUIPMENT]
    every = (
        *(ToldEquipment(fact=fact) for fact in site.facts),
        *(
            ToldEquipment(fact=fact_of_event(event), event=event.number, reason=event.reason, author=event.actor)
            for event in events
        ),
    )
    if places is None or places.keeps_all:
        return every
    history = [(equipment, day) for equipment, day, _ in records.equipment_days()]
    return tuple(one for one in every if places.keeps_fact(one.fact, history))
