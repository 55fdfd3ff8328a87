"""A maker's reject log into a store, by a mapping; again, it adds nothing."""

from __future__ import annotations

import dataclasses
import hashlib
import importlib.metadata
import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from xrayiq.errors import InputError
from xrayiq.exchange.reject_log_cells import LogProblem, LogRow, told_rows
from xrayiq.exchange.reject_log_mapping import RejectLogMapping, load_reject_log_mapping
from xrayiq.exchange.reject_log_rows import read_log
from xrayiq.exchange.selection import IMPORTED
from xrayiq.key_file import load_key
from xrayiq.model import Acquisition, Equipment, ObjectHeader, Outcome, RejectNote, to_plain
from xrayiq.procedures.imported import IMPORTED_PREFIX
from xrayiq.records import FileEntry, Records

#: kind of the event that says who imported which log; its subject is ``run:NUMBER``
REJECTS_IMPORTED: Final = "rejects_imported"
#: rows of one outcome
_PART: Final = 1000


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectLogImport:
    """What an import did, or would do.

    Parameters
    ----------
    rejected, accepted : int
        Rows taken, by what they say.
    known : int
        Rows that the store has already.
    problems : tuple of LogProblem
        What could not be taken, by row and column.
    unread : tuple of str
        Headings that the mapping does not name; their columns are not read.
    encoding : str
        Of the text.
    mapping : RejectLogMapping
        What was read by.
    dry_run : bool
        Whether nothing was stored.
    event : int or None
        Event of the audit trail that says so; None where nothing was stored.
    """

    rejected: int
    accepted: int
    known: int
    problems: tuple[LogProblem, ...]
    unread: tuple[str, ...]
    encoding: str
    mapping: RejectLogMapping
    dry_run: bool
    event: int | None = None

    @property
    def reasons(self) -> Mapping[str, int]:
        """Number of problems by reason."""
        return dict(sorted(Counter(one.reason for one in self.problems).items()))

    @property
    def lost(self) -> int:
        """Rows that could not be taken."""
        return sum(one.is_row_lost for one in self.problems)


def import_reject_log(
    records: Records,
    path: str | Path,
    mapping: RejectLogMapping | str | Path,
    *,
    actor: str = "",
    reason: str = "",
    dry_run: bool = False,
    equipment: Equipment | None = None,
) -> RejectLogImport:
    """Store the exposures that a reject log tells of.

    Parameters
    ----------
    records : Records
        Store.
    path : path
        CSV, XLSX or XML.
    mapping : RejectLogMapping, str or path
        See `load_reject_log_mapping`.
    actor, reason : str
        Account name of who imports it, and why; a dry run needs neither.
    dry_run : bool
        Tell what would be taken, and store nothing.
    equipment : Equipment, optional
        Unit of all rows, where neither the log nor the mapping names one.

    Returns
    -------
    RejectLogImport
        Cells that cannot be taken are left out and told by row and column, rows without unit or date as well; the rest
        is taken. A row that the store has adds nothing, so that overlapping exports may be imported.

    Raises
    ------
    ReadError
        The log cannot be read.
    SiteError
        The mapping cannot be used.
    InputError
        Nobody says who imports it and why.
    RecordsError
        The store refuses; then nothing is stored.

    Notes
    -----
    Persons become keyed hashes; comments and columns that the mapping does not name are not read into the store.
    """
    known = mapping if isinstance(mapping, RejectLogMapping) else load_reject_log_mapping(mapping)
    if not dry_run and not (actor.strip() and reason.strip()):
        raise InputError("an import without actor or reason", needed="who imports it, and why")
    log = read_log(path, known)
    rows, problems = told_rows(log.rows, log.headings, known, key=load_key(), equipment=equipment)
    new = _new(records, rows)
    named = {name.casefold() for names in known.columns.values() for name in names}
    done = RejectLogImport(
        rejected=sum(one.told.is_rejected for one in new),
        accepted=sum(not one.told.is_rejected for one in new),
        known=len(rows) - len(new),
        problems=(*problems, *map(_too_long, log.too_long)),
        unread=tuple(one for one in log.headings if one and one.casefold().strip() not in named),
        encoding=log.encoding,
        mapping=known,
        dry_run=dry_run,
    )
    if dry_run or not new:
        return done
    digest = hashlib.sha256(Path(path).read_bytes()).hexdigest()
    return dataclasses.replace(done, event=_store(records, new, known, digest, actor=actor, reason=reason))


