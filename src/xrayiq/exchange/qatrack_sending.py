"""Days of tests from a store to QATrack+: one test list instance for each unit, list and day."""

from __future__ import annotations

import datetime
import hashlib
import importlib.metadata
import json
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from xrayiq.exchange.qatrack import QatrackClient, QatrackCollection
from xrayiq.exchange.qatrack_instances import YES_NO, make_instance
from xrayiq.exchange.qatrack_mapping import MappedList, MappedTest, QatrackMapping, load_qatrack_mapping
from xrayiq.exchange.selection import Selection, parts_of, tests_only
from xrayiq.exchange.text import plain
from xrayiq.procedures.places import places_of
from xrayiq.procedures.site import Site
from xrayiq.records import Records

_Row = dict[str, Any]
_Given = float | str | bool | Path


@dataclass(frozen=True, slots=True, kw_only=True)
class SentInstance:
    """A day of a unit's tests, and what became of it.

    Parameters
    ----------
    test_list : str
        List in QATrack+.
    unit : str
        Serial number or detector here.
    day : date
        Of the exposures.
    status : {"created", "known", "would_send"}
        ``known`` where QATrack+ had it already.
    tests, skipped : int
        Tests with a value, and those without.
    url : str
        Page of the instance.
    """

    test_list: str
    unit: str
    day: datetime.date
    status: Literal["created", "known", "would_send"]
    tests: int
    skipped: int
    url: str = ""


def send_to_qatrack(
    records: Records,
    mapping: QatrackMapping | str | Path,
    *,
    since: datetime.date | None = None,
    until: datetime.date | None = None,
    only_site: str = "",
    site: Site | None = None,
    attachments: Sequence[Path] = (),
    dry_run: bool = False,
) -> tuple[SentInstance, ...]:
    """Hand in the measurements of test images to QATrack+, one instance for each list and day with a value.

    Parameters
    ----------
    records : Records
        Store.
    mapping : QatrackMapping or path
        See `load_qatrack_mapping`.
    since, until : date, optional
        First and last day of the exposure.
    only_site : str
        Only what was measured at this site.
    site : Site, optional
        Settings that name equipment.
    attachments : sequence of Path
        Files that go with every instance, as a report.
    dry_run : bool
        Look up lists and tests, but hand in nothing.

    Returns
    -------
    tuple of SentInstance
        In the order of lists and days. What was sent before is known there and not sent twice.

    Raises
    ------
    SiteError
        The mapping cannot be used.
    InputError
        It names a macro that is not on the list, or of another type.
    ExchangeError
        QATrack+ refuses or does not answer; instances before that are stored there.

    Notes
    -----
    Images of patients are never sent, nor anything of a header but what the mapping names.
    """
    known = mapping if isinstance(mapping, QatrackMapping) else load_qatrack_mapping(mapping)
    client = QatrackClient(known.server)
    places = places_of(records, site=site, only_site=only_site)
    selection = Selection(since=since, until=until, places=places)
    rows = [row for part in parts_of(records, "results", selection) for row in _cells(tests_only(part))]
    sent = []
    for mapped in known.lists:
        collection = client.find_collection(
            test_list=mapped.test_list,
            unit_number=mapped.unit_number,
            unit_serial_number=mapped.unit_serial_number,
            unit_name=mapped.unit_name,
            day=mapped.day,
        )
        for day in _days(mapped, rows):
            instance = day.instance(collection, attachments)
            status, url = ("would_send", "") if dry_run else client.hand_in(instance)
            skipped = sum(bool(entry.get("skipped")) for entry in instance["tests"].values())
            sent.append(
                SentInstance(
                    test_list=mapped.test_list,
                    unit=mapped.serial_number or mapped.detector_id or "",
                    day=day.date,
                    status=status,  # type: ignore[arg-type]  # one of the literals
                    tests=len(instance["tests"]) - skipped,
                    skipped=skipped,
                    url=url,
                )
            )
    return tuple(sent)


