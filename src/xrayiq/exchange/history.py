"""Earlier results from a CSV table into a store, by a mapping file; again, it adds nothing."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
import importlib.metadata
import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

from xrayiq.exchange.history_cells import HistoryCell, read_cells
from xrayiq.exchange.history_mapping import HistoryMapping, load_history_mapping
from xrayiq.exchange.selection import IMPORTED
from xrayiq.model import Acquisition, Equipment, Measurement, ObjectHeader, Outcome
from xrayiq.procedures import Site, load_site
from xrayiq.procedures.scoring import verdicts
from xrayiq.records import FileEntry, Records

PREFIX: Final = "imported:"
_Key = tuple[str, str, str, str]
CellStatus = Literal["taken", "known", "refused"]


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedCell:
    """What became of a cell.

    Parameters
    ----------
    line : int
        Of the file, from 1.
    column : str
        Heading, or name in the column of names.
    status : {"taken", "known", "refused"}
        ``known`` where the store has it already.
    reason, message : str
        Why it is refused; empty otherwise.
    quantity, direction, procedure, unit : str
        What it is, and the unit that it is stored in; empty where that is not known.
    value : float or None
        In that unit.
    exposed_at : datetime or None
        When.
    equipment : str
        Serial number, detector or station.
    """

    line: int
    column: str
    status: CellStatus
    reason: str = ""
    message: str = ""
    quantity: str = ""
    direction: str = ""
    procedure: str = ""
    value: float | None = None
    unit: str = ""
    exposed_at: datetime.datetime | None = None
    equipment: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HistoryImport:
    """What an import did, or would do.

    Parameters
    ----------
    cells : tuple of ImportedCell
        Every cell of the mapping's columns that is not empty.
    empty : int
        Cells that are.
    unread : tuple of str
        Headings that the mapping does not name.
    dry_run : bool
        Whether nothing was stored.
    """

    cells: tuple[ImportedCell, ...]
    empty: int
    unread: tuple[str, ...]
    dry_run: bool

    @property
    def counts(self) -> Mapping[str, int]:
        """Number of cells by status."""
        found = Counter(cell.status for cell in self.cells)
        return {status: found[status] for status in ("taken", "known", "refused")}

    @property
    def reasons(self) -> Mapping[str, int]:
        """Number of refused cells by reason."""
        return dict(sorted(Counter(cell.reason for cell in self.cells if cell.reason).items()))


def import_history(
    records: Records,
    path: str | Path,
    mapping: HistoryMapping | str | Path,
    *,
    dry_run: bool = False,
    judge_by: Site | str | Path | None = None,
) -> HistoryImport:
    """Store the results of a CSV table as outcomes of procedures ``imported:…``.

    Parameters
    ----------
    records : Records
        Store.
    path : path
        Table with headings.
    mapping : HistoryMapping or path
        See `load_history_mapping`.
    dry_run : bool
        Tell what would be taken, and store nothing.
    judge_by : Site or path, optional
        Settings by whose limits the values are judged, without baselines; not judged by default.

    Returns
    -------
    HistoryImport
        What became of each cell. One that contradicts another, or the store, is refused; nothing is overwritten.

    Raises
    ------
    ReadError
        The table cannot be read.
    SiteError
        The mapping contradicts itself or the table.
    RecordsError
        The store refuses; then nothing is stored.

    Notes
    -----
    Each value is an object of the kind ``imported``, with its unit and date. Comments and columns that the mapping does
    not name are not read into the store.
    """
    known = mapping if isinstance(mapping, HistoryMapping) else load_history_mapping(mapping)
    site = judge_by if isinstance(judge_by, Site) or judge_by is None else load_site(judge_by)
    cells, empty, unread = read_cells(path, known)
    checked = _checked(cells, _stored(records, cells))
    new = [cell for cell, status in checked if status == "taken"]
    if new and not dry_run:
        digest = hashlib.sha256(known.text.encode()).hexdigest()
        _store(records, new, site, mapping_digest=digest)
    told = tuple(_told(cell, status) for cell, status in checked)
    return HistoryImport(cells=told, empty=empty, unread=unread, dry_run=dry_run)


def _stored(records: Records, cells: Iterable[HistoryCell]) -> dict[_Key, float]:
    """Imported values of the store by their identity."""
    names = sorted({cell.meaning.quantity for cell in cells if cell.meaning is not None})
    return {
        (each.subject, each.procedure, each.quantity, each.direction): each.value
        for each in records.dated_values(names)
        if each.procedure.startswith(PREFIX)
    }


def _checked(cells: Sequence[HistoryCell], stored: Mapping[_Key, float]) -> list[tuple[HistoryCell, CellStatus]]:
    """Cells with their status; the first of several with one identity counts."""
    seen: dict[_Key, HistoryCell] = {}
    found: list[tuple[HistoryCell, CellStatus]] = []
    for cell in cells:
        if cell.reason:
            found.append((cell, "refused"))
            continue
        key = _key(cell)
        first = seen.setdefault(key, cell)
        if first is not cell:
            same = first.value == cell.value
            found.append((_refused(cell, "duplicate" if same else "contradiction", f"of line {first.line}"), "refused"))
        elif key not in stored:
            found.append((cell, "taken"))
        elif stored[key] == cell.value:
            found.append((cell, "known"))
        else:
            found.append((_refused(cell, "stored_differently", f"the store has {stored[key]:g}"), "refused"))
    return found


def _refused(cell: HistoryCell, reason: str, message: str) -> HistoryCell:
    said = {"duplicate": "a repetition ", "contradiction": "another value of the same than that "}.get(reason, "")
    return dataclasses.replace(cell, reason=reason, message=said + message)  # type: ignore[arg-type]  # a known reason


def _key(cell: HistoryCell) -> _Key:
    """Identity of a value; its first part is the subject, one for each: what is imported later supersedes nothing."""
    unit, moment, meaning = cell.equipment, cell.exposed_at, cell.meaning
    assert unit is not None and moment is not None and meaning is not None  # noqa: S101 - of cells without a reason
    named = [getattr(unit, name) for name in Equipment.__slots__ if name != "software_versions"]
    what = (PREFIX + meaning.procedure, meaning.quantity, meaning.direction)
    text = json.dumps([*named, moment.isoformat(), *what])
    return PREFIX + hashlib.sha256(text.encode()).hexdigest()[:32], *what


def _store(records: Records, cells: Sequence[HistoryCell], site: Site | None, *, mapping_digest: str) -> None:
    """Store cells in one transaction: all of them or none."""
    with records.transaction():
        run = records.begin_run(
            archive_key=IMPORTED,
            plan_digest=IMPORTED,
            site_digest="" if site is None else site.digest,
            version=importlib.metadata.version("xrayiq"),
        )
        for cell in cells:
            header = ObjectHeader(subject=_key(cell)[0], acquisition=_acquisition(cell))
            records.add(
                run,
                archive_key=IMPORTED,
                plan_digest=IMPORTED,
                file=_file(header.subject),
                header=header,
                kind=IMPORTED,
                outcomes=[_outcome(cell, header, site, mapping_digest)],
                population="no_image",
            )
        records.finish_run(run, status="finished", counts={"measured": len(cells)})


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
        procedure=PREFIX + meaning.procedure,
        kind="measured",
        parameter_digest=hashlib.sha256(identity.encode()).hexdigest()[:16],
        message=f"taken from a table by the mapping {mapping_digest[:16]}",
        measurements=(measurement,),
        verdicts=judged,
    )


def _told(cell: HistoryCell, status: CellStatus) -> ImportedCell:
    unit, meaning = cell.equipment, cell.meaning
    return ImportedCell(
        line=cell.line,
        column=cell.column,
        status=status,
        reason=cell.reason,
        message=cell.message,
        quantity="" if meaning is None else meaning.quantity,
        direction="" if meaning is None else meaning.direction,
        procedure="" if meaning is None else PREFIX + meaning.procedure,
        value=None if cell.value != cell.value else cell.value,
        unit="" if meaning is None else Measurement(quantity=meaning.quantity, value=cell.value).unit,
        exposed_at=cell.exposed_at,
        equipment="" if unit is None else unit.serial_number or unit.detector_id or unit.station_name or "",
    )
