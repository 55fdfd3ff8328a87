"""DICOM structured reports (TID 1500) of the measurements on test images, one for each image or set."""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from xrayiq.dicom.reported import ReportedGroup, ReportedImage, ReportedMeasurement, TestReport
from xrayiq.errors import InputError
from xrayiq.exchange.placing import placed_folder
from xrayiq.exchange.selection import Selection, parts_of, tests_only
from xrayiq.exchange.tables import ExportedTable
from xrayiq.exchange.text import plain
from xrayiq.model import Equipment
from xrayiq.procedures.places import places_of
from xrayiq.procedures.site import Site
from xrayiq.records import Records

if TYPE_CHECKING:
    import pandas as pd

_Row = dict[str, Any]
_UID_COLUMNS: Final = ("sop_class_uid", "series_uid", "study_uid")


def export_structured_reports(
    records: Records,
    folder: str | Path,
    *,
    since: datetime.date | None = None,
    until: datetime.date | None = None,
    unit: str = "",
    only_site: str = "",
    site: Site | None = None,
) -> ExportedTable:
    """Write one DICOM structured report for each test image, and for each set of them, that has measurements.

    Parameters
    ----------
    records : Records
        Store.
    folder : path
        Where the files go, named by their UIDs; made if it is not there. The same measurements give the same UIDs.
    since, until : date, optional
        First and last day of the exposure.
    unit, only_site : str
        Only of this X-ray unit, by any name that only it has, and only of this site.
    site : Site, optional
        Settings that name equipment.

    Returns
    -------
    ExportedTable
        Number of reports, and of subjects left out: without a date, without an image that has a UID (imported
        results), or without a number.

    Raises
    ------
    InputError
        The extra ``sr`` is not installed, the folder cannot be written to, or there is nothing to report.

    Notes
    -----
    Patients' images are left out. The subject of a report is the X-ray unit as a device, the observer this program.
    Each procedure is a measurement group with its source images, numbers (UCUM units, codes of
    ``data/measurement_codes.toml``), absolute limits, and whether its verdicts meet the standard.
    """
    from xrayiq.dicom.sr import write_measurement_report

    places = places_of(records, site=site, only_site=only_site, unit=unit)
    rows = _rows(records, Selection(since=since, until=until, places=places))
    if not rows:
        raise InputError("no measurement of a test image", needed="some in the period", source="structured reports")
    known = _Known.of(records)
    count = left_out = 0
    with placed_folder(Path(folder)) as place:
        for subject, group in itertools.groupby(rows, lambda row: row["subject"]):
            report = _report(subject, list(group), known)
            if report is None:
                left_out += 1
                continue
            unnamed = place / "unnamed"
            uid = write_measurement_report(report, unnamed)
            unnamed.rename(place / f"{uid}.dcm")
            count += 1
    return ExportedTable(name="sr", rows=count, file=Path(folder).name, left_out=left_out)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the store knows beside the numbers: images by subject, members of sets, times of measuring by outcome."""

    images: Mapping[str, ReportedImage]
    members: Mapping[str, tuple[str, ...]]
    measured_at: Mapping[int, datetime.datetime]

    @classmethod
    def of(cls, records: Records) -> _Known:
        """Of the test images of a store."""
        images, members, measured_at = {}, {}, {}
        for row in _cells(records, "objects", ("subject", "population", *_UID_COLUMNS)):
            uids = [row[name] for name in _UID_COLUMNS]
            if row["population"] == "quality_control" and all(uids) and _is_uid(row["subject"]):
                images[row["subject"]] = ReportedImage(
                    sop_instance_uid=row["subject"], sop_class_uid=uids[0], series_uid=uids[1], study_uid=uids[2]
                )
        for row in _cells(records, "sets", ("members", "subjects")):
            of_set = tuple(str(member[0]) for member in row["members"])
            members.update(dict.fromkeys(row["subjects"], of_set))
        for row in _cells(records, "outcomes", ("id", "created_at")):
            measured_at[row["id"]] = row["created_at"]
        return cls(images=images, members=members, measured_at=measured_at)

    def images_of(self, subject: str) -> tuple[ReportedImage, ...]:
        """The image that a subject is, or those of its set."""
        subjects = (subject,) if subject in self.images else self.members.get(subject, ())
        return tuple(self.images[each] for each in subjects if each in self.images)


def _cells(records: Records, name: str, columns: tuple[str, ...]) -> Iterator[_Row]:
    for part in parts_of(records, name, Selection()):
        for row in zip(*(part[column] for column in columns), strict=True):
            cells = zip(columns, row, strict=True)
            yield {column: cell if isinstance(cell, list) else plain(cell) for column, cell in cells}


def _is_uid(subject: str) -> bool:
    return all(char.isdigit() or char == "." for char in subject)


def _rows(records: Records, selection: Selection) -> list[_Row]:
    """Numbers of test images, those of a subject and procedure together, in the order of their writing."""
    rows = [row for part in parts_of(records, "results", selection) for row in _plain_rows(tests_only(part))]
    order = {subject: place for place, subject in enumerate(dict.fromkeys(row["subject"] for row in rows))}
    return sorted(rows, key=lambda row: (order[row["subject"]], row["outcome_id"]))


def _plain_rows(part: pd.DataFrame) -> Iterator[_Row]:
    names = list(part.columns)
    for row in part.itertuples(index=False, name=None):
        cells = {name: plain(value) for name, value in zip(names, row, strict=True)}
        if cells["value"] is not None:
            yield cells


def _report(subject: str, rows: list[_Row], known: _Known) -> TestReport | None:
    first, images = rows[0], known.images_of(subject)
    if first["exposed_at"] is None or not images:
        return None
    names = (name for name in Equipment.__slots__ if name != "software_versions")
    versions = tuple((first["software_versions"] or "").split("\\")) if first["software_versions"] else ()
    return TestReport(
        subject=subject,
        equipment=Equipment(software_versions=versions, **{name: first[name] for name in names}),
        exposed_at=first["exposed_at"],
        measured_at=max(known.measured_at[row["outcome_id"]] for row in rows),
        images=images,
        groups=tuple(_group(list(group)) for _, group in itertools.groupby(rows, lambda row: row["outcome_id"])),
    )


def _group(rows: list[_Row]) -> ReportedGroup:
    first = rows[0]
    judged = {row["status"] for row in rows} - {None, "indeterminate"}
    numbers = itertools.groupby(rows, lambda row: (row["quantity"], row["direction"], row["value"]))
    return ReportedGroup(
        procedure=first["procedure"],
        algorithm_version=first["algorithm_version"],
        parameter_digest=first["parameter_digest"],
        measurements=tuple(_measurement(list(each)) for _, each in numbers),
        meets_standard="fail" not in judged if judged else None,
    )


def _measurement(rows: list[_Row]) -> ReportedMeasurement:
    """Number with the narrowest of its absolute limits; one relative to a baseline is no range of the number itself."""
    first = rows[0]
    absolute = [row for row in rows if row["basis"] == "absolute"]
    low, high = _bound(absolute, "fail_low"), _bound(absolute, "fail_high")
    documents = dict.fromkeys(row["document"] for row in absolute)
    return ReportedMeasurement(
        quantity=first["quantity"],
        value=first["value"],
        direction=first["direction"],
        low=max(low, default=None),
        high=min(high, default=None),
        authority="; ".join(documents),
    )


def _bound(rows: Iterable[_Row], name: str) -> list[float]:
    return [row[name] for row in rows if row[name] is not None]