def _cells(part: Any) -> Iterator[_Row]:
    names = list(part.columns)
    for row in part.itertuples(index=False, name=None):
        yield {name: plain(value) for name, value in zip(names, row, strict=True)}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Day:
    """Rows of a list's tests on one day, by macro name."""

    date: datetime.date
    mapped: MappedList
    rows: dict[str, list[_Row]]

    def instance(self, collection: QatrackCollection, attachments: Sequence[Path]) -> dict[str, Any]:
        """Instance that QATrack+ takes."""
        kinds = {test.macro: test.kind for test in collection.tests}
        of_words = {macro for macro, kind in kinds.items() if kind != YES_NO}
        values: dict[str, _Given] = {
            macro: test.file for macro, test in self.mapped.tests.items() if test.file is not None
        }
        for macro, rows in self.rows.items():
            value = _value(self.mapped.tests[macro], rows, in_words=macro in of_words)
            if value is not None:
                values[macro] = value
        times = [row["exposed_at"] for rows in self.rows.values() for row in rows]
        return make_instance(
            collection,
            values,
            key=self._key(),
            work_started=min(times),
            work_completed=max(times),
            comment=f"xrayiq {importlib.metadata.version('xrayiq')}",
            comments={macro: _comment(rows[0]) for macro, rows in self.rows.items()},
            day=self.mapped.day,
            attachments=attachments,
        )

    def _key(self) -> str:
        """Identity by what was measured, how, and for which list."""
        names = ("subject", "procedure", "algorithm_version", "parameter_digest", "quantity", "direction")
        what = sorted({tuple(str(row[name]) for name in names) for rows in self.rows.values() for row in rows})
        there = [self.mapped.test_list, self.mapped.day, *map(str, (self.mapped.unit_number, self.mapped.unit_name))]
        text = json.dumps([there, self.mapped.unit_serial_number, self.date.isoformat(), what])
        return "xrayiq:" + hashlib.sha256(text.encode()).hexdigest()


def _days(mapped: MappedList, rows: Sequence[_Row]) -> Iterator[_Day]:
    found: dict[datetime.date, dict[str, list[_Row]]] = {}
    for row in rows:
        if row["exposed_at"] is None or row["value"] is None or not _is_unit(mapped, row):
            continue
        for macro, test in mapped.tests.items():
            if (test.procedure, test.quantity, test.direction) == (row["procedure"], row["quantity"], row["direction"]):
                found.setdefault(row["exposed_at"].date(), {}).setdefault(macro, []).append(row)
    for day in sorted(found):
        ordered = {macro: sorted(of_day, key=_time) for macro, of_day in found[day].items()}
        yield _Day(date=day, mapped=mapped, rows=ordered)


def _time(row: _Row) -> tuple[datetime.datetime, int]:
    return row["exposed_at"], row["outcome_id"]


def _is_unit(mapped: MappedList, row: _Row) -> bool:
    serial, detector = mapped.serial_number, mapped.detector_id
    return serial in (None, row["serial_number"]) and detector in (None, row["detector_id"])


def _value(test: MappedTest, rows: Sequence[_Row], *, in_words: bool) -> _Given | None:
    if test.send == "status":
        judged = {row["status"] for row in rows} - {None, "indeterminate"}
        worst = next((status for status in ("fail", "warning", "pass") if status in judged), None)
        return worst if in_words or worst is None else worst != "fail"
    numbers = [float(row["value"]) for row in _once(rows)]
    chosen = {
        "last": numbers[-1],
        "first": numbers[0],
        "mean": statistics.fmean(numbers),
        "least": min(numbers),
        "greatest": max(numbers),
    }
    return chosen[test.take] * test.factor


def _once(rows: Sequence[_Row]) -> list[_Row]:
    """Each number once, also where several limits judged it."""
    return list({(row["outcome_id"], row["value"]): row for row in rows}.values())


def _comment(row: _Row) -> str:
    return f"{row['procedure']}, algorithm version {row['algorithm_version']}"
