"""Dates, times and ages of a header."""

from __future__ import annotations

import datetime
import re
from typing import Final

from xrayiq.dicom.elements import Elements

_DATE: Final = re.compile(r"([0-9]{4})[.\-]?([0-9]{2})[.\-]?([0-9]{2})")
_TIME: Final = re.compile(r"([0-9]{2})(?::?([0-9]{2}))?(?::?([0-9]{2}))?(?:\.([0-9]{1,6}))?")
_AGE: Final = re.compile(r"([0-9]{1,3})([YMWD])")
_DAYS_PER_YEAR: Final = 365.25
_YEARS_PER_UNIT: Final = {"Y": 1.0, "M": 1 / 12, "W": 7 / _DAYS_PER_YEAR, "D": 1 / _DAYS_PER_YEAR}

#: attributes that tell when an image was exposed, nearest to the exposure first
_EXPOSED: Final = (
    ("AcquisitionDateTime", ""),
    ("AcquisitionDate", "AcquisitionTime"),
    ("ContentDate", "ContentTime"),
    ("SeriesDate", "SeriesTime"),
    ("StudyDate", "StudyTime"),
)


def exposed_at(elements: Elements) -> datetime.datetime | None:
    """Local date and time of the exposure.

    The date is that of the first attribute that has one; its time is the first that stands with this date, midnight
    where none does. A UTC offset is left out: the time is the one that the unit showed.
    """
    day: datetime.date | None = None
    for date_keyword, time_keyword in _EXPOSED:
        text = elements.text(date_keyword) or ""
        date = parse_date(text[:8] if not time_keyword else text)
        if date is None or (day is not None and date != day):
            continue
        day = date
        time = parse_time(elements.text(time_keyword) or "" if time_keyword else text[8:])
        if time is not None:
            return datetime.datetime.combine(date, time)
    return None if day is None else datetime.datetime.combine(day, datetime.time())


def moment_of(elements: Elements, date_keyword: str, time_keyword: str) -> datetime.datetime | None:
    """Local date and time of two attributes, or of one with both; None where either is missing."""
    text = elements.text(date_keyword) or ""
    date = parse_date(text if time_keyword else text[:8])
    time = parse_time((elements.text(time_keyword) or "") if time_keyword else text[8:])
    return None if date is None or time is None else datetime.datetime.combine(date, time)


def parse_date(text: str) -> datetime.date | None:
    """Date of a DA value, None where it is none."""
    match = _DATE.fullmatch(text)
    try:
        return datetime.date(*(int(part) for part in match.groups())) if match else None
    except ValueError:
        return None


def parse_time(text: str) -> datetime.time | None:
    """Time of a TM value, also one with colons or a UTC offset; None where it is none."""
    match = _TIME.fullmatch(re.split(r"[+\-&]", text.strip())[0])
    if match is None:
        return None
    hours, minutes, seconds, fraction = match.groups()
    try:
        return datetime.time(int(hours), int(minutes or 0), int(seconds or 0), int((fraction or "0").ljust(6, "0")))
    except ValueError:
        return None


def parse_datetime(text: str) -> datetime.datetime | None:
    """Local date and time of a DT value; midnight where it has no time, None where it has no date."""
    date = parse_date(text[:8])
    return None if date is None else datetime.datetime.combine(date, parse_time(text[8:]) or datetime.time())


def patient_age_years(elements: Elements) -> float | None:
    """Age from PatientAge (``nnnY``, ``M``, ``W`` or ``D``); never from the birth date."""
    match = _AGE.fullmatch((elements.text("PatientAge") or "").upper())
    return float(match.group(1)) * _YEARS_PER_UNIT[match.group(2)] if match else None
