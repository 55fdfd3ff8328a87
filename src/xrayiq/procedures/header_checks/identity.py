"""Identity and time: UIDs, file meta information, dates and irradiation events."""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from typing import Final

from xrayiq.model import HeaderDetail, HeaderProblem, ObjectHeader

#: no digital radiograph is older: before it there was no digital detector and no DICOM
FIRST_YEAR: Final = 1990
_DIRECTORY_CLASS: Final = "1.2.840.10008.1.3.10"
#: an acquisition past midnight, or a clock of another zone
_DAY: Final = datetime.timedelta(days=1)
#: clocks of one unit differ by less, and studies are opened no later than this after their first exposure
_CLOCKS: Final = datetime.timedelta(minutes=5)
_BEFORE_STUDY: Final = datetime.timedelta(minutes=30)
#: studies end in this time
_AFTER_STUDY: Final = datetime.timedelta(days=2)
#: pixels are made this soon after the exposure, so that a difference of nearly a day is a date that stands still
_MIDNIGHT: Final = datetime.timedelta(hours=2)


def check_identity(header: ObjectHeader, *, today: datetime.date | None, is_image: bool) -> Iterator[HeaderProblem]:
    """All checks of identity and time of one header."""
    yield from instance_missing(header)
    yield from file_meta_disagrees(header)
    if is_image:
        yield from exposure_date(header, today)
        yield from days_contradict(header.detail)
        yield from times_contradict(header.detail)
        yield from irradiation_events(header)


def instance_missing(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """No SOP Instance UID in the object; the directory of a medium has none."""
    if header.detail.sop_instance_uid is None and header.sop_class_uid != _DIRECTORY_CLASS:
        yield HeaderProblem(
            check="instance_missing",
            attributes=("SOPInstanceUID",),
            found="no SOPInstanceUID",
            needed="one: it is the object's identity",
            remedy="xrayiq goes by the file meta information or the content; export it again",
            severity="problem",
        )


def file_meta_disagrees(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """File meta information that speaks of another object or class."""
    detail = header.detail
    for attribute, own, of_file in (
        ("SOPInstanceUID", detail.sop_instance_uid, detail.file_sop_instance_uid),
        ("SOPClassUID", header.sop_class_uid, detail.file_sop_class_uid),
    ):
        if own is not None and of_file is not None and own != of_file:
            yield HeaderProblem(
                check="file_meta_disagrees",
                attributes=(attribute, f"MediaStorage{attribute}"),
                found=f"{attribute} {own} beside MediaStorage{attribute} {of_file}",
                needed="the same UID in both",
                remedy="the object was edited after it was written: compare with its source",
                severity="problem",
            )


def exposure_date(header: ObjectHeader, today: datetime.date | None) -> Iterator[HeaderProblem]:
    """No day of exposure, one before there was digital radiography, or one that is still to come."""
    moment = header.acquisition.exposed_at
    if moment is None:
        yield HeaderProblem(
            check="date_missing",
            attributes=("AcquisitionDate", "ContentDate", "StudyDate"),
            found="no day of exposure",
            needed="one, for trends and for the response valid on that day",
            remedy="have the date exported; anonymising should shift dates, not remove them",
            severity="note",
        )
    elif moment.year < FIRST_YEAR or (today is not None and moment.date() > today + _DAY):
        yield HeaderProblem(
            check="date_impossible",
            attributes=("AcquisitionDate",),
            found=f"exposed on {moment.date()}",
            needed=f"from {FIRST_YEAR} on" if moment.year < FIRST_YEAR else f"until {today}",
            remedy="the unit's clock was wrong or the date was replaced: leave it out of trends",
            severity="problem",
        )


def days_contradict(detail: HeaderDetail) -> Iterator[HeaderProblem]:
    """Pixels made before the exposure, or an exposure before its study began."""
    acquired, content, study = detail.acquired_on, detail.content_on, detail.study_on
    if acquired is not None and content is not None and acquired > content + _DAY:
        yield HeaderProblem(
            check="content_before_exposure",
            attributes=("AcquisitionDate", "ContentDate"),
            found=f"pixels of {content} of an exposure on {acquired}",
            needed="an exposure before its pixels",
            remedy="one of the clocks was wrong",
            severity="problem",
        )
    if acquired is not None and study is not None and acquired < study - _DAY:
        yield HeaderProblem(
            check="exposure_before_study",
            attributes=("AcquisitionDate", "StudyDate"),
            found=f"exposed on {acquired}, study of {study}",
            needed="an exposure within its study",
            remedy="the image was moved to another study, or a clock was wrong",
            severity="note",
        )


def times_contradict(detail: HeaderDetail) -> Iterator[HeaderProblem]:
    """Pixels made before the exposure, a date that did not go on past midnight, an exposure before or after its study.

    An hour of clocks between zones is seen as well: all three are readings that should be of one clock.
    """
    acquired, content, study = detail.acquired_at, detail.content_at, detail.study_at
    if acquired is not None and content is not None and acquired - _DAY < content < acquired - _CLOCKS:
        if acquired - content > _DAY - _MIDNIGHT:
            yield HeaderProblem(
                check="date_stands_still",
                attributes=("ContentDate", "ContentTime", "AcquisitionDate", "AcquisitionTime"),
                found=f"pixels of {content.time():%H:%M} of an exposure at {acquired.time():%H:%M}, both on "
                f"{acquired.date()}",
                needed="the next day after midnight",
                remedy="the date of the pixels, or of the exposure, is that of the day before",
                severity="problem",
            )
        else:
            yield HeaderProblem(
                check="content_before_exposure",
                attributes=("AcquisitionTime", "ContentTime"),
                found=f"pixels of {content.time():%H:%M} of an exposure at {acquired.time():%H:%M}",
                needed="an exposure before its pixels",
                remedy="unit and reader have clocks that differ: have them set by the network",
                severity="problem",
            )
    if acquired is not None and study is not None and study - _DAY < acquired < study - _BEFORE_STUDY:
        yield HeaderProblem(
            check="exposure_before_study",
            attributes=("AcquisitionTime", "StudyTime"),
            found=f"exposed {(study - acquired).total_seconds() / 60:.0f} minutes before the study began",
            needed="an exposure within its study",
            remedy="the clocks of the unit and of the information system differ, or the study was opened late",
            severity="note",
        )
    if acquired is not None and study is not None and acquired > study + _AFTER_STUDY:
        yield HeaderProblem(
            check="exposure_after_study",
            attributes=("AcquisitionDate", "StudyDate"),
            found=f"exposed {(acquired - study).days} days after the study began",
            needed=f"at most {_AFTER_STUDY.days} days",
            remedy="the image was moved to another study, or a clock was wrong",
            severity="note",
        )


def irradiation_events(header: ObjectHeader) -> Iterator[HeaderProblem]:
    """No irradiation event, or several for one image."""
    count = header.detail.irradiation_events
    if count == 1 or (header.frames or 1) > 1:
        return
    yield HeaderProblem(
        check="events_several" if count else "event_missing",
        attributes=("IrradiationEventUID",),
        found=f"{count} irradiation events" if count else "no IrradiationEventUID",
        needed="one, to tie the image to its dose report and its copies",
        remedy="a composed image: count its exposures, not itself"
        if count
        else "exposures are matched by time and technique instead",
        severity="note",
    )
