"""Rows of frames under the unit and detector of the register, at the place where these stood that day."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Mapping, Sequence

import pandas as pd

from xrayiq.model import Equipment, same_name
from xrayiq.procedures.whereabouts import EquipmentFact, Whereabouts, whereabouts

Kept = Callable[[Whereabouts], bool]


def equipment_of(frame: pd.DataFrame) -> dict[int, Equipment]:
    """Equipment of the frame of that name by its ID."""
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
    last : date or None
        Last day that is kept; None for all.
    """

    def __init__(
        self,
        equipment: Mapping[int, Equipment],
        *,
        facts: Sequence[EquipmentFact] = (),
        only_site: str = "",
        last: datetime.date | None = None,
    ) -> None:
        self.equipment = equipment
        self.facts = facts
        self.only_site = only_site
        self.last = last
        self._known: dict[tuple[Equipment, datetime.date | None], Whereabouts] = {}

    def at(self, equipment: Equipment, day: datetime.date | None) -> Whereabouts:
        """Unit, detector and place of an exposure."""
        key = (equipment, day)
        if key not in self._known:
            self._known[key] = whereabouts(equipment, day, facts=self.facts)
        return self._known[key]

    def keeps(self, where: Whereabouts, day: datetime.date | None) -> bool:
        """Whether an exposure belongs to the pages: of the site, and not after the last day."""
        of_site = not self.only_site or same_name(where.site, self.only_site)
        return of_site and (self.last is None or day is None or day <= self.last)

    def place(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Rows that are kept, with columns ``day``, ``unit_name``, ``detector_name``, ``site_name``, ``room_name``."""
        moments = [None if pd.isna(moment) else moment.date() for moment in frame["exposed_at"]]
        found = [
            self.at(self.equipment.get(-1 if pd.isna(key) else int(key), Equipment()), day)
            for key, day in zip(frame["equipment_id"], moments, strict=True)
        ]
        placed = frame.assign(
            day=pd.Series(moments, index=frame.index, dtype="object"),
            unit_name=[where.unit for where in found],
            detector_name=[where.detector for where in found],
            site_name=[where.site for where in found],
            room_name=[where.room for where in found],
        )
        kept = [self.keeps(where, day) for where, day in zip(found, moments, strict=True)]
        return placed[pd.Series(kept, index=frame.index, dtype="bool")]