def _too_long(row: int) -> LogProblem:
    message = "more cells than headings: a separator or a decimal comma within a cell needs quotes round it; left out"
    return LogProblem(row=row, column="", reason="too_many_cells", message=message, is_row_lost=True)


def _identity(row: LogRow) -> str:
    """Digest of all that a row tells, with its unit."""
    text = json.dumps([to_plain(row.equipment), to_plain(row.told)], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:32]


def _new(records: Records, rows: Sequence[LogRow]) -> list[LogRow]:
    """Rows that the store has not, each once for every time that the log has it."""
    stored = Counter(
        _identity(LogRow(row=0, equipment=_of(result.header), told=told))
        for result in (one.result for one in records.results({"RejectNote": RejectNote}, procedure=PROCEDURE))
        if isinstance(result, RejectNote)
        for told in result.rejects
    )
    found = []
    for row in rows:
        identity = _identity(row)
        if stored[identity] > 0:
            stored[identity] -= 1
        else:
            found.append(row)
    return found


#: procedure of the outcomes that hold logs
PROCEDURE: Final = IMPORTED_PREFIX + "reject_log"


def _of(header: ObjectHeader) -> Equipment:
    told = header.acquisition
    return Equipment(
        manufacturer=told.manufacturer,
        model=told.model,
        station_name=told.station_name,
        serial_number=told.serial_number,
    )


def _parts(rows: Sequence[LogRow]) -> Iterator[tuple[Equipment, list[LogRow]]]:
    """Rows of one unit each, a part of some size at a time."""
    by_unit: dict[Equipment, list[LogRow]] = {}
    for row in rows:
        by_unit.setdefault(row.equipment, []).append(row)
    for unit, own in by_unit.items():
        for start in range(0, len(own), _PART):
            yield unit, own[start : start + _PART]


def _store(
    records: Records, rows: Sequence[LogRow], mapping: RejectLogMapping, digest: str, *, actor: str, reason: str
) -> int:
    mapped = hashlib.sha256(mapping.text.encode()).hexdigest()
    with records.transaction():
        run = records.begin_run(
            archive_key=IMPORTED, plan_digest=IMPORTED, site_digest="", version=importlib.metadata.version("xrayiq")
        )
        for number, (unit, part) in enumerate(_parts(rows)):
            told = {name: getattr(unit, name) for name in Equipment.__slots__ if name != "software_versions"}
            subject = f"{PROCEDURE}:{digest[:24]}:{run}:{number}"
            moment = min((one.told.exposed_at for one in part if one.told.exposed_at), default=None)
            header = ObjectHeader(subject=subject, acquisition=Acquisition(exposed_at=moment, **told))
            note = RejectNote(header=header, source="log", rejects=tuple(one.told for one in part))
            outcome = Outcome(
                subject=subject,
                procedure=PROCEDURE,
                kind="measured",
                parameter_digest=mapped[:16],
                message=f"taken from a reject log by the mapping {mapped[:16]}",
                result=note,
                measurements=note.measurements(),
            )
            entry = FileEntry(
                relative_path=subject, size=0, mtime_ns=0, digest=subject, subject=subject, status="object"
            )
            records.add(
                run,
                archive_key=IMPORTED,
                plan_digest=IMPORTED,
                file=entry,
                header=header,
                kind=IMPORTED,
                outcomes=[outcome],
                population="no_image",
            )
        records.finish_run(run, status="finished", counts={"measured": len(rows)})
        days = [one.told.exposed_at.date() for one in rows if one.told.exposed_at is not None]
        event = records.append_event(
            kind=REJECTS_IMPORTED,
            subject=f"run:{run}",
            actor=actor,
            reason=reason,
            details={
                "rows": len(rows),
                "first_day": min(days).isoformat(),
                "last_day": max(days).isoformat(),
                "log": digest,
                "mapping": mapped,
            },
        )
        return event.number
