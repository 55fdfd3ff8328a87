"""Imported results in a store: objects, outcomes, their run, their event, and what judging them leads to."""

from __future__ import annotations

import hashlib
import importlib.metadata
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from xrayiq.exchange.history_cells import HistoryCell
from xrayiq.exchange.selection import IMPORTED
from xrayiq.model import Acquisition, Equipment, Event, Measurement, ObjectHeader, Outcome
from xrayiq.procedures import Judgement, Site, judge_runs, settings_in_force, without_relative_limits
from xrayiq.procedures.imported import IMPORTED_PREFIX
from xrayiq.procedures.scoring import verdicts
from xrayiq.records import JUDGED, RUN_ENDED, FileEntry, Records

#: kind of the event that says who imported what; its subject is ``run:NUMBER``
RESULTS_IMPORTED: Final = "results_imported"

Key = tuple[str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportOrder:
    """Who imports what, and whether it is judged.

    Parameters
    ----------
    actor, reason : str
        Account name, and why.
    table_digest, mapping_digest : str
        SHA-256 of the table's file and of the mapping.
    site : Site
        Settings of the site's file.
    judge : bool
        Whether the values are judged.
    """

    actor: str
    reason: str
    table_digest: str
    mapping_digest: str
    site: Site
    judge: bool


def key_of(cell: HistoryCell) -> Key:
    """Identity of a value; its first part is the subject, one for each: what is imported later supersedes nothing."""
    unit, moment, meaning = cell.equipment, cell.exposed_at, cell.meaning
    assert unit is not None and moment is not None and meaning is not None  # noqa: S101 - of cells without a reason
    named = [getattr(unit, name) for name in Equipment.__slots__ if name != "software_versions"]
    what = (IMPORTED_PREFIX + meaning.procedure, meaning.quantity, meaning.direction)
    text = json.dumps([*named, moment.isoformat(), *what])
    return IMPORTED_PREFIX + hashlib.sha256(text.encode()).hexdigest()[:32], *what


def store_cells(records: Records, cells: Sequence[HistoryCell], order: ImportOrder) -> tuple[Event, Judgement]:
    """Store cells in one transaction, all of them or none, with the event that says who did it and why.

    Parameters
    ----------
    records : Records
        The store.
    cells : sequence of HistoryCell
        Cells that are taken.
    order : ImportOrder
        By whom and why.

    Returns
    -------
    Event
        Of the import: it holds the digest of its rows as the end of its run has it.
    Judgement
        Verdicts and findings; none where the values are not judged, now or by a later run.
    """
    with records.transaction():
        run = records.begin_run(
            archive_key=IMPORTED,
            plan_digest=IMPORTED,
            site_digest=order.site.digest,
            version=importlib.metadata.version("xrayiq"),
        )
        also = {cell.equipment for cell in cells if cell.equipment is not None}
        settings = without_relative_limits(settings_in_force(records, order.site, also=also)) if order.judge else None
        for cell in cells:
            header = ObjectHeader(subject=key_of(cell)[0], acquisition=_acquisition(cell))
            records.add(
                run,
                archive_key=IMPORTED,
                plan_digest=IMPORTED,
                file=_file(header.subject),
                header=header,
                kind=IMPORTED,
                outcomes=[_outcome(cell, header, settings, order.mapping_digest)],
                population="no_image",
            )
        judgement = judge_runs(records, order.site, run_id=run) if order.judge else _leave_unjudged(records, run, order)
        records.finish_run(run, status="finished", counts={"measured": len(cells)})
        return _event(records, run, cells, order), judgement


def _leave_unjudged(records: Records, run: int, order: ImportOrder) -> Judgement:
    """Say that nobody is to judge the values of a run."""
    _, last = records.unjudged(run)[run]
    records.append_event(
        kind=JUDGED,
        subject=f"run:{run}",
        actor=order.actor,
        reason="imported without being judged",
        details={"runs": {str(run): last}, "verdicts": 0, "opened": 0, "reopened": 0},
    )
    return Judgement()


def _event(records: Records, run: int, cells: Sequence[HistoryCell], order: ImportOrder) -> Event:
    (ended,) = records.events(kind=RUN_ENDED, subject=f"run:{run}")
    days = [cell.exposed_at.date() for cell in cells if cell.exposed_at is not None]
    return records.append_event(
        kind=RESULTS_IMPORTED,
        subject=f"run:{run}",
        actor=order.actor,
        reason=order.reason,
        details={
            "values": len(cells),
            "first_day": min(days).isoformat(),
            "last_day": max(days).isoformat(),
            "judged": order.judge,
            "table": order.table_digest,
            "mapping": order.mapping_digest,
            "rows": ended.details["digest"],
        },
    )


def _file(subject: str) -> FileEntry:
    """Entry of the index, which an outcome must have to be in force; it names no file."""
    return FileEntry(relative_path=subject, size=0, mtime_ns=0, digest=subject, subject=subject, status="object")


def _acquisition(cell: HistoryCell) -> Acquisition:
    unit = cell.equipment
    told = {name: getattr(unit, name) for name in Equipment.__slots__ if name != "software_versions"}
    return Acquisition(exposed_at=cell.exposed_at, **told)


def _outcome(cell: HistoryCell, header: ObjectHeader, site: Site | None, mapping_digest: str) -> Outcome:
    meaning = cell.meaning
    assert meaning is not None  # noqa: S101 - as above
    measurement = Measurement(quantity=meaning.quantity, value=cell.value, direction=meaning.direction)
    judged = () if site is None else verdicts([measurement], meaning.procedure, site.limits_for(header))
    identity = json.dumps([meaning.quantity, meaning.direction])
    return Outcome(
        subject=header.subject,
        procedure=IMPORTED_PREFIX + meaning.procedure,
        kind="measured",
        parameter_digest=hashlib.sha256(identity.encode()).hexdigest()[:16],
        message=f"taken from a table by the mapping {mapping_digest[:16]}",
        measurements=(measurement,),
        verdicts=judged,
    )
