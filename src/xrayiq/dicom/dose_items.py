"""Items of one container of a dose report by their code, with their faults noted as they are read."""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Final, Literal, TypeVar

from xrayiq.dicom.content import Code, ContentItem
from xrayiq.dicom.dose_codes import contradicting_unit
from xrayiq.dicom.known_codes import known_code
from xrayiq.dicom.moments import parse_date, parse_datetime, parse_time
from xrayiq.model import DoseReportFault
from xrayiq.units import UnknownUnitError, to_inside_unit

Combine = Literal["first", "mean", "sum"]
Group = TypeVar("Group")

#: dimensions whose values may lie below zero
_SIGNED: Final = frozenset({"angle", "position", "deviation"})
#: dimensions that have the units of another
_UNITS_OF: Final = {"position": "length", "deviation": "number"}
#: 15 cm from the isocentre, however it is written
_FROM_ISOCENTRE: Final = re.compile(r"15\s?cm\b.*iso", re.IGNORECASE)
_LATE_HOUR: Final = re.compile(r"(2[4-9]|[34][0-9])(.*)")


class ContainerItems:
    """Items below one container of a report, those of inner containers of the same name left out.

    Parameters
    ----------
    container : ContentItem
        An irradiation event or an accumulated block.
    faults : list of DoseReportFault
        What cannot be taken is added.
    what : str
        Name of the container in messages.
    """

    def __init__(self, container: ContentItem, faults: list[DoseReportFault], what: str) -> None:
        self.container = container
        self.what = what
        self._faults = faults
        self._direct = _by_name(container.children)
        self._deeper = _by_name(_below(container))
        self._nearest = self._deeper | self._direct

    def items(self, *codes: str, scheme: str = "DCM") -> list[ContentItem]:
        """Items of the first of these names that there is: direct children, where there are none those further down."""
        for code in codes:
            found = self._nearest.get((code, scheme))
            if found is not None:
                return found
        return []

    def all_items(self, code: str) -> list[ContentItem]:
        """Items of a name, however deep, outer ones first."""
        return [*self._direct.get((code, "DCM"), ()), *self._deeper.get((code, "DCM"), ())]

    def inside(self, container: ContentItem) -> ContainerItems:
        """Items of a container further down."""
        return ContainerItems(container, self._faults, self.what)

    def number(self, *codes: str, dimension: str, combine: Combine = "first", scheme: str = "DCM") -> float | None:
        """Value in the unit used inside; of several the first (with a fault), their mean or their sum."""
        found = self.items(*codes, scheme=scheme)
        if not found:
            return None
        values = [value for item in found if (value := self.value(item, dimension)) is not None]
        if not values:
            return None
        if combine == "first":
            if len(values) > 1:
                self.fault(found[0], f"{len(values)} values in one {self.what}; needed one, the first was taken")
            return values[0]
        return sum(values) / (len(values) if combine == "mean" else 1)

    def value(self, item: ContentItem, dimension: str) -> float | None:
        """Value of one item in the unit used inside; None, and a fault, where it has none that can be."""
        unit = item.unit[0]
        if item.kind != "NUM":
            self.fault(item, f"value type {item.kind or 'missing'}; needed NUM")
        elif not item.measured:
            self.fault(item, "no measured value")
        elif item.number is None:
            self.fault(item, "the measured value is no number")
        elif item.number < 0 and dimension not in _SIGNED:
            self.fault(item, f"{item.number:g} {unit}; needed 0 or more")
        else:
            dimension = _UNITS_OF.get(dimension, dimension)
            try:
                value = to_inside_unit(item.number, unit, dimension)
            except UnknownUnitError as error:
                self.fault(item, str(error))
                return None
            contradiction = contradicting_unit(item.unit, dimension)
            if contradiction is not None:
                self.contradiction(item, contradiction)
            return value
        return None

    def code(self, *codes: str) -> Code | None:
        """Value of the first coded item of these names."""
        found = self.items(*codes)
        coded = next((item.coded for item in found if item.coded and any(item.coded)), None)
        if found and coded is None:
            self.fault(found[0], "no coded value")
        return None if coded is None else known_code(coded)

    def codes(self, code: str) -> tuple[Code, ...]:
        """Values of all coded items of a name."""
        return tuple(known_code(item.coded) for item in self.items(code) if item.coded and any(item.coded))

    def code_where_coded(self, code: str) -> Code | None:
        """Value of a coded item that may be a text: free text is not kept, but for the usual reference point."""
        for item in self.items(code):
            if item.coded and any(item.coded):
                return known_code(item.coded)
            if item.kind == "TEXT" and _FROM_ISOCENTRE.search(item.text or ""):
                return known_code(("113860", "DCM", ""))
        return None

    def text(self, code: str, kind: str) -> str | None:
        """Text of the first item of a name and value type."""
        found = self.items(code)
        text = next((item.text for item in found if item.kind == kind and item.text), None)
        if found and text is None:
            kinds = {item.kind for item in found} - {kind}
            self.fault(found[0], f"value type {min(kinds) or 'missing'}; needed {kind}" if kinds else "empty")
        return text

    def moment(self, *codes: str, needed: bool = False) -> datetime.datetime | None:
        """Date and time of the first item of these names."""
        found = self.items(*codes)
        if not found:
            if needed:
                self.fault_of(f"{self.container.path}/{codes[0]}", "missing; needed a date and time")
            return None
        written = next((item.text for item in found if item.text), "")
        if parse_date(written[:8]) is None:
            self.fault(found[0], "no date; needed a date and time" if written else "empty; needed a date and time")
            return None
        if len(written) <= 8 or parse_time(written[8:]) is not None:
            return parse_datetime(written)
        late = _LATE_HOUR.fullmatch(written[8:])
        time = None if late is None else parse_time(f"{int(late[1]) - 24:02d}{late[2]}")
        day = parse_datetime(written[:8])
        if time is None or day is None:
            self.fault(found[0], "no time of day; needed a date and time")
            return None
        self.contradiction(found[0], "hour of 24 or more; taken as a time of the next day")
        return datetime.datetime.combine(day.date() + datetime.timedelta(days=1), time)

    def fault(self, item: ContentItem, message: str) -> None:
        """Note that an item is left out."""
        self.fault_of(item.path, message)

    def fault_of(self, path: str, message: str) -> None:
        """Note that something at a path is left out."""
        self._faults.append(DoseReportFault(path=path, message=message))

    def contradiction(self, item: ContentItem, message: str) -> None:
        """Note that an item was taken and contradicts something."""
        self._faults.append(DoseReportFault(path=item.path, message=message, kind="contradiction"))


def _by_name(items: Iterable[ContentItem]) -> dict[tuple[str, str], list[ContentItem]]:
    named: dict[tuple[str, str], list[ContentItem]] = {}
    for item in items:
        code, scheme, _ = item.concept
        named.setdefault((code, scheme or "DCM"), []).append(item)
    return named


def _below(container: ContentItem) -> Iterator[ContentItem]:
    """Items below the children, outer ones first; not those inside containers of the same name."""
    name, level = container.concept[:2], container.children
    while level:
        level = tuple(
            [child for item in level if item.children and item.concept[:2] != name for child in item.children]
        )
        yield from level


def written_step(item: ContentItem, dimension: str) -> float:
    """Value of the last digit that a number is written with, in the unit used inside."""
    try:
        exponent = Decimal(item.digits.strip().replace(",", ".")).as_tuple().exponent
        return to_inside_unit(10.0 ** int(exponent), item.unit[0], dimension)
    except (InvalidOperation, ValueError):
        return 0.0


def stated(group: Callable[..., Group], **fields: object) -> Group | None:
    """Group of fields, None where nothing of it is stated."""
    return group(**fields) if any(value not in (None, ()) for value in fields.values()) else None
