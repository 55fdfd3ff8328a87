"""What belongs to one site, one unit or all: exposures at the place where their equipment stood that day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from xrayiq.model import Equipment, same_name
from xrayiq.procedures.judging import register_of
from xrayiq.procedures.names import find_place, find_unit
from xrayiq.procedures.register import Register, build_register, equipment_days
from xrayiq.procedures.site import Site, load_site
from xrayiq.procedures.site_events import settings_in_force
from xrayiq.procedures.whereabouts import EquipmentFact, Whereabouts, whereabouts
from xrayiq.records import Records

if TYPE_CHECKING:
    import pandas as pd


def equipment_of(frame: pd.DataFrame) -> dict[int, Equipment]:
    """Equipment of the frame of that name by its ID."""
    import pandas as pd  # not for a run

    found = {}
    for row in frame.to_dict("records"):
        told = {name: None if pd.isna(row[name]) else str(row[name]) for name in Equipment.__slots__}
        versions = told.pop("software_versions")
        found[int(row["id"])] = Equipment(software_versions=tuple(versions.split("\\")) if versions else (), **told)
    return found


class Places:
    """Whereabouts of equipment by day.

    Parameters
    ----------
    equipment : mapping of int to Equipment
        By the ID of its row.
    facts : sequence of EquipmentFact
        What the site says of it.
    only_site : str
        The only site whose rows are kept; empty for all.
    unit : str
        The only unit of the register whose rows are kept; empty for all.
    last : date or None
        Last day that is kept; None for all.
    """

    def __init__(
        self,
        equipment: Mapping[int, Equipment],
        *,
        facts: Sequence[EquipmentFact] = (),
        only_site: str = "",
        unit: str = "",
        last: datetime.date | None = None,
    ) -> None:
        self.equipment = equipment
        self.facts = facts
        self.only_site = only_site
        self.unit = unit
        self.last = last
        self._known: dict[tuple[Equipment, datetime.date | None], Whereabouts] = {}

    def at(self, equipment: Equipment, day: datetime.date | None) -> Whereabouts:
        """Unit, detector and place of an exposure."""
        key = (equipment, day)
        if key not in self._known:
            self._known[key] = whereabouts(equipment, day, facts=self.facts)
        return self._known[key]

    @property
    def keeps_all(self) -> bool:
        """Whether nothing is left out."""
        return not self.only_site and not self.unit and self.last is None

    def belongs(self, where: Whereabouts) -> bool:
        """Whether it is the only site and the only unit, on whatever day."""
        of_site = not self.only_site or same_name(where.site, self.only_site)
        return of_site and self.unit in ("", where.unit)

    def keeps(self, where: Whereabouts, day: datetime.date | None) -> bool:
        """Whether an exposure is kept: of the site and unit, and not after the last day."""
        return self.belongs(where) and (self.last is None or day is None or day <= self.last)

    def keeps_exposure(self, equipment: Equipment, moment: datetime.datetime | None) -> bool:
        """The same of the equipment and moment of an exposure."""
        day = None if moment is None else moment.date()
        return self.keeps(self.at(equipment, day), day)

    def keeps_subject(
        self, subject: str, day: datetime.date, history: Iterable[tuple[Equipment, datetime.date]]
    ) -> bool:
        """Whether an event's ``unit:NAME`` or ``detector:NAME`` is kept: by where it was last used before, else first.

        Parameters
        ----------
        subject : str
            Of the event.
        day : date
            When it was done.
        history : iterable of (Equipment, date)
            Days on which equipment was used, in their order.
        """
        if not self.only_site and not self.unit:
            return True
        used = [(on, where) for equipment, on in history if (where := self.at(equipment, on)).is_called(subject)]
        before = [where for on, where in used if on <= day]
        return any(self.belongs(where) for where in before[-1:] or [where for _, where in used[:1]])

    def keeps_fact(self, fact: EquipmentFact, history: Iterable[tuple[Equipment, datetime.date]]) -> bool:
        """Whether what is said of equipment is about some that belongs, and names no other site."""
        if fact.site and self.only_site and not same_name(fact.site, self.only_site):
            return False
        return any(fact.match.is_of(equipment) and self.belongs(self.at(equipment, on)) for equipment, on in history)

    def stood(self, history: Iterable[tuple[Equipment, datetime.date]]) -> list[Whereabouts]:
        """Where what belongs stood, of the days on which equipment was used."""
        found = dict.fromkeys(self.at(equipment, day) for equipment, day in history)
        return [where for where in found if self.belongs(where)]

    def register(self, records: Records) -> Register:
        """Register of the equipment of a store, of what is kept alone."""
        days = equipment_days(records)
        return build_register(
            (one for one in days if self.keeps(self.at(one.equipment, one.day), one.day)), facts=self.facts
        )

    def place(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows that are kept, with columns ``day``, ``unit_name``, ``detector_name``, ``site_name``, ``room_name``."""
        import pandas as pd  # not for a run

        moments, found = self._of_rows(frame)
        placed = frame.assign(
            day=pd.Series(moments, index=frame.index, dtype="object"),
            unit_name=[where.unit for where in found],
            detector_name=[where.detector for where in found],
            site_name=[where.site for where in found],
            room_name=[where.room for where in found],
        )
        kept = [self.keeps(where, day) for where, day in zip(found, moments, strict=True)]
        return placed[pd.Series(kept, index=frame.index, dtype="bool")]

    def kept(self, frame: pd.DataFrame) -> list[bool]:
        """Which rows of a frame with ``equipment_id`` and ``exposed_at`` are kept."""
        moments, found = self._of_rows(frame)
        return [self.keeps(where, day) for where, day in zip(found, moments, strict=True)]

    def _of_rows(self, frame: pd.DataFrame) -> tuple[list[datetime.date | None], list[Whereabouts]]:
        import pandas as pd  # not for a run

        moments = [None if pd.isna(moment) else moment.date() for moment in frame["exposed_at"]]
        found = [
            self.at(self.equipment.get(-1 if pd.isna(key) else int(key), Equipment()), day)
            for key, day in zip(frame["equipment_id"], moments, strict=True)
        ]
        return moments, found


def places_of(records: Records, *, site: Site | None = None, only_site: str = "", unit: str = "") -> Places:
    """What belongs to one site and unit of a store.

    Parameters
    ----------
    records : Records
        The store.
    site : Site, optional
        Settings of the site's file, without what events say.
    only_site, unit : str
        The only site, and the only unit by any name that only it has; empty for all.

    Raises
    ------
    InputError
        The store knows no such site or unit; the message lists those that it knows.
    """
    settings = site or load_site()
    if only_site or unit:
        register = register_of(records, settings)
        only_site = find_place(register, site=only_site).site
        unit = find_unit(register, unit).name if unit else ""
    facts = settings_in_force(records, settings).facts
    return Places(equipment_of(records.frame("equipment")), facts=facts, only_site=only_site, unit=unit)
