"""Present names of units that events name as they were called once."""

from __future__ import annotations

import dataclasses
import datetime
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from xrayiq.audit import ScheduledTest
from xrayiq.model import Equipment, Finding, same_name
from xrayiq.procedures.findings import Present
from xrayiq.procedures.names import is_called
from xrayiq.procedures.register import Register, RegisteredDetector, RegisteredUnit
from xrayiq.procedures.whereabouts import EquipmentFact, header_name, header_of_details, whereabouts


def present_names(register: Callable[[], Register], facts: Sequence[EquipmentFact]) -> Present:
    """What gives findings the present names of their unit, detector and place, as `fold_findings` takes it.

    Parameters
    ----------
    register : callable
        Gives all equipment; asked for only where an event does not hold the header of its first value.
    facts : sequence of EquipmentFact
        What the site says of its equipment.

    Returns
    -------
    callable
        A finding of a unit that is not known, or that several units are called by, stays as it is.
    """
    known: list[Register] = []

    def present(finding: Finding, details: Mapping[str, Any]) -> Finding:
        equipment = header_of_details(details)
        if equipment is not None:
            return _by_header(finding, equipment, _day(details), facts)
        if not known:
            known.append(register())
        return _by_name(finding, known[0])

    return present


def present_schedule(schedule: Iterable[ScheduledTest], register: Register) -> tuple[ScheduledTest, ...]:
    """A schedule whose rows for single units name these as the register does now."""
    return tuple(
        dataclasses.replace(test, unit=present_name(test.unit, register)) if test.unit else test for test in schedule
    )


def present_name(name: str, register: Register) -> str:
    """The register's name of the unit of any name; the name itself where none or several are called so."""
    units = _called(register.units, name)
    return units[0].name if len(units) == 1 else name


def _by_header(
    finding: Finding, equipment: Equipment, day: datetime.date | None, facts: Sequence[EquipmentFact]
) -> Finding:
    where = whereabouts(equipment, day, facts=facts)
    return dataclasses.replace(
        finding,
        unit=where.unit,
        detector=where.detector,
        site=where.site,
        room=where.room,
        unit_name=finding.unit_name if where.unit == header_name(equipment) else where.unit,
    )


def _by_name(finding: Finding, register: Register) -> Finding:
    units = _called(register.units, finding.unit)
    if len(units) > 1:
        units = [unit for unit in units if is_called(unit, finding.unit_name)]
    if len(units) != 1:
        return finding
    unit = units[0]
    detectors = _detectors(register.detectors, finding.detector)
    if finding.detector == finding.unit:
        detector = unit.name
    else:
        detector = detectors[0].name if len(detectors) == 1 else finding.detector
    unit_name = finding.unit_name if unit.name in unit.identity else unit.name
    return dataclasses.replace(finding, unit=unit.name, detector=detector, unit_name=unit_name)


def _called(units: Sequence[RegisteredUnit], name: str) -> list[RegisteredUnit]:
    return [one for one in units if same_name(one.name, name)] or [one for one in units if is_called(one, name)]


def _detectors(detectors: Sequence[RegisteredDetector], name: str) -> list[RegisteredDetector]:
    return [one for one in detectors if one.name == name] or [
        one for one in detectors if any(same_name(name, other) for other in one.names)
    ]


def _day(details: Mapping[str, Any]) -> datetime.date | None:
    told = details.get("first_day")
    return datetime.date.fromisoformat(told) if isinstance(told, str) else None
