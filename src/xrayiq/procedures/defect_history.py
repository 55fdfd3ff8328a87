"""Defect maps of a detector in the order of their days, and what changed from each to the next."""

from __future__ import annotations

import datetime
import hashlib
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from xrayiq.metrics import DefectMap, Defects, compare_defects, defect_change, defects, make_defect_map
from xrayiq.model import Equipment, Outcome, Result
from xrayiq.procedures.catalogue import parameter_digest
from xrayiq.procedures.scoring import measured_outcome
from xrayiq.procedures.site import Site

#: how the subject of a map begins
MAP_PREFIX: Final = "map:"
#: procedures of the history and the versions of their algorithms
HISTORY_PROCEDURES: Final = {
    "defect_map": defects.ALGORITHM_VERSION,
    "defect_change": defect_change.ALGORITHM_VERSION,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DatedDefects:
    """Defects of one day.

    Parameters
    ----------
    subject : str
        Flat fields that they were found in.
    anchor : str
        The first of them.
    equipment : Equipment
        Unit and detector.
    day : date
        Day of the exposures.
    defects : Defects
        The result.
    """

    subject: str
    anchor: str
    equipment: Equipment
    day: datetime.date
    defects: Defects

    @property
    def detector(self) -> str:
        """Name of the detector; empty where the header names none."""
        equipment = self.equipment
        return equipment.detector_id or equipment.serial_number or equipment.station_name or ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MapOfDay:
    """Map of one day with what changed since the last one.

    Parameters
    ----------
    found : DatedDefects
        The defects that it was made from.
    subject : str
        Identity of the pair: the defects and the map before.
    group : str
        Detector, size and day; a later map of the same group supersedes this one.
    outcomes : tuple of Outcome
        ``defect_map``, and ``defect_change`` where there is an earlier map.
    """

    found: DatedDefects
    subject: str
    group: str
    outcomes: tuple[Outcome, ...]


def defect_history(found: Iterable[DatedDefects], site: Site) -> Iterator[MapOfDay]:
    """Maps of all detectors, each compared with the one before.

    Parameters
    ----------
    found : iterable of DatedDefects
        Defects of all sets, in any order; of several of one detector and day the last counts.
    site : Site
        Limits in force.

    Yields
    ------
    MapOfDay
        Detector by detector in the order of the days. Detectors without a name have no history; another size of image
        (binning) begins a history of its own.
    """
    days: dict[tuple[str, tuple[int, int], datetime.date], DatedDefects] = {}
    for each in found:
        if each.detector.strip():
            days[(each.detector, each.defects.image_shape_px, each.day)] = each
    previous: DefectMap | None = None
    for key in sorted(days):
        each = days[key]
        if previous is not None and (previous.detector_id, previous.image_shape_px) != (each.detector.strip(), key[1]):
            previous = None
        made = make_defect_map(each.defects, detector_id=each.detector, date=each.day, previous=previous)
        group = hashlib.sha256(json.dumps(["defect_map", *map(str, key)]).encode()).hexdigest()[:16]
        pair = [each.subject, made.version, "" if previous is None else [previous.digest, str(previous.date)]]
        subject = MAP_PREFIX + hashlib.sha256(json.dumps(pair).encode()).hexdigest()
        outcomes = [_outcome(subject, "defect_map", made, site)]
        if previous is not None:
            outcomes.append(_outcome(subject, "defect_change", compare_defects(made, previous), site))
        yield MapOfDay(found=each, subject=subject, group=group, outcomes=tuple(outcomes))
        previous = made


def _outcome(subject: str, procedure: str, result: Result, site: Site) -> Outcome:
    digest = parameter_digest(procedure, {}, site=site)
    return measured_outcome(subject, procedure, result, version=HISTORY_PROCEDURES[procedure], digest=digest, site=site)
