"""Reports of one study on one unit taken together: duplicates, cumulative ones and continuations, each event once."""

from __future__ import annotations

import datetime
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final, Literal

from xrayiq.model.dose_event import DoseEvent
from xrayiq.model.dose_report import DoseReport

ReportRelation = Literal["counted", "duplicate", "superseded"]

_TOTALS: Final = (
    "total_dap_gy_m2",
    "total_reference_point_kerma_mgy",
    "total_average_glandular_dose_mgy",
    "total_fluoro_time_s",
    "total_radiographic_frames",
    "total_dose_length_product_mgy_cm",
)
_NEVER: Final = datetime.datetime(1, 1, 1)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportPlace:
    """What became of one report.

    Parameters
    ----------
    subject : str
        The report.
    relation : str
        ``"counted"``; ``"duplicate"`` or ``"superseded"`` where another holds all its events.
    by : str or None
        That other one.
    """

    subject: str
    relation: ReportRelation
    by: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CombinedReports:
    """Dose of one study on one unit from all its reports.

    Parameters
    ----------
    study_uid : str or None
        The study.
    places : tuple of ReportPlace
        What became of each report, in order of time.
    events : tuple of DoseEvent
        Each irradiation event once, in order of time; as the last report that counts tells of it.
    shared_events : int
        Events that more than one of the counted reports hold.
    total_dap_gy_m2, total_reference_point_kerma_mgy, total_average_glandular_dose_mgy : float or None
        Sums of the totals that the counted reports state; None where one of them states none, or where they share
        events, so that a sum would count these twice.
    total_fluoro_time_s, total_radiographic_frames, total_dose_length_product_mgy_cm : float or None
        Likewise.
    """

    study_uid: str | None
    places: tuple[ReportPlace, ...]
    events: tuple[DoseEvent, ...]
    shared_events: int = 0
    total_dap_gy_m2: float | None = None
    total_reference_point_kerma_mgy: float | None = None
    total_average_glandular_dose_mgy: float | None = None
    total_fluoro_time_s: float | None = None
    total_radiographic_frames: float | None = None
    total_dose_length_product_mgy_cm: float | None = None


def combine_reports(reports: Iterable[DoseReport]) -> tuple[CombinedReports, ...]:
    """Reports by study and unit, with each irradiation event counted once.

    Parameters
    ----------
    reports : iterable of DoseReport
        In any order; the same report may stand among them more than once.

    Returns
    -------
    tuple of CombinedReports
        One for each study and unit, in the order of their first report.

    Notes
    -----
    A report whose events another one holds too is its duplicate where the events are the same, and superseded where the
    other has more; of duplicates the last in time counts. What remains continues each other. Events are told apart by
    their UID; where they have none by time, plane, technique and dose. Reports without a study stand for themselves.
    """
    studies: dict[tuple[str | None, ...], list[DoseReport]] = defaultdict(list)
    for number, report in enumerate(reports):
        header, acquisition = report.header, report.header.acquisition
        unit = (acquisition.manufacturer, acquisition.model, acquisition.serial_number)
        own = (None, str(number)) if header.study_uid is None else (header.study_uid, report.kind)
        studies[*own, *unit].append(report)
    return tuple(_combined(of_study) for of_study in studies.values())


def _combined(reports: Sequence[DoseReport]) -> CombinedReports:
    ordered = sorted(reports, key=lambda one: (one.header.acquisition.exposed_at or _NEVER, one.header.subject))
    keys = [frozenset(_identity(event) for event in report.events) for report in ordered]
    places = [_place(number, ordered, keys) for number in range(len(ordered))]
    counted = [report for report, place in zip(ordered, places, strict=True) if place.relation == "counted"]
    known: dict[tuple[object, ...], DoseEvent] = {}
    times_held: dict[tuple[object, ...], int] = defaultdict(int)
    for report in counted:
        for identity, event in {_identity(event): event for event in report.events}.items():
            known[identity] = event
            times_held[identity] += 1
    shared = sum(count > 1 for count in times_held.values())
    totals = {name: None if shared else _sum(counted, name) for name in _TOTALS}
    return CombinedReports(
        study_uid=reports[0].header.study_uid,
        places=tuple(places),
        events=tuple(sorted(known.values(), key=lambda event: event.started_at or _NEVER)),
        shared_events=shared,
        **totals,
    )


def _place(number: int, reports: Sequence[DoseReport], keys: Sequence[frozenset[tuple[object, ...]]]) -> ReportPlace:
    subject, own = reports[number].header.subject, keys[number]
    for other in reversed(range(len(reports))):
        if own < keys[other] and (own or _is_same_report(reports[number], reports[other])):
            return ReportPlace(subject=subject, relation="superseded", by=reports[other].header.subject)
        if other > number and own == keys[other] and (own or _is_same_report(reports[number], reports[other])):
            return ReportPlace(subject=subject, relation="duplicate", by=reports[other].header.subject)
    return ReportPlace(subject=subject, relation="counted")


def _is_same_report(first: DoseReport, second: DoseReport) -> bool:
    """Of reports without events: whether their totals are the same."""
    return all(getattr(first, name) == getattr(second, name) for name in _TOTALS)


def _identity(event: DoseEvent) -> tuple[object, ...]:
    if event.irradiation_event_uid is not None:
        return (event.irradiation_event_uid,)
    return event.started_at, event.plane, event.tube_voltage_kv, event.exposure_mas, event.dap_gy_m2, event.protocol


def _sum(reports: Sequence[DoseReport], name: str) -> float | None:
    values = [getattr(report, name) for report in reports]
    return None if None in values else sum(values)
