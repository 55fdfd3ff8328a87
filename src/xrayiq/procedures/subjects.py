"""What events are about: units and detectors by the names that their subjects give."""

from __future__ import annotations

import datetime

from xrayiq.errors import InputError
from xrayiq.model import same_name
from xrayiq.procedures.names import find_unit, is_called, known_name, subject_of_unit
from xrayiq.procedures.register import Register, RegisteredDetector, RegisteredUnit


def find_subject(register: Register, *, unit: str = "", detector: str = "") -> str:
    """Subject of events about a unit or a detector, ``unit:NAME`` or ``detector:NAME``.

    Parameters
    ----------
    register : Register
        All equipment.
    unit, detector : str
        One of them: any name, number or station that only one is called by.

    Raises
    ------
    InputError
        None or both are given, or the register has none, or several, of that name.
    """
    if bool(unit.strip()) == bool(detector.strip()):
        raise InputError("no unit, or two names of one", needed="a unit or a detector")
    if unit:
        return subject_of_unit(register, find_unit(register, unit))
    found = find_detector(register, detector)
    number = found.detector_id
    having = sum(any(same_name(number, name) for name in one.names) for one in register.detectors)
    return f"detector:{number if number and having == 1 else found.name}"


def find_detector(register: Register, name: str) -> RegisteredDetector:
    """Detector of a name: that of the register, else a detector ID that only one has.

    Raises
    ------
    InputError
        No detector is called so, or several are.
    """
    named = [one for one in register.detectors if one.detector_id]
    found = [one for one in named if same_name(one.name, name)] or [one for one in named if _is_called(one, name)]
    if len(found) > 1:
        several = "; ".join(one.name for one in found)
        raise InputError(f"detector {name!r}, which {len(found)} are called", needed="one of " + several)
    if not found:
        known_name([text for one in named for text in (one.name, *one.names)], name, "detector")
    return found[0]


def is_about_unit(register: Register, unit: RegisteredUnit, subject: str, day: datetime.date | None = None) -> bool:
    """Whether an event is about a unit, or about a detector that was in it.

    Parameters
    ----------
    register : Register
        All equipment.
    unit : RegisteredUnit
        One of its units.
    subject : str
        Of the event.
    day : date, optional
        When it was done: to a detector that has left the unit by then it does not count. Any day without.
    """
    what, _, name = subject.partition(":")
    if what != "detector":
        return what == "unit" and is_called(unit, name)
    return any(
        is_about_detector(register, span.value, subject)
        and (day is None or span.last_day >= day or span == unit.detectors[-1])
        for span in unit.detectors
    )


def is_about_detector(register: Register, detector: str, subject: str) -> bool:
    """Whether an event is about the detector of this name of the register."""
    what, _, name = subject.partition(":")
    one = next((each for each in register.detectors if each.name == detector), None)
    return what == "detector" and one is not None and _is_called(one, name)


def _is_called(detector: RegisteredDetector, name: str) -> bool:
    return any(same_name(name, called) for called in (detector.name, *detector.names))
