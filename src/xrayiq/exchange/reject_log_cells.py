"""Rows of a reject log as exposures that it tells of, and what could not be taken: by row and column."""

from __future__ import annotations

import datetime
import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from xrayiq.audit import RejectReason
from xrayiq.dicom import person_key
from xrayiq.exchange.reject_log_mapping import NUMBERS, PERSONS, TEXTS, UNITS, RejectLogMapping
from xrayiq.model import Equipment, ToldReject
from xrayiq.units import to_inside_unit

_NUMBER: Final = re.compile(r"[+-]?(\d+(\.\d*)?|\.\d+)([eE][+-]?\d+)?")
_AMBIGUOUS: Final = re.compile(r"[+-]?[1-9]\d{0,2}([.,]\d{3})+")
_UID: Final = re.compile(r"[0-9.]{3,64}")
_LONGEST: Final = 64
_OLDEST: Final = 1990
#: fields whose texts are identifiers
_UIDS: Final = ("image_uid", "event_uid", "study_uid")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogProblem:
    """Something in a log that could not be taken.

    Parameters
    ----------
    row : int
        Of the file, from 1; 0 where it is of the whole log.
    column : str
        Heading.
    reason, message : str
        Short stable word, and the same for a person. No text of a person's column is told.
    is_row_lost : bool
        Whether the whole row is left out; otherwise only this cell is.
    """

    row: int
    column: str
    reason: str
    message: str
    is_row_lost: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LogRow:
    """One row that was taken: its number, its unit, and what it tells."""

    row: int
    equipment: Equipment
    told: ToldReject


class _LostError(Exception):
    """A row that cannot be taken: column, reason and message."""


def told_rows(
    rows: list[tuple[int, dict[str, str]]],
    headings: tuple[str, ...],
    mapping: RejectLogMapping,
    *,
    key: bytes | None,
    equipment: Equipment | None = None,
) -> tuple[list[LogRow], list[LogProblem]]:
    """What the rows of a log tell, and what could not be taken.

    Parameters
    ----------
    rows : list of (int, dict)
        From `read_log`.
    headings : tuple of str
        Of the log.
    mapping : RejectLogMapping
        What they are.
    key : bytes or None
        Key of the hashes that stand for persons; without it there are none.
    equipment : Equipment, optional
        Unit of all rows, where neither the log nor the mapping names one.
    """
    by_field, problems = _columns(headings, mapping)
    found: list[LogRow] = []
    for number, told in rows:
        texts = {field: told.get(heading, "") for field, heading in by_field.items()}
        cells = _Cells(number, texts, by_field, mapping, problems)
        try:
            found.append(
                LogRow(row=number, equipment=cells.equipment(equipment), told=_told(cells, texts, mapping, key))
            )
        except _LostError as lost:
            column, reason, message = lost.args
            problems.append(LogProblem(row=number, column=column, reason=reason, message=message, is_row_lost=True))
    return found, problems


def _columns(headings: tuple[str, ...], mapping: RejectLogMapping) -> tuple[dict[str, str], list[LogProblem]]:
    """Heading of each field that the log has, and columns of the mapping that it has not."""
    plain = {heading.casefold().strip(): heading for heading in reversed(headings)}
    by_field, problems = {}, []
    for field, names in mapping.columns.items():
        heading = next((plain[name.casefold()] for name in names if name.casefold() in plain), None)
        if heading is None:
            text = f"no column {' or '.join(repr(name) for name in names)} for {field}"
            problems.append(LogProblem(row=0, column=names[0], reason="missing_column", message=text))
        else:
            by_field[field] = heading
    return by_field, problems


def _told(cells: _Cells, texts: Mapping[str, str], mapping: RejectLogMapping, key: bytes | None) -> ToldReject:
    rejected = cells.is_rejected()
    reason = cells.reason() if rejected else None
    plain: dict[str, Any] = {name: cells.text(name) for name in TEXTS}
    numbers: dict[str, Any] = {name: cells.number(name) for name in NUMBERS}
    persons: dict[str, Any] = {f"{role}_key": person_key(key, role, texts[role]) for role in PERSONS if texts.get(role)}
    return ToldReject(
        exposed_at=cells.moment(),
        is_rejected=rejected,
        category=reason.category if reason else "",
        reason=reason.reason if reason else "",
        **plain,
        **numbers,
        **persons,
    )


