"""Faults in the form of a dose report, whatever its items say."""

from __future__ import annotations

import datetime
from collections.abc import Iterator, Sequence
from typing import Final

from xrayiq.dicom.content import ContentItem
from xrayiq.dicom.dose_codes import contradicting_meaning
from xrayiq.model import DoseEvent, DoseReportFault

#: an event that began this long before the one above it, on the same day, is of the day after
_BACKWARDS: Final = datetime.timedelta(hours=12)


def form_faults(root: ContentItem) -> Iterator[DoseReportFault]:
    """Items that are damaged, without value type or name, or named by a code and another code's meaning."""
    if not root.is_whole:
        yield DoseReportFault(path=root.path, message=_DAMAGED)
    for item in root.walk():
        if not item.is_whole:
            yield DoseReportFault(path=item.path, message=_DAMAGED)
        if not item.kind and (item.concept[0] or not item.is_whole):
            yield DoseReportFault(path=item.path, message="no value type; needed one such as NUM or CODE")
        if not item.concept[0] and item.kind:
            yield DoseReportFault(path=item.path, message=f"{item.kind} item without concept code; needed one")
        contradiction = contradicting_meaning(item.concept)
        if contradiction is not None:
            yield DoseReportFault(path=item.path, message=contradiction, kind="contradiction")


_DAMAGED: Final = "content below could not be read to its end; what stands before is kept"


def order_faults(items: Sequence[ContentItem], events: Sequence[DoseEvent]) -> Iterator[DoseReportFault]:
    """Events that repeat another's UID, or whose time passes midnight while their date stays."""
    known: set[str] = set()
    before: datetime.datetime | None = None
    for item, event in zip(items, events, strict=True):
        uid, at = event.irradiation_event_uid, event.started_at
        if uid is not None and uid in known:
            message = "the event's UID is that of an event before; needed one for each"
            yield DoseReportFault(path=item.path, message=message, kind="contradiction")
        known.add(uid or "")
        if at is not None and before is not None and at.date() == before.date() and before - at > _BACKWARDS:
            message = f"began {before - at} before the event above it on the same day; the date of the day after?"
            yield DoseReportFault(path=item.path, message=message, kind="contradiction")
        before = at or before
