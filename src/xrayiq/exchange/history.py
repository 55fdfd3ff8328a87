"""Earlier results from a CSV table into a store, by a mapping file; again, it adds nothing."""

from __future__ import annotations

import dataclasses
import datetime
import hashlib
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from xrayiq.errors import InputError
from xrayiq.exchange.history_cells import HistoryCell, read_cells
from xrayiq.exchange.history_mapping import HistoryMapping, load_history_mapping
from xrayiq.exchange.history_storing import ImportOrder, Key, key_of, store_cells
from xrayiq.exchange.history_tests import TickedTest, ticked_tests
from xrayiq.model import Measurement
from xrayiq.procedures import Judgement, Site, load_site, settings_in_force
from xrayiq.procedures.imported import IMPORTED_PREFIX, is_imported
from xrayiq.records import Records

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
    ticked : tuple of TickedTest
        Tests of the schedule that the values taken tick off, and values that no test takes.
    event : int or None
        Event of the audit trail that says so; None where nothing was stored.
    judgement : Judgement
        Verdicts relative to baselines and findings that came of it.
    """

    cells: tuple[ImportedCell, ...]
    empty: int
    unread: tuple[str, ...]
    dry_run: bool
    ticked: tuple[TickedTest, ...] = ()
    event: int | None = None
    judgement: Judgement = dataclasses.field(default_factory=Judgement)

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
    actor: str = "",
    reason: str = "",
    dry_run: bool = False,
    judge: bool = False,
    site: Site | str | Path | None = None,
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
    actor, reason : str
        Account name of who imports them, and why; a dry run needs neither.
    dry_run : bool
        Tell what would be taken and which tests it would tick off, and store nothing.
    judge : bool
        Whether the values are judged by the limits in force and open findings; without it no later run judges them.
    site : Site or path, optional
        Settings that name equipment, limits and schedule.

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
    InputError
        Nobody says who imports it and why.
    RecordsError
        The store refuses; then nothing is stored.

    Notes
    -----
    Each value is an object of the kind ``imported``, with its unit and date. Comments and columns that the mapping does
    not name are not read into the store.
    """
    known = mapping if isinstance(mapping, HistoryMapping) else load_history_mapping(mapping)
    told_by = site if isinstance(site, Site) else load_site(site)
    if not dry_run and not (actor.strip() and reason.strip()):
        raise InputError("an import without actor or reason", needed="who imports it, and why")
    cells, empty, unread = read_cells(path, known)
    checked = _checked(cells, _stored(records, cells))
    new = [cell for cell, status in checked if status == "taken"]
    told = tuple(_told(cell, status) for cell, status in checked)
    equipment = [cell.equipment for cell in new if cell.equipment is not None]
    settings = settings_in_force(records, told_by, also=equipment)
    ticked = ticked_tests(records, new, site=told_by, settings=settings)
    done = HistoryImport(cells=told, empty=empty, unread=unread, dry_run=dry_run, ticked=ticked)
    if dry_run or not new:
        return done
    order = ImportOrder(
        actor=actor,
        reason=reason,
        table_digest=hashlib.sha256(Path(path).read_bytes()).hexdigest(),
        mapping_digest=hashlib.sha256(known.text.encode()).hexdigest(),
        site=told_by,
        judge=judge,
    )
    event, judgement = store_cells(records, new, order)
    return dataclasses.replace(done, event=event.number, judgement=judgement)


def _stored(records: Records, cells: Iterable[HistoryCell]) -> dict[Key, float]:
    """Imported values of the store by their identity."""
    names = sorted({cell.meaning.quantity for cell in cells if cell.meaning is not None})
    return {
        (each.subject, each.procedure, each.quantity, each.direction): each.value
        for each in records.dated_values(names)
        if is_imported(each.procedure)
    }


def _checked(cells: Sequence[HistoryCell], stored: Mapping[Key, float]) -> list[tuple[HistoryCell, CellStatus]]:
    """Cells with their status; the first of several with one identity counts."""
    seen: dict[Key, HistoryCell] = {}
    found: list[tuple[HistoryCell, CellStatus]] = []
    for cell in cells:
        if cell.reason:
            found.append((cell, "refused"))
            continue
        key = key_of(cell)
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
        procedure="" if meaning is None else IMPORTED_PREFIX + meaning.procedure,
        value=None if cell.value != cell.value else cell.value,
        unit="" if meaning is None else Measurement(quantity=meaning.quantity, value=cell.value).unit,
        exposed_at=cell.exposed_at,
        equipment="" if unit is None else unit.serial_number or unit.detector_id or unit.station_name or "",
    )