class _Cells:
    """Cells of one row; what cannot be taken is added to the problems."""

    def __init__(
        self,
        row: int,
        texts: Mapping[str, str],
        headings: Mapping[str, str],
        mapping: RejectLogMapping,
        problems: list[LogProblem],
    ) -> None:
        self._row, self._texts, self._headings = row, texts, headings
        self._mapping, self._problems = mapping, problems

    def equipment(self, given: Equipment | None) -> Equipment:
        told = {name: self._texts.get(name, "")[:_LONGEST] or self._mapping.unit.get(name) for name in UNITS}
        if told["serial_number"] or told["station_name"]:
            return Equipment(**told)  # type: ignore[arg-type]  # texts by name
        if given is None:
            needed = "a column of serial numbers or stations, [unit] in the mapping, or the unit with the import"
            raise _LostError("", "no_unit", f"nothing names the unit; needed {needed}")
        return given

    def moment(self) -> datetime.datetime:
        form = self._mapping
        field = "moment" if self._texts.get("moment") or "date" not in self._headings else "date"
        text, heading = self._texts.get(field, ""), self._headings.get(field, "")
        if not text:
            raise _LostError(heading, "no_date", "the cell of the date is empty")
        day = _first(text, [datetime.datetime.fromisoformat, *_parsers(form.date_formats)])
        if field == "moment" and day is None:
            whole = [f"{date} {time}" for date in form.date_formats for time in form.time_formats]
            day = _first(text, _parsers(tuple(whole)))
        if day is None:
            raise _LostError(heading, "bad_date", f"{text[:_LONGEST]!r} is no date of the mapping")
        clock = self._texts.get("time", "") if field == "date" else ""
        if clock:
            time = _first(clock, [_iso_time, *_parsers(form.time_formats)])
            if time is None:
                self._add("time", "bad_time", f"{clock[:_LONGEST]!r} is no time of the mapping; midnight is taken")
            else:
                day = datetime.datetime.combine(day.date(), time.time())
        day = day.replace(tzinfo=None)
        if day.year < _OLDEST or day > datetime.datetime.now() + datetime.timedelta(days=1):
            raise _LostError(heading, "impossible_date", f"{day.date()} is before {_OLDEST} or yet to come")
        return day

    def is_rejected(self) -> bool:
        text = self._texts.get("status", "")
        if not text:
            return "status" not in self._headings or bool(self._texts.get("reason"))
        known = self._mapping.status.get(text.casefold())
        if known is None:
            self._add("status", "unknown_status", f"{text[:_LONGEST]!r} is no status of the mapping; taken as rejected")
        return known is not False

    def reason(self) -> RejectReason:
        text = self._texts.get("reason", "")
        known = self._mapping.reasons.get(text.casefold())
        if text and known is None:
            self._add("reason", "unknown_reason", f"{text[:_LONGEST]!r} is no reason of the mapping; counted as other")
        return known or RejectReason()

    def text(self, field: str) -> str | None:
        text = self._texts.get(field, "")[:_LONGEST]
        if text and field in _UIDS and not _UID.fullmatch(text):
            self._add(field, "no_uid", "not a unique identifier; left out")
            return None
        return text or None

    def number(self, field: str) -> float | None:
        text = self._texts.get(field, "")
        if not text:
            return None
        value = self._value(field, text)
        unit = self._mapping.units.get(field)
        return value if value is None or unit is None else to_inside_unit(value, unit, NUMBERS[field])

    def _value(self, field: str, text: str) -> float | None:
        decimal = self._mapping.decimal
        plain = text.replace(",", ".")
        if decimal == "any" and _AMBIGUOUS.fullmatch(text) and "," in text:
            self._add(field, "ambiguous_number", f"{text[:_LONGEST]!r}: a comma that may part thousands; say decimal")
            return None
        if decimal != "any" and _NUMBER.fullmatch(plain) and ("," if decimal == "." else ".") in text:
            reason = "decimal_comma" if decimal == "." else "decimal_point"
            self._add(field, reason, f"{text[:_LONGEST]!r} where the decimal sign is {decimal!r}; left out")
            return None
        if not _NUMBER.fullmatch(plain) or not math.isfinite(float(plain)):
            self._add(field, "no_number", f"{text[:_LONGEST]!r} is no number; left out")
            return None
        return float(plain)

    def _add(self, field: str, reason: str, message: str) -> None:
        self._problems.append(LogProblem(row=self._row, column=self._headings[field], reason=reason, message=message))


_Parser = Callable[[str], datetime.datetime]


def _first(text: str, parsers: list[_Parser]) -> datetime.datetime | None:
    """The first that takes the text."""
    for parse in parsers:
        try:
            return parse(text)
        except ValueError:
            continue
    return None


def _parsers(forms: tuple[str, ...]) -> list[_Parser]:
    return [lambda text, form=form: datetime.datetime.strptime(text, form) for form in forms]  # type: ignore[misc]  # a default


def _iso_time(text: str) -> datetime.datetime:
    return datetime.datetime.combine(datetime.date(2000, 1, 1), datetime.time.fromisoformat(text))
